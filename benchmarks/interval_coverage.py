"""Do 90 % intervals hold the truth 90 % of the time? `uv run python benchmarks/interval_coverage.py [--surveys 1000]`.

A thousand surveys of a population whose slopes and shares are known by integration, under four ways of sampling, each
analysed as it should be and, as negative controls, as it should not. It ends with exit code 1 when a promise is not
kept or a negative control passes.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # before numpy: two processes, a core each

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
from known_population import DRIVERS, FloatArray, Known, known, leave_out, people, weighted
from record import machine, table, write_section

import drivers as dr
import drivers.fit.run as run_fit
from drivers.cells.collapse import Cells
from drivers.defaults import LEVEL
from drivers.fit.result import Fit
from drivers.importance.compare import compare
from drivers.importance.result import Importance
from drivers.survey.answers import Answers
from drivers.work.store import Store, key_of

SEED = 47_000
"""Not 4,000 or 9,000: on those surveys intervals were chosen. Nobody had looked at these before the intervals stood."""

DRAWS = 500
N = 400
CV = 0.8
UNITS, PER_UNIT = 40, 15
MISSING = 0.30
IMPUTED = 4
"""Imputation takes longest: one survey of so many."""

CONTROLS = 4
"""Negative controls fail by far: one survey of so many is enough to see it."""

SMALL = 0.03
"""True shares below this get a one-sided bound instead of an interval."""

APART = 2.0
"""Differences of shares are judged where the truth is more of their standard deviations from 0."""

BAND, DESIGN_BAND = (0.88, 0.92), (0.87, 0.92)
JUDGED = ("slopes", "slope draws", "shares", "differences", "R2")
COLUMNS = (*JUDGED, "bound")
HEAD = [
    "survey", "model, analysis", "surveys", "slopes, robust", "slopes, bootstrap", f"LMG of {SMALL:g} or more",
    "differences of LMG", "R2", "95 % bound of small LMG",
]  # fmt: skip
ERRORS = 2.0
"""Standard errors by which a mean coverage may miss its band, and a negative control must."""

CHUNK = 20

Change = Callable[[pd.DataFrame], pd.DataFrame]
Part = dict[str, FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """One way to analyse a survey.

    ``roles`` of columns beside the drivers and the outcome; ``change`` to the table before; ``every`` how many surveys
    there are to one analysed; ``must_fail`` names what a negative control gets wrong.
    """

    name: str
    model: str = "linear"
    roles: Mapping[str, str] = field(default_factory=dict)
    missing: str | None = None
    change: Change | None = None
    every: int = 1
    must_fail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """One way to draw a survey, the band its coverage has to lie in, and the analyses."""

    name: str
    draw: Callable[[np.random.Generator], pd.DataFrame]
    analyses: tuple[Analysis, ...]
    band: tuple[float, float] = BAND


def mean_filled(rows: pd.DataFrame) -> pd.DataFrame:
    """Put the mean of those who answered where an answer is missing: what the package does not offer."""
    return rows.fillna(rows.mean())


def counted(rows: pd.DataFrame) -> pd.DataFrame:
    """Take weights that add up to a population ten times as large for counts of people."""
    return rows.assign(count=np.maximum(np.round(10 * rows["weight"] / rows["weight"].mean()), 1).astype(int))


def in_units(rng: np.random.Generator) -> pd.DataFrame:
    """Draw 40 sampling units of 15 people each."""
    unit = np.repeat(np.arange(UNITS), PER_UNIT)
    return people(UNITS * PER_UNIT, rng, unit).assign(unit=unit)


def with_gaps(cause: str) -> Callable[[np.random.Generator], pd.DataFrame]:
    """Draw people of whom some do not rate the first two drivers."""
    return lambda rng: leave_out(people(N, rng), cause, MISSING, rng)


BOTH = {"weight": "weight", "psu": "unit"}
GAPS = (
    Analysis(name="maximum likelihood (FIML)"),
    Analysis(name="multiple imputation", model="ordinal", every=IMPUTED),
)
SAMPLINGS = (
    Sampling(
        name=f"simple random, {N} people", draw=lambda rng: people(N, rng),
        analyses=(Analysis(name="as drawn"), Analysis(name="as drawn", model="ordinal")),
    ),
    Sampling(
        name=f"weights with CV {CV}, {N} people", draw=lambda rng: weighted(N, CV, rng),
        analyses=(
            Analysis(name="weighted", roles={"weight": "weight"}),
            Analysis(name="weighted", model="ordinal", roles={"weight": "weight"}),
            Analysis(name="weights as counts", roles={"frequency": "count"}, change=counted,
                     must_fail=("slopes", "shares", "R2"), every=CONTROLS),
        ),
    ),
    Sampling(
        name=f"{UNITS} PSUs of {PER_UNIT}", draw=in_units, band=DESIGN_BAND,
        analyses=(
            Analysis(name="PSUs declared", roles={"psu": "unit"}),
            Analysis(name="PSUs declared", model="ordinal", roles={"psu": "unit"}),
            Analysis(name="PSUs ignored", must_fail=("slopes", "shares", "R2"), every=CONTROLS),
        ),
    ),
    Sampling(
        name=f"{UNITS} PSUs of {PER_UNIT}, weights with CV {CV}",
        draw=lambda rng: weighted(UNITS * PER_UNIT, CV, rng, UNITS), band=DESIGN_BAND,
        analyses=(
            Analysis(name="both declared", roles=BOTH), Analysis(name="both declared", model="ordinal", roles=BOTH),
            Analysis(name="PSUs ignored", roles={"weight": "weight"}, every=CONTROLS,
                     must_fail=("slopes", "shares", "R2")),
        ),
    ),
    Sampling(
        name=f"{MISSING:.0%} missing, by a driver", draw=with_gaps("value"),
        analyses=(
            *GAPS, Analysis(name="complete cases", missing="complete", must_fail=("shares", "R2"), every=CONTROLS),
            Analysis(name="mean fill", change=mean_filled, must_fail=("slopes", "shares"), every=CONTROLS),
        ),
    ),
    Sampling(
        name=f"{MISSING:.0%} missing, by the outcome", draw=with_gaps("outcome"),
        analyses=(
            *GAPS,
            Analysis(name="complete cases", missing="complete", every=CONTROLS, must_fail=("slopes", "shares", "R2")),
            Analysis(name="mean fill", change=mean_filled, must_fail=("slopes", "shares"), every=CONTROLS),
        ),
    ),
)


@cache
def definition(roles: tuple[tuple[str, str], ...]) -> Answers:
    """Read and check a large table once; every survey then puts its own rows in."""
    rng = np.random.default_rng(0)
    rows = counted(weighted(UNITS * 100, CV, rng, UNITS))
    survey = dr.Survey(drivers=DRIVERS, outcomes=("outcome",), scale=(1, 5), **dict(roles))
    return dr.read(rows[[*DRIVERS, "outcome", *dict(roles).values()]], survey)


def answers_to(rows: pd.DataFrame, analysis: Analysis) -> Answers:
    """Return one survey's answers in the roles of one analysis."""
    rows = analysis.change(rows) if analysis.change else rows
    template = definition(tuple(analysis.roles.items()))
    return replace(template, frame=nw.from_native(rows, eager_only=True).lazy(), n_read=len(rows))


def analysed(answers: Answers, analysis: Analysis, seed: int) -> tuple[Fit, Importance]:
    """Fit one survey in one way."""
    fit = dr.fit(answers, model=analysis.model, missing=analysis.missing, draws=DRAWS, seed=seed)
    return fit, dr.importance(fit)


def intervals(fit: Fit, imp: Importance) -> dict[str, FloatArray]:
    """Return estimate, low and high (3, k) of everything judged."""
    slopes, shares, r2 = fit.tidy()[: len(DRIVERS)], imp.tidy(), imp.r2_interval()
    pairs = compare(imp).tidy()
    place = {name: j for j, name in enumerate(DRIVERS)}
    gaps = np.full((3, len(DRIVERS), len(DRIVERS)), np.nan)
    for row in pairs.itertuples():
        i, j = place[row.driver], place[row.other]
        gaps[:, i, j] = row.difference, row.low, row.high
        gaps[:, j, i] = -row.difference, -row.high, -row.low
    first, second = np.triu_indices(len(DRIVERS), 1)
    return {
        "slopes": slopes[["estimate", "low", "high"]].to_numpy().T,
        "slope draws": shares[["slope", "slope_low", "slope_high"]].to_numpy().T,
        "shares": shares[["share", "low", "high"]].to_numpy().T,
        "R2": np.array([[r2["estimate"]], [r2["low"]], [r2["high"]]]),
        "differences": gaps[:, first, second],
    }


def work(job: tuple[int, int, int]) -> Part:
    """Run surveys first..last - 1 of a sampling: per analysis what `intervals` says (surveys, 3, k), and seconds."""
    place, first, last = job
    sampling = SAMPLINGS[place]
    found: dict[str, list[FloatArray]] = {}
    for survey in range(first, last):
        rows = sampling.draw(np.random.default_rng([SEED, place, survey]))
        same: dict[object, Answers] = {}
        with collapsed_once():
            for which, analysis in enumerate(sampling.analyses):
                if survey % analysis.every == 0:
                    start, alike = time.process_time(), (tuple(analysis.roles.items()), analysis.change)
                    answers = same.setdefault(alike, answers_to(rows, analysis))
                    for what, values in intervals(*analysed(answers, analysis, SEED + survey)).items():
                        found.setdefault(f"{which}.{what}", []).append(values)
                    found.setdefault(f"{which}.seconds", []).append(np.array(time.process_time() - start))
    return {name: np.array(values) for name, values in found.items()}


@contextmanager
def collapsed_once() -> Iterator[None]:
    """Collapse the same answers once, whatever models are fitted to them: that is half the time of a linear fit."""
    known: dict[object, Cells] = {}
    plain = run_fit.collapse

    def collapse(answers: Answers, items: Sequence[str], by: Sequence[str] = ()) -> Cells:
        key = (id(answers), tuple(items), tuple(by))
        if key not in known:
            known[key] = plain(answers, items, by)
        return known[key]

    run_fit.collapse = collapse
    try:
        yield
    finally:
        run_fit.collapse = plain


def polite() -> None:
    """Leave the machine to others first."""
    os.nice(10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """Coverage of one kind of interval: the mean over ``count`` numbers, its standard error, and the worst of them."""

    mean: float
    error: float
    worst: float
    count: int

    def words(self) -> str:
        """Return coverage, error and worst as a cell of the table; nothing where there was nothing to judge."""
        if not self.count:
            return ""
        worst = f", worst {self.worst:.1%}" if self.count > 1 else ""
        return f"{self.mean:.1%} ± {self.error:.1%}{worst}"


def covered(inside: FloatArray) -> Covered:
    """Sum up hits (surveys, numbers); numbers of one survey are not independent, so errors are between surveys."""
    if not inside.shape[1]:
        return Covered(mean=np.nan, error=np.nan, worst=np.nan, count=0)
    each, surveys = inside.mean(axis=0), inside.mean(axis=1)
    spread = surveys.std(ddof=1) if inside.shape[1] > 1 else np.sqrt(each[0] * (1 - each[0]))
    worst = each[np.argmax(np.abs(each - LEVEL))]
    return Covered(
        mean=float(each.mean()), error=float(spread / np.sqrt(len(inside))), worst=float(worst), count=len(each)
    )


def judged(stack: Part, truth: Known) -> dict[str, Covered]:
    """Return the coverage of everything judged over one analysis, whose intervals are (surveys, 3, k)."""
    first, second = np.triu_indices(len(DRIVERS), 1)
    gap = truth.shares[first] - truth.shares[second]
    true = {
        "slopes": truth.slopes, "slope draws": truth.slopes, "shares": truth.shares, "R2": np.array([truth.r2]),
        "differences": gap,
    }
    large = truth.shares >= SMALL
    kept = {"shares": large, "differences": np.abs(gap) > APART * stack["differences"][:, 0].std(axis=0)}
    result = {}
    for what, value in true.items():
        low, high = stack[what][:, 1], stack[what][:, 2]
        inside = (low <= value) & (value <= high)
        result[what] = covered(inside[:, kept.get(what, np.ones(len(value), dtype=bool))])
    result["bound"] = covered((truth.shares <= stack["shares"][:, 2])[:, ~large])
    return result


def verdict(sampling: Sampling, analysis: Analysis, result: Mapping[str, Covered]) -> str:
    """Say whether an analysis keeps its promise, or a negative control is caught; two standard errors are chance."""
    low, high = sampling.band
    if analysis.must_fail:
        passed = [what for what in analysis.must_fail if result[what].mean > low - ERRORS * result[what].error]
        return f"NOT CAUGHT: {', '.join(passed)}" if passed else f"caught: {', '.join(analysis.must_fail)}"
    outside = {what: max(low - result[what].mean, result[what].mean - high) for what in JUDGED}
    missed = [what for what in JUDGED if outside[what] > ERRORS * result[what].error]
    close = [what for what in JUDGED if outside[what] > 0 and what not in missed]
    kept = f"kept, {', '.join(close)} within error" if close else "kept"
    return f"MISSED: {', '.join(missed)}" if missed else kept


def run(surveys: int, processes: int, store: Store | None) -> dict[tuple[int, int], Part]:
    """Analyse all surveys; return intervals and CPU seconds by (sampling, analysis); `store` has some already."""
    jobs = [
        (place, first, min(first + CHUNK, surveys))
        for first in range(0, surveys, CHUNK) for place in range(len(SAMPLINGS))
    ]  # fmt: skip
    own = [path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("*.py"))]
    keys = [key_of("interval coverage", own, DRAWS, *job) if store else "" for job in jobs]
    parts = [store.get(key) if store else None for key in keys]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=polite) as pool:
        begun = {at: pool.submit(work, jobs[at]) for at, part in enumerate(parts) if part is None}
        for done, (at, job) in enumerate(begun.items(), start=1):
            parts[at] = job.result()
            if store:
                store.put(keys[at], parts[at])
            if done % 10 == 0:
                print(f"{done:,} of {len(begun):,} parts done", file=sys.stderr, flush=True)
    found: dict[tuple[int, int], dict[str, list[FloatArray]]] = {}
    for (place, _, _), part in zip(jobs, parts, strict=True):
        for name, values in part.items():
            which, what = name.split(".")
            found.setdefault((place, int(which)), {}).setdefault(what, []).append(values)
    return {at: {what: np.concatenate(one) for what, one in parts.items()} for at, parts in found.items()}


def main() -> int:
    """Simulate, analyse, judge, print, record."""
    parser = argparse.ArgumentParser(description="Coverage of 90 % intervals over simulated surveys.")
    parser.add_argument("--surveys", type=int, default=1000, help="surveys per way of sampling (1,000)")
    parser.add_argument("--processes", type=int, default=2, help="processes at low priority (2)")
    parser.add_argument("--keep", type=Path, help="folder for finished parts, to go on from after an interruption")
    parser.add_argument("--dry", action="store_true", help="print the table without writing it into README.md")
    asked = parser.parse_args()
    truths = known()
    found = run(asked.surveys, asked.processes, Store(folder=asked.keep) if asked.keep else None)
    spent = sum(float(one["seconds"].sum()) for one in found.values())
    fits = sum(len(one["seconds"]) for one in found.values())
    rows, controls = [], []
    for (place, which), one in sorted(found.items()):
        sampling, analysis = SAMPLINGS[place], SAMPLINGS[place].analyses[which]
        result = judged(one, truths[analysis.model])
        (controls if analysis.must_fail else rows).append([
            sampling.name, f"{analysis.model}, {analysis.name}", f"{len(one['seconds']):,}",
            *(result[what].words() for what in COLUMNS), verdict(sampling, analysis, result),
        ])  # fmt: skip
    shares = " and ".join(
        f"{', '.join(f'{share:.3f}' for share in truth.shares)} (R2 {truth.r2:.3f}; {model})"
        for model, truth in truths.items()
    )  # fmt: skip
    text = "\n\n".join([
        table([*HEAD, "verdict"], rows), "Negative controls, on the same surveys:", table([*HEAD, "verdict"], controls),
        f"{asked.surveys:,} surveys for each way of sampling, {DRAWS} bootstrap draws each, 90 % intervals, seeds "
        f"[{SEED}, sampling, survey]; {fits:,} fits in {spent:,.0f} s of CPU; imputation on one survey in {IMPUTED}, "
        f"negative controls on one in {CONTROLS}. True shares: {shares}.",
        machine("numpy", "numba", "pandas", "scipy", "drivers"),
    ])  # fmt: skip
    print(text)
    if not asked.dry:
        write_section("coverage", text)
    return int(any("MISSED" in row[-1] or "NOT CAUGHT" in row[-1] for row in [*rows, *controls]))


if __name__ == "__main__":
    sys.exit(main())
