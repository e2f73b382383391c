"""Segments and waves in one model: recovery of known truth, what a fit holds, and the two models it is made of."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import gammaln
from scipy.stats import norm

import drivers as dr
from drivers.errors import InputError
from drivers.fit.bayes.datatree import load_fit, save_fit
from drivers.fit.bayes.log_prior import _average, log_likelihood
from drivers.fit.bayes.pointwise import cell_loglik, complete_cells
from drivers.fit.bayes.priors import SegmentPriors, SlopePriors
from drivers.fit.bayes.walk import WalkPriors
from drivers.stats.moments import weighted_moments
from tests.fit.bayes.test_models_varying import values_of

pytestmark = pytest.mark.bayes
WAVES = ("2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4")
CHANNELS = ("mail", "phone", "store")
MOVES = np.array([[-0.2, 0.0], [-0.05, 0.0], [0.05, 0.0], [0.2, 0.0]])
DIFFER = np.array([[0.25, -0.1], [0.0, 0.0], [-0.25, 0.1]])
LEVELS, RISES = np.array([0.3, 0.0, -0.3]), np.array([-0.15, 0.0, 0.0, 0.15])
MIX = np.array([[0.2, 0.4, 0.4], [0.3, 0.4, 0.3], [0.4, 0.3, 0.3], [0.5, 0.3, 0.2]])  # the mix of channels moves
TRUTH = np.array([0.5, 0.3]) + MOVES[None] + DIFFER[:, None]  # (channel, wave, driver)


def people(each: int = 300, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    wave = np.repeat(np.arange(4), each)
    channel = np.concatenate([rng.choice(3, each, p=mix) for mix in MIX])
    x = np.clip(np.round(rng.multivariate_normal([3, 3], [[1.1, 0.4], [0.4, 1.1]], len(wave))), 1, 5)
    latent = ((x - 3) * TRUTH[channel, wave]).sum(axis=1) + LEVELS[channel] + RISES[wave]
    y = 1 + ((latent + rng.standard_normal(len(wave)))[:, None] > [-1.2, -0.3, 0.5, 1.4]).sum(axis=1)
    return pd.DataFrame({
        "speed": x[:, 0], "value": x[:, 1], "quarter": np.array(WAVES)[wave], "channel": np.array(CHANNELS)[channel],
        "happy": y, "load": rng.gamma(4.0, 0.25, len(wave)),
    })


def read(table: pd.DataFrame, weighted: bool = False):
    weight = {"weight": "load"} if weighted else {}
    return dr.read(table, dr.Survey(
        drivers=["speed", "value"], outcomes=["happy"], wave="quarter",
        segments=[name for name in ("channel", "half") if name in table],
        items={name: dr.Item(scale=(1, 5)) for name in ("speed", "value", "happy")}, **weight,
    ))


def tracker(answers, **more):
    return dr.fit(answers, **{
        "model": "ordinal", "engine": "bayes", "by": "channel", "walk": "normal", "seed": 3
    } | more)


@pytest.fixture(scope="module")
def answers():
    return read(people())


@pytest.fixture(scope="module")
def fit(answers):
    return tracker(answers)


def test_what_was_learnt_says_whose_prior_it_shows(fit):
    assert "The prior is that of the average segment and wave." in dr.learnt(fit, draws=200).notes


def test_slopes_follow_the_truth_over_segments_and_waves(fit):
    segments, waves = fit.segments, fit.waves
    assert segments.names == CHANNELS and waves.names == WAVES
    low, high = np.quantile(segments.slopes, [0.005, 0.995], axis=(0, 1))  # of the latest wave
    assert ((low < TRUTH[:, -1]) & (TRUTH[:, -1] < high)).all()
    share = segments.share.mean(axis=(0, 1))
    low, high = np.quantile(waves.slopes, [0.005, 0.995], axis=(0, 1))
    truth = np.einsum("g,gtp->tp", share, TRUTH)  # every wave by the shares of the latest
    assert ((low < truth) & (truth < high)).all()
    assert (waves.slopes[:, :, -1, 0] > waves.slopes[:, :, 0, 0]).mean() > 0.99
    assert (segments.slopes[:, :, 0, 0] > segments.slopes[:, :, 2, 0]).mean() > 0.99
    alone = segments.slopes[:, :, 0].std(axis=(0, 1))
    assert (alone < 0.2).all()
    assert fit.diagnostics["divergences"] == 0 and fit.diagnostics["ess"] >= 400 and not fit.diagnostics["retried"]


def test_the_population_is_that_of_the_latest_wave(fit):
    segments, waves, draws = fit.segments, fit.waves, fit.draws
    np.testing.assert_allclose(np.einsum("cdg,cdgp->cdp", segments.share, segments.slopes), draws.slopes, atol=1e-10)
    np.testing.assert_allclose(np.einsum("cdg,cdg->cd", segments.share, segments.shift), 0, atol=1e-10)
    np.testing.assert_array_equal(waves.slopes[:, :, -1], draws.slopes)
    assert (waves.shift[..., -1] == 0).all()
    cells = fit.cells.complete()
    latest = cells.keys["quarter"] == WAVES[-1]
    n = [cells.n[latest & (cells.keys["channel"] == name)].sum() for name in CHANNELS]
    np.testing.assert_allclose(segments.share.mean(axis=(0, 1)), np.array(n) / 300, atol=0.003)
    inside = [weighted_moments(cells.values[at, :2], cells.n[at]).cov
              for at in (latest & (cells.keys["channel"] == name) for name in CHANNELS)]
    within = np.einsum("g,gij->ij", segments.share.mean(axis=(0, 1)), inside)
    np.testing.assert_allclose(draws.x_cov.mean(axis=(0, 1)), within, rtol=0.03)
    np.testing.assert_allclose(waves.x_cov[-1], within, rtol=1e-9)
    text = fit.summary().replace("\n", " ")
    assert "by the same amount in every wave" in text
    assert "averaged over segments by the shares of the latest" in text
    assert "spread of a slope over segments half normal(0, 0.3)" in text and "steps from wave to wave normal" in text
    assert dr.importance(fit).estimate.sum() == pytest.approx(dr.importance(fit).r2_estimate, abs=1e-10)


def test_every_answer_is_judged_by_its_segment_in_its_wave(fit):
    cells = complete_cells(fit)
    found = cell_loglik(fit, cells)
    s, draws = len(found), fit.draws
    at = int(np.flatnonzero((cells.keys["quarter"] == "2026-Q1") & (cells.keys["channel"] == "store"))[0])
    slopes = fit.segments.slopes[:, :, 2] + fit.waves.slopes[:, :, 0] - draws.slopes  # the same difference every wave
    shift = fit.segments.shift[:, :, 2] + fit.waves.shift[:, :, 0]
    mean = slopes.reshape(s, 2) @ cells.values[at, :2] + shift.ravel()
    cuts = np.column_stack([np.full(s, -np.inf), draws.cuts.reshape(s, -1), np.full(s, np.inf)])
    y = int(cells.values[at, -1])
    wanted = np.log(norm.cdf(cuts[:, y] - mean) - norm.cdf(cuts[:, y - 1] - mean))
    np.testing.assert_allclose(found[:, at], wanted, atol=1e-9)
    rows = {"speed": [2], "value": [5], "channel": ["store"]}  # predictions are of the latest wave
    chance = fit.predict(rows, draws=True).probability[..., 0, 0].ravel()
    eta = fit.segments.slopes[:, :, 2].reshape(s, 2) @ [2, 5] + fit.segments.shift[:, :, 2].ravel()
    np.testing.assert_allclose(chance, norm.cdf(cuts[:, 1] - eta), atol=1e-12)


def test_the_model_is_handed_out_with_the_answers_it_was_fitted_to(fit):
    """Its likelihood at a draw is that of the draw."""
    model = fit.to_pymc()
    assert list(model.coords["wave"]) == list(WAVES) and list(model.coords["channel"]) == list(CHANNELS)
    cells = complete_cells(fit)
    moments = weighted_moments(cells.values, cells.n)
    spread = np.sqrt(np.diag(moments.cov))[:-1]
    slopes, base = (one[0] for one in _average(fit))  # of the average segment and wave
    cuts = base - slopes @ moments.mean[:-1]
    waves, segments = fit.waves, fit.segments
    moved = np.column_stack([
        waves.slopes[0, 0] * spread, waves.shift[0, 0] + waves.slopes[0, 0] @ moments.mean[:-1]
    ])
    pace = waves.pace[0, 0] * np.append(spread, 1)
    effect = (segments.slopes[0, 0] - segments.slopes[0, 0].mean(axis=0)) * spread
    level = segments.shift[0, 0] + segments.slopes[0, 0] @ moments.mean[:-1]
    root = np.diag(np.sqrt((effect**2).sum(axis=0)))
    point = {
        "slopes": slopes * spread, "cuts": cuts, "pace": pace, "step": np.diff(moved, axis=0) / pace,
        "root_channel": root[np.tril_indices(2)], "raw_channel": np.linalg.solve(root, effect.T),
        "level_spread_channel": 1.0, "level_raw_channel": level - level.mean(),
    }
    count = model.rvs_to_values[model["answers"]].data
    ways = gammaln(count.sum(axis=1) + 1).sum() - gammaln(count + 1).sum()
    found = model.compile_logp(vars=model.observed_RVs, mode="FAST_COMPILE")(values_of(model, point)) - ways
    assert float(found) == pytest.approx(log_likelihood(fit)[0], rel=1e-10)


def test_a_saved_tracker_is_the_same_and_a_right_one_is_ready(fit, tmp_path):
    back = load_fit(save_fit(fit, tmp_path / "tracker.nc"))
    np.testing.assert_array_equal(back.waves.slopes, fit.waves.slopes)
    np.testing.assert_array_equal(back.segments.slopes, fit.segments.slopes)
    tree = fit.to_datatree()
    assert tree["posterior"]["wave_slopes"].dims == ("chain", "draw", "wave", "driver")
    assert tree["posterior"]["segment_slopes"].dims == ("chain", "draw", "segment", "driver")
    found = dr.diagnose(fit)
    assert found.verdict == "ready"
    assert set(found.sensitivity["quantity"]) == {"slope", "share", "r2", "spread", "correlation", "pace"}
    assert {"channel", "quarter"} <= set(found.predictive.bars["column"])


def test_segments_and_waves_are_read_off_side_by_side(fit):
    pooled = dr.pooled_slopes(fit)
    row = pooled.tidy().set_index(["driver", "segment"]).loc[("speed", "mail")]
    assert row["slope"] == pytest.approx(fit.segments.slopes[:, :, 0, 0].mean())
    # what it says by itself is of the latest wave too: near the truth of that wave, within its error
    assert abs(row["alone"] - TRUTH[0, -1, 0]) < 3 * row["alone_se"]
    moving = dr.moving_slopes(fit).tidy().set_index(["quantity", "driver", "wave"])
    assert moving.loc[("slope", "speed", "2026-Q1")]["p_up"] > 0.99
    change = fit.waves.slopes[:, :, -1, 0] - fit.waves.slopes[:, :, 0, 0]
    assert moving.loc[("slope", "speed", "2026-Q1")]["change"] == pytest.approx(change.mean())
    assert "by channel, in 2026-Q4" in pooled.summary() and pooled.to_dict()["wave"] == "2026-Q4"
    assert "averaged over segments of channel by the same shares" in dr.moving_slopes(fit).summary().replace("\n", " ")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"by": "quarter"}, "leave it out of `by`"), ({"missing": "impute"}, "complete cases"),
        ({"prior": SlopePriors(units="own")}, "Priors of a tracker are in standard units"),
        ({"population": {"mail": 1.0}}, "The population table lacks"), ({"season": True}, "takes 8 quarters"),
        ({"engine": "regression"}, "add engine='bayes'"), ({"method": "laplace"}, "does not go with"),
    ],
)  # fmt: skip
def test_requests_that_make_no_sense_are_refused(answers, asked, words):
    with pytest.raises(InputError, match=words):
        tracker(answers, **asked)


def test_weights_are_never_used_silently():
    with pytest.raises(InputError, match="weights or a sampling design"):
        tracker(read(people(60, 2), weighted=True))


@pytest.mark.slow
@pytest.mark.parametrize("population", ["table", "weights"])
def test_two_columns_and_a_segment_that_nobody_is_in_any_more(population):
    table = people(120, seed=5)
    table["half"] = np.where(np.arange(len(table)) % 2, "one", "two")
    gone = (table["channel"] == "mail") & (table["quarter"] == WAVES[-1]) & (table["half"] == "one")
    asked = {"by": ["channel", "half"], "walk": "student_t", "model": "linear"}
    shares = {(channel, half): 1.0 for channel in CHANNELS for half in ("one", "two")}
    found = tracker(
        read(table[~gone], weighted=True), population=shares if population == "table" else "weights", **asked
    )
    share = found.segments.share.mean(axis=(0, 1))
    assert found.segments.names[0] == "mail / one" and share.sum() == pytest.approx(1)
    text = found.summary().replace("\n", " ")
    if population == "table":
        np.testing.assert_allclose(share, 1 / 6)
        assert "Nobody of `mail / one` answered in `2026-Q4`: their drivers vary as in earlier waves" in text
    else:
        assert (found.segments.share[..., 0] == 0).all()
        assert "Nobody of `mail / one` answered in `2026-Q4`: they have no share of the population" in text
    assert np.isfinite(found.draws.x_cov).all() and np.isfinite(found.waves.x_cov).all()
    np.testing.assert_allclose(
        np.einsum("cdg,cdgp->cdp", found.segments.share, found.segments.slopes), found.draws.slopes, atol=1e-10
    )
    assert list(found.to_pymc().coords["half"]) == ["one", "two"]


@pytest.mark.slow
@pytest.mark.parametrize("model", ["ordinal", "linear"])
def test_a_walk_with_segments_that_cannot_differ_is_the_walk(answers, model):
    """Within four Monte-Carlo errors, on means of every wave's slopes."""
    still = SlopePriors(segments=SegmentPriors(spread=1e-4, level_spread=1e-4))
    both, walk = tracker(answers, model=model, prior=still), tracker(answers, model=model, by=None)
    _agree(both, walk, both.waves.slopes, walk.waves.slopes)
    _agree(both, walk, both.waves.pace, walk.waves.pace)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["ordinal", "linear"])
def test_segments_in_waves_that_cannot_move_are_the_hierarchy(answers, model):
    still = SlopePriors(walk=WalkPriors(pace=1e-4))
    both, by = tracker(answers, model=model, prior=still), tracker(answers, model=model, walk=None)
    _agree(both, by, both.segments.slopes, by.segments.slopes)
    _agree(both, by, both.segments.spread, by.segments.spread)


def _agree(one, other, mine, theirs):
    from arviz_stats.base import array_stats

    flat = [values.reshape(*values.shape[:2], -1) for values in (mine, theirs)]
    for j in range(flat[0].shape[2]):
        a, b = (values[:, :, j] for values in flat)
        error = np.sqrt(sum(v.var() / array_stats.ess(v, method="mean") for v in (a, b)))
        assert abs(a.mean() - b.mean()) < 4 * error
        assert a.std() == pytest.approx(b.std(), rel=0.08)
