"""What every test may ask for: the shared folder, published numbers, and runs that repeat exactly."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest
from hypothesis import settings

os.environ["MPLBACKEND"] = "Agg"
os.environ["DRIVERS_CACHE"] = str(Path(gettempdir()) / f"drivers-tests-{os.getpid()}")  # not the user's

settings.register_profile("repeatable", derandomize=True, max_examples=30, deadline=None)
settings.load_profile("repeatable")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout: pyproject.toml, README.md, drivers/, data/."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared folder beside the checkout: real surveys in data/, published numbers in golden/."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the shared folder beside the checkout (real surveys and published numbers)")
    return folder


@pytest.fixture(scope="session")
def golden(shared: Path) -> Callable[[str], Any]:
    """`golden("relaimpo_golden")` is what that JSON file of published numbers holds."""

    def load(name: str) -> Any:
        return json.loads((shared / "golden" / f"{name.removesuffix('.json')}.json").read_text(encoding="utf-8"))

    return load
