"""How long dominance takes, in R2 and in likelihood: `uv run python benchmarks/dominance.py`.

Every time is CPU time of all threads, with one thread. "all submodels" starts at the answers of every respondent and
ends at the log-likelihood of each of the 2^p cumulative models.
"""

import os
import sys
import time
from collections.abc import Callable

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # before numpy: one core

import numpy as np
from record import machine, table, write_section

from drivers.stats.cumulative import fit_cumulative
from drivers.stats.dominance import dominance, dominance_probabilities
from drivers.stats.submodel_draws import submodel_draws
from drivers.stats.submodels import likelihood_dominance, submodels

SECONDS = 30.0  # 10 drivers, 10,000 answers, ordinal probit


def answers(n: int, p: int) -> tuple[np.ndarray, np.ndarray]:
    """Simulate five-point items with a halo, and a five-point outcome of an ordinal probit."""
    rng = np.random.default_rng(p)
    items = 0.7 * rng.normal(size=(n, p)) + 0.7 * rng.normal(size=(n, 1))
    x = np.digitize(items, [-1.2, -0.5, 0.2, 1.0]).astype(float)
    latent = (x - x.mean(axis=0)) @ np.linspace(0.02, 0.25, p) + rng.normal(size=n)
    return x, np.digitize(latent, [-1.5, -0.7, 0.3, 1.2]).astype(np.intp)


def cpu_seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def in_likelihood(n: int, p: int, link: str) -> tuple[list[str], float]:
    """Time all submodels and word the row of the table."""
    x, y = answers(n, p)
    weight = np.ones(n)
    likelihood_dominance(submodels(x[:100, :2], np.minimum(y[:100], 1), weight[:100], link))  # compiled beforehand
    start = time.process_time()
    fits = submodels(x, y, weight, link, workers=1)
    spent = time.process_time() - start
    cold = sum(_steps_from_nothing(x, y, weight, link, held) for held in range(1, 1 << p, 97))
    per_cold = cold / len(range(1, 1 << p, 97))
    judged = cpu_seconds(lambda: likelihood_dominance(fits))
    count = len(fits.loglik)
    return [
        f"{n:,}", str(p), link, f"{count:,}", f"{spent:.2f}", f"{fits.steps / count:.1f}", f"{per_cold:.1f}",
        f"{fits.cells / count:,.0f}", f"{judged:.4f}",
    ], spent  # fmt: skip


def _steps_from_nothing(x: np.ndarray, y: np.ndarray, weight: np.ndarray, link: str, held: int) -> int:
    columns = [j for j in range(x.shape[1]) if held >> j & 1]
    return fit_cumulative(x[:, columns], y, weight, link).steps


def of_draws(n: int, p: int, draws: int) -> str:
    """Time all submodels under bootstrap weights."""
    x, y = answers(n, p)
    weights = np.random.default_rng(1).multinomial(n, np.full(n, 1 / n), size=draws).astype(float)
    submodel_draws(x, y, weights[:2], "probit")  # compiled before it is timed
    spent = cpu_seconds(lambda: submodel_draws(x, y, weights, "probit", workers=1))
    return (
        f"{draws:,} bootstrap draws of {n:,} answers to {p} drivers, ordinal probit: {draws << p:,} fits in "
        f"{spent:.1f} s."
    )


def in_r2(p: int, draws: int) -> list[str]:
    """Time complete, conditional and general dominance of one matrix and of draws."""
    rng = np.random.default_rng(p)
    rows = rng.normal(size=(2000, p + 1)) + rng.normal(size=(2000, 1))
    cov = np.cov(rows, rowvar=False)
    dominance(cov)
    one = min(cpu_seconds(lambda: dominance(cov)) for _ in range(5))
    stack = np.repeat(cov[None], draws, axis=0)
    many = cpu_seconds(lambda: dominance_probabilities(dominance(stack, workers=1))) if draws else None
    comparisons = p * (p - 1) // 2 << (p - 2)
    return [str(p), f"{comparisons:,}", f"{one:.2g}", f"{many:.2f}" if many is not None else "", f"{2.0**p * 8:,.0f}"]


def main() -> int:
    """Measure, print, record; exit with 1 when the limit is not met."""
    sizes = [(10_000, 6), (10_000, 8), (10_000, 10), (100_000, 8), (10_000, 12)]
    rows = [(n, p, link, *in_likelihood(n, p, link)) for n, p in sizes for link in ("probit", "logit")]
    judged = next(spent for n, p, link, _, spent in rows if (n, p, link) == (10_000, 10, "probit"))
    head = ["answers", "drivers", "link", "submodels", "all submodels, s", "Newton steps each"]
    head += ["from no effects", "cells each", "dominance, s"]
    text = "\n\n".join([
        table(head, [row for *_, row, _ in rows]),
        f"10 drivers, 10,000 answers, ordinal probit, all 1,024 submodels: {judged:.2f} s of CPU on one core (limit: "
        f"{SECONDS:.0f}). Five-point items and outcome, simulated. From no effects: Newton steps of a "
        "submodel fitted on its own, for every 97th.",
        of_draws(2000, 5, 200),
        table(
            ["drivers", "comparisons", "R2 dominance of one matrix, s", "of 1,000 draws, s", "bytes per draw"],
            [in_r2(p, 1000) for p in (5, 8, 10, 12)] + [in_r2(p, 0) for p in (16, 20)],
        ),
        machine("numpy", "numba"),
    ])  # fmt: skip
    print(text)
    write_section("dominance", text)
    return 0 if judged <= SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
