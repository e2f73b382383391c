"""Smoothed importance weights against arviz_stats, and against tails whose shape is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri, stdtrit

from drivers.stats.psis import fit_pareto, smooth_weights

SAME = 1e-10  # relative: the same formulas in the same precision
U = (np.arange(10_000) + 0.5) / 10_000
ORDER = np.argsort(np.sin(np.arange(10_000) * 12.9898))

# arviz_stats 1.3.3, numpy 2.5.5: `lw, k = array_stats.psislw(-v)` for v in ORDER; k, 1 / sum exp(2 lw), lw[0], max lw.
# (10,000 ratios, because arviz_stats rounds the length of the tail down where the article rounds it up.)
ARVIZ = {
    "light": (np.log1p(-0.9 * U), -0.9235340185477341, 8175.608417764724, -9.22460447137704, -8.612556795157568),
    "normal": (ndtri(U), 0.2501722383728254, 3696.722979944445, -9.6888971601934, -5.819989307531753),
    "heavy": (3 * ndtri(U), 0.9519980494867764, 28.955460430426104, -13.545907429384469, -1.9391838713995253),
    "t3": (np.abs(stdtrit(3, U)), 2.5622155876602126, 1.1951339490832675, -19.644801379819967, -0.0910851789633913),
}


@pytest.mark.parametrize("name", ARVIZ)
def test_weights_and_shape_are_those_of_arviz(name):
    ratio, k, ess, first, largest = ARVIZ[name]
    found = smooth_weights(ratio[ORDER])
    seen = [found.pareto_k, found.ess, found.log_weight[0], found.log_weight.max()]
    np.testing.assert_allclose(seen, [k, ess, first, largest], rtol=SAME)


@pytest.mark.parametrize("shape", [-0.3, 0.1, 0.4, 0.8])
def test_the_shape_of_a_pareto_tail_is_found(shape):
    # a large sample at its own quantiles: what is left is the bias of the estimator and its draw towards 0.5
    chance = (np.arange(20_000) + 0.5) / 20_000
    k, sigma = fit_pareto(2 * np.expm1(-shape * np.log1p(-chance)) / shape)
    assert k == pytest.approx(shape, abs=0.01)
    assert sigma == pytest.approx(2, rel=0.01)


@given(seed=st.integers(0, 2**16), shift=st.floats(-500, 500))
def test_weights_add_up_to_one_whatever_the_constant(seed, shift):
    ratio = np.random.default_rng(seed).standard_normal(400)
    one, other = smooth_weights(ratio), smooth_weights(ratio + shift)
    assert np.exp(one.log_weight).sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(one.log_weight, other.log_weight, atol=1e-9)
    assert 1 <= one.ess <= 400


def test_the_order_of_weights_is_kept():
    ratio = np.random.default_rng(1).standard_t(3, 1000)
    weight = smooth_weights(ratio).log_weight
    assert (np.diff(weight[np.argsort(ratio)]) >= -1e-12).all()


def test_equal_densities_have_equal_weights_and_no_tail():
    found = smooth_weights(np.full(500, -3.0))
    assert found.pareto_k == 0
    assert found.ess == pytest.approx(500)


def test_too_few_weights_cannot_be_trusted():
    assert smooth_weights(np.zeros(20)).pareto_k == np.inf


def test_proposals_the_target_rules_out_weigh_nothing():
    ratio = np.random.default_rng(2).standard_normal(1000)
    ratio[:300] = -np.inf
    found = smooth_weights(ratio)
    assert np.isneginf(found.log_weight[:300]).all()
    assert found.pareto_k < 0.6
