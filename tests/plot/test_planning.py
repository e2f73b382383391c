"""Charts for planners, laid out on a slide and half a page: no text covers another, numbers are those of the result."""

from __future__ import annotations

import numpy as np
import pytest

import drivers as dr
from drivers.plot.frontier import plot_frontier
from drivers.plot.sample_size import plot_sample_size
from tests.plot.test_layout import HALF_PAGE, SLIDE, assert_tidy, drawn, words
from tests.scenario.made import answers_of


@pytest.fixture(scope="module")
def plan():
    fit = dr.fit(answers_of(), model="ordinal", draws=60)
    name = "A programme with a name of sixty characters, as they often do"
    options = [dr.option(dr.shift("speed", 0.5), cost=10, steps=2, name=f"{name} 1"),
               dr.option(dr.lift("value", to=3), cost=(3, 5), name=f"{name} 2")]  # fmt: skip
    return dr.plan(fit, options, budget=15, measure="top2")


@pytest.mark.parametrize("size", [SLIDE, HALF_PAGE, (7.5, 4.2)])
def test_a_frontier_is_tidy_and_shows_its_numbers(plan, size):
    figure = drawn(lambda ax: plot_frontier(plan, ax=ax), size)
    assert_tidy(figure)
    (ax,) = figure.axes
    dots = next(line for line in ax.lines if line.get_marker() == "o")
    np.testing.assert_allclose(dots.get_ydata(), 100 * plan.frontier["gain"])
    diamond = next(line for line in ax.lines if line.get_marker() == "D")
    assert diamond.get_ydata()[0] == pytest.approx(100 * plan.interval()["gain"])
    assert "the budget of 15 buys" in words(figure) and "association, not effect" in words(figure)


def test_a_frontier_without_a_budget(plan):
    fit = dr.fit(answers_of(), model="ordinal", draws=60)
    assert_tidy(drawn(lambda ax: plot_frontier(dr.plan(fit, plan.options, budget=0), ax=ax), HALF_PAGE))


@pytest.mark.parametrize("size", [SLIDE, HALF_PAGE, (7.5, 4.2)])
@pytest.mark.parametrize("change", [0.03, 0.15, -0.03])
def test_the_chance_to_see_a_change_is_tidy(size, change):
    result = dr.sample_size(measure="top2", change=change, start=0.8, n=300)
    figure = drawn(lambda ax: plot_sample_size(result, ax=ax), size)
    assert_tidy(figure)
    assert f"{result.needed:,} answers per wave show" in words(figure)
