"""Dominance by model size: gains are those found, complete dominance is counted, mismatches are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from drivers.errors import InputError
from drivers.plot.dominance import plot_dominance
from drivers.stats.dominance import dominance, dominance_probabilities
from tests.plot import made


@pytest.fixture
def ax() -> Axes:
    return Figure(figsize=(9, 6)).subplots()


def part(ax: Axes, name: str) -> str:
    return next(" ".join(text.get_text().split()) for text in ax.texts if text.get_gid() == f"chart-{name}")


def gains(ax: Axes) -> np.ndarray:
    return np.stack([line.get_ydata() for line in ax.lines if line.get_marker() != "None"])


def test_lines_are_the_mean_gains_largest_share_first(ax):
    case = made.four([0.1, 0.3, 0.5, 0.2])
    found, imp = dominance(case.cov), made.importance_of(case)
    plot_dominance(found, imp, ax=ax)
    order = np.argsort(-imp.estimate)
    assert_allclose(gains(ax), found.conditional[order], rtol=0, atol=1e-12)
    assert_allclose(gains(ax).mean(axis=1), imp.estimate[order], rtol=0, atol=1e-12)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0\nalone", "1", "2", "3\nlast"]
    assert "estimates, without intervals" in part(ax, "notes")


def test_complete_dominance_is_counted_by_driver_and_in_all(ax):
    case = made.four()
    found = dominance(case.cov)
    plot_dominance(found, made.importance_of(case), ax=ax)
    wins = (found.complete == 1).sum(axis=1)
    assert 0 < wins.sum() <= 6
    names = {label.get_text() for label in ax.get_yticklabels()}
    assert names == {f"{label} ({won})" for label, won in zip(made.FOUR.values(), wins, strict=True)}
    assert f"Complete dominance in {wins.sum()} of 6 pairs" in part(ax, "subtitle")
    assert "how many of 3 others it dominates completely" in part(ax, "notes")


def test_with_draws_dominance_must_be_likely_and_intervals_are_drawn(ax):
    case = made.near_ties()
    found, draws = dominance(case.cov), dominance(case.draws[:20])
    plot_dominance(found, made.importance_of(case), draws=draws, ax=ax)
    likely = (dominance_probabilities(draws).complete >= 0.8).sum()
    assert likely == 5 < (found.complete == 1).sum()
    assert "Complete dominance in 5 of 6 pairs" in part(ax, "subtitle")
    assert "in 80 % of draws or more" in part(ax, "notes") and "bars: 90 % interval" in part(ax, "notes")
    bars = [lines.get_segments() for lines in ax.collections[1:]]
    order = np.argsort(-found.general)
    low, high = np.quantile(draws.conditional, [0.05, 0.95], axis=0)
    assert_allclose([[[y for _, y in bar] for bar in line] for line in bars],
                    np.stack([low, high], axis=-1)[order], rtol=0, atol=1e-12)  # fmt: skip


def test_other_indices_are_named(ax):
    case = made.four()
    plot_dominance(dominance(case.cov), made.importance_of(case), index="McFadden's R²", ax=ax)
    assert "Mean gain in McFadden's R²" in part(ax, "subtitle") and "gain in McFadden's R²" in part(ax, "notes")


def test_draws_for_an_estimate_and_other_drivers_are_refused():
    case = made.four()
    found, imp = dominance(case.cov), made.importance_of(case)
    with pytest.raises(InputError, match="one matrix, not a stack; hand draws over as `draws=`"):
        plot_dominance(dominance(case.draws[:2]), imp)
    with pytest.raises(InputError, match="Dominance is of 4 drivers, the importance of 3; use one model"):
        plot_dominance(found, replace(imp, drivers=imp.drivers[:3]))
    with pytest.raises(InputError, match="Dominance is of 3 drivers, the importance of 4; use one model"):
        plot_dominance(found, imp, draws=dominance(case.draws[:2, 1:, 1:]))
