"""Latent level and spread of groups beside the scores they lead to, and where the two are in another order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import LIKELY
from drivers.errors import InputError
from drivers.fit.bayes.pointwise import complete_cells, latent_mean
from drivers.fit.result import Fit
from drivers.fit.thinned import thinned
from drivers.stats.cumulative import Link
from drivers.stats.unequal_spread import group_chances
from drivers.survey.plain_text import percent_level, shown_count, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

MOST_EVALUATED = 30_000_000
"""Draws times cells, groups and thresholds worked out for scores; where there are more, fewer draws are looked at."""

FEWEST = 200
"""Draws looked at, at least."""

HELD_AT_ONCE = 2_000_000
"""Of those, how many chances are held at a time."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupSpreads:
    """``table`` is what `tidy` returns; ``turned`` (pairs) has the probability that levels and means disagree.

    For the picture, ``cuts`` (q,) are the mean thresholds between the scale's ``points`` (q+1,) and ``centre`` is the
    mean of what goes with the drivers.
    """

    outcome: str
    column: str
    labels: Mapping[str, str]
    link: str
    level: float
    n: int
    n_eff: float
    top_from: float
    table: pd.DataFrame
    turned: pd.DataFrame
    points: tuple[float, ...]
    cuts: tuple[float, ...]
    centre: float

    def label(self, name: str) -> str:
        """Return the words to print for a column, by its `name`."""
        return self.labels.get(name, name)

    def tidy(self) -> pd.DataFrame:
        """Return one row per group.

        Columns: ``group``, ``n``, ``share`` of the population; ``level`` latent, against the average group, with
        ``level_low`` and ``level_high`` and ``p_higher`` P(above the average group); ``spread`` of the latent error, 1
        for the average group, with ``spread_low`` and ``spread_high`` and ``p_wider`` P(above 1); ``mean`` and ``top``
        (share in the top box) that everybody's answers to the drivers would lead to in this group, with their ends.
        """
        return self.table.copy()

    def summary(self) -> str:
        """Return levels, spreads and scores as text, and what must not be read off levels."""
        table, level = self.table, f"{percent_level(self.level)} interval"

        def ends(name: str, form: str) -> list[str]:
            return [
                f"{low:{form}} to {high:{form}}"
                for low, high in zip(table[f"{name}_low"], table[f"{name}_high"], strict=True)
            ]

        shown = pd.DataFrame({
            "group": table["group"],
            "n": table["n"].map(shown_count),
            "level": table["level"].map("{:+.2f}".format), level: ends("level", "+.2f"),
            "spread": table["spread"].map("{:.2f}".format), f" {level}": ends("spread", ".2f"),
            "P(wider)": table["p_wider"].map("{:.2f}".format), "mean": table["mean"].map("{:.2f}".format),
            f"top ({self.top_from:g}+)": table["top"].map("{:.1%}".format),
        })
        head = f"Latent level and spread of {self.label(self.outcome)} by {self.label(self.column)}"
        foot = [
            "Level and spread of the latent outcome at equal answers to the drivers, against the average group (0 and "
            "1), in its latent units; P(wider): of a spread above 1. Mean and top box: if everybody answered the "
            "drivers as all do, as a member of this group.",
            self.words,
        ]
        return "\n".join([head, "", shown.to_string(index=False), "", *wrapped(foot)])

    @property
    def words(self) -> str:
        """Whether a group with the higher latent level has the lower mean, as a sentence."""
        rule = (
            "Where spreads differ, a higher latent level need not go with a higher mean: a wide group loses more at "
            "one end of the scale than it gains at the other. Compare means and top boxes for what people answer, "
            "levels for what they think."
        )
        worst = self.turned.iloc[0]
        pair = f"`{worst['higher']}` has the higher level and `{worst['lower']}` the higher mean"
        if worst["p"] >= LIKELY:
            return f"{rule} Here {pair} (probability {worst['p']:.2f})."
        if worst["p"] >= 1 - LIKELY:
            return f"{rule} Here it is open whether {pair} (probability {worst['p']:.2f})."
        return f"{rule} Here no two groups are likely in another order by mean than by level."

    def to_dict(self) -> dict[str, object]:
        """Return groups and pairs as plain values for JSON."""
        return {
            "outcome": self.outcome, "spread_by": self.column, "level": self.level, "top_from": self.top_from,
            "groups": self.table.to_dict("records"), "turned": self.turned.to_dict("records"), "reading": self.words,
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw each group's latent distribution against the thresholds, on `ax` or a new figure."""
        from drivers.plot.spreads import plot_spreads

        return plot_spreads(self, ax=ax)


def group_spreads(fit: Fit) -> GroupSpreads:
    """Set latent levels and spreads of groups side by side, with the scores they lead to.

    Parameters
    ----------
    fit : Fit
        A fit whose groups differ in latent spread (``spread_by=``).

    Returns
    -------
    GroupSpreads
        Levels and spreads from all draws; scores from as many as `MOST_EVALUATED` allows.

    Raises
    ------
    InputError
        If its groups do not differ in spread.

    References
    ----------
    .. [1] Buerkner & Vuorre (2019). Ordinal regression models in psychology. Advances in Methods and Practices in
       Psychological Science 2(1), 77-101. doi:10.1177/2515245918823199
    """
    if fit.spreads is None:
        raise InputError(
            'The groups of this fit do not differ in spread. Fit with engine="bayes", model="ordinal" and '
            'spread_by="...".'
        )
    found, g = fit.spreads, len(fit.spreads.names)
    chance, levels, centre = _chances(fit)
    top_from = float(fit.top if fit.top is not None else fit.categories[-1])
    mean, top = chance @ fit.categories, chance[..., fit.categories >= top_from].sum(axis=-1)
    tails = [(1 - fit.spec.level) / 2, (1 + fit.spec.level) / 2]
    level, spread = found.level.reshape(-1, g), found.spread.reshape(-1, g)

    def told(name: str, values: FloatArray) -> dict[str, FloatArray]:
        low, high = np.quantile(values, tails, axis=0)
        return {name: values.mean(axis=0), f"{name}_low": low, f"{name}_high": high}

    table = pd.DataFrame({
        "group": list(found.names), "n": found.n.round().astype(int), "share": found.share.mean(axis=(0, 1)),
        **told("level", level), "p_higher": (level > 0).mean(axis=0), **told("spread", spread),
        "p_wider": (spread > 1).mean(axis=0), **told("mean", mean), **told("top", top),
    })
    pairs = [
        {
            "higher": found.names[a], "lower": found.names[b],
            "p": float(((levels[:, a] > levels[:, b]) & (mean[:, a] < mean[:, b])).mean()),
        }
        for a, b in permutations(range(g), 2)
    ]
    return GroupSpreads(
        outcome=fit.spec.outcome, column=found.column, labels=fit.labels, link=fit.spec.link, level=fit.spec.level,
        n=fit.n, n_eff=fit.n_eff, top_from=top_from, table=table, centre=centre,
        turned=pd.DataFrame(pairs).sort_values("p", ascending=False, kind="stable", ignore_index=True),
        cuts=tuple(fit.draws.cuts.mean(axis=(0, 1)).tolist()), points=tuple(fit.categories.tolist()),
    )


def _chances(fit: Fit) -> tuple[FloatArray, FloatArray, float]:
    """Return chances (s, G, q + 1) of categories at everybody's answers, levels (s, G) of those draws, and the centre.

    The centre is the average of what goes with the drivers.
    """
    cells = complete_cells(fit)
    assert fit.spreads is not None
    g, q = len(fit.spreads.names), fit.draws.cuts.shape[-1]
    fewer, _ = thinned(fit, max(MOST_EVALUATED // (len(cells) * g * q), FEWEST))
    spreads = fewer.spreads
    assert spreads is not None
    eta, cuts = latent_mean(fewer, cells), fewer.draws.cuts.reshape(-1, q)
    level, spread = spreads.level.reshape(-1, g), spreads.spread.reshape(-1, g)
    link: Link = "probit" if fit.spec.link == "probit" else "logit"
    step = max(HELD_AT_ONCE // (len(cells) * (q + 1)), 1)
    parts = [
        group_chances(eta[at], cells.sum_w, cuts[at], level[at], spread[at], link)
        for at in (slice(start, start + step) for start in range(0, len(eta), step))
    ]
    return np.concatenate(parts), level, float(np.average(eta.mean(axis=0), weights=cells.sum_w))
