"""Priors as they are stated, and what they imply before any answer is in."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, kstest, norm

import drivers as dr
from drivers.errors import InputError
from drivers.fit.bayes.implied import implied_prior, prior_of
from drivers.fit.bayes.priors import (
    PRIORS,
    CovariancePrior,
    Prior,
    R2Prior,
    SlopePriors,
    describe,
    flat,
    normal,
    student_t,
)

KS = 1e-3  # p-value below which two distributions are called different; seeds are fixed


def test_priors_are_written_as_usual():
    assert normal(0, 0.5).words() == "normal(0, 0.5)"
    assert student_t(3, 8, 2.5).words() == "student_t(3, 8, 2.5)"
    assert flat().words() == "flat"


@pytest.mark.parametrize(("key", "words"), [
    (("ordinal", "laplace"), "slopes normal(0, 0.5) per standard deviation of the driver, thresholds in order, "),
    (("logit", "laplace"), "intercept minus normal(0, 1.5); in latent standard deviations"),
    (("linear", "laplace"), "residual spread half student_t(3, 0, 1); in standard deviations of the outcome"),
    (("linear", "exact"), "R2 beta(1, 1), every R2 from 0 to 1 equally likely, whichever slopes make it up; residual"),
])  # fmt: skip
def test_every_default_is_described(key, words):
    assert words in describe(PRIORS[key], key[0])


def test_no_default_is_flat():
    for (_, method), prior in PRIORS.items():
        if method == "exact":
            assert isinstance(prior, R2Prior)
        else:
            assert all(one.proper for one in (prior.slopes, prior.cuts, prior.intercept, prior.error_sd))


WRONG = [
    (lambda: normal(0, 0), "`scale` and `df` must be above 0"), (lambda: Prior(df=-1), "`df` must be above 0"),
    (lambda: normal(np.inf, 1), "`location` a number"), (lambda: SlopePriors(units="z"), "choose `standard` or `own`"),
    (lambda: CovariancePrior(correlations="x"), "choose `jeffreys` or `uniform`"),
    (lambda: CovariancePrior(variances=(1.0,)), 'go with correlations="uniform"'),
    (lambda: CovariancePrior(correlations="uniform", variances=(1.0, 0.0)), "one above 0"),
    (lambda: CovariancePrior(correlations="uniform", variances=(1.0,)).wishart(np.ones(3)), "1 numbers for 3 items"),
    (lambda: R2Prior(mean=1.0), "the mean has to lie between 0 and 1"),
    (lambda: R2Prior(precision=0.0), "the precision above 0"),
    (lambda: R2Prior(variances=(1.0, 0.0)), "one number above 0 for each"),
    (lambda: R2Prior(averages=(1.0,)).guesses(np.ones(3), np.ones(3)), "`averages` has 1 numbers for 3 items"),
    (lambda: flat().draw(np.random.default_rng(1), (3,)), "A flat prior implies nothing"),
    (lambda: implied_prior(np.eye(2), SlopePriors(slopes=flat())), "A flat prior implies nothing"),
    (lambda: implied_prior(np.eye(2), categories=5, top=5), "choose 1 to 4"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "told"), WRONG)
def test_what_is_no_prior_is_refused(make, told):
    with pytest.raises(InputError) as refusal:
        make()
    assert told in str(refusal.value)


@pytest.mark.parametrize("link", ["probit", "logit"])
def test_one_driver_implies_the_r2_of_its_slope(link):
    # R2 = b^2 / (b^2 + 1) with b ~ normal(0, 0.5) in latent standard deviations, whatever the link
    found = implied_prior(np.array([[4.0]]), model="ordinal", link=link)
    slope = np.sqrt(found.r2 / (1 - found.r2))
    assert kstest(slope, lambda b: 2 * norm(0, 0.5).cdf(b) - 1).pvalue > KS
    np.testing.assert_allclose(found.shares[:, 0], found.r2, atol=1e-12)


def test_own_units_follow_the_spread_of_the_driver():
    prior = SlopePriors(slopes=normal(0, 0.25), units="own")
    own = implied_prior(np.array([[4.0]]), prior, seed=3)
    np.testing.assert_allclose(own.r2, implied_prior(np.array([[1.0]]), seed=3).r2)


def test_the_top_box_of_a_binary_outcome_is_symmetric_and_shares_add_up():
    found = implied_prior(np.full((3, 3), 0.4) + 0.6 * np.eye(3), model="logit", link="logit")
    assert found.top.mean() == pytest.approx(0.5, abs=4 * found.top.std() / np.sqrt(4000))
    np.testing.assert_allclose(found.shares.sum(axis=1), found.r2, atol=1e-12)


def test_uniform_correlations_imply_what_they_say():
    # one driver: R2 is the square of a uniform correlation
    found = implied_prior(np.eye(1), CovariancePrior(correlations="uniform"), model="linear", link="identity")
    assert kstest(np.sqrt(found.r2), "uniform").pvalue > KS
    assert found.top is None
    assert not found.notes


@pytest.mark.parametrize(("p", "prior", "shapes"), [
    (4, R2Prior(), (1, 1)), (12, R2Prior(mean=0.4, precision=5), (2, 3)), (2, R2Prior(mean=0.4, precision=5), (2, 3)),
    (1, R2Prior(), (0.5, 0.5)),
])  # fmt: skip
def test_a_prior_of_r2_implies_the_r2_it_states_and_shares_alike(p, prior, shapes):
    cov = np.full((p, p), 0.5) + 0.5 * np.eye(p)
    found = implied_prior(cov * np.outer(*[np.arange(1, p + 1)] * 2), prior, model="linear", link="identity")
    assert kstest(found.r2, beta(*shapes).cdf).pvalue > KS
    error = found.shares.std(axis=0) / np.sqrt(len(found.shares))
    assert (np.abs(found.shares.mean(axis=0) - found.r2.mean() / p) < 4 * error).all()
    assert ("equally likely" in found.stated) == (shapes == (1, 1))


def test_jeffreys_is_said_to_be_improper():
    found = implied_prior(np.eye(2), CovariancePrior(), model="linear", link="identity")
    assert "is improper and implies nothing by itself" in found.notes[0]
    assert "is improper" in found.summary()


def test_a_fit_knows_its_prior():
    rng = np.random.default_rng(1)
    a = rng.integers(1, 6, 300)
    y = np.clip(np.round(0.5 * a + 1.5 + rng.normal(size=300)), 1, 5)
    answers = dr.read(pd.DataFrame({"a": a, "y": y}), dr.Survey(drivers=("a",), outcomes=("y",), scale=(1, 5)))
    fit = dr.fit(answers, model="ordinal", engine="bayes", draws=100, prior=SlopePriors(slopes=normal(0, 0.1)))
    found = prior_of(fit)
    table = found.tidy().set_index("quantity")
    assert list(table.index) == ["r2", "top_box", "share"]
    assert table.loc["r2", "high"] < 0.05
    assert "normal(0, 0.1)" in found.summary()
    assert "Before any answer it puts R2 between 0% and" in " ".join(fit.summary().split())
    with pytest.raises(InputError, match="A regression fit has no prior"):
        prior_of(dr.fit(answers, draws=5))
