"""Charts of what-ifs: readable with fifteen drivers of sixty letters, and true to their numbers."""

import numpy as np
import pytest

from drivers.plot.fan import plot_fan
from drivers.plot.tornado import plot_tornado
from drivers.scenario.sweep import Sweep
from tests.plot.conftest import LONG
from tests.plot.test_layout import HALF_PAGE, SLIDE, assert_tidy, drawn, words


def sweep(kind, n, ceiling=float("nan")):
    rng = np.random.default_rng(1)
    point = np.linspace(0, 12, n) if kind == "fan" else np.linspace(9, -1, n)
    drivers = tuple(LONG[:n]) if kind == "tornado" else (LONG[0],) * n
    asked = np.linspace(0, 2, n) if kind == "fan" else np.full(n, 0.5)
    return Sweep(
        outcome="y", labels={"y": "Likelihood to recommend"}, measure="nps", kind=kind, model="ordinal", engine="bayes",
        names=drivers, drivers=drivers, asked=asked, possible=0.7 * asked, before=12.0, point=point,
        change=point + rng.normal(0, 0.5, (300, n)), n=1500, n_eff=1200.0, ceiling=ceiling,
    )  # fmt: skip


@pytest.mark.parametrize("size", [SLIDE, HALF_PAGE])
def test_a_tornado_of_fifteen_drivers_is_tidy(size):
    made = sweep("tornado", 15)
    figure = drawn(lambda ax: plot_tornado(made, ax=ax), size)
    assert_tidy(figure)
    said = words(figure)
    assert "association, not effect" in said
    assert "gain from an action, not share" in said


@pytest.mark.parametrize("size", [SLIDE, HALF_PAGE])
@pytest.mark.parametrize("ceiling", [0.5, 1.75, float("nan")])
def test_a_fan_marks_its_ceiling(size, ceiling):
    made = sweep("fan", 9, ceiling)
    figure = drawn(lambda ax: plot_fan(made, ax=ax), size)
    assert_tidy(figure)
    assert ("ceiling" in words(figure)) == np.isfinite(ceiling)
