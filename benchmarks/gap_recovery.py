"""Does the expectation gap hold its promises? `uv run python benchmarks/gap_recovery.py [--surveys 1000] [--record]`.

Simulated surveys with a known latent gap, known loss aversion (lambda), a known elasticity (rho), and none of what the
necessity test looks for. With `--keep FOLDER` it can be stopped and goes on from there. It ends with exit code 1 when a
promise is not kept.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from record import machine, table, write_section
from scipy.special import ndtr

import drivers as dr
from drivers.defaults import LEVEL, NECESSARY_P, PRIOR_LOG_RATIO, PRIOR_RATIO_SPREAD
from drivers.stats.elasticity import power_mean
from drivers.survey.answers import Answers
from drivers.work.store import Store, key_of

FloatArray = NDArray[np.float64]
Found = dict[str, FloatArray]
"""By what is judged: 1 where an interval holds the truth (or a claim was made), 0 where not, one number for each."""

SEED = 66_000
CHUNK = 20
ERRORS = 2.0
"""Monte-Carlo standard errors by which a rate may be outside of what is promised."""

COVERAGE, TYPE_ONE, FALSE_CLASS, FALSE_CLAIM = (0.88, 0.92), (0.04, 0.06), (0.0, 0.10), (0.0, 0.05)
AT_LEAST = (0.88, 1.0)
"""Shrunken numbers are promised their coverage over the prior; at its middle they hold the truth more often."""

CUTS = np.array([-1.4, -0.5, 0.4, 1.3])
PERCEIVED, EXPECTED = np.array([0.4, 0.15]), np.array([0.1, 0.25])
GAP, R = -0.5, 0.4
RATINGS = np.arange(1.0, 6.0)
REWARDS = np.array([0.5, 0.4, 0.3, 0.2])
SKEWED = np.array([0.03, 0.07, 0.2, 0.4, 0.3])


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One kind of survey: ``one`` makes and analyses it; ``band`` of what ``judged`` may be, by prefix of its name."""

    name: str
    one: Callable[[np.random.Generator], Found]
    bands: dict[str, tuple[float, float]]
    times: int = 1


def read(rows: FloatArray, names: str, outcome: FloatArray, *, scale: object = (1, 5), **changes: object) -> Answers:
    """Read drivers with one-letter `names` and an outcome y."""
    frame = pd.DataFrame(rows, columns=list(names)).assign(y=outcome)
    return dr.read(frame, dr.Survey(**{"drivers": list(names), "outcomes": ("y",), "scale": scale, **changes}))


def between(low: object, value: object, high: object) -> FloatArray:
    """Return where intervals hold a value."""
    return np.atleast_1d((np.asarray(low) <= value) & (value <= np.asarray(high))).astype(np.float64)


def held(draws: FloatArray, truth: object) -> FloatArray:
    """Return where equal-tailed intervals of draws (S, ...) hold the truth."""
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return between(low, truth, high).ravel()


@cache
def population() -> tuple[FloatArray, FloatArray]:
    """Mean rating, perceived and expected, for each of 25 equally frequent pairs of driver ratings, and those pairs."""
    x = np.array(list(product(RATINGS, repeat=2)))
    levels = ((PERCEIVED, GAP / 2), (EXPECTED, -GAP / 2))
    means = [1 + ndtr(((x - 3) @ slopes + level)[:, None] - CUTS).sum(axis=1) for slopes, level in levels]
    return np.column_stack(means), x


def pair(rng: np.random.Generator, n: int, x: FloatArray) -> FloatArray:
    """Answers to what was perceived and what was expected, cut at common thresholds."""
    error = rng.multivariate_normal([GAP / 2, -GAP / 2], [[1, R], [R, 1]], size=n)
    latent = (x - 3) @ np.column_stack([PERCEIVED, EXPECTED]) + error
    return np.asarray((latent[..., None] > CUTS).sum(axis=-1) + 1.0)


def latent(rng: np.random.Generator) -> Found:
    """Latent gap, slopes and share of people of 400 with two drivers."""
    x = rng.choice([1.0, 3.0, 5.0], (400, 2))
    said = pair(rng, 400, x)
    answers = read(np.column_stack([x, said[:, 1]]), "abe", said[:, 0], drivers=["a", "b"], expectations={"y": "e"})
    (found,) = dr.latent_gap(answers, ["y"], ["a", "b"], draws=500, check_thresholds=False).pairs
    gap = GAP + (x.mean(axis=0) - 3) @ (PERCEIVED - EXPECTED)  # of people with average drivers
    return {
        "gap": held(found.gap, gap), "below": held(found.below, ndtr(-gap / np.sqrt(2 - 2 * R))),
        "correlation": held(found.correlation, R),
        "slopes": held(found.slopes[:, :2], np.stack([PERCEIVED, EXPECTED])),
        "difference": held(found.slopes[:, 2], PERCEIVED - EXPECTED),
    }  # fmt: skip


def linear(weighted: bool) -> Callable[[np.random.Generator], Found]:
    """Judge slopes on scale points and the mean gap of 400, drawn alike or unequally."""
    def one(rng: np.random.Generator) -> Found:
        chance = np.array([1.0, 1, 2, 3, 4]) if weighted else np.ones(5)
        x = np.column_stack([rng.choice(RATINGS, 400, p=chance / chance.sum()), rng.integers(1, 6, 400)])
        noise = rng.lognormal(0, 0.6, 400) if weighted else np.ones(400)
        said = pair(rng, 400, x)
        frame = np.column_stack([x, said[:, 1], noise / chance[x[:, 0].astype(int) - 1]])
        role = {"weight": "w"} if weighted else {}
        answers = read(frame, "abew", said[:, 0], drivers=["a", "b"], expectations={"y": "e"}, **role)
        joint = dr.joint_gap(answers, draws=20)
        means, places = population()
        away = places - 3
        slopes = np.linalg.solve(away.T @ away, away.T @ np.column_stack([means, means[:, 0] - means[:, 1]])).T
        score = dr.gap_scores(answers).tidy().iloc[0]
        inside = between(joint.low, slopes, joint.high)
        return {
            "slopes": inside[:2].ravel(), "difference": inside[2],
            "mean gap": between(score["low"], (means[:, 0] - means[:, 1]).mean(), score["high"]),
        }

    return one


def aversion(ratio: float | None, n: int) -> Callable[[np.random.Generator], Found]:
    """Judge common and single ratios of penalty to reward with half of the answers at the top of the outcome.

    Without a ratio, it and how far drivers differ from it are drawn from the prior under which they are shrunken.
    """
    def one(rng: np.random.Generator) -> Found:
        common, penalties = ratio or float(np.exp(PRIOR_LOG_RATIO * rng.normal())), REWARDS * (ratio or 0.0)
        if ratio is None:
            spread = PRIOR_RATIO_SPREAD * REWARDS.mean() * abs(rng.normal())
            penalties = common * REWARDS + spread * rng.normal(size=len(REWARDS))
        x = rng.integers(1, 6, (20_000, len(REWARDS))).astype(float)
        eta = np.minimum(x - 3, 0) @ penalties + np.maximum(x - 3, 0) @ REWARDS + rng.normal(size=len(x))
        cuts = np.quantile(eta, [0.03, 0.09, 0.2, 0.5])
        found = dr.asymmetry(read(x[:n], "abcd", np.searchsorted(cuts, eta[:n]) + 1.0))
        rows, ours = found.tidy(), found.common()
        called = (rows["verdict"] != "cannot be separated").to_numpy(float)
        judged = {
            "lambda": between(ours["low"], common, ours["high"]),
            "penalties": between(rows["penalty_low"], penalties, rows["penalty_high"]),
            "rewards": between(rows["reward_low"], REWARDS, rows["reward_high"]),
        }
        return judged if ratio != 1 else {
            **judged, "called asymmetric": called, "any called asymmetric": np.array([called.any()], dtype=float)
        }

    return one


def elasticity(rho: float) -> Callable[[np.random.Generator], Found]:
    """Judge rho of 500 people with two drivers."""
    def one(rng: np.random.Generator) -> Found:
        x = rng.integers(1, 6, (500, 2)).astype(float)
        y = 1 + 4 * power_mean(x / 5, np.array([0.6, 0.4]), rho) + 0.5 * rng.normal(size=500)
        found = dr.compensation(read(x, "ab", y, items={"y": {"scale": "open"}}), products=())
        return {"rho": between(found.elasticity.low, rho, found.elasticity.high),
                "stated": np.array([found.stated], dtype=float)}  # fmt: skip

    return one


def independent(kind: str) -> Callable[[np.random.Generator], Found]:
    """Look for necessity where there is none: normal pairs of 50 people, or ratings of 150 most of whom are content."""
    def one(rng: np.random.Generator) -> Found:
        if kind == "normal":
            answers = read(rng.normal(size=(50, 1)), "a", rng.normal(size=50), scale="open")
        else:
            x, y = rng.choice(RATINGS, (2, 150), p=SKEWED)
            answers = read(x[:, None], "a", y)
        (found,) = dr.necessity(answers, permutations=99, seed=int(rng.integers(2**31))).conditions
        return {
            "step p": np.array([found.p_step <= NECESSARY_P], dtype=float),
            "line p": np.array([found.p_line <= NECESSARY_P], dtype=float),
            "necessary": np.array([found.verdict == "necessary"], dtype=float),
        }

    return one


NEVER_MORE = {"step p": (0.0, 0.06), "line p": (0.0, 0.06), "necessary": (0.0, 0.06)}
STUDIES = (
    Study(name="latent gap, 400 people", one=latent,
          bands=dict.fromkeys(("gap", "below", "correlation", "slopes", "difference"), COVERAGE)),
    Study(name="gap on scale points, 400 people", one=linear(False),
          bands=dict.fromkeys(("slopes", "difference", "mean gap"), COVERAGE)),
    Study(name="the same, drawn unequally", one=linear(True),
          bands=dict.fromkeys(("slopes", "difference", "mean gap"), COVERAGE)),
    Study(name="lambda from its prior, half at the top, 600 people", one=aversion(None, 600),
          bands=dict.fromkeys(("lambda", "penalties", "rewards"), COVERAGE)),
    Study(name="lambda 2 for all drivers, half at the top, 600 people", one=aversion(2.0, 600),
          bands=dict.fromkeys(("lambda", "penalties", "rewards"), AT_LEAST)),
    Study(name="lambda 1 for all drivers, half at the top, 600 people", one=aversion(1.0, 600),
          bands={**dict.fromkeys(("lambda", "penalties", "rewards"), AT_LEAST), "called asymmetric": FALSE_CLASS}),
    Study(name="rho -2, 500 people", one=elasticity(-2.0), bands={"rho": COVERAGE}),
    Study(name="rho 0.2, 500 people", one=elasticity(0.2), bands={"rho": COVERAGE}),
    Study(name="rho 1 (drivers add up), 500 people", one=elasticity(1.0),
          bands={"rho": COVERAGE, "stated": FALSE_CLAIM}),
    Study(name="necessity, 50 independent normal pairs", one=independent("normal"), times=4,
          bands={"step p": TYPE_ONE, "line p": TYPE_ONE, "necessary": (0.0, 0.06)}),
    Study(name="necessity, 150 independent ratings", one=independent("ratings"), bands=NEVER_MORE),
)  # fmt: skip


def run(study: Study, surveys: int, store: Store | None = None) -> Found:
    """Return what one study found, (surveys, numbers) by what is judged; `store` may have some of it."""
    own = Path(__file__).read_text(encoding="utf-8")
    parts = []
    for first in range(0, surveys, CHUNK):
        last = min(first + CHUNK, surveys)
        key = key_of("gap recovery", own, study.name, first, last) if store else ""
        part = store.get(key) if store else None
        if part is None:
            made = [study.one(np.random.default_rng([SEED, STUDIES.index(study), k]))
                    for k in range(first, last)]  # fmt: skip
            part = {what: np.array([each[what] for each in made]) for what in made[0]}
            if store:
                store.put(key, part)
        parts.append(part)
        if first % 200 == 0:
            print(f"{study.name}: {first} of {surveys}", file=sys.stderr, flush=True)
    return {what: np.concatenate([part[what] for part in parts]) for what in parts[0]}


def judged(study: Study, found: Found) -> tuple[list[list[str]], int]:
    """Return a row for everything judged, and how many promises were not kept."""
    rows, broken = [], 0
    for what, hits in found.items():
        rate, runs = float(hits.mean()), len(hits)
        each = hits.mean(axis=1)  # numbers of one survey are not independent
        error = float(each.std(ddof=1) / np.sqrt(runs))
        band = study.bands.get(what)
        verdict = "no promise"
        if band:
            slack = ERRORS * max(error, float(np.sqrt(0.05 * 0.95 / runs / hits.shape[1])) if rate in (0, 1) else 0.0)
            off = not band[0] - slack <= rate <= band[1] + slack
            broken += off
            inside = band[0] <= rate <= band[1]
            verdict = "MISSED" if off else "kept" if inside else "kept, within error"
        promise = "" if band is None else f"{band[0]:.0%} to {band[1]:.0%}" if band[0] else f"at most {band[1]:.0%}"
        promise = f"at least {band[0]:.0%}" if band == AT_LEAST else promise
        columns = hits.mean(axis=0)
        worst = f", {columns.min():.1%} to {columns.max():.1%}" if len(columns) > 1 else ""
        counted = f"{hits.sum():,.0f} of {hits.size:,}"
        rows.append([study.name, what, counted, f"{rate:.1%} ± {error:.1%}{worst}", promise, verdict])
    return rows, broken


def main() -> None:
    """Run all studies and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--surveys", type=int, default=1000)
    parser.add_argument("--only", default="", help="studies whose name holds this")
    parser.add_argument("--keep", type=Path, help="folder for finished parts")
    parser.add_argument("--record", action="store_true", help="write the table into benchmarks/README.md")
    given = parser.parse_args()
    start, store = time.process_time(), Store(folder=given.keep) if given.keep else None
    rows, broken = [], 0
    for study in (study for study in STUDIES if given.only in study.name):
        more, off = judged(study, run(study, given.surveys * study.times, store))
        rows, broken = rows + more, broken + off
        for row in more:
            print("  ", *row, sep=" | ", file=sys.stderr, flush=True)
    head = ["truth", "what", "hits of runs", "rate", "promised", "verdict"]
    text = table(head, rows) + (
        f"\n\nSeeds [{SEED}, study, survey]; CPU {time.process_time() - start:,.0f} s. "
        f"{machine('numpy', 'numba', 'drivers')}"
    )
    print(text)
    if given.record:
        write_section("gap-recovery", text)
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
