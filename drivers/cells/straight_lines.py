"""`straight_lines`: how many respondents gave one and the same answer to every rating of a block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from drivers.cells.collapse import collapse
from drivers.errors import InputError
from drivers.stats.halo import straight_line_rate, straight_lines_by_chance
from drivers.survey.answers import Answers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StraightLines:
    """Equal answers to all of ``items``, which share the ``scale`` (low, high).

    ``rate`` of respondents (weighted), ``by_chance`` the rate if each item were answered independently of the others,
    ``count`` of respondents without weights, among ``n`` who answered all items; ``points`` one row per scale point.
    """

    items: tuple[str, ...]
    scale: tuple[float, float]
    rate: float
    by_chance: float
    count: int
    n: int
    points: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """Return one row per scale point: ``answer`` as it was ticked, ``n`` who gave it throughout, and ``rate``."""
        return self.points.copy()

    def summary(self) -> str:
        """Return the rate and how to read it."""
        top = self.points.sort_values("n", ascending=False, kind="stable").iloc[0] if len(self.points) else None
        most = "" if top is None else f" Most often {top['answer']:g} ({top['n']:,.0f})."
        return (
            f"{self.count:,} of {self.n:,} respondents ({self.rate:.1%} weighted) gave one answer to all "
            f"{len(self.items)} items on the scale {self.scale[0]:g} to {self.scale[1]:g}; {self.by_chance:.1%} would "
            f"be expected if the items had nothing in common.{most} Nobody was left out: equal answers can be honest."
        )


def straight_lines(answers: Answers, items: Sequence[str] = ()) -> StraightLines:
    """Count straight-liners, on the answers as they were ticked.

    Parameters
    ----------
    answers : Answers
        Checked answers, on any engine.
    items : sequence of str
        Rated columns on one closed scale; by default the drivers on the scale that most of them share.

    Returns
    -------
    StraightLines
        An item for which lower is better counts as it was ticked, not as it is turned round for analysis.

    Raises
    ------
    InputError
        If fewer than three items share a closed scale: two equal answers are no pattern.

    References
    ----------
    .. [1] Kim, Dykema, Stevenson, Black & Moberg (2019). Social Science Computer Review 37(2), 214-233.
       doi:10.1177/0894439317752406
    """
    survey = answers.survey
    scales = {name: survey.item(name).scale for name in items or survey.drivers}
    shared = Counter(scale for scale in scales.values() if scale != "open")
    ends, count = shared.most_common(1)[0] if shared else (None, 0)
    if not isinstance(ends, tuple) or count < 3 or (items and count < len(scales)):
        raise InputError(
            f"{count} of {len(scales)} items share a closed scale; straight lines need three or more on one. Declare "
            "`scale = [low, high]` for them, or name items that share theirs."
        )
    chosen = tuple(name for name, scale in scales.items() if scale == ends)
    cells = collapse(answers, chosen)
    values = cells.values.copy()
    for place, name in enumerate(chosen):
        if survey.item(name).direction == "lower":
            values[:, place] = ends[0] + ends[1] - values[:, place]
    same = (values == values[:, :1]).all(axis=1)
    points = pd.DataFrame({"answer": values[same, 0], "n": cells.n[same], "weight": cells.sum_w[same]})
    by_point = points.groupby("answer", as_index=False)[["n", "weight"]].sum()
    complete = ~np.isnan(values).any(axis=1)
    by_point["rate"] = by_point.pop("weight") / max(float(cells.sum_w[complete].sum()), np.finfo(float).tiny)
    return StraightLines(
        items=chosen, scale=ends, rate=straight_line_rate(values, cells.sum_w),
        by_chance=straight_lines_by_chance(values, cells.sum_w), count=round(float(cells.n[same].sum())),
        n=round(float(cells.n[complete].sum())), points=by_point,
    )
