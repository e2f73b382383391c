"""Does a probability of being first mean what it says? `uv run python benchmarks/rank_probability.py`.

Surveys are drawn from known truths, fitted, and what their posteriors say of ranks is held against the true ranks.
Writes `benchmarks/rank_probability.md`; ends with exit code 1 when a promise is missed.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from record import machine
from scipy.special import ndtri

from drivers.cells.collapse import Cells
from drivers.errors import FitError
from drivers.fit.bayes.exact import fit_exact
from drivers.fit.bayes.laplace_ordered import fit_ordered_posterior
from drivers.fit.bayes.priors import CovariancePrior, R2Prior, SlopePriors
from drivers.fit.regression.sample import Sample
from drivers.stats.measures import MEASURES_DRAWS

FloatArray = NDArray[np.float64]
TARGET = Path(__file__).with_suffix(".md")

PEOPLE, DRIVERS, DRAWS, BINS = 200, 4, 1000, 10
LIMIT, SURE, SURE_LIMIT = 0.02, 0.9, 0.05
"""Most the calibration error may be; what counts as sure of a first place, and in how many surveys of equal drivers."""

SHARES = (0.05, 0.10, 0.20, 0.35, 0.30)
"""Of the five categories of an ordinal outcome: near its ceiling, as outcomes usually are."""

CROWDS: dict[str, Callable[[np.random.Generator], FloatArray]] = {
    "slopes normal": lambda rng: rng.normal(size=DRIVERS),
    "slopes positive, many small (exponential)": lambda rng: rng.exponential(size=DRIVERS),
    "slopes positive, all sizes alike (uniform)": lambda rng: rng.uniform(size=DRIVERS),
    "every second slope 0": lambda rng: np.where(
        rng.uniform(size=DRIVERS) < 0.5, rng.gamma(2, size=DRIVERS), 1e-3 * rng.normal(size=DRIVERS)
    ),
}  # fmt: skip
"""Relative sizes of slopes, none of them exactly alike. The first is the spread the promise is for."""

EQUAL = "all drivers equal"


def truth(rng: np.random.Generator, crowd: str) -> FloatArray:
    """Return a covariance of drivers and outcome: drivers correlate by .1 to .7, R2 is .1 to .7."""
    common = rng.uniform(0.1, 0.7)
    scatter = np.full((DRIVERS, DRIVERS), common) + (1 - common) * np.eye(DRIVERS)
    slopes = np.ones(DRIVERS) if crowd == EQUAL else CROWDS[crowd](rng)
    joint = np.empty((DRIVERS + 1, DRIVERS + 1))
    joint[:-1, :-1], joint[:-1, -1] = scatter, scatter @ slopes
    joint[-1, :-1], joint[-1, -1] = joint[:-1, -1], slopes @ scatter @ slopes / rng.uniform(0.1, 0.7)
    return joint


def sample_of(values: FloatArray) -> Sample:
    """Return answers (n, p + 1) as the fits take them."""
    n = np.ones(len(values))
    cells = Cells(
        items=tuple(f"i{j}" for j in range(values.shape[1])), values=values, n=n, sum_w=n, sum_w2=n,
        reasons=np.zeros(values.shape, dtype=np.int8), keys=pd.DataFrame(index=range(len(values))),
    )
    return Sample(cells=cells, whole=cells, inside=np.arange(len(values)))


def exact(values: FloatArray, joint: FloatArray, seed: int, prior: CovariancePrior | R2Prior) -> FloatArray:
    """Return LMG (S, p) of draws of the exact linear posterior."""
    draws = fit_exact(sample_of(values), prior, DRAWS, seed).draws
    return MEASURES_DRAWS["lmg"](draws.joint_covariance()[0])


def probit(values: FloatArray, joint: FloatArray, seed: int) -> FloatArray:
    """Return LMG (S, p) of draws of a cumulative probit under its default prior, the outcome cut into categories."""
    cuts = np.sqrt(joint[-1, -1]) * ndtri(np.cumsum(SHARES)[:-1])
    category = (values[:, -1:] > cuts).sum(axis=1).astype(np.intp)
    sample = sample_of(np.column_stack([values[:, :-1], category]))
    draws = fit_ordered_posterior(sample, category, len(cuts), "probit", SlopePriors(), DRAWS, seed, binary=False).draws
    return MEASURES_DRAWS["lmg"](draws.joint_covariance()[0])


def bootstrap(values: FloatArray, joint: FloatArray, seed: int) -> FloatArray:
    """Return LMG (S, p) of resampled answers, linear: frequencies of ranks instead of probabilities."""
    n, d = values.shape
    weight = np.random.default_rng([seed, 26]).multinomial(n, np.full(n, 1 / n), size=DRAWS) / n
    mean = weight @ values
    second = (weight @ (values[:, :, None] * values[:, None, :]).reshape(n, -1)).reshape(-1, d, d)
    return MEASURES_DRAWS["lmg"](second - mean[:, :, None] * mean[:, None, :])


ENGINES: dict[str, Callable[[FloatArray, FloatArray, int], FloatArray]] = {
    "linear, exact, prior on R2 (the default)": partial(exact, prior=R2Prior()),
    "linear, exact, Jeffreys' prior": partial(exact, prior=CovariancePrior(correlations="jeffreys")),
    "cumulative probit, Laplace": probit,
    "linear, bootstrap frequencies": bootstrap,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """What surveys say and what is true, by survey: being first and among the first two (S, p), and of pairs (S, 6).

    ``said`` and ``true`` hold one array for each of `WHAT`; ``refused`` counts surveys left out.
    """

    said: tuple[FloatArray, ...]
    true: tuple[FloatArray, ...]
    refused: int = 0


WHAT = ("P(#1)", "P(top 2)", "P(A beats B)")


def standing(shares: FloatArray) -> tuple[FloatArray, ...]:
    """Return the part of draws (S, p) in which each driver is first, among the first two, and beats a later one."""
    place = (-shares).argsort(axis=1).argsort(axis=1)
    a, b = np.triu_indices(shares.shape[1], 1)
    return (place == 0).mean(axis=0), (place < 2).mean(axis=0), (shares[:, a] > shares[:, b]).mean(axis=0)


def ask(engine: str, crowd: str, surveys: int) -> Told:
    """Fit `surveys` surveys of a crowd."""
    said: list[tuple[FloatArray, ...]] = []
    true: list[tuple[FloatArray, ...]] = []
    for survey in range(surveys):
        rng = np.random.default_rng([25, [EQUAL, *CROWDS].index(crowd), survey])
        joint = truth(rng, crowd)
        values = rng.multivariate_normal(np.zeros(DRIVERS + 1), joint, size=PEOPLE)
        try:
            said.append(standing(ENGINES[engine](values, joint, survey)))
        except FitError:
            continue
        true.append(standing(MEASURES_DRAWS["lmg"](joint[None])))
    stack = [tuple(np.array(part) for part in zip(*rows, strict=True)) for rows in (said, true)]
    return Told(said=stack[0], true=stack[1], refused=surveys - len(said))


def by_bin(said: FloatArray, true: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return, in ten bins of what was said, its sum, how often it happened, and how many there are."""
    place = np.minimum((said * BINS).astype(int), BINS - 1).ravel()
    sums = [np.bincount(place, weights=one.ravel(), minlength=BINS) for one in (said, true)]
    return sums[0], sums[1], np.bincount(place, minlength=BINS).astype(np.float64)


def calibration_error(said: FloatArray, true: FloatArray) -> float:
    """Return the mean distance, in ten bins, of what was said from what happened."""
    a, b, n = by_bin(said, true)
    return float(np.abs(a - b).sum() / n.sum())


def over_surveys(said: FloatArray, true: FloatArray) -> float:
    """Return the Monte-Carlo standard error of the calibration error: surveys resampled 200 times."""
    rng = np.random.default_rng(28)
    drawn = rng.integers(0, len(said), (200, len(said)))
    return float(np.std([calibration_error(said[at], true[at]) for at in drawn]))


def chance_alone(said: FloatArray) -> tuple[float, float]:
    """Return mean and 95th percentile of the error of P(#1) if each survey's first were drawn from what it says."""
    rng = np.random.default_rng(27)
    edges, errors = said.cumsum(axis=1), []
    for _ in range(200):
        first = (rng.uniform(size=(len(said), 1)) > edges[:, :-1]).sum(axis=1)
        errors.append(calibration_error(said, np.eye(said.shape[1])[first]))
    return float(np.mean(errors)), float(np.quantile(errors, 0.95))


def errors_row(engine: str, crowd: str, told: Told) -> list[str]:
    """Return a row of the table of errors."""
    mean, high = chance_alone(told.said[0])
    first, happened = told.said[0], told.true[0]
    brier = ((first - happened) ** 2).sum(axis=1)
    log = -np.log(np.maximum((first * happened).sum(axis=1), 0.5 / DRAWS))
    # one survey's answers go together: its error is that of the survey
    se = [values.std(ddof=1) / np.sqrt(len(values)) for values in (brier, log)]
    pairs = zip(told.said, told.true, strict=True)
    return [
        engine, crowd, f"{len(first):,}", f"{told.refused}",
        *(f"{calibration_error(a, b):.4f} ± {over_surveys(a, b):.4f}" for a, b in pairs),
        f"{mean:.4f}, {high:.4f}", f"{brier.mean():.3f} ± {se[0]:.3f}", f"{log.mean():.3f} ± {se[1]:.3f}",
    ]


def bins_rows(engine: str, told: Told) -> list[list[str]]:
    """Return the ten rows of P(#1) said and happened."""
    a, b, n = by_bin(told.said[0], told.true[0])
    rows = []
    for k in range(BINS):
        happened = b[k] / max(n[k], 1)
        se = np.sqrt(a[k] / max(n[k], 1) * (1 - a[k] / max(n[k], 1)) / max(n[k], 1))
        rows.append([engine, f"{k / BINS:.1f} to {(k + 1) / BINS:.1f}", f"{n[k]:,.0f}", f"{a[k] / max(n[k], 1):.3f}",
                     f"{happened:.3f}", f"{se:.3f}"])
    return rows


def sure_row(engine: str, told: Told) -> tuple[list[str], float]:
    """Return the row of equal drivers, and the share of surveys sure of one."""
    sure = (told.said[0].max(axis=1) > SURE).mean()
    se = np.sqrt(sure * (1 - sure) / len(told.said[0]))
    return [engine, f"{len(told.said[0]):,}", f"{100 * sure:.1f} % ± {100 * se:.1f}"], float(sure)


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """Lay out a table: words to the left, numbers to the right."""
    words = [not cell[0].isdigit() for cell in rows[0]]
    lines = [head, ["---" if word else "---:" for word in words], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> int:
    """Fit, print, write; exit with 1 when a promise is missed."""
    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("--surveys", type=int, default=4000, help="of the linear engines; half as many of the ordinal")
    surveys = parse.parse_args().surveys
    start = time.process_time()
    promised = next(iter(CROWDS))
    errors, bins, sure, missed = [], [], [], []
    for engine in ENGINES:
        whole = surveys // 2 if "probit" in engine else surveys
        for crowd in CROWDS if "bootstrap" not in engine else [promised]:
            told = ask(engine, crowd, whole if crowd == promised else max(whole // 4, 1))
            errors.append(errors_row(engine, crowd, told))
            print(errors[-1], flush=True)
            if crowd == promised:
                bins += bins_rows(engine, told)
                missed += [engine] if calibration_error(told.said[0], told.true[0]) > LIMIT else []
        row, part = sure_row(engine, ask(engine, EQUAL, whole))
        sure.append(row)
        print(row, flush=True)
        missed += [f"{engine}, equal drivers"] if part > SURE_LIMIT else []
    spent = time.process_time() - start
    TARGET.write_text(page(errors, bins, sure, missed, spent), encoding="utf-8")
    return 1 if [one for one in missed if "bootstrap" not in one] else 0


def page(
    errors: list[list[str]], bins: list[list[str]], sure: list[list[str]], missed: list[str], spent: float
) -> str:
    """Return the page."""
    kept = [one for one in ENGINES if "bootstrap" not in one and not any(m.startswith(one) for m in missed)]
    verdict = f"Kept by: {'; '.join(kept) or 'none'}. Missed by: {'; '.join(missed) or 'none'}."
    return "\n\n".join([
        "# What a probability of being first is worth",
        "`uv run python benchmarks/rank_probability.py` writes this page.",
        f"Surveys of {PEOPLE} people with {DRIVERS} drivers that correlate by .1 to .7 and explain 10 to 70 % of the "
        f"outcome, {DRAWS:,} draws each. The ordinal outcome has five categories, most answers in the upper two. What "
        "the draws say of ranks is held against the true ranks by LMG.",
        f"Promised: over truths with normal slopes P(#1) is calibrated within {LIMIT:g}; with all drivers equal at "
        f"most {100 * SURE_LIMIT:g} % of surveys give some driver P(#1) > {SURE:g}. {verdict} (Bootstrap frequencies "
        "are there to compare and promise nothing.)",
        "## Calibration error",
        "Mean distance of said from happened over ten bins, all drivers of all surveys together. *Chance alone*: mean "
        "and 95th percentile of the error of P(#1) if the first driver of every survey were drawn from what it says; "
        "an error below that cannot be told from none. Brier and log score of P(#1): less is better. ± is the "
        "Monte-Carlo standard error over surveys. No prior is calibrated for every crowd of truths: where all slopes "
        "are positive and every size is as common, a posterior that expects neither is too sure of a first place.",
        markdown(["engine", "truths", "surveys", "refused", *WHAT, "chance alone", "Brier", "log score"], errors),
        "## Said and happened, normal slopes",
        "The error is that of a share among so many, of which a survey has four.",
        markdown(["engine", "P(#1)", "drivers", "said", "happened", "error"], bins),
        "## All drivers equal",
        markdown(["engine", "surveys", f"some P(#1) > {SURE:g}"], sure),
        f"{spent:,.0f} s of CPU. {machine('numpy', 'scipy', 'drivers')}",
    ]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
