"""A report that is killed at any moment: no final name on half a file, and the next run ends as if nothing had been.

Also holds that two runs of a report have the same bytes, in processes of their own with other hash seeds.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from drivers.report import save

FORMATS = {"html": "report.html", "pdf": "report.pdf", "json": "run.json"}
DEFINITION = """
data = "visits.csv"
scale = [1, 5]
drivers = ["speed", "value"]
outcomes = ["satisfaction"]
wave = "quarter"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small survey on disk."""
    there = tmp_path_factory.mktemp("killed")
    rng, n = np.random.default_rng(8), 300
    speed, value = rng.integers(1, 6, (2, n))
    table = pd.DataFrame({
        "speed": speed, "value": value, "quarter": np.where(np.arange(n) % 2, "2026-Q1", "2026-Q2"),
        "satisfaction": np.clip(np.round(0.5 * speed + 0.3 * value + 0.6 + rng.normal(0, 0.8, n)), 1, 5).astype(int),
    })  # fmt: skip
    table.to_csv(there / "visits.csv", index=False)
    (there / "visits.toml").write_text(DEFINITION)
    return there


def start(folder: Path, name: str) -> subprocess.Popen[bytes]:
    """Start a report with a folder and a cache of its own `name`."""
    return subprocess.Popen(
        [sys.executable, "-m", "drivers", "report", "visits.toml", "--draws", "100", "--formats", ",".join(FORMATS),
         "--out", f"out-{name}"],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env=os.environ | {"DRIVERS_CACHE": str(folder / f"cache-{name}"), "SOURCE_DATE_EPOCH": "1767225600",
                          "PYTHONHASHSEED": "random"},
    )  # fmt: skip


def finish(folder: Path, name: str) -> dict[str, bytes]:
    """Run a report to its end and return its files."""
    process = start(folder, name)
    _, told = process.communicate()
    assert process.returncode == 0, told.decode()
    return {file: (folder / f"out-{name}" / file).read_bytes() for file in FORMATS.values()}


@pytest.fixture(scope="module")
def undisturbed(folder: Path) -> tuple[dict[str, bytes], float]:
    """The files of a run that nobody disturbed, and how long it took."""
    began = time.monotonic()
    return finish(folder, "whole"), time.monotonic() - began


def kill(folder: Path, name: str, seconds: float, whole: dict[str, bytes]) -> None:
    """Kill a report after so many seconds and look at what it left."""
    with start(folder, name) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.wait()
    out = folder / f"out-{name}"
    for path in out.iterdir() if out.is_dir() else ():
        if path.name in whole:
            assert path.read_bytes() == whole[path.name], "a final name means a whole file"
        else:
            assert path.name.startswith(".") and path.name.endswith(".part"), path.name


def again(folder: Path, undisturbed: tuple[dict[str, bytes], float], parts: Sequence[float], name: str) -> None:
    """Kill one report after another at `parts` of the time a whole one takes, on one cache; then run to the end."""
    whole, seconds = undisturbed
    for part in parts:
        kill(folder, name, part * seconds, whole)
    assert finish(folder, name) == whole


def test_a_report_killed_twice_ends_with_the_bytes_of_one_that_was_not(
    folder: Path, undisturbed: tuple[dict[str, bytes], float]
) -> None:
    again(folder, undisturbed, np.random.default_rng(time.time_ns()).uniform(0.2, 0.8, 2).tolist(), "twice")


COUNTED = """
import os, signal, sys
import drivers.fit.run as run
from drivers.__main__ import main
real, most, begun = run._estimate, int(sys.argv.pop(1)), []

def estimate(spec, *rest):
    if len(begun) == most:
        os.kill(os.getpid(), signal.SIGKILL)
    begun.append(spec)
    print(f"fit {spec.engine} {spec.model} {spec.outcome}", file=sys.stderr, flush=True)
    return real(spec, *rest)

run._estimate = estimate
main()
"""


def counted(folder: Path, most: int) -> tuple[int, list[str]]:
    """Run the report for its numbers alone, killed where it begins the fit behind so many; return how and the fits."""
    done = subprocess.run(
        [sys.executable, "-c", COUNTED, str(most), "report", "visits.toml", "--draws", "100", "--formats", "json",
         "--out", "out-counted"],
        cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | {"DRIVERS_CACHE": str(folder / "cache-counted"), "SOURCE_DATE_EPOCH": "1767225600"},
    )  # fmt: skip
    return done.returncode, [line for line in done.stderr.splitlines() if line.startswith("fit ")]


def test_a_report_killed_behind_its_posterior_does_not_draw_it_again(
    folder: Path, undisturbed: tuple[dict[str, bytes], float]
) -> None:
    code, before = counted(folder, 1)
    assert code == -signal.SIGKILL and before == ["fit bayes linear satisfaction"]
    code, after = counted(folder, 1000)
    assert code == 0 and after and before[0] not in after
    assert (folder / "out-counted" / "run.json").read_bytes() == undisturbed[0]["run.json"]


@pytest.mark.slow
@pytest.mark.parametrize("moment", range(10))
def test_a_report_killed_at_any_moment_ends_with_the_bytes_of_one_that_was_not(
    folder: Path, undisturbed: tuple[dict[str, bytes], float], moment: int
) -> None:
    part = (moment + np.random.default_rng(time.time_ns()).uniform()) / 10
    again(folder, undisturbed, [part], f"moment-{moment}")


def test_what_a_killed_run_left_is_swept_after_a_day(tmp_path: Path) -> None:
    old, new, other = (tmp_path / name for name in (".run.json.a1.part", ".run.json.b2.part", ".else.json.c3.part"))
    for path in (old, new, other):
        path.write_text("half")
    for path in (old, other):
        os.utime(path, (1.0, 1.0))
    save.save(tmp_path / "run.json", "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".else.json.c3.part", ".run.json.b2.part", "run.json"]
