"""Sample sizes and errors of sign and size: published numbers, simulation, and laws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InputError
from drivers.stats.planning import design_of, detectable, needed

USUAL = {"power": 0.8, "alpha": 0.05}


@pytest.mark.parametrize(
    ("change", "before", "after", "answers"),
    [
        (0.05, 0.7, 0.7, 4396),  # NPS five points up
        (0.10, 0.7, 0.7, 1099),
        (0.03, 0.80 * 0.20, 0.83 * 0.17, 2626),  # top box 80 % to 83 %
        (0.05, 0.80 * 0.20, 0.85 * 0.15, 903),
        (0.10, 0.5 / 0.5, 0.5 / 0.5, 1570),  # standardised slope, R2 .5, R2 among drivers .5
        (0.20, 0.5 / 0.5, 0.5 / 0.5, 393),
    ],
)
def test_the_numbers_of_the_closed_form(change, before, after, answers):
    assert math.ceil(needed(change, before, after, **USUAL)) == answers


def test_four_hundred_answers_show_sixteen_points_of_nps():
    assert 100 * detectable(400, 0.7, 0.7, **USUAL) == pytest.approx(16.6, abs=0.05)


def test_the_design_effect_multiplies():
    assert needed(0.05, 0.7, 0.7, **USUAL, deff=1.5) == pytest.approx(1.5 * needed(0.05, 0.7, 0.7, **USUAL))


@pytest.mark.parametrize(
    ("effect", "error", "power", "type_s", "exaggeration"),
    # Gelman & Carlin (2014), the two worked examples: "power of .05, a Type S error probability of 46 %, an
    # exaggeration factor of 77" and "power .06, 24 %, 9.7". Their factors are simulated, as in R> retrodesign(.1, 3.28)
    [(0.1, 3.28, 0.05, 0.46, 77), (2.0, 8.1, 0.06, 0.24, 9.7)],
)
def test_errors_of_sign_and_size_as_published(effect, error, power, type_s, exaggeration):
    found = design_of(effect, error)
    assert found.power == pytest.approx(power, abs=0.005)
    assert found.type_s == pytest.approx(type_s, abs=0.005)
    assert found.exaggeration == pytest.approx(exaggeration, rel=0.02)  # 10,000 draws: a percent of it


def test_errors_are_those_of_a_million_simulated_studies():
    seen = np.random.default_rng(1).normal(0.6, 0.4, 1_000_000)
    real = np.abs(seen) > 1.959964 * 0.4
    found = design_of(0.6, 0.4)
    assert found.power == pytest.approx(real.mean(), abs=4 * 0.0005)
    assert found.type_s == pytest.approx((seen[real] < 0).mean(), abs=4 * 2e-4)
    assert found.exaggeration == pytest.approx(np.abs(seen[real]).mean() / 0.6, rel=2e-3)


@given(st.floats(0.05, 3), st.floats(0.1, 5), st.floats(0.1, 5), st.floats(0.5, 0.99), st.floats(0.001, 0.2))
def test_needed_and_detectable_are_inverse_and_give_the_power(change, before, after, power, alpha):
    n = needed(change, before, after, power=power, alpha=alpha)
    assert detectable(n, before, after, power=power, alpha=alpha) == pytest.approx(change, rel=1e-9)
    found = design_of(change, math.sqrt((before + after) / n), alpha=alpha)
    assert power - 1e-9 <= found.power <= power + alpha * found.type_s + alpha  # the wrong sign is on top


@given(st.floats(0.001, 50), st.floats(0.01, 5), st.floats(0.001, 0.3))
def test_what_is_called_real_is_exaggerated_and_less_than_half_wrong(effect, error, alpha):
    found = design_of(effect, error, alpha=alpha)
    assert alpha - 1e-12 <= found.power <= 1 + 1e-12
    assert 0 <= found.type_s <= 0.5
    assert found.exaggeration >= 1 - 1e-9


def test_no_change_is_refused():
    with pytest.raises(InputError, match="A change of 0 cannot be seen"):
        design_of(0.0, 1.0)
