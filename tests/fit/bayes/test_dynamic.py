"""Slopes that walk from wave to wave: recovery of known truth, what a fit holds, refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import gammaln
from scipy.stats import norm

import drivers as dr
from drivers.errors import InputError
from drivers.fit.bayes.datatree import load_fit, save_fit
from drivers.fit.bayes.log_prior import log_likelihood
from drivers.fit.bayes.pointwise import cell_loglik, complete_cells
from drivers.stats.moments import weighted_moments

SLOPES = {"2026-Q1": 0.15, "2026-Q2": 0.3, "2026-Q3": 0.45, "2026-Q4": 0.6}
LEVELS = {"2026-Q1": 0.0, "2026-Q2": 0.1, "2026-Q3": 0.1, "2026-Q4": 0.3}


def tracker(people: int, seed: int, weighted: bool = False) -> dr.Survey:
    rng = np.random.default_rng(seed)
    rows = []
    for wave, slope in SLOPES.items():
        x = np.clip(np.round(rng.normal(3, 1, (people, 2))), 1, 5)
        latent = slope * (x[:, 0] - 3) + 0.3 * (x[:, 1] - 3) + LEVELS[wave] + rng.standard_normal(people)
        rows.append(pd.DataFrame({
            "speed": x[:, 0], "value": x[:, 1], "quarter": wave, "load": rng.uniform(0.5, 2, people),
            "happy": 1 + (latent[:, None] > np.array([-1.5, -0.6, 0.3, 1.2])).sum(axis=1),
        }))
    weight = {"weight": "load"} if weighted else {}
    survey = dr.Survey(
        drivers=["speed", "value"], outcomes=["happy"], wave="quarter",
        items={name: dr.Item(scale=(1, 5)) for name in ("speed", "value", "happy")}, **weight,
    )
    return dr.read(pd.concat(rows, ignore_index=True), survey)


@pytest.fixture(scope="module")
def answers():
    return tracker(300, 1)


@pytest.fixture(scope="module")
def ordinal(answers):
    return dr.fit(answers, model="ordinal", engine="bayes", walk="normal", seed=3)


@pytest.mark.parametrize("model", ["ordinal", pytest.param("linear", marks=pytest.mark.slow)])
def test_slopes_follow_the_truth_over_waves(answers, model, request):
    fit = request.getfixturevalue(model) if model == "ordinal" else dr.fit(
        answers, model=model, engine="bayes", walk="normal", seed=3
    )
    waves = fit.waves
    assert waves.names == tuple(SLOPES) and list(waves.n) == [300] * 4
    assert waves.slopes.shape[2:] == (4, 2) and waves.shift.shape[2:] == (4,) and waves.pace.shape[2:] == (3,)
    np.testing.assert_array_equal(fit.draws.slopes, waves.slopes[:, :, -1])  # draws are of the latest wave
    assert (waves.shift[..., -1] == 0).all()
    rising = (waves.slopes[:, :, -1, 0] > waves.slopes[:, :, 0, 0]).mean()
    assert rising > 0.99
    if model == "ordinal":
        middle, spread = waves.slopes.mean(axis=(0, 1)), waves.slopes.std(axis=(0, 1))
        truth = np.column_stack([list(SLOPES.values()), np.full(4, 0.3)])
        assert (np.abs(middle - truth) < 3.5 * spread).all()
        alone = dr.fit(answers, model=model, engine="bayes", where={"quarter": "2026-Q4"})
        assert spread[-1, 1] < 0.9 * alone.draws.slopes[..., 1].std()  # a steady slope borrows from other waves
    assert "latest, `2026-Q4` (300 respondents)" in fit.summary().replace("\n", " ")
    assert fit.diagnostics["divergences"] == 0 and fit.diagnostics["ess"] >= 400


def test_every_answer_is_judged_by_the_slopes_of_its_own_wave(ordinal):
    cells = complete_cells(ordinal)
    found = cell_loglik(ordinal, cells)
    waves, draws = ordinal.waves, ordinal.draws
    at = int(np.flatnonzero(cells.keys["quarter"] == "2026-Q1")[0])
    y, s = int(cells.values[at, -1]), len(found)
    cuts = np.column_stack([np.full(s, -np.inf), draws.cuts.reshape(s, -1), np.full(s, np.inf)])
    mean = waves.slopes[:, :, 0].reshape(s, 2) @ cells.values[at, :2] + waves.shift[:, :, 0].ravel()
    wanted = np.log(norm.cdf(cuts[:, y] - mean) - norm.cdf(cuts[:, y - 1] - mean))
    np.testing.assert_allclose(found[:, at], wanted, atol=1e-9)


def test_the_model_is_handed_out_with_the_answers_it_was_fitted_to(ordinal):
    """Its likelihood at a draw is that of the draw."""
    model = ordinal.to_pymc()
    assert list(model.coords["wave"]) == list(SLOPES) and list(model.coords["driver"]) == ["speed", "value"]
    waves, cells = ordinal.waves, complete_cells(ordinal)
    moments = weighted_moments(cells.values, cells.n)
    centre, spread = moments.mean[:-1], np.sqrt(np.diag(moments.cov))[:-1]
    slopes = waves.slopes[0, 0] * spread
    level = waves.shift[0, 0] + waves.slopes[0, 0] @ centre  # of average answers
    walk = np.column_stack([slopes, level])
    pace = waves.pace[0, 0] * np.append(spread, 1)
    cuts = ordinal.draws.cuts[0, 0] - level.mean()
    point = {
        "slopes": slopes.mean(axis=0), "cuts_ordered__": np.append(cuts[0], np.log(np.diff(cuts))),
        "pace_log__": np.log(pace), "step": np.diff(walk, axis=0) / pace,
    }
    count = model.rvs_to_values[model["answers"]].data
    assert count.sum() == ordinal.n
    ways = gammaln(count.sum(axis=1) + 1).sum() - gammaln(count + 1).sum()
    found = model.compile_logp(vars=model.observed_RVs, mode="FAST_COMPILE")(point) - ways
    assert float(found) == pytest.approx(log_likelihood(ordinal)[0], rel=1e-10)


def test_a_saved_walk_is_the_same_and_a_right_one_is_ready(ordinal, tmp_path):
    back = load_fit(save_fit(ordinal, tmp_path / "walk.nc"))
    np.testing.assert_array_equal(back.waves.slopes, ordinal.waves.slopes)
    assert back.waves.names == ordinal.waves.names
    tree = ordinal.to_datatree()
    assert tree["posterior"]["wave_slopes"].dims == ("chain", "draw", "wave", "driver")
    assert int(tree["sample_stats"]["diverging"].sum()) == 0
    found = dr.diagnose(ordinal)
    assert found.verdict == "ready"
    assert set(found.sensitivity["quantity"]) == {"slope", "share", "r2", "pace"}
    quarters = found.predictive.bars.query("column == 'quarter'")
    assert list(quarters["n"].unique()) == [300] and len(quarters) == 20


def test_changes_between_waves_are_probabilities_of_the_draws(ordinal):
    found, slopes = dr.moving_slopes(ordinal), ordinal.waves.slopes
    table = found.tidy().set_index(["quantity", "driver", "wave"])
    since = slopes[:, :, -1, 0] - slopes[:, :, 0, 0]
    row = table.loc[("slope", "speed", "2026-Q1")]
    assert row["change"] == pytest.approx(since.mean())
    assert row["p_up"] == (since > 0).mean() and row["against"] == "first"
    np.testing.assert_allclose([row["low"], row["high"]], np.quantile(since, [0.05, 0.95]))
    assert row["p_up"] > 0.99 and not row["flag"]  # it rose over the year: .45 points of truth
    by_wave = found.by_wave.pivot_table(index="wave", columns=["quantity", "driver"], values="estimate")
    np.testing.assert_allclose(by_wave["slope"]["speed"], slopes[..., 0].mean(axis=(0, 1)))
    r2 = []
    for t in range(4):  # shares of a wave add up to what is explained in it
        at = slopes[:, :, t].reshape(-1, 2)
        explained = np.einsum("si,ij,sj->s", at, ordinal.waves.x_cov[t], at)
        r2.append((explained / (explained + 1)).mean())
    np.testing.assert_allclose(by_wave["share"].sum(axis=1), r2, atol=1e-10)
    assert "P(up)" in found.summary() and len(found.to_dict()["by_wave"]) == 16
    with pytest.raises(InputError, match='walk="normal"'):
        dr.moving_slopes(dr.fit(tracker(60, 2), engine="bayes", draws=100))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"walk": "normal"}, "add engine='bayes'"), ({"engine": "bayes", "walk": "levy"}, "choose `normal`"),
        ({"engine": "bayes", "season": True}, "add walk='normal'"),
        ({"engine": "bayes", "walk": "normal", "season": True}, "takes 8 quarters"),
        ({"engine": "bayes", "walk": "normal", "where": {"quarter": "2026-Q1"}}, "leave it out of `where`"),
        ({"engine": "bayes", "walk": "normal", "method": "laplace"}, "does not go with `walk`"),
        ({"engine": "bayes", "walk": "normal", "missing": "impute"}, "complete cases"),
    ],
)  # fmt: skip
def test_requests_that_make_no_sense_are_refused(answers, asked, words):
    with pytest.raises(InputError, match=words):
        dr.fit(answers, model="ordinal", **asked)


def test_weights_are_never_used_silently():
    with pytest.raises(InputError, match="cannot simply be weighted"):
        dr.fit(tracker(60, 2, weighted=True), model="ordinal", engine="bayes", walk="normal")
