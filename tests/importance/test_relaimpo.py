"""LMG, its peers and their bootstrap intervals against R's relaimpo 2.2-7, from the survey file to the share."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from tests.golden.surveys import MOBI_DRIVERS, mobi

EXACT = 1e-9  # both in double precision
DRAWS = 4000

NAMES = {"lmg": "lmg", "genizi": "relative_weights", "car": "car", "pratt": "pratt", "first": "first", "last": "last",
         "betasq": "beta_squared"}  # fmt: skip


def table_for(shared, name: str) -> tuple[pd.DataFrame, str]:
    if name == "attitude":
        return pd.read_csv(shared / "data" / "attitude.csv"), "rating"
    if name.startswith("sfo"):
        return pd.read_csv(shared / "data" / "sfo_airport_2017.csv"), "overall"
    return mobi(shared), "loyalty" if name.endswith("loyalty") else "satisfaction"


@pytest.mark.parametrize("name", ["attitude", "mobi", "mobi_loyalty", "sfo2017_unweighted"])
def test_every_measure_of_every_survey_is_relaimpos(shared, golden, name):
    # R> calc.relimp(formula, data, type = c("lmg", "last", "first", "betasq", "pratt", "genizi", "car"))
    published = golden("relaimpo_golden")[name]
    table, outcome = table_for(shared, name)
    table = table[[outcome, *published["names"]]].dropna()  # relaimpo takes complete rows
    answers = dr.read(table, drivers=published["names"], outcome=outcome)
    fit = dr.fit(answers, draws=10)
    assert fit.n == published["n"]
    assert fit.r2 == pytest.approx(published["r2"], abs=EXACT)
    for theirs, ours in NAMES.items():
        expected = [published["shares_raw"][driver][theirs] for driver in published["names"]]
        found = dr.importance(fit, measure=ours)
        np.testing.assert_allclose(found.estimate, expected, atol=EXACT, rtol=0, err_msg=theirs)
    relative = [published["shares_rela"][driver]["lmg"] for driver in published["names"]]
    np.testing.assert_allclose(dr.importance(fit).tidy()["relative"], relative, atol=EXACT, rtol=0)


@pytest.fixture(scope="module")
def mobi_shares(shared):
    """Bootstrap shares (draw, driver), absolute and relative to R2, by measure."""
    fit = dr.fit(dr.read(mobi(shared), drivers=MOBI_DRIVERS, outcome="satisfaction"), draws=DRAWS)

    @cache
    def draws(measure: str, relative: bool) -> np.ndarray:
        shares = dr.importance(fit, measure=NAMES[measure]).shares[0]
        return shares / shares.sum(axis=1, keepdims=True) if relative else shares

    return draws


RUNS = [("mobi", m) for m in ("lmg", "first", "pratt", "genizi", "car")]
RUNS += [("mobi_raw", m) for m in ("lmg", "genizi", "car")] + [("mobi_b5000", "lmg")]


@pytest.mark.parametrize(("run", "measure"), RUNS)
def test_interval_ends_are_relaimpos_within_monte_carlo_error(golden, mobi_shares, run, measure):
    # R> booteval.relimp(boot.relimp(satisfaction ~ ., b = 1000 or 5000), bty = "perc", level = 0.95)
    published = golden("relaimpo_boot_golden")[run]
    shares = mobi_shares(measure, published["rela"])
    sd = shares.std(axis=0)
    # the end of a 95 % percentile interval from b draws has standard error sqrt(.025 * .975 / b) / density, and the
    # normal density there is 0.0584 / sd; two bootstraps are compared; 4 such errors, for 48 comparisons. The
    # Bayesian bootstrap differs from relaimpo's resampling of rows by terms of order 1/n, .004 sd here.
    tolerance = 4 * np.sqrt(0.025 * 0.975 * (1 / published["b"] + 1 / DRAWS)) / 0.0584 * sd + 0.004 * sd
    assert (tolerance / sd).max() < 0.4
    for end, tail in (("lower", 0.025), ("upper", 0.975)):
        away = np.abs(np.quantile(shares, tail, axis=0) - published["ci"][measure][end])
        assert (away < tolerance).all(), (end, away / sd)


@pytest.mark.parametrize("run", ["mobi", "mobi_raw", "mobi_b5000"])
def test_replicate_standard_deviations_are_relaimpos(golden, mobi_shares, run):
    # boot_sd holds the columns of relaimpo's boot object: variance of y, R2 twice, then lmg of each driver
    published = golden("relaimpo_boot_golden")[run]
    assert published["boot_t0"][3:7] == pytest.approx(published["ci"]["lmg"]["est"])
    found = mobi_shares("lmg", published["rela"]).std(axis=0, ddof=1)
    # a standard deviation from b draws is known to 1/sqrt(2 b) of itself; 4 such errors plus 1/(2 n) for the kind
    tolerance = 4 * np.sqrt((1 / published["b"] + 1 / DRAWS) / 2) + 1 / 500
    np.testing.assert_allclose(found, published["boot_sd"][3:7], rtol=tolerance)


def test_the_comparison_would_see_intervals_one_tenth_too_narrow(golden, mobi_shares):
    published = golden("relaimpo_boot_golden")["mobi_b5000"]
    shares = mobi_shares("lmg", True)
    narrow = shares.mean(axis=0) + 0.9 * (shares - shares.mean(axis=0))
    ratio = narrow.std(axis=0, ddof=1) / published["boot_sd"][3:7]
    assert (np.abs(ratio - 1) > 4 * np.sqrt((1 / 5000 + 1 / DRAWS) / 2) + 1 / 500).all()
