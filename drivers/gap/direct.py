"""The gap as people put it themselves: one item from much worse to much better than expected, and what goes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from drivers.cells.collapse import collapse
from drivers.defaults import LEVEL, SEED
from drivers.errors import EmptyCategoryError, SurveyError, nearest, quoted
from drivers.fit.guard import check_group
from drivers.fit.result import Fit
from drivers.fit.run import fit
from drivers.gap.design_means import design_means
from drivers.gap.plain import records
from drivers.gap.scores import _base, _groups, _hidden, _share
from drivers.importance.compute import importance
from drivers.importance.result import Importance
from drivers.survey.answers import Answers
from drivers.survey.plain_text import shown_count
from drivers.survey.schema import Item

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ENDS = ("", "_low", "_high")
PARTS = {"worse": "worse", "as_expected": "as expected", "better": "better"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DirectGap:
    """The direct item: ``shares`` of people below, at and above the middle of its scale, its ``fit`` and importance.

    ``groups`` holds the same shares (``worse``, ``as_expected``, ``better``, each with ``_low``/``_high``) one row per
    ``group`` of each column ``by``, with ``n``, ``n_eff`` and ``shown``; empty where none was asked for.
    """

    outcome: str
    label: str
    middle: float
    shares: pd.DataFrame
    fit: Fit
    importance: Importance
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)

    def tidy(self) -> pd.DataFrame:
        """Return one row per driver: latent slope with its interval, and share of the latent variance (LMG)."""
        return self.importance.tidy()[
            ["driver", "label", "slope", "slope_low", "slope_high", "share", "low", "high", "p_first"]
        ]

    def summary(self) -> str:
        """Return the shares of people and the drivers as text."""
        said = ", ".join(
            f"{row.part} {row.share:.0%} ({row.low:.0%} to {row.high:.0%})" for row in self.shares.itertuples()
        )
        lines = [f"{self.label} (against the middle of its scale, {self.middle:g}): {said}"]
        for row in self.groups.itertuples():
            apart = "too few answers" if not row.shown else ", ".join(
                "{} {:.0%} ({:.0%} to {:.0%})".format(words, *(getattr(row, key + end) for end in ENDS))
                for key, words in PARTS.items()
            )
            lines.append(f"{row.by} {row.group} (n {shown_count(float(str(row.n)))}): {apart}")
        return "\n".join([*lines, "", self.importance.summary()])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the shares of its drivers on `ax`, or on a new figure."""
        return self.importance.plot(ax=ax)

    def to_dict(self) -> dict[str, object]:
        """Return the result as plain values for JSON."""
        return {"outcome": self.outcome, "people": records(self.shares), "groups": records(self.groups),
                "drivers": records(self.tidy()),
                "r2": self.importance.r2_interval(), "n": self.fit.n, "notes": list(self.importance.notes)}  # fmt: skip


def direct_gap(
    answers: Answers, item: str | None = None, drivers: Sequence[str] | None = None, *, engine: str = "regression",
    draws: int | None = None, seed: int = SEED, level: float = LEVEL, where: Mapping[str, object] | None = None,
    by: str | Sequence[str] = (),
) -> DirectGap:
    """Fit the direct item as a cumulative probit.

    Parameters
    ----------
    answers : Answers
        Checked answers.
    item : str, optional
        An outcome; the survey's ``direct`` item by default.
    drivers : sequence of str, optional
        All drivers by default.
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
    by : str or sequence of str
        The wave or segments to count people apart by, one after the other.

    Returns
    -------
    DirectGap
        Keep it apart from satisfaction: the item is nearly that, and shares its halo.

    Raises
    ------
    SurveyError
        If there is no direct item, its scale is open, or `by` is neither the wave nor a segment.

    References
    ----------
    .. [1] Oliver (1980). Journal of Marketing Research 17(4), 460-469. doi:10.1177/002224378001700405
    """
    survey = answers.survey
    name = item or survey.direct
    if name is None:
        raise SurveyError(
            'No item asks the gap directly. Declare the outcome that does: direct = "<column>", from much worse to '
            "much better than expected."
        )
    if name not in survey.outcomes:
        raise SurveyError(f"{nearest(name, survey.outcomes)} is not an outcome; the survey has "
                          f"{quoted(survey.outcomes)}.")  # fmt: skip
    scale = survey.item(name).scale
    if not isinstance(scale, tuple):
        raise SurveyError(f"`{name}` has no middle. Declare its ends: [items.{name}] scale = [1, 5].")
    middle = sum(scale) / 2
    given = {"engine": engine, "draws": draws, "seed": seed, "level": level, "where": where}
    try:
        fitted = fit(answers, name, drivers, model="ordinal", **given)  # type: ignore[arg-type]
    except EmptyCategoryError:  # hardly anybody says "much worse": the points used are fitted, the middle stays
        opened = survey.items.get(name, Item()).model_copy(update={"scale": "open"})
        used = replace(answers, survey=survey.model_copy(update={"items": {**survey.items, name: opened}}))
        fitted = fit(used, name, drivers, model="ordinal", **given)  # type: ignore[arg-type]
    asked = (by,) if isinstance(by, str) else tuple(by)
    columns = [survey.wave if column == "wave" and survey.wave else column for column in asked]
    for column in columns:
        check_group(survey, column)
    shares = _people(answers, name, middle, None, where or {}, level).iloc[0]
    parts = [
        {"part": words, "share": shares[key], "low": shares[f"{key}_low"], "high": shares[f"{key}_high"]}
        for key, words in PARTS.items()
    ]
    groups = [_people(answers, name, middle, column, where or {}, level) for column in columns]
    return DirectGap(
        outcome=name, label=survey.label(name), middle=middle, shares=pd.DataFrame(parts), fit=fitted,
        importance=importance(fitted), groups=pd.concat(groups, ignore_index=True) if groups else pd.DataFrame(),
    )


def _people(
    answers: Answers, name: str, middle: float, by: str | None, where: Mapping[str, object], level: float
) -> pd.DataFrame:
    """Return shares of people below, at and above the middle, one row per group of the column `by`."""
    cells = collapse(answers, (name,), by=tuple(dict.fromkeys((*((by,) if by else ()), *where))))
    means, values = design_means(cells), cells.column(name)
    answered = ~np.isnan(values) & (cells.sum_w > 0)
    for key, value in where.items():
        answered &= (cells.keys[key].astype(str) == str(value)).to_numpy()
    rows: list[dict[str, object]] = []
    for label, inside in _groups(cells, (by,) if by else ()):
        here = answered & inside
        row: dict[str, object] = {"by": by or "", "group": label.get(by, "") if by else ""}
        if not here.any():
            rows.append({**row, "n": 0, "n_eff": np.nan, "shown": False})
            continue
        for part, said in zip(PARTS, (values < middle, values == middle, values > middle), strict=True):
            row |= _share(part, means.mean((said & here).astype(np.float64), here), level)
        rows.append(row | _base(means.mean(values, here)))
    return _hidden(pd.DataFrame(rows), ["by", "group", "n", "n_eff", "shown"])
