import numpy as np
import pytest

from drivers.errors import InputError
from drivers.stats.dominance import dominance_probabilities
from drivers.stats.submodel_draws import SubmodelDraws, likelihood_dominance_draws, submodel_draws
from drivers.stats.submodels import likelihood_dominance, submodels
from tests.golden.counts import esoph
from tests.stats.test_submodels import AGE_ALCOHOL_TOBACCO, answers

NEWTON = 1e-9  # of log-likelihoods in hundreds


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_every_draw_is_a_fit_of_its_own(link: str) -> None:
    x, y = answers(n=300, p=4)
    weights = np.random.default_rng(2).multinomial(300, np.full(300, 1 / 300), size=5).astype(float)
    weights[3, y == 2] = 0.0  # a draw that lost a category
    told: list[tuple[int, int]] = []
    options = {"groups": [[3, 0], [2]], "always": [1]}
    found = submodel_draws(x, y, weights, link, **options, progress=lambda done, all_: told.append((done, all_)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert found.usable.tolist() == [True, True, True, False, True]
    dominates = likelihood_dominance_draws(found, "estrella")
    for draw in (0, 4):
        single = submodels(x, y, weights[draw], link, **options)
        np.testing.assert_allclose(found.loglik[draw], single.loglik, atol=NEWTON, rtol=0)
        assert found.null[draw] == pytest.approx(single.null, abs=NEWTON)
        expected = likelihood_dominance(single, "estrella")
        np.testing.assert_allclose(dominates.general[draw], expected.general, atol=1e-11, rtol=0)
        np.testing.assert_array_equal(dominates.won[draw], expected.won)
    assert dominance_probabilities(dominates).usable == 4
    again = submodel_draws(x, y, weights, link, **options, workers=1)
    np.testing.assert_array_equal(again.loglik, found.loglik)


def test_alcohol_dominates_tobacco_almost_surely() -> None:
    # Azen & Traxel (2009): alcohol completely dominates age and tobacco; age and alcohol are close
    x, y, count, _ = esoph()
    keep = count > 0
    x, y, count = x[keep], y[keep], count[keep]
    weights = np.random.default_rng(1).gamma(count, size=(200, len(count)))  # Bayesian bootstrap of 975 people
    weights *= 975 / weights.sum(axis=1, keepdims=True)
    chance = dominance_probabilities(
        likelihood_dominance_draws(submodel_draws(x, y, weights, "logit", groups=AGE_ALCOHOL_TOBACCO))
    )
    assert chance.usable >= 190
    assert chance.complete[1, 2] > 0.99
    assert 0.5 < chance.general[1, 0] < 0.95


def test_what_cannot_be_fitted_is_refused() -> None:
    x, y = answers()
    with pytest.raises(InputError, match=r"Weights have shape \(300,\); expected \(draws, 300\)"):
        submodel_draws(x, y, np.ones(300), "logit")
    nothing = SubmodelDraws(loglik=np.full((2, 4), np.nan), null=-np.ones(2), n=np.ones(2))
    with pytest.raises(InputError, match="None of the 2 draws could be fitted"):
        likelihood_dominance_draws(nothing)
