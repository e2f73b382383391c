"""How long exact LMG takes: `uv run python benchmarks/lmg.py`; with a peer: `uv run --with pingouin python ...`.

Every time is CPU time, of all threads. "from answers" starts at 2,000 rows and ends at the shares, as for the other
tools; "per subset" is `lmg` on a ready covariance matrix, one matrix, one core.
"""

import importlib
import os
import sys
import time
from collections.abc import Callable
from statistics import median

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # before numpy: one core, as for the others

import numpy as np
from record import machine, table, write_section

from drivers.stats.shapley import lmg, lmg_draws

ROWS = 2000
NANOSECONDS = 80.0  # per subset, 18 to 24 drivers
TIMES_RELAIMPO = 500.0  # at 15 drivers

# R 4.2.2, relaimpo 2.2-7, one core: user seconds of system.time(calc.relimp(type = "lmg")) on 2,000 rows of random
# correlated normal data, run once per size.
RELAIMPO = {
    5: 0.037, 8: 0.066, 10: 0.177, 12: 0.413, 14: 1.488, 15: 2.567, 16: 6.518, 17: 10.884, 18: 17.951
}  # fmt: skip
# pingouin 0.7.0, one core: CPU seconds of linear_regression(relimp=True) on such data, where it is not run here.
PINGOUIN = {10: 0.14, 12: 0.74, 15: 6.8}


def answers(p: int) -> np.ndarray:
    """Simulate correlated normal answers, outcome last."""
    rng = np.random.default_rng(p)
    return rng.normal(size=(ROWS, p + 1)) + rng.normal(size=(ROWS, 1))


def cpu_seconds(work: Callable[[], object], repeats: int) -> list[float]:
    """Time a call several times."""
    spent = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return spent


def pingouin_seconds(p: int) -> float | None:
    """Time pingouin on the same answers, once after a first run, if it is installed."""
    try:
        pingouin = importlib.import_module("pingouin")
    except ModuleNotFoundError:
        return None
    rows = answers(p)
    pingouin.linear_regression(rows[:50, :3], rows[:50, -1], relimp=True)
    start = time.process_time()
    theirs = pingouin.linear_regression(rows[:, :-1], rows[:, -1], relimp=True)["relimp"].to_numpy()[1:]
    spent = time.process_time() - start
    np.testing.assert_allclose(theirs, lmg(np.cov(rows, rowvar=False)), atol=1e-8)  # the same job was done
    return spent


def measure(p: int) -> dict[str, float]:
    """Time one number of drivers."""
    rows = answers(p)
    cov = np.cov(rows, rowvar=False)
    lmg(cov)
    repeats = 3 if p > 22 else 9 if p > 16 else 50
    ready = cpu_seconds(lambda: lmg(cov), repeats)
    whole = cpu_seconds(lambda: lmg(np.cov(rows, rowvar=False)), repeats)
    found = {
        "p": p, "seconds": min(whole), "best_ns": min(ready) / 2**p * 1e9, "median_ns": median(ready) / 2**p * 1e9
    }  # fmt: skip
    if p <= 15:
        stack = np.repeat(cov[None], max(64, 4096 >> max(0, p - 8)), axis=0)
        found["stack_ns"] = min(cpu_seconds(lambda: lmg_draws(stack), 5)) / len(stack) / 2**p * 1e9
    if p in PINGOUIN:
        found["pingouin"] = pingouin_seconds(p) or PINGOUIN[p]
    return found


def line(found: dict[str, float]) -> list[str]:
    """Word one row of the table."""
    p, seconds = int(found["p"]), found["seconds"]
    peers = []
    for peer in (RELAIMPO.get(p), found.get("pingouin")):
        peers += [f"{peer:.3g}", f"{peer / seconds:,.0f}"] if peer else ["", ""]
    per_subset = [f"{found[name]:.1f}" if name in found else "" for name in ("best_ns", "median_ns", "stack_ns")]
    return [str(p), f"{2**p:,}", f"{seconds:.2g}", *per_subset, *peers]


def main() -> int:
    """Measure, print, record; exit with 1 when a limit is not met."""
    found = [measure(p) for p in range(5, 27)]
    draws = np.repeat(np.cov(answers(12), rowvar=False)[None], 4000, axis=0)
    posterior = min(cpu_seconds(lambda: lmg_draws(draws), 5))
    worst = max(row["best_ns"] for row in found if 18 <= row["p"] <= 24)
    times = RELAIMPO[15] / next(row["seconds"] for row in found if row["p"] == 15)
    peer = "pingouin " + importlib.import_module("pingouin").__version__ if "pingouin" in sys.modules else ""
    head = ["drivers", "subsets", "s from answers", "ns per subset, best", "median", "in a stack of draws"]
    head += ["relaimpo, s", "times", "pingouin, s", "times"]
    text = "\n\n".join([
        table(head, [line(row) for row in found]),
        f"At 15 drivers {times:,.0f} times as fast as relaimpo (limit: {TIMES_RELAIMPO:.0f}); at 18 to 24 drivers at "
        f"most {worst:.1f} ns per subset on one core (limit: {NANOSECONDS:.0f}). LMG of 4,000 draws of 12 drivers: "
        f"{posterior:.2f} s.",
        "CPU seconds, best of 3 to 50 runs; 2,000 simulated correlated answers. relaimpo 2.2-7 under R 4.2.2: user "
        "seconds of one core, recorded earlier. "
        + (f"{peer}: measured in the same run." if peer else "pingouin 0.7.0: recorded CPU seconds."),
        machine("numpy", "numba"),
    ])  # fmt: skip
    print(text)
    write_section("lmg", text)
    return 0 if worst <= NANOSECONDS and times >= TIMES_RELAIMPO else 1


if __name__ == "__main__":
    sys.exit(main())
