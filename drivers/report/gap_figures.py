"""Figures of the gap chapter: which chart, how large, and what it shows in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

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


def _figure(key: str, title: str, alt: str, rows: int, draw: Callable[[Axes], object]) -> Figure:
    return Figure(key=f"figure-gap-{key}", title=title, alt=alt, size=(WIDTH, 2.9 + 0.42 * rows), draw=draw)


def scores_figure(scores: GapScores) -> Figure:
    """Return perceived against expected of `scores` as dumbbells."""
    rows: list[Any] = list(scores.drivers().itertuples())
    said = "; ".join(f"{r.label}: perceived {decimal(r.perceived)}, expected {decimal(r.expected)}" for r in rows)
    return _figure("scores", "Perceived against expected", f"Dumbbells, one row per driver: {said}.", len(rows),
                   lambda ax: plot_gap_scores(scores, ax=ax))  # fmt: skip


def latent_figure(found: LatentGap) -> Figure:
    """Return the latent gaps of `found`."""
    rows: list[Any] = list(found.tidy().itertuples())
    said = "; ".join(f"{r.label} {signed(r.gap, 2)}" for r in rows)
    return _figure("latent", "Gap on the latent scale", f"Dots with intervals: {said}.", len(rows),
                   lambda ax: plot_latent_gap(found, ax=ax))  # fmt: skip


def joint_figure(joint: JointGap) -> Figure:
    """Return the three slopes of every driver of `joint`."""
    rows: list[Any] = list(joint.tidy().itertuples())
    said = "; ".join(
        f"{r.label}: perceived {signed(r.perceived, 2)}, expected {signed(r.expected, 2)}, gap "
        "{} ({})".format(*inside(r.difference, r.difference_low, r.difference_high, "points", 2)) for r in rows
    )
    return _figure("joint", "Slopes of perceived, expected and the gap", f"Three dots per driver: {said}.",
                   round(1.3 * len(rows)), lambda ax: plot_gap_joint(joint, ax=ax))  # fmt: skip


def compare_figure(result: TwoOutcomes) -> Figure:
    """Return the shares of both outcomes of `result` side by side."""
    rows: list[Any] = list(result.tidy().itertuples())
    said = "; ".join(
        f"{r.label}: {percent(r.relative_satisfaction)} and {percent(r.relative_gap)}, more for the gap with "
        f"probability {chance(r.p_more_for_gap)}" for r in rows
    )  # fmt: skip
    return _figure("two-outcomes", "Same drivers, two outcomes", f"Two dots per driver: {said}.", len(rows),
                   lambda ax: plot_two_outcomes(result, ax=ax))  # fmt: skip


def surface_figure(surface: Surface, outcome: str) -> Figure:
    """Return the `surface` of one driver for `outcome` as filled contours."""
    return Figure(
        key=f"figure-gap-surface-{surface.driver}", title=f"{outcome} over both answers to {surface.label}",
        alt=f"Filled contours of {outcome} by perceived (across) and expected (up) answer, with the hull of the data. "
        f"{surface.reading()}", size=(4.9, 5.6), draw=lambda ax: plot_surface(surface, ax=ax),
    )  # fmt: skip


def asymmetry_figure(found: Asymmetry) -> Figure:
    """Return penalty and reward of every driver of `found`."""
    rows: list[Any] = list(found.tidy().itertuples())
    said = "; ".join(f"{r.label}: penalty {signed(r.penalty, 2)}, reward {signed(r.reward, 2)}" for r in rows)
    return _figure("asymmetry", "Penalty and reward", f"Two dots per driver: {said}.", len(rows),
                   lambda ax: plot_asymmetry(found, ax=ax))  # fmt: skip


def necessity_figure(found: Necessity) -> Figure:
    """Return the bottleneck table of `found` as a heat map."""
    shown = [c.driver for c in found.bottlenecks]
    rows: list[Any] = [row for row in found.tidy().itertuples() if row.driver in shown]
    said = "; ".join(f"{r.label}: effect size {decimal(r.d_step)}, {r.verdict}" for r in rows)
    return _figure("necessity", "Bottlenecks", f"Grid, one row per driver: {said}.", len(rows),
                   lambda ax: plot_bottleneck(found, ax=ax))  # fmt: skip


def kano_figure(found: Kano) -> Figure:
    """Return better and worse of every feature of `found`."""
    rows: list[Any] = list(found.tidy().itertuples())
    said = "; ".join(f"{r.label}: {r.category}, better {signed(r.better, 2)}, worse {signed(r.worse, 2)}" for r in rows)
    return _figure("kano", "Kano pairs", f"Two dots per feature: {said}.", len(rows),
                   lambda ax: plot_kano(found, ax=ax))  # fmt: skip
