"""Pooling of imputations: the published case, the laws, and the cases that cannot be pooled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InputError
from drivers.stats.rubin import pool, pool_covariance

# R> mice::pool.scalar(Q = c(-1.5457, -1.428), U = c(0.9723^2, 1.041^2), n = 25, k = 2)
ESTIMATES, VARIANCES = np.array([-1.5457, -1.428]), np.array([0.9723, 1.041]) ** 2
PRINTED = {  # value, half a unit of its last printed digit
    "estimate": (-1.48685, 5e-6), "within": (1.014524, 5e-7), "between": (0.006926645, 5e-10),
    "total": (1.0249141, 5e-8), "increase": (0.01024122, 5e-9), "proportion": (0.01013740, 5e-9),
    "df": (20.97025, 5e-6), "fmi": (0.09272831, 5e-9),
}  # fmt: skip
EXACT = 1e-12


@pytest.mark.parametrize("name", PRINTED)
def test_matches_mice_pool_scalar(name):
    value, half_a_digit = PRINTED[name]
    assert getattr(pool(ESTIMATES, VARIANCES, df=25 - 2), name) == pytest.approx(value, abs=half_a_digit)


def test_the_standard_error_is_the_root_of_the_total_variance():
    assert np.sqrt(pool(ESTIMATES, VARIANCES, df=23).total) == pytest.approx(1.0123804, abs=5e-8)


def test_without_a_limit_on_the_data_the_degrees_of_freedom_are_rubins():
    pooled = pool(ESTIMATES, VARIANCES)
    assert pooled.df == pytest.approx(1 / pooled.proportion**2, rel=EXACT)  # (m - 1) / lambda^2 with m = 2


@given(st.integers(0, 2**16), st.integers(2, 30), st.floats(3, 1e6))
def test_the_fraction_is_a_fraction_and_degrees_of_freedom_are_lost(seed, m, df):
    rng = np.random.default_rng(seed)
    pooled = pool(rng.normal(size=(m, 4)), rng.uniform(0.1, 2, size=(m, 4)), df)
    assert ((pooled.fmi > 0) & (pooled.fmi < 1)).all()
    assert (pooled.fmi > pooled.proportion).all()  # it adds what few imputations leave unknown
    assert (pooled.df < df).all()
    assert (pooled.total > pooled.within).all()


def test_imputations_that_agree_leave_the_plain_answer():
    pooled = pool(np.full((5, 1), 2.0), np.full((5, 1), 0.3))
    assert pooled.total == pytest.approx(0.3, rel=EXACT)
    assert np.isinf(pooled.df).all()
    assert pooled.fmi == pytest.approx(0.0, abs=EXACT)


def test_nothing_known_is_all_missing():
    pooled = pool(np.array([[1.0], [2.0]]), np.zeros((2, 1)))
    assert pooled.fmi == pytest.approx(1.0)
    assert pooled.df == pytest.approx(1.0)  # m - 1


def test_the_covariance_has_the_variances_on_its_diagonal():
    rng = np.random.default_rng(1)
    estimates, roots = rng.normal(size=(6, 3)), rng.normal(size=(6, 3, 3))
    covariances = roots @ np.swapaxes(roots, 1, 2)
    total = pool_covariance(estimates, covariances)
    np.testing.assert_allclose(np.diag(total), pool(estimates, np.einsum("mii->mi", covariances)).total, rtol=EXACT)
    np.testing.assert_allclose(total, total.T, rtol=EXACT)


@pytest.mark.parametrize(("estimates", "variances"), [(np.ones(1), np.ones(1)), (np.ones(3), np.ones(2))])
def test_one_imputation_or_unequal_shapes_are_refused(estimates, variances):
    with pytest.raises(InputError, match="from at least 2 imputations; got shapes"):
        pool(estimates, variances)
