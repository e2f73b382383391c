"""`scores`: CSAT (top-2-box), NPS, CES and means, each with an interval that fits how the answers were drawn."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import LEVEL, MIN_BASE_CELL
from drivers.errors import DataWarning, InputError, missing_columns, quoted
from drivers.survey.answers import Answers
from drivers.survey.decode import decode
from drivers.survey.replicates import declared_factors
from drivers.survey.schema import Survey
from drivers.survey.score_measures import NOT_ESTIMABLE, Answered, estimate, measures
from drivers.survey.score_text import score_summary
from drivers.survey.tally import Tally, tally, unused_prefix

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EQUAL_WEIGHTS = 1e-9
"""Weights count as equal when their squared coefficient of variation is below this: rounding of long sums."""

ROUNDED = 1e-6
"""Rounding of an effective n."""

RESERVED = frozenset({
    "item", "label", "role", "measure", "estimate", "std_error", "low", "high", "n", "n_eff", "deff", "interval",
    "shown",
})
"""Columns of the result, which no grouping column may be called."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """Scores with their intervals; ``by`` are the grouping columns, ``notes`` sentences.

    ``table`` is what `tidy` returns, and still has the ``n`` of groups that are not shown: it decides what else must
    be hidden, and is not for printing.

    ``weighted`` and ``design`` say whether weights that differ, and strata or PSUs, went into the intervals.
    """

    title: str
    table: pd.DataFrame
    by: tuple[str, ...]
    level: float
    weighted: bool
    design: bool
    notes: tuple[str, ...] = ()

    @property
    def n_hidden(self) -> int:
        """How many scores are not shown because too few people stand behind them."""
        return int((~self.table["shown"]).sum())

    def tidy(self) -> pd.DataFrame:
        """Return one row per item, score and group.

        Columns: ``item``, ``label``, ``role`` ("outcome" or "driver"), ``measure``, the columns of `by`, ``estimate``
        with ``std_error``, ``low``, ``high`` (top2 a proportion 0..1, nps points -100..100, mean and ces scale points),
        ``n`` answers, ``n_eff`` the number of equal and independent answers that would be as precise (Kish's, or
        n / deff where PSUs are declared), ``deff`` the design effect, ``interval`` the method of the interval, and
        ``shown``, False where fewer than `MIN_BASE_CELL` answered, or weights make the answers count like fewer of one
        weight: the numbers are then missing, ``n`` among them unless it is 0.
        """
        hidden = ~self.table["shown"].astype(bool) & (self.table["n"] > 0)
        return self.table.assign(n=self.table["n"].astype("Int64").mask(hidden))

    def summary(self) -> str:
        """Return the scores as a text table with the reading aids below."""
        return score_summary(self.table, self.by, self.title, self.level, self.notes)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the first item's headline score, one point per group; `plot_scores` draws the others.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw; a new figure when left out.

        Returns
        -------
        Axes
            The one drawn on.
        """
        from drivers.plot.scores import plot_scores

        return plot_scores(self, ax=ax)

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as values that JSON can hold; numbers that are not shown are None."""
        return {
            "title": self.title, "level": self.level, "by": list(self.by), "weighted": self.weighted,
            "design": self.design, "n_hidden": self.n_hidden, "notes": list(self.notes),
            "scores": [{str(k): _plain(v) for k, v in row.items()} for row in self.tidy().to_dict("records")],
        }


def scores(
    answers: Answers, by: str | Sequence[str] = (), level: float = LEVEL, *, min_base: int = MIN_BASE_CELL
) -> Scores:
    """Score every outcome and driver, for everybody or by wave and segments.

    Parameters
    ----------
    answers : Answers
        Checked answers, on any engine; only counts per answer, group, stratum and PSU are fetched.
    by : str or sequence of str
        Columns whose groups are scored apart; "wave" stands for the survey's wave column. A missing group label is a
        group of its own.
    level : float
        Level of the intervals, between 0 and 1.
    min_base : int
        Fewest respondents behind any score that is shown.

    Returns
    -------
    Scores
        Without weights that differ, strata or PSUs: Wilson's interval for top2, the adjusted Wald for nps, Student's t
        for means. Otherwise Korn-Graubard, adjusted Wald at the effective n, and t with the linearised error. Where
        everyone gave the same answer the interval keeps a width. Intervals end where the scale ends, and the one of
        nps is stretched to its estimate if that lies outside.

    Raises
    ------
    InputError
        If `level` is not between 0 and 1, or a column of `by` is called like a column of the result.
    DataError
        If a column of `by` is not in the data.
    SurveyError
        If a declared score does not suit its item.

    Notes
    -----
    A score describes who answered. It speaks for the customers only as far as the weights and the design do.

    References
    ----------
    .. [1] Wilson (1927). J. American Statistical Association 22(158), 209-212. doi:10.1080/01621459.1927.10502953
    .. [2] Korn & Graubard (1998). Survey Methodology 24(2), 193-201.
    .. [3] Rocks (2016). The American Statistician 70(4), 365-372. doi:10.48550/arXiv.1601.07235
    .. [4] Binder (1983). International Statistical Review 51(3), 279-292. doi:10.2307/1402588
    """
    if not 0 < level < 1:
        raise InputError(f"`level` is {level:g}; give a share between 0 and 1, like level=0.90.")
    survey = answers.survey
    groups = _columns(answers, (by,) if isinstance(by, str) else tuple(by))
    design = any((survey.stratum, survey.psu, survey.fpc, survey.replicate_weights))
    replicates = survey.replicate_columns(answers.frame.collect_schema().names()) if survey.replicate_weights else ()
    weighted = survey.weight is not None and not _equal_weights(answers)
    rows: list[dict[str, object]] = []
    lonely = thin = 0
    for role, name in _scored(survey):
        keys = [k for k in dict.fromkeys((name, *groups, survey.stratum, survey.psu, survey.fpc)) if k]
        table = tally(
            answers.frame, keys, weight=survey.weight, frequency=survey.frequency, replicates=replicates
        )
        answered = _answered(survey, name, table)
        parts = list(_groups(table.keys, groups))
        for measure in measures(survey, name):
            for labels, inside in parts:
                found = estimate(
                    measure, survey.item(name), answered, inside, level, simple=not (weighted or design)
                )
                lonely = max(lonely, found.n_lonely)
                few = found.n >= min_base and 0 < found.n_kish < min_base - ROUNDED
                thin += few
                rows.append({
                    "item": name, "label": survey.label(name), "role": role, "measure": measure, **labels,
                    "estimate": found.estimate, "std_error": found.std_error, "low": found.low, "high": found.high,
                    "n": found.n, "n_eff": found.n_eff, "deff": found.deff, "interval": found.interval,
                    "shown": found.n >= min_base and not few and not np.isnan(found.estimate),
                })
    full = _hidden(pd.DataFrame(rows))
    return Scores(
        title=survey.title, table=full, by=groups, level=level, weighted=weighted, design=design,
        notes=_notes(survey, full, weighted, lonely, thin, min_base),
    )


def _scored(survey: Survey) -> Iterator[tuple[str, str]]:
    yield from (("outcome", name) for name in survey.outcomes)
    yield from (("driver", name) for name in survey.drivers)


def _columns(answers: Answers, by: Sequence[str]) -> tuple[str, ...]:
    available = answers.frame.collect_schema().names()
    wave = answers.survey.wave
    named = [wave if name == "wave" and wave and name not in available else name for name in by]
    if missing := [name for name in named if name not in available]:
        raise missing_columns(missing, available, answers.source.name)
    if taken := [name for name in named if name in RESERVED]:
        raise InputError(
            f"{len(taken)} grouping column(s) have the name of a column of the result: {quoted(taken)}. Rename them in "
            f'the data and in the definition, for example to "{taken[0]}_group".'
        )
    return tuple(dict.fromkeys(named))


def _equal_weights(answers: Answers) -> bool:
    total = tally(answers.frame, [], weight=answers.survey.weight, frequency=answers.survey.frequency)
    squared = float(total.sum_w[0]) ** 2
    return squared > 0 and abs(float(total.n[0] * total.sum_w2[0]) / squared - 1) < EQUAL_WEIGHTS


def _answered(survey: Survey, name: str, table: Tally) -> Answered:
    codes, levels = pd.factorize(table.keys[name], use_na_sentinel=False)
    values, _ = decode(survey.item(name), [None if pd.isna(v) else v for v in levels])
    stratum, psu = (
        None if column is None else pd.factorize(table.keys[column], use_na_sentinel=False)[0].astype(np.int64)
        for column in (survey.stratum, survey.psu)
    )
    return Answered(
        values=values[codes], n=table.n, sum_w=table.sum_w, sum_w2=table.sum_w2, stratum=stratum, psu=psu,
        fpc=table.keys[survey.fpc].to_numpy(np.float64) if survey.fpc else None, lonely=survey.lonely_psu,
        replicates=table.replicates if survey.replicate_weights else None,
        factor=declared_factors(survey, table.replicates.shape[1]),
    )


def _groups(
    table: pd.DataFrame, by: tuple[str, ...]
) -> Iterator[tuple[dict[str, object], NDArray[np.bool_]]]:
    """Yield the labels of each group, in order, and its rows of the table."""
    if not by:
        yield {}, np.ones(len(table), dtype=np.bool_)
        return
    grouped = table.groupby(list(by), dropna=False, sort=True, observed=True)
    where = grouped.ngroup().to_numpy()
    own = f"{unused_prefix(by)}group"
    first = table[list(by)].assign(**{own: where}).drop_duplicates(own).sort_values(own)
    for labels in first.to_dict("records"):
        group = labels.pop(own)
        yield {str(column): label for column, label in labels.items()}, where == group


def _hidden(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table without the numbers of groups too small to be shown."""
    numbers = ["estimate", "std_error", "low", "high", "n_eff", "deff"]
    table[numbers] = table[numbers].astype(np.float64).where(table["shown"], np.nan, axis=0)
    table["n"] = table["n"].round().astype(np.int64)
    return table


def _notes(
    survey: Survey, table: pd.DataFrame, weighted: bool, lonely: int, thin: int, min_base: int
) -> tuple[str, ...]:
    notes = []
    turned = [name for _, name in _scored(survey) if _reversed(survey, name)]
    if turned:
        listed = ", ".join(survey.label(name) for name in turned)
        notes.append(f"Lower answers are better for {listed}: they are turned round, so that higher is better here.")
    if survey.weight is not None and not weighted:
        notes.append(f"All weights in `{survey.weight}` are equal, so they change nothing.")
    if hidden := int((table["n"] < min_base).sum()):
        notes.append(f"{hidden} of {len(table)} scores are not shown: fewer than {min_base} answers.")
    if thin:
        notes.append(
            f"{thin} of {len(table)} scores are not shown: few people hold most of the weight, so that answers count "
            f"like fewer than {min_base} (effective n). Look at the largest weights."
        )
    if weightless := int((~table["shown"] & (table["n"] >= min_base)).sum()) - thin:
        notes.append(f"{weightless} of {len(table)} scores are not shown: all their answers have a weight of zero.")
    if blank := int((table["shown"] & (table["interval"] == NOT_ESTIMABLE)).sum()):
        notes.append(f"{blank} scores have no interval: too few sampling units, or no differences on an open scale.")
    if lonely and survey.stratum is not None and survey.lonely_psu == "centre":
        said = (
            f"{lonely} strata of `{survey.stratum}` have a single sampling unit; they were centred at the mean of all "
            "units, which makes intervals wider. Merge them with like strata to avoid it."
        )
        notes.append(said)
        warnings.warn(said, DataWarning, stacklevel=3)
    return tuple(notes)


def _reversed(survey: Survey, name: str) -> bool:
    item = survey.item(name)
    return item.direction == "lower" and item.scale is not None and item.scale != "open"


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float) and not np.isfinite(value)) or value is pd.NA or value is pd.NaT:
        return None
    return value if isinstance(value, (bool, int, float, str)) else str(value)
