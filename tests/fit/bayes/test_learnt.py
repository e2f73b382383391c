"""Prior beside posterior: quantiles of what was drawn, narrower where answers taught something."""

import numpy as np
import pytest

import drivers as dr
from drivers.errors import InputError
from drivers.fit.bayes.priors import CovariancePrior, SlopePriors, flat, normal
from tests.fit.bayes.test_diagnose import people, posterior

DRAWS = 20_000


@pytest.mark.parametrize("model", ["linear", "ordinal"])
def test_slopes_have_their_priors_quantiles_in_own_units(model):
    table = people(n=400)
    fit = posterior(table, model, prior=SlopePriors(slopes=normal(0.1, 0.4)))
    found = dr.learnt(fit, draws=DRAWS).tidy().set_index(["quantity", "driver"])
    unit = (table["y"].std(ddof=0) if model == "linear" else 1) / table["a"].std(ddof=0)
    row = found.loc[("slope", "a")]
    error = 0.4 * unit * np.sqrt(0.05 * 0.95 / DRAWS) / 0.103  # of a 5 % quantile: sqrt(p q / n) over the density
    assert row["prior_low"] == pytest.approx((0.1 - 1.645 * 0.4) * unit, abs=4 * error)
    assert row["prior_high"] == pytest.approx((0.1 + 1.645 * 0.4) * unit, abs=4 * error)
    drawn = fit.draws.slopes[..., 0].ravel()
    np.testing.assert_allclose(row[["low", "median", "high"]].astype(float), np.quantile(drawn, [0.05, 0.5, 0.95]))
    assert row["narrower"] == pytest.approx(1 - drawn.std() / (0.4 * unit), abs=0.01)


def test_shares_are_those_of_importance_and_add_up():
    fit = posterior(people(n=400))
    found = dr.learnt(fit, draws=500).tidy().set_index(["quantity", "driver"])
    shares = dr.importance(fit).shares[0]
    for j, name in enumerate(("a", "b")):
        np.testing.assert_allclose(found.loc[("share", name), "median"], np.median(shares[:, j]), atol=1e-10)
    assert (found["narrower"] > 0.3).all()
    assert "narrower" in dr.learnt(fit, draws=500).summary()


def test_a_prior_of_r2_has_slopes_at_the_outcomes_spread_and_r2_as_stated():
    table = people(n=400)
    found = dr.learnt(posterior(table, "linear"), draws=DRAWS).tidy().set_index(["quantity", "driver"])
    # with two drivers slopes are uniform in direction: a's is sqrt(R2) cos(angle) of what it can be, sd sqrt(E R2 / 2)
    inside = 1 - np.corrcoef(table["a"], table["b"])[0, 1] ** 2
    unit = table["y"].std(ddof=0) / table["a"].std(ddof=0) / np.sqrt(inside)
    error = np.sqrt(0.05 * 0.95 / DRAWS) * unit / 0.3
    cos = np.cos(np.linspace(0, np.pi, 100_001))
    wanted = np.quantile(np.sqrt(np.linspace(0, 1, 201)[:, None]) * cos[None, ::100], [0.05, 0.95]) * unit
    ends = found.loc[("slope", "a"), ["prior_low", "prior_high"]].astype(float)
    np.testing.assert_allclose(ends, wanted, atol=4 * error)
    assert found.loc[("r2", ""), "prior_median"] == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(DRAWS))


def test_jeffreys_prior_has_no_slopes_and_a_flat_one_nothing():
    found = dr.learnt(posterior(people(n=200), "linear", prior=CovariancePrior()), draws=200)
    assert set(found.tidy()["quantity"]) == {"r2", "share"}
    assert "nearest proper neighbour" in found.summary().replace("\n", " ")
    with pytest.raises(InputError, match="draw kind='share'"):
        found.plot(kind="slope")
    with pytest.raises(InputError, match="A flat prior implies nothing"):
        dr.learnt(posterior(people(n=200), prior=SlopePriors(slopes=flat())))
