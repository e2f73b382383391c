"""Charts for planners, laid out on a slide and half a page: no text covers another, numbers are those of the result."""

from __future__ import annotations

import numpy as np
import pytest

import drivers as dr
from drivers.plot.assurance import plot_assurance
from drivers.plot.frontier import plot_frontier
from drivers.plot.priority import plot_priority
from drivers.plot.sample_size import plot_sample_size
from drivers.scenario.assurance import Assurance
from drivers.scenario.priority import PriorityMap
from tests.plot.conftest import LONG
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


def priorities(p: int) -> PriorityMap:
    rng = np.random.default_rng(1)
    names = tuple(f"q{j}" for j in range(p))
    at, slope = rng.uniform(45, 85, p), rng.uniform(0, 0.4, p)
    return PriorityMap(
        outcome="y", drivers=names, labels=dict(zip(names, LONG, strict=False)) | {"y": "Overall satisfaction"},
        model="linear", link="identity", engine="regression", performance=at + rng.normal(0, 1.5, (300, p)),
        importance=slope + rng.normal(0, 0.03, (300, p)), performance_estimate=at, importance_estimate=slope, n=1523,
        n_eff=1200.0,
    )  # fmt: skip


@pytest.mark.parametrize("size", [SLIDE, HALF_PAGE])
@pytest.mark.parametrize("p", [1, 4, 15])
def test_a_priority_map_is_tidy_and_shows_its_numbers(p, size):
    result = priorities(p)
    figure = drawn(lambda ax: plot_priority(result, ax=ax), size)
    assert_tidy(figure)
    (ax,) = figure.axes
    dots = {(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines if line.get_marker() == "o"}
    assert dots == set(zip(result.performance_estimate, result.importance_estimate, strict=True))
    said = words(figure).replace("\N{FIGURE SPACE}", "")
    for name in result.drivers:
        assert result.label(name) in said


@pytest.mark.parametrize("size", [SLIDE, HALF_PAGE, (7.5, 4.2)])
def test_the_chance_to_name_the_first_driver_is_tidy(size):
    result = Assurance(outcome="y", labels={}, n=(500.0, 1000.0, 2000.0), named=np.array([0.2, 0.5, 0.85]),
                       right=np.array([0.15, 0.45, 0.84]), today=1000, deff=1.2, truths=200)  # fmt: skip
    figure = drawn(lambda ax: plot_assurance(result, ax=ax), size)
    assert_tidy(figure)
    assert "2,000 answers are enough to name the first driver" in words(figure)
