"""What each way of dealing with missing answers does to slopes and shares: printed numbers, formulas, and our methods.

Mean fill and dummy adjustment are here as negative controls; the package does not offer them.
"""

import numpy as np
import pytest

from drivers.stats.em import em_moments
from drivers.stats.impute import impute
from drivers.stats.shapley import lmg
from tests.stats.missing_cases import (
    GONE,
    SLOPES,
    STEEP,
    filled_without_outcome,
    joint,
    keeps,
    mean_filled,
    sample,
    selected,
    slopes_of,
)

PRINTED = 5e-4  # three decimals
N = 60_000
NEAR = 0.02  # about four standard errors of a slope at N with 40 % missing and three imputations
ONE = np.ones(N)


def least_squares(*columns):
    design = np.column_stack([np.ones(N), *columns[:-1]])
    return np.linalg.lstsq(design, columns[-1], rcond=None)[0][1:3]


def imputed_covariance(values):
    done = impute(values, ONE, ONE, ONE, imputations=3, sweeps=6, seed=5)
    return np.mean([np.cov(done.completed(i)[0].T) for i in range(3)], axis=0)


@pytest.fixture(scope="module")
def people():
    return sample(N, 11)


@pytest.fixture(scope="module")
def holed(people):
    values = people.copy()
    values[np.random.default_rng(12).random(N) < GONE, 0] = np.nan
    return values


@pytest.fixture(scope="module")
def selected_people(people):
    values = people.copy()
    values[~keeps(people[:, 0], np.random.default_rng(13)), 1] = np.nan  # who is low on x1 leaves x2 out
    return values


@pytest.mark.parametrize(("cov", "printed"), [
    (joint(), [0.5, 0.3]), (mean_filled(), [0.408, 0.453]), (filled_without_outcome(), [0.3, 0.42]),
    (selected(STEEP), [0.5, 0.3]),
])  # fmt: skip
def test_the_formulas_give_the_printed_slopes(cov, printed):
    np.testing.assert_allclose(slopes_of(cov), printed, atol=PRINTED)


@pytest.mark.parametrize(("cov", "printed"), [(joint(), [0.308, 0.207]), (selected(STEEP), [0.239, 0.171])])
def test_the_formulas_give_the_printed_shares(cov, printed):
    np.testing.assert_allclose(lmg(cov), printed, atol=PRINTED)


def test_complete_cases_keep_slopes_when_missing_is_by_chance(holed):
    kept = holed[~np.isnan(holed[:, 0])]
    np.testing.assert_allclose(slopes_of(np.cov(kept.T)), SLOPES, atol=NEAR)


def test_mean_fill_and_dummy_adjustment_inflate_the_other_driver_by_half(holed):
    gone = np.isnan(holed[:, 0])
    filled = np.where(gone, np.nanmean(holed[:, 0]), holed[:, 0])
    for found in (least_squares(filled, holed[:, 1], holed[:, 2]),
                  least_squares(filled, holed[:, 1], gone.astype(float), holed[:, 2])):
        np.testing.assert_allclose(found, slopes_of(mean_filled()), atol=NEAR)
        assert found[1] / SLOPES[1] > 1.45


def test_imputation_and_maximum_likelihood_keep_slopes_and_shares(holed):
    for cov in (imputed_covariance(holed), em_moments(holed, ONE).moments.cov):
        np.testing.assert_allclose(slopes_of(cov), SLOPES, atol=NEAR)
        np.testing.assert_allclose(lmg(cov), lmg(joint()), atol=NEAR)


def test_an_imputer_without_the_outcome_does_not(holed):
    done = impute(holed[:, :2], ONE, ONE, ONE, imputations=2, sweeps=3, seed=5)
    y = holed[done.units.cell, 2]
    found = np.mean([least_squares(*done.completed(i)[0].T, y) for i in range(2)], axis=0)
    np.testing.assert_allclose(found, slopes_of(filled_without_outcome()), atol=NEAR)


def test_selection_on_a_driver_bends_the_shares_of_complete_cases_and_only_those(selected_people):
    kept = np.cov(selected_people[~np.isnan(selected_people[:, 1])].T)
    np.testing.assert_allclose(slopes_of(kept), SLOPES, atol=NEAR)
    np.testing.assert_allclose(lmg(kept), lmg(selected(STEEP)), atol=NEAR)
    assert (lmg(joint()) - lmg(kept) > 0.03).all()
    for cov in (imputed_covariance(selected_people), em_moments(selected_people, ONE).moments.cov):
        np.testing.assert_allclose(slopes_of(cov), SLOPES, atol=NEAR)
        np.testing.assert_allclose(lmg(cov), lmg(joint()), atol=0.015)
