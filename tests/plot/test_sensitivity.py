"""Shares under assumptions: points are those of the result, refused ones hatched, intervals where they can be read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from drivers.plot.sensitivity import plot_sensitivity
from tests.plot import made


@pytest.fixture
def ax() -> Axes:
    return Figure(figsize=(9, 6)).subplots()


def part(ax: Axes, name: str) -> str:
    return next(" ".join(text.get_text().split()) for text in ax.texts if text.get_gid() == f"chart-{name}")


def points(ax: Axes, count: int) -> np.ndarray:
    """Heights (p, columns) of the symbols, from one or two pieces per driver."""
    drawn = [line.get_ydata() for line in ax.lines if line.get_marker() != "None"]
    pieces = len(drawn) // count
    return np.stack([np.concatenate(drawn[k * pieces : (k + 1) * pieces]) for k in range(count)])


def test_points_are_the_parts_of_r2(ax):
    result = made.sensitivity_of(made.four())
    plot_sensitivity(result, ax=ax)
    wide = result.tidy().pivot(index="driver", columns="scenario", values="relative")
    expected = wide.loc[list(result.drivers), [each.name for each in result.scenarios]].to_numpy()
    assert_allclose(points(ax, 4), expected, rtol=0, atol=1e-12)
    heads = [" ".join(label.get_text().split()) for label in ax.get_xticklabels()]
    r2 = [f"R² {100 * each.estimate.sum():.0f} %" for each in result.scenarios]
    names = ["as observed", "halo 10 %", "halo 20 %", "halo 30 %", "reliability as stated"]
    assert heads == [f"{name} {below}" for name, below in zip(names, r2, strict=True)]


def test_bars_are_intervals_of_the_parts(ax):
    result = made.sensitivity_of(made.four(), halos=(), reliable=False)
    plot_sensitivity(result, ax=ax)
    drawn = [lines.get_segments()[0][:, 1] for lines in ax.collections if len(lines.get_segments()) == 1]
    parts = result.scenarios[0].shares / result.scenarios[0].shares.sum(axis=1, keepdims=True)
    expected = np.quantile(parts, [0.05, 0.95], axis=0).T
    assert_allclose(drawn, expected, rtol=0, atol=1e-12)
    assert "bars: 90 % interval" in part(ax, "notes")


def test_many_drivers_have_no_bars_and_that_is_said(ax):
    plot_sensitivity(made.sensitivity_of(made.fifteen()), ax=ax)
    assert len(ax.collections) == 1, "the lines of the grid"
    assert "90 % intervals are drawn for up to 6 drivers only" in part(ax, "notes")


def test_a_refused_halo_is_hatched_named_and_has_no_points(ax):
    result = made.sensitivity_of(made.four(), halos=(0.1, 0.9), reliable=False)
    plot_sensitivity(result, ax=ax)
    (band,) = ax.patches
    assert band.get_hatch() and band.get_x() < 2 < band.get_x() + band.get_width()
    assert np.isnan(points(ax, 4)[:, 2]).all() and np.isfinite(points(ax, 4)[:, :2]).all()
    assert ax.get_xticklabels()[2].get_text().split("\n")[-1] == "refused"
    assert "hatched: refused" in part(ax, "notes")
    assert "under 1 assumption:" in part(ax, "subtitle")
    assert f"at most {int(100 * result.most_halo)} % can be halo" in part(ax, "notes")


def test_when_all_is_refused_nothing_is_said_to_stay(ax):
    plot_sensitivity(made.sensitivity_of(made.four(), halos=(0.8, 0.9), reliable=False), ax=ax)
    assert "every assumption asked for is refused" in part(ax, "subtitle")


def test_halos_go_from_small_to_large_and_none_is_what_was_observed(ax):
    plot_sensitivity(made.sensitivity_of(made.four(), halos=(0.3, 0.0, 0.1), reliable=False), ax=ax)
    heads = [" ".join(label.get_text().split()).split(" R²")[0] for label in ax.get_xticklabels()]
    assert heads == ["as observed", "halo 10 %", "halo 30 %"]


def test_reliability_is_not_joined_to_the_halo(ax):
    plot_sensitivity(made.sensitivity_of(made.four()), ax=ax)
    gaps = np.diff(ax.get_xticks())
    assert gaps[-1] > 1 and (gaps[:-1] == 1).all()
    assert not any(np.ptp(line.get_xdata()) > 3.5 for line in ax.lines)


def test_draws_that_failed_are_counted(ax):
    result = made.sensitivity_of(made.four(), halos=(0.1,), reliable=False)
    fewer = replace(result.scenarios[1], shares=result.scenarios[1].shares[:50], failed=10)
    plot_sensitivity(replace(result, scenarios=(result.scenarios[0], fewer)), ax=ax)
    assert "halo 0.1: 10 of 60 draws left out" in part(ax, "notes")


def test_the_subtitle_counts_where_the_order_stays(ax):
    result = made.sensitivity_of(made.four([0.4, 0.28, 0.3, 0.05]), halos=(0.1, 0.2, 0.9))
    plot_sensitivity(result, ax=ax)
    stable = result.stability().iloc[1:]
    held = stable[stable["refused"] == ""]
    assert 0 < held["same_order"].sum() < held["same_first"].sum() == len(held) == 3 < len(stable)
    assert part(ax, "subtitle").endswith(
        f"stays first in {held['same_first'].sum()}, the whole order in {held['same_order'].sum()}"
    )
