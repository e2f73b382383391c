"""The density of two ordered answers against scipy's bivariate normal, and its derivatives against differences."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from drivers.stats.cumulative import log_density
from drivers.stats.joint_cumulative import (
    JointCells,
    joint_cell_logs,
    joint_cells,
    joint_density,
    joint_loglik_draws,
    joint_scores,
)

P, Q = 2, (4, 3)


def cells(seed: int = 1, m: int = 60) -> JointCells:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(m, P))
    y = np.column_stack([rng.integers(0, q + 1, m) for q in Q])
    return joint_cells(x, y, rng.gamma(2.0, size=m), Q)


def somewhere(seed: int = 2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.concatenate([
        rng.normal(0, 0.4, 2 * (P + 1)), *(np.sort(rng.normal(0, 1, q)) for q in Q), [rng.uniform(-0.7, 0.7)]
    ])


def test_the_value_is_scipys():
    made, theta = cells(), somewhere()
    edges = [np.r_[-np.inf, theta[6:10], np.inf], np.r_[-np.inf, theta[10:13], np.inf]]
    normal = multivariate_normal([0, 0], [[1, theta[-1]], [theta[-1], 1]])
    expected = []
    for x, (a, b) in zip(made.x, made.y, strict=True):
        eta = x @ theta[:2] + theta[2], x @ theta[3:5] + theta[5]
        corners = [
            [edges[0][a + i] - eta[0], edges[1][b + j] - eta[1]] for i in (0, 1) for j in (0, 1)
        ]
        signs = [1, -1, -1, 1]
        chance = sum(
            sign * (0.0 if -np.inf in corner else normal.cdf(np.minimum(corner, 40.0)))
            for sign, corner in zip(signs, corners, strict=True)
        )
        expected.append(np.log(chance))
    np.testing.assert_allclose(joint_cell_logs(made, theta), expected, atol=1e-8)  # log of chances down to 1e-4
    value = joint_density(made, theta)[0]
    assert value == pytest.approx(made.weight @ np.array(expected), abs=1e-6)
    assert joint_loglik_draws(made, theta[None])[0] == pytest.approx(value, abs=1e-10)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_derivatives_are_differences(seed):
    made, theta = cells(seed), somewhere(seed)
    _, gradient, hessian = joint_density(made, theta)
    step = np.eye(len(theta)) * 1e-5
    first = [(joint_density(made, theta + s)[0] - joint_density(made, theta - s)[0]) / 2e-5 for s in step]
    second = [(joint_density(made, theta + s)[1] - joint_density(made, theta - s)[1]) / 2e-5 for s in step]
    np.testing.assert_allclose(gradient, first, atol=1e-6 * np.abs(first).max())
    np.testing.assert_allclose(hessian, second, atol=1e-6 * np.abs(second).max())
    np.testing.assert_allclose(made.weight @ joint_scores(made, theta), gradient, rtol=1e-10)


def test_without_correlation_it_is_two_probits():
    made, theta = cells(6), somewhere(6)
    theta[-1] = 0.0
    value, gradient, _ = joint_density(made, theta)
    ones = np.column_stack([made.x, np.ones(len(made.x))])
    alone = [
        log_density(ones, made.y[:, 0].copy(), made.weight, theta[[0, 1, 2, 6, 7, 8, 9]], "probit"),
        log_density(ones, made.y[:, 1].copy(), made.weight, theta[[3, 4, 5, 10, 11, 12]], "probit"),
    ]
    assert value == pytest.approx(alone[0][0] + alone[1][0], abs=1e-10)
    np.testing.assert_allclose(gradient[[0, 1, 2, 6, 7, 8, 9]], alone[0][1], atol=1e-10)
    np.testing.assert_allclose(gradient[[3, 4, 5, 10, 11, 12]], alone[1][1], atol=1e-10)
