"""Dominance by model size: gains are those found, complete dominance is counted, what is held equal is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from drivers.plot.dominance import plot_dominance
from tests.plot import made


@pytest.fixture
def ax() -> Axes:
    return Figure(figsize=(9, 6)).subplots()


def part(ax: Axes, name: str) -> str:
    return next(" ".join(text.get_text().split()) for text in ax.texts if text.get_gid() == f"chart-{name}")


def gains(ax: Axes) -> np.ndarray:
    return np.stack([line.get_ydata() for line in ax.lines if line.get_marker() != "None"])


def test_lines_are_the_mean_gains_largest_first(ax):
    result = made.dominance_of(made.four([0.1, 0.3, 0.5, 0.2]), draws=0)
    plot_dominance(result, ax=ax)
    order = np.argsort(-result.found.general)
    assert list(order) != [0, 1, 2, 3]
    assert_allclose(gains(ax), result.found.conditional[order], rtol=0, atol=1e-12)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0\nalone", "1", "2", "3\nlast"]
    assert "estimates, without intervals" in part(ax, "notes") and "is the share (LMG)" in part(ax, "notes")


def test_complete_dominance_is_counted_by_driver_and_in_all(ax):
    result = made.dominance_of(made.four(), draws=0)
    plot_dominance(result, ax=ax)
    wins = (result.found.complete == 1).sum(axis=1)
    assert 0 < wins.sum() <= 6
    names = {label.get_text() for label in ax.get_yticklabels()}
    assert names == {f"{label} ({won})" for label, won in zip(made.FOUR.values(), wins, strict=True)}
    assert f"Complete dominance in {wins.sum()} of 6 pairs" in part(ax, "subtitle")
    assert "how many of 3 others it dominates completely" in part(ax, "notes")


def test_with_draws_dominance_must_be_likely_and_intervals_are_drawn(ax):
    result = made.dominance_of(made.near_ties())
    plot_dominance(result, ax=ax)
    assert (result.probabilities.complete >= 0.8).sum() == 5 < (result.found.complete == 1).sum()
    assert "Complete dominance in 5 of 6 pairs" in part(ax, "subtitle")
    assert "in 80 % of draws or more" in part(ax, "notes") and "bars: 90 % interval" in part(ax, "notes")
    bars = [lines.get_segments() for lines in ax.collections[1:]]
    rows = result.gains().set_index("driver")
    order = [result.drivers[j] for j in np.argsort(-result.found.general)]
    expected = [rows.loc[name, ["low", "high"]].to_numpy() for name in order]
    assert_allclose([[[y for _, y in bar] for bar in line] for line in bars], expected, rtol=0, atol=1e-12)


def test_likelihood_groups_and_what_is_always_in_are_named(ax):
    result = replace(
        made.dominance_of(made.four()), index="mcfadden", model="ordinal", link="probit", always=("value",),
        members={"service_speed": ("communication", "value")},
    )  # fmt: skip
    plot_dominance(result, ax=ax)
    assert "Mean gain in McFadden's R²" in part(ax, "subtitle")
    for said in ("gain in McFadden's R²; the mean along a line is general dominance", "probit link, latent scale",
                 "always in the model: Value", "Service speed: Communication, Value"):  # fmt: skip
        assert said in part(ax, "notes")
