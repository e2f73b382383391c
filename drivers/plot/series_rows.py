"""Rows of drivers with two or three estimates each: the frame of all charts that set one thing beside another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from drivers.plot.frame import clear, headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.lettering import plain, printable, wrap
from drivers.plot.rows import write_rows
from drivers.plot.scale import number_ticks, percent_ticks
from drivers.plot.style import GREY, INK, MARKERS, PALE, SERIES, styled

FloatArray = NDArray[np.float64]
APART, JOINED = 0.22, 0.09  # rows by which estimates of one driver are moved up and down
SIGNS = ("blue circle", "red square", "green triangle")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """One estimate per row: ``name``, ``value`` (k,) and the ends ``low``, ``high`` (k,) of its interval."""

    name: str
    value: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowChart:
    """``labels`` and printed ``values`` (k,) under a ``heading``, up to three ``series``, and the words around them.

    ``percent`` prints proportions in percent; ``zero`` draws a line at that value; ``joined`` connects the first two
    estimates of a row; ``ends`` fixes the axis.
    """

    labels: Sequence[str]
    values: Sequence[str]
    heading: str
    series: Sequence[Series]
    axis: str
    title: str
    subtitle: str
    notes: Sequence[str]
    percent: bool = False
    zero: float | None = None
    joined: bool = False
    ends: tuple[float, float] | None = None


def draw_rows(chart: RowChart, ax: Axes | None) -> Axes:
    """Draw a `chart` on `ax`, or on a new figure without it.

    Parameters
    ----------
    chart : RowChart
        What to draw.
    ax : Axes, optional
        Where.

    Returns
    -------
    Axes
        The one drawn on; rows go down from 0.
    """
    count = len(chart.labels)
    keys = "; ".join(f"{sign}: {each.name}" for sign, each in zip(SIGNS, chart.series, strict=False))
    words = (chart.title, chart.subtitle, (keys, *chart.notes))
    with styled():
        ax = open_axes(ax, (9.0, height_for(count) + 0.16 * count))
        clear(ax)
        kind, (across, up) = lettering_for(ax), room(ax)
        row_height = (72 * up - headline_height(ax, *words) - 3.2 * kind.text) / (count + 0.5)
        taken = write_rows(ax, list(chart.labels), list(chart.values), heading=chart.heading, row_height=row_height)
        if chart.joined and len(chart.series) > 1:
            one, two = chart.series[:2]
            for y, (a, b) in enumerate(zip(one.value, two.value, strict=True)):
                ax.plot([a, b], [y - JOINED, y + JOINED], color=GREY, linewidth=3.5, alpha=0.35,
                        solid_capstyle="butt", zorder=2)  # fmt: skip
        reach = JOINED if chart.joined else APART
        shift = np.linspace(-reach, reach, len(chart.series)) if len(chart.series) > 1 else np.zeros(1)
        for k, each in enumerate(chart.series):
            _draw(ax, each, shift[k], SERIES[k], MARKERS[k], kind.dot)
        _axis(ax, chart, count, 72 * across - taken)
        label = "\n".join(wrap(printable(chart.axis), kind.text, 72 * across - taken))
        ax.set_xlabel(label, fontsize=kind.text, color=INK, **plain())
        headline(ax, *words)
        settle(ax)
    return ax


def _draw(ax: Axes, each: Series, shift: float, colour: str, marker: str, dot: float) -> None:
    for y, (value, low, high) in enumerate(zip(each.value, each.low, each.high, strict=True)):
        if np.isfinite([value, low, high]).all():
            ax.plot([low, high], [y + shift] * 2, color=colour, linewidth=1.6, zorder=3)
        ax.plot([value], [y + shift], marker=marker, markersize=0.85 * dot, color=colour, markeredgecolor="white",
                markeredgewidth=0.6, zorder=4)  # fmt: skip


def _axis(ax: Axes, chart: RowChart, count: int, across: float) -> None:
    edges = np.concatenate([part for each in chart.series for part in (each.value, each.low, each.high)])
    edges = edges[np.isfinite(edges)]
    if chart.zero is not None:
        edges = np.append(edges, chart.zero)
    low, high = chart.ends or (float(edges.min()), float(edges.max()))
    pad = 0.04 * (high - low) + 1e-9
    size = 0.9 * lettering_for(ax).text
    most = max(2, min(6, int(across / (4 * size))))
    ticks, labels = (percent_ticks if chart.percent else number_ticks)(low - pad, high + pad, most=most)
    ax.set_xticks(ticks, labels=labels, fontsize=size, color=INK, **plain())
    ax.set(xlim=(low - pad, high + pad), ylim=(count - 0.5, -0.7))
    ax.grid(False)
    ax.vlines(ticks, -0.5, count - 0.5, color=PALE, linewidth=0.8, zorder=1)
    if chart.zero is not None:
        ax.vlines([chart.zero], -0.5, count - 0.5, color=INK, linewidth=1.2, zorder=1.5)
