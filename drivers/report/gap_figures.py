"""Figures of the gap chapter: which chart, how large, and what it shows in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from drivers.gap.asymmetry import Asymmetry
from drivers.gap.joint import JointGap
from drivers.gap.kano import Kano
from drivers.gap.latent import LatentGap
from drivers.gap.necessity import Necessity
from drivers.gap.scores_result import GapScores
from drivers.gap.surface_result import Surface
from drivers.gap.two_outcomes import TwoOutcomes
from drivers.plot.asymmetry import plot_asymmetry
from drivers.plot.bottleneck import plot_bottleneck
from drivers.plot.gap_joint import plot_gap_joint
from drivers.plot.gap_scores import plot_gap_scores
from drivers.plot.kano import plot_kano
from drivers.plot.latent_gap import plot_latent_gap
from drivers.plot.surface import plot_surface
from drivers.plot.two_outcomes import plot_two_outcomes
from drivers.report.content import Figure
from drivers.report.words import chance, decimal, inside, percent, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 8.0


def _figure(
    key: str, title: str, lead: str, rows: pd.DataFrame, say: Callable[[Any], str], draw: Callable[[Axes], object],
    up: float = 1.0,
) -> Figure:
    """Return a figure with a line for every row of a table, `up` times as high as most, and those rows in words."""
    said = "; ".join(say(row) for row in rows.itertuples())
    return Figure(key=f"figure-gap-{key}", title=title, alt=f"{lead}: {said}.", draw=draw,
                  size=(WIDTH, 2.9 + 0.42 * round(up * len(rows))))  # fmt: skip


def scores_figure(scores: GapScores) -> Figure:
    """Return perceived against expected of `scores` as dumbbells."""
    return _figure(
        "scores", "Perceived against expected", "Dumbbells, one row per driver", scores.drivers(),
        lambda row: f"{row.label}: perceived {decimal(row.perceived)}, expected {decimal(row.expected)}",
        lambda ax: plot_gap_scores(scores, ax=ax),
    )


def latent_figure(found: LatentGap) -> Figure:
    """Return the latent gaps of `found`."""
    return _figure(
        "latent", "Gap on the latent scale", "Dots with intervals", found.tidy(),
        lambda row: f"{row.label} {signed(row.gap, 2)}", lambda ax: plot_latent_gap(found, ax=ax),
    )


def joint_figure(joint: JointGap) -> Figure:
    """Return the three slopes of every driver of `joint`."""
    def say(row: Any) -> str:
        gap, ends = inside(row.difference, row.difference_low, row.difference_high, "points", 2)
        parts = f"perceived {signed(row.perceived, 2)}, expected {signed(row.expected, 2)}, gap {gap} ({ends})"
        return f"{row.label}: {parts}"

    return _figure("joint", "Slopes of perceived, expected and the gap", "Three dots per driver", joint.tidy(), say,
                   lambda ax: plot_gap_joint(joint, ax=ax), up=1.3)  # fmt: skip


def compare_figure(result: TwoOutcomes) -> Figure:
    """Return the shares of both outcomes of `result` side by side."""
    return _figure(
        "two-outcomes", "Same drivers, two outcomes", "Two dots per driver", result.tidy(),
        lambda row: f"{row.label}: {percent(row.relative_satisfaction)} and {percent(row.relative_gap)}, more for the "
        f"gap with probability {chance(row.p_more_for_gap)}", lambda ax: plot_two_outcomes(result, ax=ax),
    )  # fmt: skip


def surface_figure(surface: Surface, outcome: str) -> Figure:
    """Return the `surface` of one driver for `outcome` as filled contours."""
    return Figure(
        key=f"figure-gap-surface-{surface.driver}", title=f"{outcome} over both answers to {surface.label}",
        alt=f"Filled contours of {outcome} by perceived (across) and expected (up) answer, with the hull of the data. "
        f"{surface.reading()}", size=(4.9, 5.6), draw=lambda ax: plot_surface(surface, ax=ax),
    )  # fmt: skip


def asymmetry_figure(found: Asymmetry) -> Figure:
    """Return penalty and reward of every driver of `found`."""
    return _figure(
        "asymmetry", "Penalty and reward", "Two dots per driver", found.tidy(),
        lambda row: f"{row.label}: penalty {signed(row.penalty, 2)}, reward {signed(row.reward, 2)}",
        lambda ax: plot_asymmetry(found, ax=ax),
    )


def necessity_figure(found: Necessity) -> Figure:
    """Return the bottleneck table of `found` as a heat map."""
    rows = found.tidy()
    return _figure(
        "necessity", "Bottlenecks", "Grid, one row per driver",
        rows[rows["driver"].isin([c.driver for c in found.bottlenecks])],
        lambda row: f"{row.label}: effect size {decimal(row.d_step)}, {row.verdict}",
        lambda ax: plot_bottleneck(found, ax=ax),
    )


def kano_figure(found: Kano) -> Figure:
    """Return better and worse of every feature of `found`."""
    return _figure(
        "kano", "Kano pairs", "Two dots per feature", found.tidy(),
        lambda row: f"{row.label}: {row.category}, better {signed(row.better, 2)}, worse {signed(row.worse, 2)}",
        lambda ax: plot_kano(found, ax=ax),
    )


LONGEST_TITLE = 215
"""Letters of the longest sentence that heads a slide."""


def titled(figure: Figure, text: str) -> Figure:
    """Return a `figure` whose slide is headed by the first sentence of `text`, where that is short enough."""
    first = re.split(r"(?<=[.?!])\s|(?<=;)\s", text, maxsplit=1)[0].rstrip(";")
    return replace(figure, says=first) if len(first) <= LONGEST_TITLE else figure
