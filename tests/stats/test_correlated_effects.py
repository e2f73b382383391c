"""Effects of groups: gradients against differences, densities against scipy, one density in whatever coordinates."""

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


def told(groups, effects, seed=7):
    """Return a shape of whose effects some are known well, some not at all."""
    rng = np.random.default_rng(seed)
    rows, k = groups - 1, effects + 1
    root = rng.normal(size=(rows, k, k)) * rng.choice([0.0, 0.7, 5.0, 30.0], (rows, k, 1))
    return EffectsShape(
        groups=groups, effects=effects, information=np.swapaxes(root, 1, 2) @ root, seen=rng.normal(0, 0.3, (rows, k)),
        variance=rng.gamma(1.0, 2.0, groups),
    )


SHAPES = [shape(groups=g, effects=r) for g, r in ((2, 1), (3, 2), (5, 4)) for shape in (EffectsShape, told)]


@pytest.mark.parametrize("shape", SHAPES, ids=range(6))
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


@pytest.mark.parametrize("shape", SHAPES, ids=range(6))
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
    shape = EffectsShape(groups=4, effects=2)
    phi, basis = point(shape, 3), shape.basis()
    value, effect, level, _ = effects_value(shape, basis, phi, *SCALES)
    value -= 3 * (phi[:2].sum() + 0.5 * math.log1p(-math.tanh(phi[2]) ** 2) + phi[-4])  # u has unit covariance
    tau, rho, sd = np.exp(phi[:2]), math.tanh(phi[2]), math.exp(phi[-4])
    cov = np.array([[tau[0] ** 2, rho * tau[0] * tau[1]], [rho * tau[0] * tau[1], tau[1] ** 2]])
    wanted = halfnorm(scale=0.3).logpdf(tau).sum() + phi[:2].sum()
    wanted += math.log(0.75 * (1 - rho**2)) + math.log(1 - rho**2)  # LKJ(2), and the Jacobian of tanh
    wanted += multivariate_normal(cov=cov).logpdf(basis.T @ effect).sum()
    wanted += halfnorm(scale=0.5).logpdf(sd) + phi[-4] + norm(0, sd).logpdf(basis.T @ level).sum()
    assert value == pytest.approx(wanted, abs=1e-10)
    assert quad(lambda r: 0.75 * (1 - r**2), -1, 1)[0] == pytest.approx(1)


def test_what_is_known_changes_the_coordinates_but_not_the_density():
    tied = told(5, 3)
    loose = EffectsShape(groups=5, effects=3, variance=tied.variance)
    phi = point(tied, 4)
    value, effect, level, _ = effects_value(tied, tied.basis(), phi, *SCALES)
    other = phi.copy()
    rows, r = tied.groups - 1, tied.effects
    first = r + tied.pairs
    factor = np.zeros((r + 1, r + 1))
    factor[:r, :r] = np.exp(phi[:r])[:, None] * np.linalg.cholesky(tied.expand(phi)["correlation"])
    factor[r, r] = np.exp(phi[first + rows * r])
    z = loose.basis().T @ np.column_stack([effect, level])
    u = np.linalg.solve(factor, z.T).T
    other[first : first + rows * r] = u[:, :r].ravel()
    other[first + rows * r + 1 :] = u[:, r]
    found, again, same, _ = effects_value(loose, loose.basis(), other, *SCALES)
    np.testing.assert_allclose(again, effect, atol=1e-12)
    np.testing.assert_allclose(same, level, atol=1e-12)
    d, _ = tied.told()
    inner = np.eye(r + 1) + factor.T @ d @ factor
    assert value == pytest.approx(found - 0.5 * np.linalg.slogdet(inner)[1].sum(), abs=1e-9)


def test_coordinates_are_standard_normal_if_answers_say_no_more_than_that():
    """Given spreads, prior times normal(zhat | z, D^-1) is the standard normal density of u, and a constant."""
    shape = told(4, 2)
    rng = np.random.default_rng(8)
    d, b = shape.told()

    def rest(phi):
        value, effect, level, _ = effects_value(shape, shape.basis(), phi, *SCALES)
        z = shape.basis().T @ np.column_stack([effect, level])
        first, place = shape.effects + shape.pairs, shape.size - shape.groups
        u = np.append(phi[first:place], phi[place + 1 :])
        loglik = np.einsum("gi,gi->", z, b) - 0.5 * np.einsum("gi,gij,gj->", z, d, z)
        return value + loglik + 0.5 * u @ u

    one, two = point(shape, 1), point(shape, 1)
    first, place = shape.effects + shape.pairs, shape.size - shape.groups
    for at in (slice(first, place), slice(place + 1, None)):
        two[at] = rng.normal(size=two[at].shape)
    assert rest(one) == pytest.approx(rest(two), abs=1e-8)


@pytest.mark.parametrize("variance", [None, [1.0, 0.1, 5.0, 5.0, 0.7], [1.0] * 5, [1e6, 1, 1, 1, 1]])
def test_the_basis_is_orthonormal_adds_up_to_zero_and_keeps_rows_apart(variance):
    variance = None if variance is None else np.array(variance)
    basis = EffectsShape(groups=5, effects=1, variance=variance).basis()
    np.testing.assert_allclose(basis.T @ basis, np.eye(4), atol=1e-9)
    np.testing.assert_allclose(basis.sum(axis=0), 0, atol=1e-7)
    if variance is not None:
        spread = basis.T @ (variance[:, None] * basis)
        np.testing.assert_allclose(spread - np.diag(np.diag(spread)), 0, atol=1e-8 * variance.max())


def test_well_known_effects_stay_where_they_are_as_the_spread_moves_and_unknown_ones_scale_with_it():
    shape = EffectsShape(groups=2, effects=1, information=1e6 * np.eye(2)[None], seen=np.full((1, 2), 0.2))
    blank = EffectsShape(groups=2, effects=1)
    narrow, wide = np.array([[-3.0, 1, -3, 1], [-1.0, 1, -1, 1]])
    kept = [float(shape.expand(at)["effect"][0, 0]) for at in (narrow, wide)]
    assert kept[0] == pytest.approx(kept[1], rel=1e-3)
    moved = [float(blank.expand(at)["effect"][0, 0]) for at in (narrow, wide)]
    assert moved[1] / moved[0] == pytest.approx(math.exp(2))


@pytest.mark.parametrize("shape", SHAPES, ids=range(6))
def test_a_spread_that_underflows_has_a_finite_density(shape):
    phi = point(shape)
    phi[: shape.effects] = -400.0
    value, _, _, own = effects_value(shape, shape.basis(), phi, *SCALES)
    assert math.isfinite(value) and np.isfinite(own).all()


def test_correlations_of_the_prior_are_ljks():
    """Drawn by their partial correlations, entries of an LKJ(2) matrix of three are Beta(2.5, 2.5) on (-1, 1)."""
    shape = EffectsShape(groups=2, effects=3)
    rng = np.random.default_rng(5)
    phi = np.zeros((20_000, shape.size))
    for at, k in zip(range(3, 6), (0, 0, 1), strict=True):
        b = 2.0 + 0.5 * (3 - 2 - k)
        phi[:, at] = np.arctanh(2 * rng.beta(b, b, len(phi)) - 1)
    corr = shape.expand(phi)["correlation"]
    for i, j in ((1, 0), (2, 0), (2, 1)):
        assert corr[:, i, j].var() == pytest.approx(1 / 6, rel=0.04)  # a Beta(2.5, 2.5) stretched to (-1, 1)
