"""Slopes of the segments of a hierarchical fit: by themselves, pooled, and which differ from the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from drivers.defaults import FALSE_FLAGS, LIKELY, MIN_BASE_CELL
from drivers.errors import InputError
from drivers.fit.result import Fit
from drivers.stats.flag_set import expected_false
from drivers.survey.plain_text import percent_level, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PooledSlopes:
    """``table`` is what `tidy` returns; ``average`` has the population's slope of every driver with its interval.

    Where slopes walk over waves too, all are of the latest ``wave``; it is empty otherwise.
    """

    outcome: str
    columns: tuple[str, ...]
    labels: Mapping[str, str]
    link: str
    model: str
    level: float
    n: int
    n_eff: float
    table: pd.DataFrame
    average: pd.DataFrame
    wave: str = ""

    def label(self, name: str) -> str:
        """Return the words to print for a column, by its `name`."""
        return self.labels.get(name, name)

    def tidy(self) -> pd.DataFrame:
        """Return one row per driver and segment.

        Columns: ``driver``, ``label``, ``segment``, ``n``, ``alone`` the segment's own slope with its standard error
        ``alone_se`` (NaN where it could not be fitted), ``slope`` the pooled one with ``low`` and ``high``,
        ``p_positive``, ``shrinkage`` the part of the way from its own to the average that pooling takes it, ``rest``
        the slope less the average of the other segments with ``rest_low`` and ``rest_high``, ``p_above`` P(above
        them), ``flag`` (may be said to differ: of such claims, each at least likely, at most `FALSE_FLAGS` are expected
        to be false),
        ``share`` of the population in the segment, and ``part`` what the segment contributes to the population's slope.
        """
        return self.table.copy()

    def summary(self) -> str:
        """Return slopes by segment as text, with those that differ."""
        table = self.table
        shown = pd.DataFrame({
            "driver": table["label"].where(table["driver"] != table["driver"].shift(), ""), "segment": table["segment"],
            "n": table["n"].map(lambda n: f"<{MIN_BASE_CELL}" if n < MIN_BASE_CELL else f"{n:,}"),
            "alone": table["alone"].map(lambda value: "-" if np.isnan(value) else f"{value:.3f}"),
            "pooled": table["slope"].map("{:.3f}".format),
            f"{percent_level(self.level)} interval": [
                f"{low:.3f} to {high:.3f}" for low, high in zip(table["low"], table["high"], strict=True)
            ],
            "shrunken": table["shrinkage"].map(lambda value: "-" if np.isnan(value) else f"{value:.0%}"),
            "P(above rest)": table["p_above"].map("{:.2f}".format),
            "differs": table["flag"].map({True: "*", False: ""}),
        })
        by = " and ".join(map(self.label, self.columns)) + (f", in {self.wave}" if self.wave else "")
        moved = (
            f" They are of {self.wave}: a segment alone is taken from all its waves, and moved by as much as all moved "
            "since."
        ) if self.wave else ""
        foot = [
            "Pooled slopes are drawn towards each other as far as each segment is thin. *: may be said to differ from "
            f"the other segments; of such claims at most {FALSE_FLAGS:.0%} are expected to be false. Compare slopes "
            f"between segments, never shares: those also follow how much answers differ.{moved}"
        ]
        return "\n".join([
            f"Slopes of {self.label(self.outcome)} by {by}", "", shown.to_string(index=False), "", *wrapped(foot)
        ])

    def to_dict(self) -> dict[str, object]:
        """Return the slopes as plain values for JSON."""
        return {
            "outcome": self.outcome, "by": list(self.columns), "wave": self.wave or None, "level": self.level,
            "segments": self.table.to_dict("records"), "average": self.average.to_dict("records"),
        }

    def plot(self, ax: Axes | None = None, *, driver: str | None = None) -> Axes:
        """Draw each segment's own slope of a `driver` and the way to the pooled one, on `ax` or a new figure."""
        from drivers.plot.shrinkage import plot_shrinkage

        return plot_shrinkage(self, ax=ax, driver=driver)


def pooled_slopes(fit: Fit) -> PooledSlopes:
    """Set the slopes of segments side by side: by themselves, pooled, and against the rest.

    Parameters
    ----------
    fit : Fit
        A fit whose slopes vary by segment (``by=``).

    Returns
    -------
    PooledSlopes
        In outcome points, or latent units, per driver point.

    Raises
    ------
    InputError
        If its slopes do not vary by segment.

    References
    ----------
    .. [1] Gelman, Hill & Yajima (2012). Why we (usually) don't have to worry about multiple comparisons. Journal of
       Research on Educational Effectiveness 5(2), 189-211. doi:10.1080/19345747.2011.618213
    """
    found = fit.segments
    if found is None:
        raise InputError('The slopes of this fit do not vary by segment. Fit with engine="bayes" and by="...".')
    tail = (1 - fit.spec.level) / 2
    slopes = found.slopes.reshape(-1, *found.slopes.shape[2:])
    share = found.share.reshape(-1, found.share.shape[2])
    g = slopes.shape[1]
    rest = slopes - (slopes.sum(axis=1, keepdims=True) - slopes) / max(g - 1, 1)
    low, high = np.quantile(slopes, [tail, 1 - tail], axis=0)
    rest_low, rest_high = np.quantile(rest, [tail, 1 - tail], axis=0)
    above = (rest > 0).mean(axis=0)
    doubt = np.minimum(above, 1 - above).T.ravel()
    flag = expected_false(doubt, FALSE_FLAGS) & (doubt <= 1 - LIKELY)
    drivers = fit.spec.drivers
    labels = [fit.label(name) for name in drivers]
    table = pd.DataFrame({
        "driver": np.repeat(drivers, g), "label": np.repeat(labels, g),
        "segment": list(found.names) * len(drivers), "n": np.tile(found.n.round().astype(int), len(drivers)),
        "alone": found.alone.T.ravel(), "alone_se": found.alone_se.T.ravel(), "slope": slopes.mean(axis=0).T.ravel(),
        "low": low.T.ravel(), "high": high.T.ravel(), "p_positive": (slopes > 0).mean(axis=0).T.ravel(),
        "shrinkage": found.shrinkage.T.ravel(), "rest": rest.mean(axis=0).T.ravel(), "rest_low": rest_low.T.ravel(),
        "rest_high": rest_high.T.ravel(), "p_above": above.T.ravel(), "flag": flag,
        "share": np.tile(share.mean(axis=0), len(drivers)),
        "part": (slopes * share[..., None]).mean(axis=0).T.ravel(),
    })
    whole = fit.draws.slopes.reshape(-1, len(drivers))
    ends = np.quantile(whole, [tail, 1 - tail], axis=0)
    return PooledSlopes(
        outcome=fit.spec.outcome, columns=found.columns, labels=fit.labels, link=fit.spec.link, model=fit.spec.model,
        level=fit.spec.level, n=fit.n, n_eff=fit.n_eff, table=table, wave=fit.waves.names[-1] if fit.waves else "",
        average=pd.DataFrame({"driver": drivers, "slope": whole.mean(axis=0), "low": ends[0], "high": ends[1]}),
    )
