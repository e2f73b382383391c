"""The gap as people put it themselves: one item from much worse to much better than expected, and what goes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from drivers.cells.collapse import collapse
from drivers.defaults import LEVEL, SEED
from drivers.errors import SurveyError, nearest, quoted
from drivers.fit.result import Fit
from drivers.fit.run import fit
from drivers.gap.design_means import design_means
from drivers.gap.plain import records
from drivers.gap.scores import _share
from drivers.importance.compute import importance
from drivers.importance.result import Importance
from drivers.survey.answers import Answers

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DirectGap:
    """The direct item: ``shares`` of people below, at and above the middle of its scale, its ``fit`` and importance."""

    outcome: str
    label: str
    middle: float
    shares: pd.DataFrame
    fit: Fit
    importance: Importance

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
        return f"{self.label} (against the middle of its scale, {self.middle:g}): {said}\n\n{self.importance.summary()}"

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the shares of its drivers on `ax`, or on a new figure."""
        return self.importance.plot(ax=ax)

    def to_dict(self) -> dict[str, object]:
        """Return the result as plain values for JSON."""
        return {"outcome": self.outcome, "people": records(self.shares), "drivers": records(self.tidy()),
                "r2": self.importance.r2_interval(), "n": self.fit.n, "notes": list(self.importance.notes)}  # fmt: skip


def direct_gap(
    answers: Answers, item: str | None = None, drivers: Sequence[str] | None = None, *, engine: str = "regression",
    draws: int | None = None, seed: int = SEED, level: float = LEVEL, where: Mapping[str, object] | None = None,
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

    Returns
    -------
    DirectGap
        Keep it apart from satisfaction: the item is nearly that, and shares its halo.

    Raises
    ------
    SurveyError
        If there is no direct item, or its scale is open.

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
    fitted = fit(
        answers, name, drivers, model="ordinal", engine=engine, draws=draws, seed=seed, level=level, where=where
    )
    cells = collapse(answers, (name,), by=tuple(where or {}))
    means, values = design_means(cells), cells.column(name)
    inside = ~np.isnan(values)
    for key, value in (where or {}).items():
        inside &= (cells.keys[key].astype(str) == str(value)).to_numpy()
    rows = []
    for part, here in (("worse", values < middle), ("as expected", values == middle), ("better", values > middle)):
        found = _share("share", means.mean((here & inside).astype(np.float64), inside), level)
        rows.append({"part": part, "share": found["share"], "low": found["share_low"], "high": found["share_high"]})
    return DirectGap(
        outcome=name, label=survey.label(name), middle=middle, shares=pd.DataFrame(rows), fit=fitted,
        importance=importance(fitted),
    )
