"""`plot_shrinkage`: each segment's own slope of one driver, and the way pooling takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from drivers.errors import InputError, nearest
from drivers.plot.fine_print import (
    ASSOCIATION,
    base_words,
    headed,
    interval_words,
    model_words,
    slope_words,
)
from drivers.plot.frame import clear, headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.lettering import plain, printable, wrap
from drivers.plot.rows import write_rows
from drivers.plot.scale import number_ticks
from drivers.plot.style import BLUE, GREY, INK, PALE, VERMILLION, number, signed_inside, styled
from drivers.survey.plain_text import shown_count

if TYPE_CHECKING:
    from drivers.fit.bayes.pooled import PooledSlopes


def plot_shrinkage(pooled: PooledSlopes, ax: Axes | None = None, *, driver: str | None = None) -> Axes:
    """Open dots of own slopes, arrows to pooled ones with their intervals, against the population's average.

    A pooled slope that may be said to differ from the other segments is a diamond.

    Parameters
    ----------
    pooled : PooledSlopes
        Result of `drivers.pooled_slopes`.
    ax : Axes, optional
        Where to draw; a new figure when left out.
    driver : str, optional
        Which driver; the one whose pooled slopes differ most when left out.

    Returns
    -------
    Axes
        The one drawn on; x is the slope in outcome points (latent units for ordinal and logit) per driver point.

    Raises
    ------
    InputError
        If there is no such driver.
    """
    rows = _rows(pooled, driver)
    average = pooled.average.set_index("driver").loc[rows["driver"].iloc[0]]
    words = _words(pooled, rows)
    names = [f"{row.segment} (n {shown_count(int(str(row.n)))})" for row in rows.itertuples()]
    values = ["{} ({})".format(*signed_inside(*ends)) for ends in rows[["slope", "low", "high"]].to_numpy(float)]
    with styled():
        ax = open_axes(ax, (9.0, height_for(len(rows)) - 0.2))
        clear(ax)
        kind, (across, up) = lettering_for(ax), room(ax)
        row_height = (72 * up - headline_height(ax, *words) - 3.2 * kind.text) / (len(rows) + 0.5)
        taken = write_rows(ax, names, values, heading=f"pooled ({interval_words(pooled.level)})",
                           row_height=row_height)  # fmt: skip
        _axis(ax, rows, average)
        for y, (alone, slope, low, high, flag) in enumerate(
            rows[["alone", "slope", "low", "high", "flag"]].to_numpy(float)
        ):
            colour = VERMILLION if flag else BLUE
            ax.plot([low, high], [y, y], color=colour, linewidth=1.6, zorder=3)
            _arrow(ax, alone, slope, y)
            ax.plot([slope], [y], marker="D" if flag else "o", markersize=kind.dot, color=colour,
                    markeredgecolor="white", zorder=5)  # fmt: skip
        label = printable(slope_words(pooled.label(pooled.outcome), pooled.link))
        ax.set_xlabel("\n".join(wrap(label, kind.text, 72 * across - taken)), fontsize=kind.text, color=INK, **plain())
        headline(ax, *words)
        settle(ax)
    return ax


def _rows(pooled: PooledSlopes, driver: str | None) -> pd.DataFrame:
    table = pooled.table
    there = list(dict.fromkeys(table["driver"]))
    if driver is None:
        apart = table.groupby("driver", sort=False)["slope"].agg(np.ptp)
        driver = there[int(np.argmax(apart.to_numpy()))]
    if driver not in there:
        raise InputError(f"{nearest(driver, there)} is none of the drivers of this fit: {there}.")
    return table[table["driver"] == driver].reset_index(drop=True)


def _arrow(ax: Axes, alone: float, slope: float, y: int) -> None:
    """Draw the way from a segment's own slope, a third of a row above its pooled one."""
    if not np.isfinite(alone):
        return
    kind = lettering_for(ax)
    above = y - 0.3
    ax.annotate(
        "", xy=(slope, y - 0.06), xytext=(alone, above), zorder=4,
        arrowprops={"arrowstyle": "-|>", "color": GREY, "linewidth": 1.1, "mutation_scale": 0.9 * kind.text,
                    "shrinkA": 0.5 * kind.dot, "shrinkB": 0.4 * kind.dot},
    )  # fmt: skip
    ax.plot([alone], [above], marker="o", markersize=0.85 * kind.dot, color="white", markeredgecolor=GREY,
            markeredgewidth=1.3, zorder=4)  # fmt: skip


def _axis(ax: Axes, rows: pd.DataFrame, average: pd.Series) -> None:
    ends = rows[["alone", "low", "high"]].to_numpy(float)
    low, high = min(float(np.nanmin(ends)), 0.0), max(float(np.nanmax(ends)), 0.0)
    x = (low - 0.05 * (high - low) - 1e-6, high + 0.05 * (high - low) + 1e-6)
    ticks, labels = number_ticks(*x, most=5)
    kind = lettering_for(ax)
    ax.set_xticks(ticks, labels=labels, fontsize=0.9 * kind.text, color=INK, **plain())
    ax.set(xlim=x, ylim=(len(rows) - 0.5, -0.8))
    ax.grid(False)
    ax.vlines(ticks, -0.6, len(rows) - 0.5, color=PALE, linewidth=0.8, zorder=1)
    ax.vlines([0], -0.6, len(rows) - 0.5, color=INK, linewidth=1.2, zorder=2)
    ax.vlines([average["slope"]], -0.6, len(rows) - 0.5, color=INK, linewidth=1.1, linestyle="dashed", zorder=2)


def _words(pooled: PooledSlopes, rows: pd.DataFrame) -> tuple[str, str, tuple[str, ...]]:
    name = str(rows["driver"].iloc[0])
    by = " and ".join(map(pooled.label, pooled.columns)) + (f", {pooled.wave}" if pooled.wave else "")
    kept = float(np.nanmean(rows["shrinkage"])) if rows["shrinkage"].notna().any() else np.nan
    pulled = "" if np.isnan(kept) else f"; pooling takes them {kept:.0%} of the way to the average".replace("%", " %")
    average = number(float(pooled.average.set_index("driver").loc[name, "slope"]))  # type: ignore[arg-type]
    notes = [
        base_words(pooled.n, pooled.n_eff),
        f"open dot: the segment by itself{', moved as all since its waves' if pooled.wave else ''}; arrow: pooling",
        f"filled dot and line: pooled, {interval_words(pooled.level)}",
        f"dashed: average of the population ({average})",
        *(["diamond: differs from the other segments; of such claims at most one in ten is expected false"]
          if rows["flag"].any() else []),
        *(["no open dot: too few answers by itself"] if rows["alone"].isna().any() else []),
        "measure: slope, not share", model_words(pooled.model, pooled.link, "bayes"), ASSOCIATION,
    ]  # fmt: skip
    title = headed(pooled.label(pooled.outcome), f"slope of {pooled.label(name)} by {by}")
    return title, f"Thin segments borrow from the others{pulled}", tuple(notes)
