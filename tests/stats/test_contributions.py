"""What units add to an error adds up to the design's covariance."""

import numpy as np
import pytest

from drivers.stats.contributions import Contributions, contributions
from drivers.stats.design import linearized_meat

ROUNDING = {"rtol": 1e-10, "atol": 1e-14}


@pytest.fixture
def cells():
    rng = np.random.default_rng(4)
    n = rng.integers(1, 4, 60).astype(float)
    w = rng.uniform(0.5, 2, 60)
    influence = rng.normal(size=(60, 3))
    stratum, unit = rng.integers(0, 3, 60), rng.integers(0, 8, 60)
    return n, n * w, n * w**2, influence - (n * w) @ influence / (n * w).sum(), stratum, unit


@pytest.mark.parametrize("design", ["none", "stratum", "unit", "both"])
def test_the_covariance_is_that_of_the_design(cells, design):
    n, sum_w, sum_w2, influence, stratum, unit = cells
    layer = stratum if design in ("stratum", "both") else None
    psu = unit if design in ("unit", "both") else None
    if psu is not None and layer is not None:
        psu = psu + 8 * layer
    found = contributions(influence, sum_w, sum_w2, n, stratum=layer, unit=psu)
    meat = linearized_meat(influence, sum_w, sum_w2, n, stratum=layer, psu=psu).meat
    np.testing.assert_allclose(found.cov, meat, **ROUNDING)


def test_a_finite_population_and_lonely_units_are_as_the_design_has_them(cells):
    n, sum_w, sum_w2, influence, stratum, unit = cells
    unit, stratum = np.append(unit, 99), np.append(stratum, 7)  # a stratum of one unit
    n, sum_w, sum_w2 = (np.append(x, 1.0) for x in (n, sum_w, sum_w2))
    influence = np.vstack([influence, [0.3, -0.2, 0.1]])
    fpc = np.full(61, 40.0)
    for rule in ("centre", "certain"):
        found = contributions(influence, sum_w, sum_w2, n, stratum=stratum, unit=unit, fpc=fpc, lonely=rule)
        meat = linearized_meat(influence, sum_w, sum_w2, n, stratum, unit, fpc, rule).meat
        np.testing.assert_allclose(found.cov, meat, **ROUNDING)


def test_two_samples_covary_through_the_units_they_share():
    first = Contributions(label=np.array([3, 5, -1]), parts=np.array([[1.0], [2.0], [9.0]]))
    second = Contributions(label=np.array([5, -1, 7]), parts=np.array([[4.0], [9.0], [1.0]]))
    assert first.with_other(second).item() == 8.0  # unit 5 alone; -1 is somebody else each time
    assert Contributions(label=np.array([1]), parts=np.ones((1, 1))).with_other(second).item() == 0.0


def test_the_same_people_twice_make_the_difference_certain():
    rng = np.random.default_rng(1)
    x, one = rng.normal(size=(50, 1)), np.ones(50)
    influence = (x - x.mean()) / 50
    wave = [contributions(influence, one, one, one, unit=np.arange(50)) for _ in range(2)]
    spread = wave[0].cov + wave[1].cov - 2 * wave[0].with_other(wave[1])
    np.testing.assert_allclose(spread, 0, atol=1e-15)
