"""`plot_moving`: a slope, or a share, from wave to wave as a band, with the probability that it moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from drivers.errors import InputError, nearest
from drivers.plot.fine_print import ASSOCIATION, headed, interval_words, model_words
from drivers.plot.frame import clear, headline, lettering_for, open_axes, room, settle
from drivers.plot.lettering import plain, wrap
from drivers.plot.ribbon import DOWN, UP, _band, _mark, _name_waves
from drivers.plot.scale import number_ticks, percent_ticks
from drivers.plot.style import INK, PALE, signed, styled

if TYPE_CHECKING:
    from drivers.fit.bayes.moving import MovingSlopes


def plot_moving(
    moving: MovingSlopes, ax: Axes | None = None, *, driver: str | None = None,
    quantity: Literal["slope", "share"] = "slope",
) -> Axes:
    """Points joined by a line in the band of their intervals; the change up to the latest wave with its probability.

    A change since the wave before that may be claimed carries a triangle that points its way.

    Parameters
    ----------
    moving : MovingSlopes
        Result of `drivers.moving_slopes`.
    ax : Axes, optional
        Where to draw; a new figure when left out.
    driver : str, optional
        Which driver; the one whose slope moved most surely since the wave before when left out.
    quantity : {"slope", "share"}
        What is drawn of it.

    Returns
    -------
    Axes
        The one drawn on; x is the wave, y the slope or share.

    Raises
    ------
    InputError
        If there is no such driver or quantity.
    """
    changes = moving.changes
    if quantity not in ("slope", "share"):
        raise InputError(f"quantity={quantity!r} is not known; choose `slope` or `share`.")
    if driver is None:
        last = changes[(changes["quantity"] == "slope") & (changes["against"] == "previous")]
        driver = str(last["driver"].iloc[int(np.argmax(last["p_change"]))])
    there = list(dict.fromkeys(changes["driver"]))
    if driver not in there:
        raise InputError(f"{nearest(driver, there)} is none of the drivers of this fit: {there}.")
    rows = _of(moving.by_wave, driver, quantity)
    judged = _of(changes, driver, quantity)
    with styled():
        ax = open_axes(ax, (9.0, 4.6))
        clear(ax, grid=None)
        _name_waves(ax, rows)
        _band(ax, rows)
        _mark(ax, rows, judged)
        _height(ax, rows, quantity, moving.model)
        headline(ax, *_words(moving, driver, quantity, judged))
        settle(ax)
    return ax


def _height(ax: Axes, rows: pd.DataFrame, quantity: str, model: str) -> None:
    kind, (_, up) = lettering_for(ax), room(ax)
    low, high = min(float(rows["low"].min()), 0.0), max(float(rows["high"].max()), 0.0)
    y = (low - 0.06 * (high - low) * (low < 0), high + 0.12 * (high - low))
    ticks, labels = percent_ticks(*y) if quantity == "share" else number_ticks(*y)
    ax.set_yticks(ticks, labels=labels, fontsize=0.95 * kind.text, color=INK, **plain())
    ax.set_ylim(*y)
    ax.hlines(ticks, *ax.get_xlim(), color=PALE, linewidth=0.8, zorder=1)
    ax.axhline(0, color=INK, linewidth=1, zorder=1.4)
    units = "outcome points" if model == "linear" else "latent units"
    name = "Share of variance (LMG)" if quantity == "share" else f"Slope ({units} per driver point)"
    ax.set_ylabel("\n".join(wrap(name, kind.text, 0.5 * 72 * up)), fontsize=kind.text, color=INK, **plain())


def _of(table: pd.DataFrame, driver: str, quantity: str) -> pd.DataFrame:
    return table[(table["driver"] == driver) & (table["quantity"] == quantity)].reset_index(drop=True)


def _words(
    moving: MovingSlopes, driver: str, quantity: str, judged: pd.DataFrame
) -> tuple[str, str, tuple[str, ...]]:
    told = []
    for row in judged[judged["against"] != ""].iloc[::-1].itertuples():
        change = float(str(row.change))
        size = signed(change) if quantity == "slope" else f"{signed(100 * change, 1)} points"
        sign = f", {UP if row.direction == 'up' else DOWN} flagged" if row.flag else ""
        told.append(f"since {row.wave}: {size}, P({row.direction}) {float(str(row.p_change)):.2f}{sign}")
    by = " and ".join(map(moving.label, moving.segments))
    notes = [
        f"band: {interval_words(moving.level)}; each wave borrows from its neighbours",
        *([f"{UP} {DOWN}: a change that may be claimed; of such claims at most one in ten is expected to be false"]
          if judged["flag"].any() else []),
        *(["shares also move when answers spread more or less, with slopes as they were"]
          if quantity == "share" else ["measure: slope, not share"]),
        *([f"every wave averaged over segments of {by} by the same shares"] if by else []),
        model_words(moving.model, moving.link, "bayes"), ASSOCIATION,
    ]  # fmt: skip
    what = "slope" if quantity == "slope" else "share"
    title = headed(moving.label(driver), f"{what} for {moving.label(moving.outcome)} by wave")
    return title, "; ".join(told), tuple(notes)
