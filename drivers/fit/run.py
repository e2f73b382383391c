"""Fit a driver model to answers: choose the cells, check that they can carry the model, estimate, resample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from drivers.cells.collapse import Cells, collapse
from drivers.defaults import DRAWS, FEWEST_DRAWS, LEVEL, POSTERIOR_DRAWS, SEED
from drivers.errors import InputError, quoted
from drivers.fit.controls import Controlled, columns_of, expand, settle_controls, split_controls
from drivers.fit.exposure import Exposed, expose, split_exposure
from drivers.fit.forms import check_monotone, check_spread_by
from drivers.fit.guard import (
    check_draws,
    check_enough,
    check_group,
    check_roles,
    check_segments,
    check_spread,
    check_walk,
    few_draws,
)
from drivers.fit.missing import (
    check_missing,
    choose,
    complete_cases,
    group_keys,
    settle_method,
    usable,
    usage_notes,
    usage_of,
)
from drivers.fit.outcome import Outcome, code_outcome, top_box
from drivers.fit.products import multiply, read_terms, split_products
from drivers.fit.regression.estimated import Estimated
from drivers.fit.regression.sample import Sample
from drivers.fit.result import (
    Draws,
    Fit,
    FitSpec,
    Link,
    Method,
    Missing,
    MissingInformation,
    Model,
    NotApplicable,
    Product,
    Steps,
    Usage,
)
from drivers.fit.segment_draws import SegmentDraws
from drivers.fit.spread_draws import SpreadDraws
from drivers.fit.step_draws import StepDraws
from drivers.fit.support import check_rests
from drivers.fit.wave_draws import WaveDraws
from drivers.survey.answers import Answers
from drivers.survey.schema import Survey
from drivers.work.pack import pack, unpack
from drivers.work.resumable import Kept

if TYPE_CHECKING:
    from drivers.fit.bayes.priors import PriorChoice
    from drivers.fit.regression.imputed import Estimator

LINKS: Mapping[str, tuple[Link, ...]] = {
    "linear": ("identity",), "ordinal": ("probit", "logit"), "logit": ("logit", "probit")
}
"""Links of each model; the first is the default."""

ENGINES = ("regression", "bayes")

OF_GROUPS = (SegmentDraws, SpreadDraws, StepDraws, WaveDraws)
"""What a posterior may have beside its draws."""


def fit(
    data: Answers | Any,
    outcome: str | None = None,
    drivers: Sequence[str] | None = None,
    *,
    weight: str | None = None,
    model: Model = "linear",
    link: Link | None = None,
    engine: str = "regression",
    method: Method = "auto",
    prior: PriorChoice | None = None,
    draws: int | None = None,
    seed: int = SEED,
    level: float = LEVEL,
    where: Mapping[str, object] | None = None,
    controls: Sequence[str] | None = None,
    missing: Missing | None = None,
    not_applicable: NotApplicable = "missing",
    imputations: int | None = None,
    shift_missing: Mapping[str, float] | None = None,
    by: str | Sequence[str] | None = None,
    population: Mapping[object, float] | Literal["weights"] | None = None,
    walk: Steps | None = None,
    season: bool = False,
    spread_by: str | None = None,
    monotone: Sequence[str] = (),
) -> Fit:
    """Fit a driver model: how the outcome goes with each driver, the others held equal.

    Parameters
    ----------
    data : Answers or table or path
        Checked answers, or anything `drivers.read` takes together with `drivers` and `outcome`.
    outcome : str, optional
        Column to explain; the first outcome of the survey by default.
    drivers : sequence of str, optional
        Columns to explain it with; all drivers of the survey by default. ``a^2`` and ``a:b`` are the square and the
        product of drivers that are in the list too; importance counts them to those drivers.
    weight : str, optional
        Weight column, for data without a survey definition.
    model : {"linear", "ordinal", "logit"}
        Linear on the scale points, cumulative on the ordered points, or binary for the top-2-box.
    link : {"identity", "probit", "logit"}, optional
        The latent distribution; probit for ordinal and logit for logit by default.
    engine : {"regression", "bayes"}
        Estimates with bootstrap draws, or draws from a posterior.
    method : {"auto", "exact", "laplace", "nuts"}
        Of the posterior: "exact" for linear models, "laplace" (checked by importance weights) or "nuts" (Markov
        chains) for all. "auto" takes the first that goes with model and prior, and chains where an approximation is
        refused; the result names what ran.
    prior : SlopePriors, R2Prior or CovariancePrior, optional
        Of the posterior; `drivers.fit.bayes.priors` holds the defaults, and the result prints what was used.
    draws : int, optional
        Bootstrap draws, 1,000 by default; or draws from the posterior, 4,000 by default.
    seed : int
        Seed of all draws; the same seed gives the same numbers whatever the number of cores.
    level : float
        Level of intervals, between 0 and 1.
    where : mapping, optional
        Keep only respondents with this wave or segment, e.g. ``{"channel": "phone"}``.
    controls : sequence of str, optional
        Controls of the survey to hold equal, all by default: categories become dummies by themselves (base: the most
        frequent level), numbers stay. They are terms of the fit and never get a share.
    missing : {"fiml", "impute", "complete"}, optional
        Missing answers by maximum likelihood (linear models; their default), by multiple imputation (default of
        ordinal and logit models), or left out with everything else the respondent said.
    not_applicable : {"missing", "exposure"}
        "missing" takes declared not-applicable codes as answers not given: the result describes everybody as if every
        driver applied, one slope per driver, comparable between groups. "exposure" models whether a driver applies
        beside how good it was.
    imputations : int, optional
        Imputed data sets; 20 by default, or one per percent missing in the item with most missing answers.
    shift_missing : mapping, optional
        For what-ifs about answers not missing at random: how far imputed answers of an item lie from those of people
        alike who answered, in latent standard deviations for ratings and in its own units for measurements.
    by : str or sequence of str, optional
        One or two segment columns over which slopes and levels vary (engine "bayes"): a hierarchical model, in which
        small segments borrow from the others. `Fit.segments` holds them, `Fit.draws` the population's average.
    population : mapping or "weights", optional
        With `by`: people or parts of the whole in each segment, ``{"phone": 0.4, "store": 0.6}`` (pairs of groups with
        two columns), or "weights" for the weights' estimate. By the answers otherwise, unless there are weights.
    walk : {"normal", "student_t"}, optional
        Slopes and level that move from wave to wave by such steps (engine "bayes"): a dynamic model, in which thin
        waves borrow from their neighbours. `Fit.waves` holds them, `Fit.draws` the latest wave. With `by` segments
        differ by the same amount in every wave; `Fit.segments` are then those of the latest.
    season : bool
        With `walk`: the level also has a season; from `SEASON_FROM` quarters on.
    spread_by : str, optional
        Segment column or wave whose groups differ in latent level and spread (engine "bayes", model "ordinal"), slopes
        being one for all. `Fit.spreads` holds them; `drivers.group_spreads` reads them.
    monotone : sequence of str
        Drivers whose steps from point to point need not be equal, only go in one direction (engine "bayes", model
        "ordinal" or "logit"). `Fit.steps` holds the steps; `drivers.scale_steps` reads them.

    Returns
    -------
    Fit
        Estimates, model-based and robust covariances, bootstrap draws, and what was left out and why.

    Raises
    ------
    InputError
        If the request or the data cannot carry the model: unknown names, a driver that does not vary or is a mix of
        others, an unused outcome category, fewer answers than terms.
    FitError
        If the model ran but must not be trusted: separation, no convergence, too many failed bootstrap draws.
    """
    answers = _answers(data, outcome, drivers, weight, (*_columns(by), *_columns(spread_by)))
    survey = answers.survey
    terms = read_terms(survey.drivers if drivers is None else drivers, survey.drivers)
    wished = FitSpec(
        outcome=outcome or survey.outcomes[0], drivers=terms.drivers, products=tuple(terms.made_of), model=model,
        link=link or LINKS.get(model, ("identity",))[0], engine=engine, method=method, prior=prior,
        draws=(POSTERIOR_DRAWS if engine == "bayes" else DRAWS) if draws is None else draws, seed=seed, level=level,
        where=dict(where or {}), controls=settle_controls(survey, controls), not_applicable=not_applicable,
        imputations=imputations, shift_missing=dict(shift_missing or {}), by=_columns(by), population=population,
        walk=walk, wave=survey.wave if walk else None, season=season, spread_by=spread_by, monotone=_columns(monotone),
    )
    spec = check_missing(_checked(survey, wished), missing)
    controlled = _controlled(answers, spec)
    cells, products, told = multiply(controlled.cells, survey, terms)
    sample, dropped = choose(cells, spec)
    original = sample.cells
    coded = code_outcome(survey, spec, original)
    exposed = expose(original) if spec.not_applicable == "exposure" else None
    if exposed is not None:
        spec = settle_method(spec, missing, exposed)
        sample = replace(sample, cells=exposed.cells)
    slopes = len(sample.cells.items) - 1
    check_enough(sample.cells, spec, in_all := slopes + (1 if coded is None else len(coded.categories) - 1))
    check_spread(sample.cells, spec)
    thin = check_rests(sample, original, spec, in_all)
    estimated = complete_cases(_kept_estimate(spec, sample, coded, exposed), spec, dropped)
    check_draws(estimated, spec)
    estimated = _split(estimated, spec, len(controlled.terms), len(products), 0 if exposed is None else slopes)
    usage = usage_of(cells, original, sample, dropped)
    controlled = replace(controlled, notes=(*controlled.notes, *told, *thin))
    return _assemble(answers, spec, original, coded, exposed, estimated, usage, controlled, products)


def _split(estimated: Estimated, spec: FitSpec, controls: int, products: int, exposed: int) -> Estimated:
    """Set slopes of indicators, products and controls apart; `exposed` counts all slopes where there are indicators."""
    if exposed:
        kept = len(spec.drivers) + controls
        estimated = split_exposure(estimated, kept, exposed - kept)
    estimated = split_products(estimated, products)
    return split_controls(estimated, len(spec.drivers), controls, binary=spec.model == "logit")


def _columns(by: str | Sequence[str] | None) -> tuple[str, ...]:
    return (by,) if isinstance(by, str) else tuple(by or ())


def _controlled(answers: Answers, spec: FitSpec) -> Controlled:
    """Collapse the answers to cells of (drivers..., controls..., outcome)."""
    numbers, categories = columns_of(answers.survey, spec.controls)
    cells = collapse(answers, (*spec.drivers, *numbers, spec.outcome), by=(*spec.where, *group_keys(spec), *categories))
    return expand(cells, answers.survey, spec.controls, usable(cells, spec))


def _answers(
    data: Any, outcome: str | None, drivers: Sequence[str] | None, weight: str | None, segments: Sequence[str]
) -> Answers:
    if isinstance(data, Answers):
        return data
    from drivers.read.source import read

    if outcome is None or not drivers:
        raise InputError("A table without a survey definition needs both `drivers=[...]` and `outcome='...'`.")
    return read(data, drivers=list(read_terms(drivers).drivers), outcome=outcome, weight=weight, segments=segments)


def _checked(survey: Survey, spec: FitSpec) -> FitSpec:
    """Check the request against the survey."""
    model, link, level, draws = spec.model, spec.link, spec.level, spec.draws
    check_roles(survey, spec.outcome, spec.drivers)
    for name in (*spec.where, *spec.by):
        check_group(survey, name)
    if model not in LINKS:
        raise InputError(f"model={model!r} is not known; choose one of {quoted(LINKS)}.")
    _check_engine(spec)
    if spec.products and (spec.engine == "bayes" or spec.not_applicable == "exposure"):
        why = "engine='bayes'" if spec.engine == "bayes" else "not_applicable='exposure'"
        raise InputError(f"{quoted(spec.products)}: squares and products do not go with {why}. Leave one of them out.")
    check_segments(spec)
    check_walk(survey, spec)
    check_spread_by(survey, spec)
    check_monotone(spec)
    if link not in LINKS[model]:
        raise InputError(f"link={link!r} does not go with model={model!r}; choose one of {quoted(LINKS[model])}.")
    if not 0 < level < 1:
        raise InputError(f"level={level!r} is not between 0 and 1; write 0.9 for 90 % intervals.")
    if draws < 1:
        raise InputError(f"draws={draws!r}: at least 1 bootstrap draw is needed; {DRAWS:,} is the default.")
    if spec.seed < 0:
        raise InputError(f"seed={spec.seed!r}: a seed is a whole number from 0 up; {SEED} is the default.")
    return spec


def _check_engine(spec: FitSpec) -> None:
    if spec.engine not in ENGINES:
        raise InputError(f"engine={spec.engine!r} is not known; choose one of {quoted(ENGINES)}.")
    if spec.engine == "bayes":
        from drivers.fit.bayes.estimate import choose_method

        choose_method(spec)
        if 1 <= spec.draws < FEWEST_DRAWS:
            raise InputError(
                f"draws={spec.draws}: at least {FEWEST_DRAWS} draws show what a posterior looks like; "
                f"{POSTERIOR_DRAWS:,} is the default."
            )
    elif spec.method != "auto" or spec.prior is not None:
        raise InputError("`method` and `prior` belong to a posterior; add engine='bayes', or leave them out.")


def _kept_estimate(spec: FitSpec, sample: Sample, coded: Outcome | None, exposed: Exposed | None) -> Estimated:
    """Estimate, or find the same estimate where finished work is kept."""
    kept = Kept("estimated", spec, sample, coded, exposed)
    early = kept.load("whole")
    if early is not None:
        found: Estimated = unpack(early, Estimated, Draws, MissingInformation, *OF_GROUPS)
        return found
    estimated = _estimate(spec, sample, coded, exposed)
    if kept.remembered and not estimated.diagnostics.get("stopped"):  # draws of chains cut short are not the whole
        kept.save("whole", pack(estimated))
    return estimated


def _estimate(spec: FitSpec, sample: Sample, coded: Outcome | None, exposed: Exposed | None) -> Estimated:
    if spec.engine == "bayes":
        from drivers.fit.bayes.estimate import estimate_posterior

        return estimate_posterior(spec, sample, coded, exposed)
    gaps = bool(np.isnan(sample.cells.values).any())
    estimator = _linear if coded is None else _ordered(spec, coded, sample.cells.items[:-1])
    if not gaps or spec.missing == "fiml":
        return estimator(sample, spec.draws, spec.seed)
    from drivers.fit.regression.imputed import Imputer, fit_imputed

    items = sample.cells.items
    imputer = Imputer(
        imputations=spec.imputations, indicator=None if exposed is None else exposed.indicator,
        shift={items.index(name): value for name, value in spec.shift_missing.items()},
    )
    return fit_imputed(sample, estimator, spec.draws, spec.seed, imputer, (spec, coded))


def _linear(sample: Sample, draws: int, seed: int) -> Estimated:
    from drivers.fit.regression.linear import fit_linear

    return fit_linear(sample, draws, seed)


def _ordered(spec: FitSpec, coded: Outcome, names: tuple[str, ...]) -> Estimator:
    """Return what fits an ordinal or binary model to a sample without gaps."""

    def estimate(sample: Sample, draws: int, seed: int) -> Estimated:
        from drivers.fit.regression.ordered import fit_ordered

        said = sample.cells.values[:, -1]
        binary = spec.model == "logit"
        category = said >= coded.top if binary else np.searchsorted(coded.categories, said)
        link: Literal["probit", "logit"] = "probit" if spec.link == "probit" else "logit"
        return fit_ordered(sample, category.astype(np.intp), link, draws, seed, names, binary=binary)

    return estimate


def _assemble(
    answers: Answers, spec: FitSpec, cells: Cells, coded: Outcome | None, exposed: Exposed | None,
    estimated: Estimated, usage: Usage, controlled: Controlled, products: tuple[Product, ...],
) -> Fit:
    survey = answers.survey
    names = (*spec.drivers, spec.outcome)
    may_not = () if exposed is None else exposed.names
    made = {product.name: product.label for product in products}
    applies = {f"{name}: applies": f"{survey.label(name)}: applies" for name in may_not}
    if coded is None:
        categories, top = np.empty(0), top_box(survey.item(spec.outcome), cells.column(spec.outcome))
        tail: tuple[str, ...] = ("(Intercept)",)
    else:
        categories, top = coded.categories, coded.top
        tail = ("(Intercept)",) if spec.model == "logit" else tuple(
            f"{a:g}|{b:g}" for a, b in pairwise(categories)
        )
    return Fit(
        spec=spec, labels={name: survey.label(name) for name in names} | dict(controlled.labels) | made | applies,
        terms=(*spec.drivers, *controlled.terms, *made, *applies, *tail), products=products,
        estimate=estimated.estimate, model_cov=estimated.model_cov, robust_cov=estimated.robust_cov, df=estimated.df,
        point=estimated.point, draws=estimated.draws, categories=categories, top=top, cells=cells, usage=usage,
        n_eff=cells.n_eff, loglik=estimated.loglik, loglik_null=estimated.loglik_null,
        diagnostics={
            "draws": spec.draws, "failed_draws": estimated.failed, "resampled": estimated.resampled,
            "cells": len(cells), "df": estimated.df, **estimated.diagnostics,
        },
        notes=(*usage_notes(usage, cells, spec, exposed), *controlled.notes, *estimated.notes, *few_draws(spec)),
        missing=estimated.missing, exposed=may_not, segments=estimated.segments, sampler=estimated.sampler,
        waves=estimated.waves, spreads=estimated.spreads, steps=estimated.steps,
        items={name: survey.item(name) for name in names},
        provenance={
            "version": version("drivers"), "seed": spec.seed, "data": answers.source.name,
            "sha256": answers.source.sha256, "rows_read": answers.n_read, "rows_used": usage.used,
            "rows_dropped": dict(usage.dropped), "definition": survey.sha256,
        },
    )
