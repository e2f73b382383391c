"""PreliZ and our priors understand each other: distributions from the table, and back from elicited ones."""

import numpy as np
import pytest

import drivers as dr
from drivers.fit.bayes.implied import prior_of
from drivers.fit.bayes.priors import PRIORS, Prior, SlopePriors
from drivers.stats.prior_density import PriorArrays, prior_values
from tests.fit.bayes.test_flat import people

pytestmark = pytest.mark.slow  # loading PreliZ takes longer than the tests

ROUNDING = 1e-10
ELICITED = 1e-3
"""PreliZ searches for the spread that holds the asked mass to about this."""


def posterior(prior=None):
    return dr.fit(people(), "y", ["a", "b"], model="ordinal", engine="bayes", draws=500, prior=prior)


def handed_over(prior: Prior):
    preliz = pytest.importorskip("preliz")
    if np.isinf(prior.df):
        return preliz.Normal(prior.location, prior.scale)
    return preliz.StudentT(prior.df, prior.location, prior.scale)


@pytest.mark.parametrize("name", ["slopes", "cuts", "intercept", "error_sd"])
def test_a_prior_of_the_table_is_the_same_distribution_there(name):
    prior = getattr(PRIORS["ordinal", "nuts"], name)
    theirs, where = handed_over(prior), np.linspace(-3, 3, 13)
    ours = prior_values(
        PriorArrays(location=np.array([prior.location]), scale=np.array([prior.scale]), df=np.array([prior.df])),
        where[:, None],
    )
    np.testing.assert_allclose(theirs.logpdf(where), ours, atol=ROUNDING)
    drawn = prior.draw(np.random.default_rng(1), (40_000,))
    inside = (drawn > theirs.ppf(0.05)) & (drawn < theirs.ppf(0.95))
    assert inside.mean() == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / 40_000))


def test_an_elicited_prior_is_one_a_fit_takes():
    preliz = pytest.importorskip("preliz")
    elicited = preliz.Normal()
    preliz.maxent(elicited, -0.4, 0.4, 0.9, plot=False)  # slopes: nine in ten within .4
    slopes = Prior(location=float(elicited.mu), scale=float(elicited.sigma))
    assert slopes.scale == pytest.approx(0.4 / 1.6449, abs=ELICITED)
    fits = posterior(SlopePriors(slopes=slopes)), posterior()
    narrow, usual = (prior_of(fit).tidy()["high"].iloc[0] for fit in fits)
    assert narrow < usual  # of R2


def test_preliz_reads_the_priors_off_the_model_of_pymc():
    preliz = pytest.importorskip("preliz")
    model = posterior().to_pymc()
    prior = PRIORS["ordinal", "nuts"]
    for name in ("slopes", "cuts"):
        found = preliz.from_pymc(model[name])
        assert (float(found.mu), float(found.sigma)) == (0.0, getattr(prior, name).scale)
