"""The posterior of two ordered answers written out again with scipy and PyMC, and its derivatives by differences."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from drivers.fit.bayes.joint_target import JointTarget, joint_target
from drivers.stats.joint_cumulative import joint_cells, joint_density
from drivers.stats.prior_density import PriorArrays


def target(common: bool, seed: int = 1, p: int = 2, m: int = 80) -> JointTarget:
    rng = np.random.default_rng(seed)
    q = (3, 3) if common else (4, 2)
    cells = joint_cells(
        rng.normal(size=(m, p)), np.column_stack([rng.integers(0, one + 1, m) for one in q]), rng.gamma(2.0, size=m), q
    )
    cuts = 3 if common else 6
    scale = np.r_[np.full(2 * p, 0.5), np.full(int(common), math.sqrt(2)), np.full(cuts, 1.5)]
    prior = PriorArrays(location=np.zeros(len(scale)), scale=scale, df=np.full(len(scale), np.inf))
    return joint_target(cells, prior, common=common, concentration=2.0)


def points(made: JointTarget, seed: int = 2, count: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.5, (count, made.size))


@pytest.mark.parametrize("common", [True, False])
def test_the_density_is_likelihood_prior_and_jacobian(common):
    made = target(common)
    for phi, value in zip(points(made), made.values(points(made)), strict=True):
        theta = made.theta(phi)
        p = made.slopes
        b1, b2, r = theta[:p], theta[p : 2 * p], math.tanh(phi[-1])
        gap = theta[2 * p] if common else 0.0
        sets = [theta[place] for place in made.sets]
        full = np.concatenate([b1, [gap / 2], b2, [-gap / 2], sets[0], sets[-1], [r]])
        prior = norm(0, 0.5).logpdf(theta[: 2 * p]).sum() + (norm(0, math.sqrt(2)).logpdf(gap) if common else 0.0)
        jacobian = 0.0
        for cuts, a in zip(sets, made.anchors, strict=True):
            prior += norm(0, 1.5).logpdf(cuts).sum() + math.lgamma(len(cuts) + 1)
            steps = np.diff(cuts)
            jacobian += np.log(steps).sum()
            assert (steps > 0).all() and 0 <= a < len(cuts)
        prior += math.log(0.75 * (1 - r * r))  # LKJ(2) of one correlation
        jacobian += math.log(1 - r * r)
        expected = joint_density(made.cells, full)[0] + prior + jacobian
        assert value == pytest.approx(expected, abs=1e-10)
        assert made.value(phi)[0] == pytest.approx(value, abs=1e-10)
        np.testing.assert_allclose(made.phi(theta), phi, atol=1e-9)


@pytest.mark.parametrize("common", [True, False])
def test_derivatives_are_differences(common):
    made = target(common, 3)
    for phi in points(made, 4, 2):
        value, gradient, hessian = made.expand(phi)
        step = np.eye(len(phi)) * 1e-5
        first = [(made.value(phi + s)[0] - made.value(phi - s)[0]) / 2e-5 for s in step]
        second = [(made.value(phi + s)[1] - made.value(phi - s)[1]) / 2e-5 for s in step]
        np.testing.assert_allclose(gradient, first, atol=1e-6 * np.abs(first).max())
        np.testing.assert_allclose(hessian, second, atol=1e-6 * np.abs(second).max())
        assert made.value(phi)[0] == value
        np.testing.assert_allclose(made.value(phi)[1], gradient, atol=1e-10)
        np.testing.assert_allclose(
            made.jacobian(phi), np.array([(made.theta(phi + s) - made.theta(phi - s)) / 2e-5 for s in step]).T,
            atol=1e-8 * np.abs(made.jacobian(phi)).max(),
        )


def test_far_out_the_density_is_finite_or_nothing():
    made = target(True)
    far = np.zeros(made.size)
    far[-1] = 400.0
    assert made.values(far[None])[0] < -700
    assert np.isfinite(made.value(far)[0])
