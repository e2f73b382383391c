"""The quick densities are the slow ones."""

import numpy as np
import pytest

from drivers.fit.bayes.target import ordered_target
from drivers.stats.prior_density import PriorArrays, prior_derivatives, prior_values
from drivers.stats.quick_prior import QuickPrior, ordered_point, ordered_pull

EXACT = 1e-12


def test_a_prior_is_that_of_the_table():
    prior = PriorArrays(
        location=np.array([0.0, 1.0, 2.0]), scale=np.array([0.5, 2.0, np.inf]), df=np.array([np.inf, 3.0, 1.0])
    )
    for theta in np.random.default_rng(1).normal(size=(5, 3)):
        value, gradient = QuickPrior(prior)(theta)
        assert value == pytest.approx(float(prior_values(prior, theta)), abs=EXACT)
        np.testing.assert_allclose(gradient, prior_derivatives(prior, theta)[0], atol=EXACT)


@pytest.mark.parametrize("q", [1, 2, 5])
def test_ordered_thresholds_are_the_targets(q):
    rng = np.random.default_rng(2)
    p = 2
    prior = PriorArrays(location=np.zeros(p + q), scale=np.ones(p + q), df=np.full(p + q, np.inf))
    y = rng.integers(0, q + 1, 40).astype(np.intp)
    target = ordered_target(rng.normal(size=(40, p)), y, np.ones(40), q, "probit", prior)
    for phi in rng.normal(0, 0.5, (5, p + q)):
        np.testing.assert_allclose(ordered_point(phi, p, target.anchor), target.theta(phi), atol=EXACT)
        gradient = rng.normal(size=p + q)
        wanted = gradient @ target.jacobian(phi)
        wanted[np.delete(np.arange(p, p + q), target.anchor)] += 1.0
        np.testing.assert_allclose(ordered_pull(phi, p, target.anchor, gradient), wanted, atol=1e-11)
