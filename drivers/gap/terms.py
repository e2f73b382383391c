"""Models whose terms are made of answers (squares, products, pieces): cells of terms, fitted by either engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import Cells, collapse
from drivers.defaults import DRAWS, LEVEL, POSTERIOR_DRAWS, SEED
from drivers.errors import InputError, SurveyError, nearest, quoted
from drivers.fit.guard import check_enough, check_group, check_spread
from drivers.fit.missing import choose
from drivers.fit.outcome import Outcome, ordinal_outcome
from drivers.fit.regression.estimated import Estimated
from drivers.fit.regression.sample import Sample
from drivers.fit.result import FitSpec, Link, Model
from drivers.fit.run import _estimate
from drivers.fit.small_sample import small_sample
from drivers.survey.answers import Answers

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TermOptions:
    """How models of terms are fitted: ``model`` "linear" or "ordinal" (probit), ``engine``, ``draws``, and so on."""

    model: Model = "linear"
    engine: str = "regression"
    draws: int | None = None
    seed: int = SEED
    level: float = LEVEL
    where: Mapping[str, object] | None = None

    def __post_init__(self) -> None:
        if self.model not in ("linear", "ordinal"):
            raise InputError(f"model={self.model!r} is not known here; choose one of `linear`, `ordinal`.")
        if self.engine not in ("regression", "bayes"):
            raise InputError(f"engine={self.engine!r} is not known; choose one of `regression`, `bayes`.")
        if not 0 < self.level < 1:
            raise InputError(f"`level` is {self.level:g}; give a share between 0 and 1, like level=0.90.")

    @property
    def link(self) -> Link:
        """Latent distribution."""
        return "probit" if self.model == "ordinal" else "identity"

    @property
    def count(self) -> int:
        """Draws, the engine's default where none are asked for."""
        return self.draws or (POSTERIOR_DRAWS if self.engine == "bayes" else DRAWS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Complete:
    """Complete cells of items and, last, the outcome; ``dropped`` counts respondents left out, by reason."""

    sample: Sample
    outcome: str
    dropped: Mapping[str, int]
    read: int

    @property
    def n(self) -> int:
        """Respondents used."""
        return round(float(self.sample.cells.n.sum()))

    def notes(self, label: str = "") -> tuple[str, ...]:
        """Say who was left out; of the model of a driver with this `label`, where there are several."""
        of = f"{label}: " if label else ""
        return tuple(f"{of}{n:,} of {self.read:,} respondents not used: {why}." for why, n in self.dropped.items())


def check_outcome(answers: Answers, outcome: str | None) -> str:
    """Return the outcome asked for.

    Parameters
    ----------
    answers : Answers
        Their survey names the outcomes.
    outcome : str or None
        The first that is not the direct item where it is None.

    Returns
    -------
    str
        Its column.

    Raises
    ------
    SurveyError
        If it is not an outcome of the survey.
    """
    survey = answers.survey
    if outcome is None:
        return next((name for name in survey.outcomes if name != survey.direct), survey.outcomes[0])
    if outcome not in survey.outcomes:
        raise SurveyError(
            f"{nearest(outcome, survey.outcomes)} is not an outcome of the survey; it has {quoted(survey.outcomes)}."
        )
    return outcome


def complete_cells(answers: Answers, items: Sequence[str], outcome: str, options: TermOptions) -> Complete:
    """Collapse to cells in which all items and the outcome were answered.

    Parameters
    ----------
    answers : Answers
        Checked answers.
    items : sequence of str
        Rated columns, drivers or expectations.
    outcome : str
        The outcome.
    options : TermOptions
        Its ``where`` restricts respondents.

    Returns
    -------
    Complete
        Squares of a filled-in answer are not the square of an answer, so gaps are left out, and counted.

    Raises
    ------
    InputError
        If nobody is left.
    """
    where = dict(options.where or {})
    for name in where:
        check_group(answers.survey, name)
    cells = collapse(answers, (*items, outcome), by=tuple(where))
    spec = FitSpec(outcome=outcome, drivers=tuple(items), where=where, missing="complete")
    sample, dropped = choose(cells, spec)
    if not len(sample.cells):
        raise InputError(
            f"No respondent answered all of {quoted((*items, outcome))}. Leave out the item with the most missing "
            "answers."
        )
    return Complete(sample=sample, outcome=outcome, dropped=dropped, read=round(float(cells.n.sum())))


def with_terms(complete: Complete, names: Sequence[str], columns: FloatArray) -> Sample:
    """Return the sample with other terms in place of its items.

    Parameters
    ----------
    complete : Complete
        Cells of answers.
    names : sequence of str
        Names of the terms, for messages.
    columns : ndarray, shape (m, t)
        Their values in each cell.

    Returns
    -------
    Sample
        Cells of (terms..., outcome).
    """
    cells = complete.sample.cells
    made: Cells = replace(
        cells, items=(*names, complete.outcome), values=np.column_stack([columns, cells.column(complete.outcome)]),
        reasons=np.zeros((len(cells), columns.shape[1] + 1), dtype=np.int8),
    )
    whole = made if complete.sample.whole is cells else complete.sample.whole
    return replace(complete.sample, cells=made, whole=whole)


def coded_outcome(answers: Answers, complete: Complete, options: TermOptions) -> Outcome | None:
    """Return the categories of an ordinal outcome.

    Parameters
    ----------
    answers : Answers
        Their survey tells the outcome's scale.
    complete : Complete
        The cells that will be used.
    options : TermOptions
        The model.

    Returns
    -------
    Outcome or None
        None for a linear model.

    Raises
    ------
    InputError
        If a point of the scale was never used, or answers lie between points.
    """
    if options.model == "linear":
        return None
    cells, name = complete.sample.cells, complete.outcome
    return ordinal_outcome(name, answers.survey.item(name), cells.column(name), cells.n)


def fit_terms(sample: Sample, coded: Outcome | None, options: TermOptions) -> Estimated:
    """Fit the outcome, the last item of a sample, on all its other columns.

    Parameters
    ----------
    sample : Sample
        From `with_terms`.
    coded : Outcome or None
        Categories, for an ordinal model.
    options : TermOptions
        Model, engine, draws.

    Returns
    -------
    Estimated
        Slopes first, then the intercept or the thresholds; the robust covariance allows for few people carrying it.

    Raises
    ------
    InputError
        If the answers cannot carry the terms.
    FitError
        If the fit must not be trusted.
    """
    items = sample.cells.items
    spec = FitSpec(
        outcome=items[-1], drivers=items[:-1], model=options.model, link=options.link, engine=options.engine,
        draws=options.count, seed=options.seed, level=options.level, missing="complete",
    )
    check_enough(sample.cells, spec, len(items) - 1 + (1 if coded is None else len(coded.categories) - 1))
    check_spread(sample.cells, spec)
    found = _estimate(spec, sample, coded, None)
    if options.engine == "bayes" or sample.whole.psu or sample.whole.replication:
        return found
    few = small_sample(sample.cells, len(items))
    return replace(found, robust_cov=found.robust_cov * few.robust, df=min(found.df, few.df))
