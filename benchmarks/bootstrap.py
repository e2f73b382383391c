"""How long importance with bootstrap intervals takes, from a table of answers: `uv run python benchmarks/bootstrap.py`.

CPU seconds are those of all threads. `--quick` leaves out the million respondents.
"""

import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # before numpy: no idle threads counted

import numpy as np
import pandas as pd
from record import machine, table, write_section

import drivers as dr

DRAWS = 1000
DRIVERS = (4, 6, 12, 15)
RESPONDENTS = (2_000, 10_000, 1_000_000)

# R 4.2.2, relaimpo 2.2-7, elapsed seconds of boot.relimp(type = "lmg", b = 5000) on 250 answers and 4 drivers, divided
# by 5; and of boot.relimp(type = c("lmg", "last", "first", "genizi", "car"), b = 1000) on 30 answers and 6 drivers.
RELAIMPO = {4: 48.964 / 5, 6: 18.31}


def answers(n: int, p: int) -> pd.DataFrame:
    """Simulate five-point answers that share a halo."""
    rng = np.random.default_rng(n + p)
    latent = 0.8 * rng.normal(size=(n, p)) + 0.6 * rng.normal(size=(n, 1))
    outcome = latent @ np.linspace(1, 0.1, p) / p * 2 + 0.6 * rng.normal(size=n)
    points = np.clip(np.round(3.4 + 1.1 * np.column_stack([latent, outcome])), 1, 5).astype(np.int8)
    return pd.DataFrame(points, columns=[*(f"driver_{j + 1}" for j in range(p)), "outcome"])


def once(frame: pd.DataFrame, draws: int = DRAWS) -> tuple[float, float, float]:
    """Run it all; return CPU seconds of the fit with its draws, of the importance, and elapsed seconds of both."""
    began, start = time.perf_counter(), time.process_time()
    fit = dr.fit(frame, outcome="outcome", drivers=list(frame.columns[:-1]), draws=draws)
    fitted = time.process_time()
    dr.importance(fit).tidy()
    return fitted - start, time.process_time() - fitted, time.perf_counter() - began


def main() -> int:
    """Measure, print, record."""
    once(answers(500, 4))  # compile and import
    rows = []
    for n in RESPONDENTS[:2] if "--quick" in sys.argv else RESPONDENTS:
        for p in DRIVERS:
            frame = answers(n, p)
            cells = len(frame.drop_duplicates())
            best = min((once(frame) for _ in range(1 if n > 100_000 else 3)), key=lambda run: run[0] + run[1])
            peer = RELAIMPO.get(p) if n == RESPONDENTS[0] else None
            rows.append([
                f"{n:,}", str(p), f"{cells:,}", *(f"{spent:.2f}" for spent in best),
                f"{peer:.1f}" if peer else "", f"{peer / (best[0] + best[1]):.0f}" if peer else "",
            ])  # fmt: skip
            print(rows[-1], file=sys.stderr, flush=True)
    many = once(answers(10_000, 12), 10 * DRAWS)
    per_replicate = (many[0] + many[1]) / (10 * DRAWS)
    head = ["respondents", "drivers", "answer patterns", "fit and draws, CPU s", "importance, CPU s", "both, elapsed s"]
    text = "\n\n".join([
        table([*head, "boot.relimp, elapsed s", "times"], rows),
        f"{DRAWS:,} draws; linear model; best of 3 runs (1 for a million). `boot.relimp` of relaimpo 2.2-7 under R "
        "4.2.2, recorded earlier for 1,000 replicates: 4 drivers and 250 answers, LMG only; 6 drivers and 30 answers, "
        "with four other measures. It works on every row of every replicate, so the fewer answers favour it. The last "
        "column is its elapsed time over our CPU time.",
        f"{10 * DRAWS:,} draws of 12 drivers and 10,000 answers: {many[0] + many[1]:.2f} CPU s, "
        f"{per_replicate * 1e3:.3f} ms a draw, beside {RELAIMPO[4]:.1f} ms a replicate of `boot.relimp` with 4 "
        f"drivers and 250 answers and {RELAIMPO[6]:.1f} ms with 6 drivers, 30 answers and five measures.",
        machine("numpy", "numba", "pandas", "duckdb"),
    ])  # fmt: skip
    print(text)
    write_section("bootstrap", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
