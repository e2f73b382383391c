"""Predictions: chances, means and top boxes that follow from the formula, for the estimate and for every draw."""

import numpy as np
import pytest
from scipy.stats import norm

import drivers as dr
from drivers.errors import DataError, InputError
from tests.cells.made import answers_of, ratings

ROWS = {"c": [3, 1], "a": [5, 1], "b": [4, 2]}  # in another order than the fit has them


@pytest.fixture(scope="module")
def answers():
    return answers_of(ratings(300, 1))


def test_linear_is_intercept_plus_slopes(answers):
    fit = dr.fit(answers, draws=7)
    found = fit.predict(ROWS)
    a, b, c, intercept = fit.estimate
    np.testing.assert_allclose(found.mean[0, 0], [5 * a + 4 * b + 3 * c + intercept, a + 2 * b + c + intercept])
    assert found.probability is None and found.top is None
    assert fit.predict(ROWS, draws=True).mean.shape == (1, 7, 2)
    fitted = fit.predict().mean[0, 0]
    weights = fit.cells.sum_w
    assert weights @ fitted == pytest.approx(weights @ fit.cells.column("y"))  # least squares leaves no mean residual


def test_ordinal_chances_are_the_formula_and_stay_on_the_scale(answers):
    fit = dr.fit(answers, model="ordinal", draws=7)
    found = fit.predict(ROWS)
    eta = np.array([[5, 4, 3], [1, 2, 1]]) @ fit.estimate[:3]
    below = norm.cdf(np.concatenate([[-np.inf], fit.estimate[3:], [np.inf]]) - eta[:, None])
    np.testing.assert_allclose(found.probability[0, 0], np.diff(below, axis=1), atol=1e-12)
    np.testing.assert_allclose(found.mean, found.probability @ [1, 2, 3, 4, 5])
    np.testing.assert_allclose(found.top, found.probability[..., 3:].sum(axis=-1))
    far = fit.predict({"a": [1000], "b": [1000], "c": [1000]}).mean
    assert far.min() >= 1 and far.max() <= 5
    draws = fit.predict(ROWS, draws=True)
    assert draws.probability.shape == (1, 7, 2, 5)
    tidy = found.tidy()
    assert list(tidy.columns) == ["mean", "top", "1", "2", "3", "4", "5"]
    np.testing.assert_allclose(tidy[["1", "2", "3", "4", "5"]].sum(axis=1), 1)


def test_logit_predicts_the_share_of_the_top_box(answers):
    fit = dr.fit(answers, model="logit", draws=7)
    found = fit.predict()
    w = fit.cells.sum_w
    share = w[fit.cells.column("y") >= 4].sum() / w.sum()
    assert w @ found.top[0, 0] / w.sum() == pytest.approx(share, abs=1e-8)  # a logit reproduces the share
    assert found.top_from == 4
    np.testing.assert_allclose(found.mean, found.top)


def test_rows_must_be_whole(answers):
    fit = dr.fit(answers, draws=3)
    with pytest.raises(DataError, match=r"1 column\(s\) not in the rows to predict for: `c`"):
        fit.predict({"a": [1], "b": [2]})
    with pytest.raises(InputError, match=r"`b`: 1 rows lack an answer\. Fill in a value to predict for"):
        fit.predict({"a": [1, 2], "b": [2, np.nan], "c": [3, 3]})
