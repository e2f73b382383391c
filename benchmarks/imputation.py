"""Processor time of multiple imputation: `uv run python benchmarks/imputation.py`.

Five-point items that share a factor, a fifth of every item missing by chance; 20 data sets, 10 sweeps. The large file
comes as cells, as `collapse` would make them of ten million respondents.
"""

import sys
import time

import numpy as np
from record import machine, table, write_section

from drivers.stats.impute import impute

SECONDS = 60.0  # of processor time, 30,000 respondents and 15 items
CUTS = [-1.5, -0.7, 0.1, 1.0]


def ratings(n: int, k: int, rng: np.random.Generator) -> np.ndarray:
    """Ratings 1..5 of `n` people on `k` items, a fifth of them missing; `rng` is the source of chance."""
    latent = 0.7 * rng.standard_normal((n, 1)) + 0.71 * rng.standard_normal((n, k))
    values = np.digitize(latent, CUTS) + 1.0
    values[rng.random((n, k)) < 0.2] = np.nan
    return values


def cells(n: int, k: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Patterns of `n` people, drawn from `rng` a million at a time, and how many gave each."""
    code = np.zeros(6**k, dtype=np.int64)
    for _ in range(n // 1_000_000):
        values = np.nan_to_num(ratings(1_000_000, k, rng)).astype(np.int64)
        code += np.bincount(values @ 6 ** np.arange(k), minlength=6**k)
    used = np.flatnonzero(code)
    values = (used[:, None] // 6 ** np.arange(k) % 6).astype(np.float64)
    return np.where(values == 0, np.nan, values), code[used].astype(np.float64)


def main() -> int:
    """Measure, print, record; exit with 1 when the limit is not met."""
    rng = np.random.default_rng(1)
    small = ratings(500, 4, rng)
    impute(small, *np.ones((3, 500)), imputations=2, sweeps=2, seed=1)  # compile first
    rows, spent = [], {}
    for n, k, as_cells in ((1_500, 5, False), (30_000, 15, False), (10_000_000, 5, True)):
        values, count = cells(n, k, rng) if as_cells else (ratings(n, k, rng), np.ones(n))
        known = ~np.isnan(values).all(axis=1)
        values, count = values[known], count[known]
        start = time.process_time()
        done = impute(values, count, count, count, imputations=20, sweeps=10, seed=1)
        spent[n] = time.process_time() - start
        rows.append([f"{n:,}", str(k), f"{len(values):,}", f"{len(done.units):,}", f"{spent[n]:.1f}"])
    text = "\n\n".join([
        table(["respondents", "items", "cells", "units imputed", "CPU seconds"], rows),
        f"20 data sets, 10 sweeps, a fifth of every item missing. Limit: {SECONDS:.0f} s for 30,000 respondents.",
        machine("numpy", "numba"),
    ])
    print(text)
    write_section("imputation", text)
    return 0 if spent[30_000] <= SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
