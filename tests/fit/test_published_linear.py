"""Linear fits against R: survey::svyglm and lm on a weighted survey, and the stratified sample of schools."""

import numpy as np
import pytest
from scipy.stats import t as student

import drivers as dr
from drivers.fit.regression.linear import fit_linear
from drivers.fit.regression.sample import take_sample
from tests.cells.made import cells_of
from tests.golden.surveys import sfo_answers

EXACT = 1e-10


def test_sfo_is_svyglm_and_wls(shared, golden):
    # R> svyglm(overall ~ food + ..., design = svydesign(ids = ~1, weights = ~weight)); lm(..., weights = weight)
    published = golden("ordinal_golden")
    svyglm, wls = published["sfo2017_svyglm_gaussian_nostrata"], published["sfo2017_wls"]
    fit = dr.fit(sfo_answers(shared), draws=5)
    table = fit.tidy().set_index("term").loc[list(svyglm["coef"])]
    np.testing.assert_allclose(table["estimate"], list(svyglm["coef"].values()), atol=EXACT)
    np.testing.assert_allclose(table["robust_se"], list(svyglm["se"].values()), rtol=EXACT)
    np.testing.assert_allclose(table["model_se"], list(wls["se_ols"].values()), rtol=EXACT)
    assert fit.df == svyglm["df_residual"]
    np.testing.assert_allclose(table["statistic"], list(svyglm["t"].values()), rtol=EXACT)
    theirs = 2 * student.sf(np.abs(table["statistic"]), fit.df)
    np.testing.assert_allclose(theirs, list(svyglm["p"].values()), rtol=1e-9)
    assert (table["p_value"] > theirs).all()  # few people of heavy weight carry the errors, which svyglm passes over
    assert fit.r2 == pytest.approx(wls["r2"], abs=EXACT)
    assert fit.n_eff == pytest.approx(published["sfo2017_svymean"]["n_eff_kish"], rel=1e-12)
    assert fit.mcfadden is None  # densities have no McFadden


SCHOOLS = {"E": (100, 4421, 67443, 47038637), "H": (50, 755, 31291, 20167941), "M": (50, 1018, 31830, 20940396)}
"""R survey `apistrat`: sampled schools, schools in the state, sum and sum of squares of api00, by type of school."""


def test_stratified_schools_have_svymeans_mean_and_error():
    """T11. A driver without any effect leaves the intercept, which is then the weighted mean.

    Sums and squares are spread over two values with the same moments. The published 9.4089 has the finite population
    correction, which a fit has not: without it each stratum's part is larger by 1 / (1 - n/N).
    """
    total = sum(population for _, population, _, _ in SCHOOLS.values())
    rows, weight, stratum, with_fpc, without = [], [], [], 0.0, 0.0
    for name, (n, population, sum_y, squares) in SCHOOLS.items():
        mean, var = sum_y / n, squares / n - (sum_y / n) ** 2
        x = np.append(np.tile([-1.0, 1.0], n // 4), np.zeros(n // 2 % 2))
        rows += [[driver, mean + side * np.sqrt(var)] for side in (-1, 1) for driver in x]
        weight += [population / n] * n
        stratum += [name] * n
        part = (population / total) ** 2 * var / (n - 1)
        with_fpc, without = with_fpc + part * (1 - n / population), without + part
    assert np.sqrt(with_fpc) == pytest.approx(9.4089, abs=5e-5)  # as published, from the same sums

    cells = cells_of(np.array(rows), weight=np.array(weight), stratum=stratum)
    found = fit_linear(take_sample(cells, np.ones(len(cells), dtype=bool)), draws=2000, seed=1)
    assert found.estimate == pytest.approx([0, 662.29], abs=0.005)
    error = np.sqrt(found.robust_cov[-1, -1])
    assert error == pytest.approx(np.sqrt(without), rel=1e-9)
    assert found.df == 200 - 3 - 1
    # resampled within strata; a standard deviation from 2,000 draws is known to 1/sqrt(4000) of itself: 4 of those
    assert found.draws.intercept.std() == pytest.approx(error, rel=4 / np.sqrt(4000))
    # weights taken for counts of schools would give 2.067 / 10.0777 of the right error or less (svyglm in T11)
    as_counts = np.sqrt(found.model_cov[-1, -1] * 200 / total)
    assert as_counts < 0.25 * error
