"""Importance read off a fit: laws of shares and ranks, bounds near zero, refusals."""

import json
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import drivers as dr
from drivers.defaults import MAX_FAILED_DRAWS, NEAR_ZERO
from drivers.errors import FitError, InputError, ResampleWarning
from drivers.importance.result import NOISE, Importance
from drivers.stats import shapley
from tests.cells.made import answers_of, ratings

EXACT = 1e-9
MODELS = [("linear", None), ("ordinal", "probit"), ("ordinal", "logit"), ("logit", "logit")]


def made(shares: np.ndarray, n_eff: float = 400.0, **changed: object) -> Importance:
    """An importance of these draws (draws, drivers), its estimate their mean."""
    estimate = shares.mean(axis=0)
    parts = {
        "outcome": "y", "drivers": tuple("abcdefgh"[: shares.shape[1]]), "labels": {}, "model": "linear",
        "link": "identity", "engine": "regression", "measure": "lmg", "estimate": estimate, "shares": shares[None],
        "r2_estimate": float(estimate.sum()), "r2": shares.sum(axis=1)[None], "slope_estimate": estimate,
        "slopes": shares[None], "n": 400, "n_complete": 400, "n_eff": n_eff,
    }
    return Importance(**(parts | changed))


@pytest.mark.parametrize(("model", "link"), MODELS)
def test_shares_add_up_to_r2_in_the_estimate_and_in_every_draw(model, link):
    fit = dr.fit(answers_of(ratings(300, 1)), model=model, link=link, draws=40)
    imp = dr.importance(fit)
    assert imp.estimate.sum() == pytest.approx(fit.r2, abs=EXACT)
    np.testing.assert_allclose(imp.shares.sum(axis=2), fit.draws.r2, atol=EXACT)
    assert imp.shares.shape == (1, 40, 3) and imp.shares.min() >= 0
    np.testing.assert_allclose(imp.tidy()["relative"].sum(), 1, atol=EXACT)
    assert (imp.n, imp.n_eff, imp.level) == (fit.n, fit.n_eff, fit.spec.level)


def test_latent_shares_are_lmg_of_the_latent_covariance():
    """Written out for two drivers: half the gain first in, half the gain last in."""
    fit = dr.fit(answers_of(ratings(300, 2, slopes=(0.5, 0.2))), model="ordinal", draws=3)
    cov, b = fit.point.x_cov[0, 0], fit.point.slopes[0, 0]
    total = b @ cov @ b + 1
    alone = (cov @ b) ** 2 / np.diag(cov) / total
    r2 = b @ cov @ b / total
    expected = [(alone[0] + r2 - alone[1]) / 2, (alone[1] + r2 - alone[0]) / 2]
    np.testing.assert_allclose(dr.importance(fit).estimate, expected, atol=EXACT)


@given(
    seed=st.integers(0, 2**16), p=st.integers(1, 5), tied=st.booleans(),
)
@settings(max_examples=40)
def test_ranks_are_a_doubly_stochastic_table_and_agree_with_beats(seed, p, tied):
    shares = np.random.default_rng(seed).random((50, p))
    if tied:
        shares = shares.round(1)
    imp = made(shares)
    chance = imp.rank_probabilities()
    np.testing.assert_allclose(chance.sum(axis=0), 1)
    np.testing.assert_allclose(chance.sum(axis=1), 1)
    beats = imp.beats().to_numpy()
    ties = (shares[:, :, None] == shares[:, None, :]).mean(axis=0) * (1 - np.eye(p))
    np.testing.assert_allclose(beats + beats.T + ties, 1 - np.eye(p))
    # expected rank: one, plus the drivers above, plus half of those level
    np.testing.assert_allclose(chance @ np.arange(1, p + 1), 1 + beats.sum(axis=0) + ties.sum(axis=0) / 2)


def test_ties_do_not_favour_the_driver_named_first():
    imp = made(np.array([[0.2, 0.2, 0.1], [0.0, 0.0, 0.0]]))
    assert imp.rank_probabilities()[1].tolist() == pytest.approx([0.25 + 1 / 6, 0.25 + 1 / 6, 1 / 6])


def test_near_zero_is_an_upper_bound():
    rng = np.random.default_rng(1)
    shares = np.column_stack([
        0.30 + 0.02 * rng.normal(size=2000),   # large
        0.02 * rng.random(2000),               # small, reaches down to zero
        0.025 + 0.001 * rng.normal(size=2000), # small but sure
        0.004 + 0.0005 * rng.random(2000),     # so small that noise could have got it with 400 answers
    ])
    table = made(shares).tidy()
    assert (table["share"][1:] < NEAR_ZERO).all()
    assert table["near_zero"].tolist() == [False, True, False, True]
    assert (table["upper"] == table["high"]).all()
    assert not made(shares, n_eff=40_000.0).tidy()["near_zero"][3]
    assert NOISE / 400 > 0.0045
    text = made(shares).summary()
    assert text.count("at most") == 2


def test_a_column_of_noise_rarely_gets_an_interval_that_leaves_zero_out():
    """Half of methods' warning: intervals of a true zero never cover it, so they must be bounds."""
    rng = np.random.default_rng(2)
    shown = []
    for seed in range(40):
        table = ratings(300, seed, slopes=(0.5, 0.3), correlation=0.0)
        table.insert(0, "noise", rng.integers(1, 6, 300).astype(float))
        found = dr.importance(dr.fit(answers_of(table), draws=200)).tidy().set_index("driver")
        shown.append(found.at["noise", "near_zero"])
        assert not found.loc[["a"], "near_zero"].any()
    assert np.mean(shown) > 0.85  # 95 % expected; 40 surveys


def test_tidy_summary_and_json_hold_the_same_numbers():
    fit = dr.fit(answers_of(ratings(300, 3)), draws=100, level=0.8)
    imp = dr.importance(fit)
    table = imp.tidy()
    low, high = np.quantile(imp.shares[0], [0.1, 0.9], axis=0)
    np.testing.assert_allclose(table[["low", "high"]].T, [low, high])
    slope_low, slope_high = np.quantile(imp.slopes[0], [0.1, 0.9], axis=0)
    np.testing.assert_allclose(table[["slope_low", "slope_high"]].T, [slope_low, slope_high])
    plain = json.loads(json.dumps(imp.to_dict(), default=float, allow_nan=False))
    assert [row["driver"] for row in plain["drivers"]] == list("abc")
    np.testing.assert_allclose([row["share"] for row in plain["drivers"]], imp.estimate)
    assert plain["r2"]["estimate"] == pytest.approx(fit.r2)
    flat = " ".join(imp.summary().split())
    assert "80% interval" in flat and "unexplained" in flat and "not the effect of improving" in flat
    assert "association, not effect" in flat.lower()


def test_no_ranking_is_claimed_where_hardly_anything_is_explained():
    weak = made(0.01 + 0.005 * np.random.default_rng(1).random((200, 3)))
    assert not weak.rankable and "No ranking is claimed" in weak.summary()


def test_few_answers_per_driver_are_told():
    imp = dr.importance(dr.fit(answers_of(ratings(25, 4)), draws=50))
    assert any("Only 8.3 answers per driver" in note for note in imp.notes)


def test_one_driver_alone_has_its_r2():
    table = ratings(100, 5)[["a", "y"]]
    imp = dr.importance(dr.fit(answers_of(table), draws=20))
    assert imp.estimate == pytest.approx([np.corrcoef(table["a"], table["y"])[0, 1] ** 2])
    assert imp.tidy()["p_first"].tolist() == [1.0]


def test_an_unknown_measure_is_refused():
    fit = dr.fit(answers_of(ratings(100, 6)), draws=3)
    with pytest.raises(InputError, match="measure='shapley' is not known; choose one of `lmg`"):
        dr.importance(fit, measure="shapley")


def test_draws_without_a_share_are_counted_and_too_many_refused(monkeypatch):
    fit = dr.fit(answers_of(ratings(100, 7)), draws=50)
    real = shapley.lmg_draws

    def failing(count):
        def shares(joint, **blocks):
            out = real(joint, **blocks)
            out[:count] = np.nan
            return out

        return shares

    monkeypatch.setattr(shapley, "lmg_draws", failing(5))
    with pytest.warns(ResampleWarning, match="5 of 50 draws have no lmg share; they were left out of the intervals"):
        imp = dr.importance(fit)
    assert imp.shares.shape == (1, 45, 3) and imp.slopes.shape == (1, 45, 3) and imp.r2.shape == (1, 45)
    monkeypatch.setattr(shapley, "lmg_draws", failing(int(MAX_FAILED_DRAWS * 50) + 1))
    with pytest.raises(FitError, match="11 of 50 draws have no lmg share"):
        dr.importance(fit)
    monkeypatch.setattr(shapley, "lmg_draws", failing(0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dr.importance(fit)
