"""Robustness values beside the published example of Cinelli and Hazlett, and beside slopes of a regression redone."""

import math

import numpy as np
import pytest

from drivers.errors import InputError
from drivers.stats.omitted import bias_of, bound_by, partial_r2, partial_shares, robustness_value

# Darfur (Cinelli & Hazlett 2020, table 1; Cinelli, Ferwerda & Hazlett, sensemakr): `directlyharmed` on `peacefactor`,
# estimate .097, standard error .023, df 783: partial R2 2.2 %, RV 13.9 %, RV at 5 % 7.6 %. The benchmark `female`:
# -.232 (.024) with the outcome, -.097 (.036) with the treatment.
ESTIMATE, SE, DF = 0.09731582, 0.02325654, 783
PRINTED = 5e-4
"""Percentages are printed with one decimal."""


def test_the_published_robustness_values():
    t = ESTIMATE / SE
    assert partial_r2(t, DF) == pytest.approx(0.022, abs=PRINTED)
    assert robustness_value(t, DF) == pytest.approx(0.139, abs=PRINTED)
    assert robustness_value(t, DF, alpha=0.05) == pytest.approx(0.076, abs=PRINTED)


def test_the_published_rounded_numbers_give_the_same_to_their_precision():
    t = 0.097 / 0.023
    assert robustness_value(t, DF) == pytest.approx(0.139, abs=2e-3)
    assert robustness_value(t, DF, alpha=0.05) == pytest.approx(0.076, abs=2e-3)


def test_a_cause_as_strong_as_the_robustness_value_explains_the_slope_away():
    t = ESTIMATE / SE
    rv = robustness_value(t, DF)
    assert bias_of(SE, DF, rv, rv) == pytest.approx(ESTIMATE, rel=1e-12)
    half = robustness_value(t, DF, q=0.5)
    assert bias_of(SE, DF, half, half) == pytest.approx(ESTIMATE / 2, rel=1e-12)


def test_the_published_bounds_against_a_covariate():
    # sensemakr's help: r2yxj.dx from -.232/.024 and r2dxj.x from -.097/.036 give .0092 and .125 at once the strength
    # of `female`, .0183 and .249 at twice, .0275 and .374 at thrice; adjusted .075, .053, .030
    outcome_r2, driver_r2 = partial_r2(-0.232 / 0.024, DF), partial_r2(-0.097 / 0.036, DF)
    published = {1: (0.0092, 0.125, 0.075), 2: (0.0183, 0.249, 0.053), 3: (0.0275, 0.374, 0.030)}
    for times, (with_driver, with_outcome, adjusted) in published.items():
        found = bound_by(ESTIMATE, SE, DF, driver_r2=driver_r2, outcome_r2=outcome_r2, times=times)
        assert found.with_driver == pytest.approx(with_driver, rel=0.02)  # from coefficients of two to three figures
        assert found.with_outcome == pytest.approx(with_outcome, rel=0.04)
        assert found.adjusted == pytest.approx(adjusted, abs=1.2e-3)


def test_a_slope_that_is_not_there_has_no_robustness():
    assert robustness_value(0.0, 100) == 0.0
    assert robustness_value(1.5, 100, alpha=0.05) == 0.0
    assert robustness_value(1e6, 10, alpha=0.05) < 1
    with pytest.raises(InputError, match="needs df > 1"):
        robustness_value(2.0, 1)


def test_nothing_can_be_stronger_than_all():
    found = bound_by(1.0, 0.1, 100, driver_r2=0.4, outcome_r2=0.1, times=3)
    assert math.isnan(found.adjusted)


def test_partial_shares_are_those_of_regressions():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((200, 3)) @ rng.standard_normal((3, 3))
    y = x @ [0.5, 0.2, -0.3] + rng.standard_normal(200)
    cov = np.cov(np.column_stack([x, y]), rowvar=False)

    def left(target, given):
        given = np.column_stack([np.ones(200), given])
        return target - given @ np.linalg.lstsq(given, target, rcond=None)[0]

    driver_r2, outcome_r2 = partial_shares(cov, 0, 2)
    assert driver_r2 == pytest.approx(np.corrcoef(left(x[:, 0], x[:, [1]]), left(x[:, 2], x[:, [1]]))[0, 1] ** 2)
    assert outcome_r2 == pytest.approx(np.corrcoef(left(y, x[:, :2]), left(x[:, 2], x[:, :2]))[0, 1] ** 2)


def test_leaving_out_a_cause_gives_exactly_the_bias_of_the_formula():
    rng = np.random.default_rng(5)
    z = rng.standard_normal(300)
    x = np.column_stack([0.6 * z + rng.standard_normal(300), rng.standard_normal(300)])
    y = x @ [0.5, 0.2] + 0.8 * z + rng.standard_normal(300)

    def fitted(columns):
        design = np.column_stack([np.ones(300), columns])
        slopes, _, _, _ = np.linalg.lstsq(design, y, rcond=None)
        df = 300 - design.shape[1]
        cov = ((y - design @ slopes) ** 2).sum() / df * np.linalg.inv(design.T @ design)
        return slopes[1], math.sqrt(cov[1, 1]), df

    short, se, df = fitted(x)
    whole, _, _ = fitted(np.column_stack([x, z]))
    driver_r2, outcome_r2 = partial_shares(np.cov(np.column_stack([x, z, y]), rowvar=False), 0, 2)
    assert short - whole == pytest.approx(bias_of(se, df, driver_r2, outcome_r2), rel=1e-10)
