"""Response surfaces: how the outcome goes with what was perceived and what was expected, curved and unconstrained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.defaults import LEVEL, OFF_DIAGONAL, SEED
from drivers.errors import SurveyError, TooFewAnswersError
from drivers.fit.outcome import Outcome
from drivers.fit.regression.estimated import Estimated
from drivers.fit.result import Model
from drivers.gap.constraints import compare_constraints
from drivers.gap.pairs import Pair, check_vary, pairs_of
from drivers.gap.surface_result import Surface, Surfaces
from drivers.gap.terms import (
    Complete,
    TermOptions,
    check_outcome,
    coded_outcome,
    complete_cells,
    fit_terms,
    with_terms,
)
from drivers.stats.surface import SHAPE, surface_axes, surface_terms
from drivers.survey.answers import Answers

FloatArray = NDArray[np.float64]
WORDS = ("perceived", "expected", "perceived^2", "perceived*expected", "expected^2")


def surface(
    answers: Answers, outcome: str | None = None, drivers: Sequence[str] | None = None, *, together: bool = False,
    model: Model = "linear", engine: str = "regression", draws: int | None = None, seed: int = SEED,
    level: float = LEVEL, where: Mapping[str, object] | None = None,
) -> Surfaces:
    """Fit an outcome on the perceived and the expected answer of each driver, their squares and their product.

    Parameters
    ----------
    answers : Answers
        Checked answers with declared expectations.
    outcome : str, optional
        What is explained; the first outcome that is not the direct item by default.
    drivers : sequence of str, optional
        Drivers with an expectation; all by default.
    together : bool
        All drivers in one model, five terms each, instead of a model per driver.
    model : {"linear", "ordinal"}
        On scale points, or on the latent scale of a cumulative probit.
    engine : {"regression", "bayes"}
        Bootstrap draws, or draws from the posterior.
    draws : int, optional
        1,000 bootstrap draws, or 4,000 from the posterior, by default.
    seed : int
        Seed of all draws.
    level : float
        Level of intervals, between 0 and 1.
    where : mapping, optional
        Only respondents with this wave or segment.

    Returns
    -------
    Surfaces
        One `Surface` per driver. Answers are centred at the middle of their scale, never at their own means.

    Raises
    ------
    SurveyError
        If a pair is on two scales or an open one.
    TooFewAnswersError
        If fewer than `OFF_DIAGONAL` people perceived something else than they expected.
    DataError
        If everybody expects, or perceives, the same.

    References
    ----------
    .. [1] Edwards & Parry (1993). Academy of Management Journal 36(6), 1577-1613. doi:10.2307/256822
    .. [2] Shanock, Baran, Gentry, Pattison & Heggestad (2010). J. of Business and Psychology 25(4), 543-554.
       doi:10.1007/s10869-010-9183-4
    .. [3] Humberg, Nestler & Back (2019). Social Psychological and Personality Science 10(3), 409-419.
       doi:10.1177/1948550618757600
    """
    options = TermOptions(model=model, engine=engine, draws=draws, seed=seed, level=level, where=where)
    name = check_outcome(answers, outcome)
    pairs = pairs_of(answers.survey, drivers)
    if opened := [pair for pair in pairs if pair.ends is None]:
        raise SurveyError(
            f"`{opened[0].item}` is on an open scale, which has no middle to centre at. Declare its ends: "
            f"[items.{opened[0].item}] scale = [1, 5] (and of `{opened[0].expected}`)."
        )
    groups = [pairs] if together else [(pair,) for pair in pairs]
    found: list[Surface] = []
    notes: list[str] = []
    for group in groups:
        complete = complete_cells(answers, [c for p in group for c in (p.item, p.expected)], name, options)
        _check(complete, group)
        coded = coded_outcome(answers, complete, options)
        made, told = _fit(complete, group, coded, options)
        found += made
        lost = complete.notes(group[0].label if len(groups) > 1 else "")
        notes += [note for note in (*lost, *told) if note not in notes]
    return Surfaces(
        outcome=name, label=answers.survey.label(name), surfaces=tuple(found), model=model, engine=engine, level=level,
        together=together and len(pairs) > 1, notes=tuple(notes),
    )


def _check(complete: Complete, pairs: Sequence[Pair]) -> None:
    cells = complete.sample.cells
    check_vary(cells, pairs)
    thin = [(pair, _off(cells, pair)) for pair in pairs]
    thin = [(pair, off) for pair, off in thin if off < OFF_DIAGONAL]
    if thin:
        listed = "; ".join(f"`{pair.item}`: {off:,.0f} of {complete.n:,}" for pair, off in thin)
        raise TooFewAnswersError(
            f"Too few answers off the diagonal for a surface ({listed} perceived something else than they expected; "
            f"{OFF_DIAGONAL} are needed). Where both answers are the same, the outcome cannot tell them apart: use a "
            "larger group of respondents, ask for the scores alone (parts scores), or take the pair out of "
            "[expectations]."
        )


def _off(cells: Cells, pair: Pair) -> float:
    return float(cells.n[cells.column(pair.item) != cells.column(pair.expected)].sum())


def _fit(
    complete: Complete, pairs: Sequence[Pair], coded: Outcome | None, options: TermOptions
) -> tuple[list[Surface], tuple[str, ...]]:
    cells = complete.sample.cells
    x = np.column_stack([cells.column(pair.item) - pair.middle for pair in pairs])
    y = np.column_stack([cells.column(pair.expected) - pair.middle for pair in pairs])
    columns = np.column_stack([surface_terms(x[:, j], y[:, j]) for j in range(len(pairs))])
    names = [f"{pair.item}: {word}" for pair in pairs for word in WORDS]
    sample = with_terms(complete, names, columns)
    estimated = fit_terms(sample, coded, options)
    constraints = compare_constraints(sample, x, y, coded)
    made = [
        _one(complete, pair, slice(5 * j, 5 * j + 5), estimated, options) for j, pair in enumerate(pairs)
    ]
    return [replace(each, constraints=constraints) for each in made], estimated.notes


def _one(complete: Complete, pair: Pair, at: slice, estimated: Estimated, options: TermOptions) -> Surface:
    cells = complete.sample.cells
    b_draws = estimated.draws.slopes.reshape(-1, estimated.draws.slopes.shape[-1])[:, at]
    b = estimated.estimate[at]
    cov = estimated.robust_cov[at, at]
    level = options.level
    if options.engine == "bayes":
        low, high = np.quantile(b_draws @ SHAPE.T, [(1 - level) / 2, (1 + level) / 2], axis=0)
    else:
        from scipy.special import stdtrit

        reach = stdtrit(estimated.df, (1 + level) / 2) * np.sqrt(np.diag(SHAPE @ cov @ SHAPE.T))
        low, high = SHAPE @ b - reach, SHAPE @ b + reach
    first = pair.ends or (0.0, 0.0)
    others = np.delete(np.arange(len(estimated.point.slopes[0, 0])), np.arange(at.start, at.stop))
    away = estimated.point.x_mean[0, 0][others] @ estimated.point.slopes[0, 0][others]
    return Surface(
        driver=pair.item, label=pair.label, ends=first, b=b, b_cov=cov, b_model_cov=estimated.model_cov[at, at],
        b_draws=b_draws, a=SHAPE @ b, a_low=low, a_high=high, axes=surface_axes(b), axes_draws=surface_axes(b_draws),
        intercept=float(estimated.point.intercept[0, 0] + away), df=estimated.df,
        points=_points(cells, pair),
        n=complete.n, n_eff=cells.n_eff, off_diagonal=_off(cells, pair), level=level, constraints=(),
    )


def _points(cells: Cells, pair: Pair) -> FloatArray:
    """Return perceived, expected and respondents, one row per pair of answers however many cells it is spread over."""
    both = np.column_stack([cells.column(pair.item), cells.column(pair.expected)])
    answers, at = np.unique(both, axis=0, return_inverse=True)
    return np.column_stack([answers, np.bincount(at.reshape(-1), weights=cells.n, minlength=len(answers))])
