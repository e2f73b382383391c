"""Whether a posterior may be used: its draws, its prior, what it foretells, all in one verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import (
    BFMI,
    FEWEST_ESS,
    HEAVY_MISFIT,
    LARGEST_LOO_K,
    MISFIT,
    MISFIT_MEAN,
    PARETO_K,
    PRIOR_CONFLICT,
    PRIOR_SENSITIVE,
    RHAT,
    SEED,
)
from drivers.errors import InputError
from drivers.fit.bayes.diagnosis import Diagnosis, Verdict
from drivers.fit.bayes.implied import prior_of
from drivers.fit.bayes.log_prior import prior_used
from drivers.fit.bayes.loo import loo
from drivers.fit.bayes.pointwise import complete_cells
from drivers.fit.bayes.predictive import ALL, Predictive, predictive_check
from drivers.fit.bayes.priors import CovariancePrior, SlopePriors
from drivers.fit.bayes.sensitivity import CONFLICT, FINE, prior_sensitivity
from drivers.fit.result import Fit

MOST_LEFT_OUT = 1500
"""Cells left out at most; of more, a sample is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of a diagnosis; ``grave`` makes a check that fails a reason not to use the fit."""

    part: str
    check: str
    value: float
    limit: str
    passed: bool
    reading: str = ""
    grave: bool = False


def diagnose(fit: Fit, seed: int = SEED) -> Diagnosis:
    """Put everything that speaks for or against a posterior together, with a verdict.

    Parameters
    ----------
    fit : Fit
        A fit of engine "bayes".
    seed : int
        Seed of the surveys foretold.

    Returns
    -------
    Diagnosis
        Draws (R-hat, effective draws, divergences, energy, Pareto k: what applies to the method), prior (power
        scaling, and where answers fall in what the prior foretold), prediction (bars of categories for all, by segment
        or wave, and by the answers to every driver), and how much single answers move the posterior (Pareto k of
        leaving one out).

    Raises
    ------
    InputError
        If the fit is none of a posterior.

    Notes
    -----
    Of linear models slopes and shares rest on means and variances; a misfit of category bars is told and spoils what is
    said about top boxes alone, so it is none of the reasons not to use the fit.

    References
    ----------
    .. [1] Vehtari, Gelman, Simpson, Carpenter & Buerkner (2021). Bayesian Analysis 16(2), 667-718.
       doi:10.1214/20-BA1221
    .. [2] Kallioinen, Paananen, Buerkner & Vehtari (2024). Statistics and Computing 34, 57.
       doi:10.1007/s11222-023-10366-5
    .. [3] Gabry, Simpson, Vehtari, Betancourt & Gelman (2019). Visualization in Bayesian workflow. Journal of the Royal
       Statistical Society A 182(2), 389-402. doi:10.1111/rssa.12378
    """
    if fit.spec.engine != "bayes":
        raise InputError('A regression fit has no posterior to diagnose. Fit with engine="bayes".')
    checks, notes = list(_draws(fit)), []
    sensitivity: pd.DataFrame | None = None
    predictive: Predictive | None = None
    if fit.draws.exposure is not None:
        checks.append(_unchecked(
            "where not applying is part of the model; fit with not_applicable='missing' too, and check that."
        ))
    elif not len(complete_cells(fit)):
        checks.append(_unchecked("because nobody answered everything."))
    else:
        sensitivity = prior_sensitivity(fit)
        predictive = predictive_check(fit, seed)
        checks += [*_prior(fit, sensitivity), *_prediction(fit, predictive), *_left_out(fit, seed)]
        notes += _notes(fit, predictive, sensitivity)
    failed = [check for check in checks if not check.passed]
    verdict: Verdict = "ready"
    if failed:
        verdict = "do not use" if any(check.grave for check in failed) else "look"
    return Diagnosis(
        outcome=fit.spec.outcome, model=fit.spec.model, link=fit.spec.link, method=str(fit.diagnostics["method"]),
        labels=fit.labels, n=fit.n, n_eff=fit.n_eff, verdict=verdict,
        findings=tuple(check.reading for check in failed), sensitivity=sensitivity, predictive=predictive,
        notes=tuple(notes),
        checks=pd.DataFrame([
            {
                "part": check.part, "check": check.check, "value": check.value, "limit": check.limit,
                "passed": check.passed, "reading": check.reading,
            } for check in checks
        ]),
    )


def _draws(fit: Fit) -> Iterator[Check]:
    """Yield what the draws themselves show; Markov chains that fail are refused before they get here."""
    found = fit.diagnostics

    def number(name: str) -> float:
        return float(str(found[name]))

    if found["method"] == "nuts":
        yield Check(
            part="draws", check="largest R-hat", value=number("rhat"), limit=f"below {RHAT:g}",
            passed=number("rhat") < RHAT, reading=f"Chains disagree about {found.get('slowest', 'a parameter')}.",
            grave=True,
        )
        for name, words in (("ess", "middle"), ("ess_tail", "tails")):
            yield Check(
                part="draws", check=f"fewest effective draws, {words}", value=number(name), limit=f"{FEWEST_ESS:,} up",
                passed=number(name) >= FEWEST_ESS, grave=True,
                reading=f"{found.get('slowest', 'A parameter')} has {number(name):,.0f} effective draws; take more.",
            )
        yield Check(
            part="draws", check="divergences", value=number("divergences"), limit="0",
            passed=number("divergences") == 0, reading=f"{number('divergences'):,.0f} draws diverged.", grave=True,
        )
        yield Check(
            part="draws", check="energy (BFMI)", value=number("bfmi"), limit=f"above {BFMI:g}", grave=True,
            passed=number("bfmi") > BFMI, reading="The energy is explored too slowly.",
        )
        return
    if found["method"] == "laplace":
        yield Check(
            part="draws", check="Pareto k of the approximation", value=number("pareto_k"), limit=f"below {PARETO_K:g}",
            passed=number("pareto_k") < PARETO_K, reading="Laplace's approximation is too far off; use method='nuts'.",
            grave=True,
        )
    yield Check(
        part="draws", check="effective draws", value=number("ess"), limit=f"{FEWEST_ESS:,} up",
        passed=number("ess") >= FEWEST_ESS,
        reading=f"{number('ess'):,.0f} effective draws are few for intervals; ask for more draws.",
    )


def _unchecked(why: str) -> Check:
    return Check(
        part="prediction", check="could not be checked", value=float("nan"), limit="", passed=False,
        reading=f"What it foretells and how far it leans on its prior cannot be checked {why}",
    )


def _prior(fit: Fit, sensitivity: pd.DataFrame) -> Iterator[Check]:
    asked = sensitivity[sensitivity["quantity"].isin(["slope", "share", "r2"])]
    most = asked.iloc[int(np.argmax(asked["prior"]))]
    strong = asked[asked["reading"] != FINE]
    clash = (strong["reading"] == CONFLICT).any()
    named = _named(fit, strong.sort_values("prior", ascending=False))
    yield Check(
        part="prior", check="largest sensitivity to the prior", value=float(most["prior"]),
        limit=f"up to {PRIOR_SENSITIVE:g}", passed=not len(strong),
        reading=f"{'Prior and answers disagree about' if clash else 'The prior, not the answers, decides'} {named}: "
                "state why that prior holds, or use a wider one.",
    )
    prior = prior_used(fit)
    proper = not isinstance(prior, SlopePriors) or (
        prior.slopes.proper and (prior.error_sd.proper if fit.spec.model == "linear" else prior.cuts.proper)
    )
    if not proper or (isinstance(prior, CovariancePrior) and prior.correlations == "jeffreys"):
        return
    before = prior_of(fit)
    tail = _tail(before.r2, float(fit.draws.r2.mean()))
    yield Check(
        part="prior", check="R2 found: p under the prior", value=tail,
        limit=f"{PRIOR_CONFLICT:g} up", passed=tail >= PRIOR_CONFLICT,
        reading=f"The R2 found, {fit.draws.r2.mean():.2f}, is one the prior all but excluded.",
    )
    if before.bars is None:
        return
    cells = complete_cells(fit)
    y = cells.values[:, -1]
    said = (y >= (fit.top or 0.0)).astype(int) if fit.spec.model == "logit" else np.searchsorted(fit.categories, y)
    share = np.bincount(said, weights=cells.sum_w, minlength=before.bars.shape[1]) / cells.sum_w.sum()
    least = min(_tail(before.bars[:, k], float(share[k])) for k in range(len(share)))
    yield Check(
        part="prior", check="shares of categories: smallest p under the prior", value=least,
        limit=f"{PRIOR_CONFLICT:g} up", passed=least >= PRIOR_CONFLICT,
        reading="The share of a category is one the prior all but excluded; see the prior of thresholds.",
    )


def _tail(drawn: NDArray[np.float64], value: float) -> float:
    below = float((drawn < value).mean())
    return min(2 * min(below, 1 - below), 1.0)


def _named(fit: Fit, rows: pd.DataFrame) -> str:
    words = {"slope": "the slope of", "share": "the share of", "r2": "R2"}
    told = [
        " ".join(filter(None, (words[kind], fit.label(name) if name else "")))
        for kind, name in zip(rows["quantity"], rows["driver"], strict=True)
    ]
    return ", ".join(told[:3]) + (f" and {len(told) - 3} more" if len(told) > 3 else "")


def _prediction(fit: Fit, predictive: Predictive) -> Iterator[Check]:
    bars = predictive.bars
    linear = fit.spec.model == "linear"
    cure = (
        ": slopes and shares of variance rest on means and stay, but take an ordinal model for top boxes." if linear
        else ": try the other link, unequal steps (monotone=), unequal spread (spread_by=), or segments (by=)."
    )
    for column in dict.fromkeys(bars["column"]):
        if linear and column in fit.spec.drivers:
            yield _mean_check(fit, predictive, column)
            continue
        rows = bars[bars["column"] == column]
        wrong = rows[rows["misfit"]]
        judged = wrong if len(wrong) else rows
        worst = judged.iloc[int(np.argmax(np.abs(judged["off"])))]
        heavy = len(wrong) > 0 and bool(abs(worst["off"]) >= HEAVY_MISFIT)
        where = f"shares by {fit.label(column)}" if column else "shares of categories"
        who = "" if worst["group"] == ALL else f" where {fit.label(column)} is {worst['group']}"
        yield Check(
            part="prediction", check=f"{where}: most off, of {len(rows)}", value=float(abs(worst["off"])),
            limit=f"below {HEAVY_MISFIT if linear else MISFIT:g}, or chance",
            passed=not heavy if linear else not len(wrong), grave=heavy and not linear,
            reading=f"{len(wrong)} of {len(rows)} {where} {'is' if len(wrong) == 1 else 'are'} foretold wrong, most of "
                    f"all answer {worst['category']}{who} ({worst['observed']:.0%}, foretold {worst['foretold']:.0%})"
                    f"{cure}",
        )
        if heavy or (len(wrong) and not linear):
            cure = "."


def _mean_check(fit: Fit, predictive: Predictive, column: str) -> Check:
    assert predictive.means is not None
    rows = predictive.means[predictive.means["column"] == column]
    wrong = rows[rows["misfit"]]
    judged = wrong if len(wrong) else rows
    worst = judged.iloc[int(np.argmax(np.abs(judged["off"])))]
    return Check(
        part="prediction", check=f"means by {fit.label(column)}: most off, of {len(rows)}",
        value=float(abs(worst["off"])), limit=f"below {MISFIT_MEAN:g} sd, or chance", passed=not len(wrong),
        reading=f"Means do not follow {fit.label(column)} in a straight line: where it is {worst['group']}, the mean "
                f"is {worst['observed']:.2f}, foretold {worst['foretold']:.2f}. See a regression with its square or "
                "product.",
    )


def _left_out(fit: Fit, seed: int) -> Iterator[Check]:
    cells = complete_cells(fit)
    if len(cells) > MOST_LEFT_OUT:
        chosen = np.random.default_rng([seed, 22]).choice(len(cells), MOST_LEFT_OUT, replace=False)
        cells = cells.select(np.isin(np.arange(len(cells)), chosen))
    found = loo(fit, cells)
    loose = int(found.count[found.pareto_k > LARGEST_LOO_K].sum())
    yield Check(
        part="leave one out", check="largest Pareto k, one answer left out", value=float(found.pareto_k.max()),
        limit=f"up to {LARGEST_LOO_K:g}", passed=found.reliable,
        reading=f"{loose:,} answers move the posterior so much that leaving them out is rough: look for codes or "
                "people unlike all others.",
    )


def _notes(fit: Fit, predictive: Predictive, sensitivity: pd.DataFrame) -> list[str]:
    told = [
        "Shares foretold are of the same people, so chance makes them differ less than this says; bars are told wrong "
        "when they are off by more than chance, allowing for their number, and by more than the limit."
    ]
    if predictive.sampled < 1 or len(complete_cells(fit)) > MOST_LEFT_OUT:
        told.append(
            f"Predictions are checked on {predictive.sampled:.0%} of the answer patterns, leaving out on at most "
            f"{MOST_LEFT_OUT:,}."
        )
    over = sensitivity["quantity"].isin(["spread", "correlation", "pace", "group spread"])
    leaning = sensitivity[over & (sensitivity["reading"] != FINE)]
    if len(leaning):
        told.append(
            f"Their prior has a say in {len(leaning)} spread(s), correlations or paces of slopes and levels, as it has "
            "with few segments or waves; that is no fault, but state it."
        )
    if fit.diagnostics.get("rotated"):
        told.append(
            "Weights or a design: draws turned to the design stand for the posterior, so readings are approximate."
        )
    if fit.missing is not None:
        told.append("Answers are missing: checked are those who answered everything.")
    return told
