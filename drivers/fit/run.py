"""Fit a driver model to answers: choose the cells, check that they can carry the model, estimate, resample."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from itertools import pairwise
from typing import Any, cast

import numpy as np

from drivers.cells.collapse import Cells, collapse
from drivers.defaults import DRAWS, LEVEL, MAX_FAILED_DRAWS, SEED
from drivers.errors import FitError, InputError, ResampleWarning, SurveyError, nearest, quoted
from drivers.fit.guard import check_enough, check_group, check_spread
from drivers.fit.outcome import Outcome, binary_outcome, ordinal_outcome, top_box
from drivers.fit.regression.estimated import Estimated
from drivers.fit.regression.sample import Sample, take_sample
from drivers.fit.result import Fit, FitSpec, Link, Model, Usage
from drivers.survey.answers import Answers
from drivers.survey.codes import code_key
from drivers.survey.decode import Reason
from drivers.survey.schema import Survey

LINKS: Mapping[str, tuple[str, ...]] = {
    "linear": ("identity",), "ordinal": ("probit", "logit"), "logit": ("logit", "probit")
}
"""Links of each model; the first is the default."""


def fit(
    data: Answers | Any,
    outcome: str | None = None,
    drivers: Sequence[str] | None = None,
    *,
    weight: str | None = None,
    model: Model = "linear",
    link: Link | None = None,
    engine: str = "regression",
    draws: int = DRAWS,
    seed: int = SEED,
    level: float = LEVEL,
    where: Mapping[str, object] | None = None,
) -> Fit:
    """Fit a driver model: how the outcome goes with each driver, the others held equal.

    Parameters
    ----------
    data : Answers or table or path
        Checked answers, or anything `drivers.read` takes together with `drivers` and `outcome`.
    outcome : str, optional
        Column to explain; the first outcome of the survey by default.
    drivers : sequence of str, optional
        Columns to explain it with; all drivers of the survey by default.
    weight : str, optional
        Weight column, for data without a survey definition.
    model : {"linear", "ordinal", "logit"}
        Linear on the scale points, cumulative on the ordered points, or binary for the top-2-box.
    link : {"identity", "probit", "logit"}, optional
        The latent distribution; probit for ordinal and logit for logit by default.
    engine : {"regression"}
        Estimates with bootstrap draws.
    draws : int
        Bootstrap draws.
    seed : int
        Seed of the bootstrap; the same seed gives the same numbers whatever the number of cores.
    level : float
        Level of intervals, between 0 and 1.
    where : mapping, optional
        Keep only respondents with this wave or segment, e.g. ``{"channel": "phone"}``.

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
    answers = data if isinstance(data, Answers) else _read(data, outcome, drivers, weight)
    survey = answers.survey
    spec = _spec(survey, outcome, drivers, model, link, engine, draws, seed, level, where or {})
    cells = collapse(answers, (*spec.drivers, spec.outcome), by=tuple(spec.where))
    sample, dropped = _choose(cells, spec)
    coded = _code_outcome(survey, spec, sample.cells)
    check_enough(sample.cells, spec, terms=len(spec.drivers) + (1 if coded is None else len(coded.categories) - 1))
    check_spread(sample.cells, spec)
    estimated = _estimate(spec, sample, coded)
    _check_draws(estimated, spec)
    used = round(sample.cells.n.sum())
    complete = round(sample.cells.complete().n.sum())
    usage = Usage(read=round(cells.n.sum()), used=used, complete=complete, dropped=dropped)
    return _assemble(answers, spec, sample, coded, estimated, usage)


def _read(data: Any, outcome: str | None, drivers: Sequence[str] | None, weight: str | None) -> Answers:
    from drivers.read.source import read

    if outcome is None or not drivers:
        raise InputError("A table without a survey definition needs both `drivers=[...]` and `outcome='...'`.")
    return read(data, drivers=list(drivers), outcome=outcome, weight=weight)


def _spec(
    survey: Survey, outcome: str | None, drivers: Sequence[str] | None, model: str, link: str | None, engine: str,
    draws: int, seed: int, level: float, where: Mapping[str, object],
) -> FitSpec:
    """Check the request against the survey and fill in its defaults."""
    outcome = outcome or survey.outcomes[0]
    drivers = tuple(drivers or survey.drivers)
    _check_roles(survey, outcome, drivers)
    for name in where:
        check_group(survey, name)
    if model not in LINKS:
        raise InputError(f"model={model!r} is not known; choose one of {quoted(LINKS)}.")
    if engine != "regression":
        raise InputError(f"engine={engine!r} is not known; choose `regression`.")
    if link is not None and link not in LINKS[model]:
        raise InputError(f"link={link!r} does not go with model={model!r}; choose one of {quoted(LINKS[model])}.")
    if not 0 < level < 1:
        raise InputError(f"level={level!r} is not between 0 and 1; write 0.9 for 90 % intervals.")
    if draws < 1:
        raise InputError(f"draws={draws!r}: at least 1 bootstrap draw is needed; {DRAWS:,} is the default.")
    if seed < 0:
        raise InputError(f"seed={seed!r}: a seed is a whole number from 0 up; {SEED} is the default.")
    return FitSpec(
        outcome=outcome, drivers=drivers, model=cast(Model, model), link=cast(Link, link or LINKS[model][0]),
        engine=engine, draws=draws, seed=seed, level=level, where=dict(where),
    )


def _check_roles(survey: Survey, outcome: str, drivers: Sequence[str]) -> None:
    roles = [(outcome, survey.outcomes, "an outcome"), *((name, survey.drivers, "a driver") for name in drivers)]
    for name, known, role in roles:
        if name not in known:
            raise SurveyError(f"{nearest(name, known)} is not {role} of the survey; it has {quoted(known)}.")
    twice = sorted({name for name in drivers if drivers.count(name) > 1})
    if twice:
        raise SurveyError(f"{quoted(twice)} stand(s) twice among the drivers. Name each driver once.")


def _choose(cells: Cells, spec: FitSpec) -> tuple[Sample, dict[str, int]]:
    """Pick the cells the model can use and count the rest by reason."""
    dropped: dict[str, int] = {}
    wanted = np.ones(len(cells), dtype=bool)
    for name, value in spec.where.items():
        column = cells.keys[name]
        groups = column.dropna().unique()
        same = [group for group in groups if code_key(group) == code_key(value)]  # 2017, 2017.0 and "2017" are one
        if not same:
            raise InputError(f"`{name}` has no answers for {nearest(str(value), sorted(map(str, groups)))}.")
        wanted &= column.isin(same).to_numpy()
    if spec.where:
        dropped[f"outside {', '.join(f'{k} = {v}' for k, v in spec.where.items())}"] = round(cells.n[~wanted].sum())
    answered = ~np.isnan(cells.values)
    if spec.model == "linear":
        usable, reason = answered.any(axis=1), "no answer to any driver or the outcome"
    else:
        usable, reason = answered.all(axis=1), "at least one driver or the outcome unanswered"
    dropped[reason] = round(cells.n[wanted & ~usable].sum())
    counts = cells.sum_w > 0
    dropped["weight of 0"] = round(cells.n[wanted & usable & ~counts].sum())
    return take_sample(cells, wanted & usable & counts), {k: v for k, v in dropped.items() if v}


def _code_outcome(survey: Survey, spec: FitSpec, cells: Cells) -> Outcome | None:
    if spec.model == "linear":
        return None
    if not len(cells):
        raise InputError(
            f"No respondent answered all of {quoted(cells.items)}, which {spec.model} models need. Use model='linear', "
            "which works with incomplete answers, or leave out the driver with the most missing answers."
        )
    code = ordinal_outcome if spec.model == "ordinal" else binary_outcome
    return code(spec.outcome, survey.item(spec.outcome), cells.column(spec.outcome), cells.n)


def _estimate(spec: FitSpec, sample: Sample, coded: Outcome | None) -> Estimated:
    if coded is None:
        from drivers.fit.regression.linear import fit_linear

        return fit_linear(sample, spec.draws, spec.seed)
    from drivers.fit.regression.ordered import fit_ordered

    return fit_ordered(
        sample, coded.category, "probit" if spec.link == "probit" else "logit", spec.draws, spec.seed, spec.drivers,
        binary=spec.model == "logit",
    )


def _check_draws(estimated: Estimated, spec: FitSpec) -> None:
    if not estimated.failed:
        return
    text = f"{estimated.failed:,} of {spec.draws:,} bootstrap draws could not be fitted"
    if estimated.failed > MAX_FAILED_DRAWS * spec.draws:
        raise FitError(
            f"{text}, so intervals must not be trusted: too few answers for {len(spec.drivers)} drivers. Use fewer "
            "drivers, or a larger group of respondents."
        )
    warnings.warn(f"{text}; they were left out of the intervals.", ResampleWarning, stacklevel=3)


def _assemble(
    answers: Answers, spec: FitSpec, sample: Sample, coded: Outcome | None, estimated: Estimated, usage: Usage
) -> Fit:
    survey, cells = answers.survey, sample.cells
    names = (*spec.drivers, spec.outcome)
    if coded is None:
        categories, top = np.empty(0), top_box(survey.item(spec.outcome), cells.column(spec.outcome))
        tail: tuple[str, ...] = ("(Intercept)",)
    else:
        categories, top = coded.categories, coded.top
        tail = ("(Intercept)",) if spec.model == "logit" else tuple(
            f"{a:g}|{b:g}" for a, b in pairwise(categories)
        )
    return Fit(
        spec=spec, labels={name: survey.label(name) for name in names}, terms=(*spec.drivers, *tail),
        estimate=estimated.estimate, model_cov=estimated.model_cov, robust_cov=estimated.robust_cov, df=estimated.df,
        point=estimated.point, draws=estimated.draws, categories=categories, top=top, cells=cells, usage=usage,
        n_eff=cells.n_eff, loglik=estimated.loglik, loglik_null=estimated.loglik_null,
        diagnostics={
            "draws": spec.draws, "failed_draws": estimated.failed, "resampled": estimated.resampled,
            "cells": len(cells), "df": estimated.df,
        },
        notes=(*_usage_notes(usage, cells), *estimated.notes),
        provenance={
            "version": version("drivers"), "seed": spec.seed, "data": answers.source.name,
            "sha256": answers.source.sha256, "rows_read": answers.n_read, "rows_used": usage.used,
            "rows_dropped": dict(usage.dropped), "definition": survey.sha256,
        },
    )


def _usage_notes(usage: Usage, cells: Cells) -> tuple[str, ...]:
    """Say who was left out, and which kinds of missing answers the model stood in for."""
    notes = [f"{count:,} of {usage.read:,} respondents not used: {reason}." for reason, count in usage.dropped.items()]
    partly = usage.used - usage.complete
    if partly:
        kinds = {
            "not applicable": Reason.NOT_APPLICABLE, "don't know": Reason.DONT_KNOW, "blank": Reason.BLANK
        }
        counts = {word: round(((cells.reasons == why) * cells.n[:, None]).sum()) for word, why in kinds.items()}
        told = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
        notes.append(
            f"{partly:,} of the {usage.used:,} used left some of the {len(cells.items)} items without an answer "
            f"({told}); all are taken as missing at random given the other answers."
        )
    return tuple(notes)
