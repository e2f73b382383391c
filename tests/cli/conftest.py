"""What the command line's tests share: small surveys on disk, a way to run commands, one run of the demo."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from drivers.cli.app import app

DEFINITION = """
data = "visits.csv"
scale = [1, 5]
drivers = ["quality", "speed", "value"]
outcomes = ["satisfaction"]
weight = "weight"
wave = "quarter"
segments = ["channel"]
id = "id"
"""

PROGRESS = re.compile(r"^ *\d+\.\d s  ")
"""What a step that takes long says; on a busy machine any step may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Exit ``code``, standard output ``out``, and standard error ``err`` without lines of progress."""

    code: int
    out: str
    err: str


type Command = Callable[..., Run]


def _without_progress(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not PROGRESS.match(line))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command in this process, from within `tmp_path`; an exception that is not an exit fails the test."""
    monkeypatch.chdir(tmp_path)

    def command(*args: object) -> Run:
        result = CliRunner().invoke(app, [str(arg) for arg in args], prog_name="drivers", catch_exceptions=False)
        return Run(code=result.exit_code, out=result.stdout, err=_without_progress(result.stderr))

    return command


@pytest.fixture
def refused(run: Command, tmp_path: Path) -> Callable[..., str]:
    """Run a command that must be refused with `code` and leave no file; return its message without line breaks."""

    def command(*args: object, code: int = 2) -> str:
        before = set(tmp_path.rglob("*"))
        seen = run(*args)
        assert (seen.code, seen.out) == (code, "")
        assert "Traceback" not in seen.err
        assert not [path for path in set(tmp_path.rglob("*")) - before if path.is_file()]
        return " ".join(seen.err.split())

    return command


def visits(n: int = 240) -> pd.DataFrame:
    """Return `n` answers in which quality, speed and value go with satisfaction, in this order."""
    rng = np.random.default_rng(7)
    mood = rng.normal(size=(n, 1))
    ratings = np.clip(np.rint(3.3 + 0.6 * mood + 0.9 * rng.normal(size=(n, 3))), 1, 5).astype(int)
    outcome = np.clip(np.rint(0.2 + ratings @ [0.5, 0.3, 0.15] + 0.7 * rng.normal(size=n)), 1, 5).astype(int)
    rows = np.arange(n)
    return pd.DataFrame(ratings, columns=["quality", "speed", "value"]).assign(
        satisfaction=outcome,
        weight=rng.uniform(0.5, 2, n).round(3),
        quarter=np.where(rows % 2, "2026-Q1", "2026-Q2"),
        channel=np.where(rows % 3, "phone", "store"),
        id=[f"V{row:04}" for row in rows],
    )


@pytest.fixture
def survey(tmp_path: Path) -> Callable[..., Path]:
    """Write visits.csv and visits.toml; `survey(answers=..., definition=...)` replaces either, `more=` adds lines."""

    def write(answers: pd.DataFrame | None = None, definition: str = DEFINITION, more: str = "") -> Path:
        (visits() if answers is None else answers).to_csv(tmp_path / "visits.csv", index=False)
        path = tmp_path / "visits.toml"
        path.write_text(definition + more, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """One run of `drivers demo` as a process of its own, and its folder, whose name has a blank in it."""
    out = tmp_path_factory.mktemp("demo") / "the report"
    command = [sys.executable, "-m", "drivers", "demo", "--out", str(out), "--json"]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=out.parent), out
