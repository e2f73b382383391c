"""Effects of groups: gradients against differences, densities against scipy, one density in two parameterisations."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import halfnorm, multivariate_normal, norm

from drivers.stats.correlated_effects import EffectsShape, effects_pull, effects_value

GRADIENT = 1e-6  # relative to the largest; central differences of step 1e-6
SCALES = (0.3, 0.5, 2.0)


def point(shape, seed=1):
    return np.random.default_rng(seed).normal(0, 0.5, shape.size)


SHAPES = [EffectsShape(groups=g, effects=r, centred=c) for g, r in ((2, 1), (3, 2), (5, 4)) for c in (False, True)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_gradient_is_that_of_differences(shape):
    basis, phi = shape.basis(), point(shape)
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(shape.groups, shape.effects)), rng.normal(size=shape.groups)

    def both(at):  # the density, and something beside it that depends on effects and levels
        value, effect, level, own = effects_value(shape, basis, at, *SCALES)
        pull = effects_pull(shape, basis, at, a * np.cos(effect), b * np.cos(level))
        return value + (a * np.sin(effect)).sum() + (b * np.sin(level)).sum(), own + pull

    _, gradient = both(phi)
    slope = [
        (both(phi + step)[0] - both(phi - step)[0]) / 2e-6 for step in np.eye(shape.size) * 1e-6
    ]
    np.testing.assert_allclose(gradient, slope, atol=GRADIENT * np.abs(slope).max())


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_effects_and_levels_add_up_to_zero(shape):
    found = shape.expand(np.stack([point(shape, s) for s in (1, 2)])[None])
    np.testing.assert_allclose(found["effect"].sum(axis=2), 0, atol=1e-12)
    np.testing.assert_allclose(found["level"].sum(axis=2), 0, atol=1e-12)
    _, effect, level, _ = effects_value(shape, shape.basis(), point(shape, 2), *SCALES)
    np.testing.assert_allclose(found["effect"][0, 1], effect, atol=1e-12)
    np.testing.assert_allclose(found["level"][0, 1], level, atol=1e-12)
    np.testing.assert_allclose(np.diagonal(found["correlation"], axis1=2, axis2=3), 1, atol=1e-12)


def test_the_density_is_scipys():
    """Spreads half normal, correlation LKJ(2): for two columns, density (1 - rho^2) 3/4; effects normal."""
    shape = EffectsShape(groups=4, effects=2, centred=True)
    phi, basis = point(shape, 3), shape.basis()
    value, effect, level, _ = effects_value(shape, basis, phi, *SCALES)
    tau, rho, sd = np.exp(phi[:2]), math.tanh(phi[2]), math.exp(phi[-4])
    cov = np.array([[tau[0] ** 2, rho * tau[0] * tau[1]], [rho * tau[0] * tau[1], tau[1] ** 2]])
    wanted = halfnorm(scale=0.3).logpdf(tau).sum() + phi[:2].sum()
    wanted += math.log(0.75 * (1 - rho**2)) + math.log(1 - rho**2)  # LKJ(2), and the Jacobian of tanh
    wanted += multivariate_normal(cov=cov).logpdf(basis.T @ effect).sum()
    wanted += halfnorm(scale=0.5).logpdf(sd) + phi[-4] + norm(0, sd).logpdf(basis.T @ level).sum()
    assert value == pytest.approx(wanted, abs=1e-10)
    assert quad(lambda r: 0.75 * (1 - r**2), -1, 1)[0] == pytest.approx(1)


def test_two_parameterisations_differ_by_the_jacobian_alone():
    loose, tied = (EffectsShape(groups=5, effects=3, centred=c) for c in (False, True))
    phi = point(loose, 4)
    value, effect, level, _ = effects_value(loose, loose.basis(), phi, *SCALES)
    other = phi.copy()
    rows, r = loose.groups - 1, loose.effects
    first = r + loose.pairs
    other[first : first + rows * r] = (loose.basis().T @ effect).ravel()
    other[first + rows * r + 1 :] = loose.basis().T @ level
    found, again, same, _ = effects_value(tied, tied.basis(), other, *SCALES)
    np.testing.assert_allclose(again, effect, atol=1e-12)
    np.testing.assert_allclose(same, level, atol=1e-12)
    corr = loose.expand(phi)["correlation"]
    log_root = np.log(np.diag(np.linalg.cholesky(corr))).sum()
    jacobian = rows * (phi[:r].sum() + log_root + phi[first + rows * r])
    assert value == pytest.approx(found + jacobian, abs=1e-10)


def test_correlations_of_the_prior_are_ljks():
    """Drawn by their partial correlations, entries of an LKJ(2) matrix of three are Beta(2.5, 2.5) on (-1, 1)."""
    shape = EffectsShape(groups=2, effects=3, centred=False)
    rng = np.random.default_rng(5)
    phi = np.zeros((20_000, shape.size))
    for at, k in zip(range(3, 6), (0, 0, 1), strict=True):
        b = 2.0 + 0.5 * (3 - 2 - k)
        phi[:, at] = np.arctanh(2 * rng.beta(b, b, len(phi)) - 1)
    corr = shape.expand(phi)["correlation"]
    for i, j in ((1, 0), (2, 0), (2, 1)):
        assert corr[:, i, j].var() == pytest.approx(1 / 6, rel=0.04)  # a Beta(2.5, 2.5) stretched to (-1, 1)
