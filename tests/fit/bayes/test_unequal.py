"""Groups that differ in latent level and spread: the density, its posterior, what is read off it, what is refused."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

import drivers as dr
from drivers.errors import DriversError, InputError, SurveyError
from drivers.fit.bayes.datatree import load_fit, save_fit
from drivers.fit.bayes.group_priors import GroupPriors
from drivers.fit.bayes.laplace import find_mode
from drivers.fit.bayes.priors import SlopePriors
from drivers.fit.bayes.target import ordered_target
from drivers.fit.bayes.unequal_target import unequal_target
from drivers.scenario.average_slope import average_slopes
from drivers.stats.prior_density import PriorArrays
from drivers.stats.unequal_spread import group_chances
from tests.cells.made import answers_of
from tests.fit.bayes.calibration import CDF
from tests.fit.bayes.test_flat import MC, agree
from tests.fit.bayes.test_target import differences

pytestmark = pytest.mark.bayes
TRUE_SPREAD = {"phone": 1.6, "store": 0.8, "web": 1.0}
TRUE_LEVEL = {"phone": 0.5, "store": 0.0, "web": -0.3}
SLOPES, CUTS = (0.5, 0.25), (1.0, 1.8, 2.6, 3.4)


def people(n=1500, seed=0, weights=False) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    channel = rng.choice(["phone", "store", "web"], n, p=[0.3, 0.5, 0.2])
    mood = rng.normal(size=n)
    a, b = (np.clip(np.round(3.3 + 0.7 * mood + 0.8 * rng.normal(size=n)), 1, 5) for _ in range(2))
    spread, level = (np.array([truth[one] for one in channel]) for truth in (TRUE_SPREAD, TRUE_LEVEL))
    y = 1 + np.searchsorted(CUTS, SLOPES[0] * a + SLOPES[1] * b + level + spread * rng.normal(size=n))
    table = pd.DataFrame({"a": a, "b": b, "y": y.astype(float), "channel": channel})
    return table.assign(w=rng.gamma(2.0, size=n)) if weights else table


def unequal(table, **asked):
    return dr.fit(table, "y", ["a", "b"], **{
        "model": "ordinal", "engine": "bayes", "spread_by": "channel", "draws": 2000
    } | asked)


@pytest.fixture(scope="module")
def fit():
    return unequal(people())


def cells(seed=1, m=60, p=3, q=4, groups=3):
    rng = np.random.default_rng(seed)
    return (
        rng.normal(size=(m, p)), rng.integers(0, q + 1, m).astype(np.intp), (np.arange(m) % groups).astype(np.intp),
        rng.gamma(2.0, size=m),
    )


def prior(p=3, q=4):
    return PriorArrays(
        location=np.r_[np.zeros(p), np.full(q, 0.3)], scale=np.r_[np.full(p, 0.5), np.full(q, 1.5)],
        df=np.r_[np.full(p, np.inf), np.full(q, 4.0)],
    )  # fmt: skip


@pytest.mark.parametrize("link", ["probit", "logit"])
def test_the_density_is_scipys_and_its_derivatives_are_differences(link):
    x, y, group, weight = cells()
    priors = GroupPriors(level=0.8, spread=0.4)
    target = unequal_target(x, y, group, weight, 4, link, prior(), priors)
    plain = ordered_target(x, y, weight, 4, link, prior())
    chains = target.chain_density(target.start, "abc")
    for phi in np.random.default_rng(2).normal(0, 0.5, (4, 11)):
        value, gradient, hessian = target.expand(phi)
        theta = target.theta(phi)
        b, cuts, level, log_sd = np.split(theta, [3, 7, 10])
        assert level.sum() == pytest.approx(0, abs=1e-12)
        assert log_sd.sum() == pytest.approx(0, abs=1e-12)
        edges, sd = np.concatenate([[-np.inf], cuts, [np.inf]]), np.exp(log_sd[group])
        mean = x @ b + level[group]
        low, high = (edges[y] - mean) / sd, (edges[y + 1] - mean) / sd
        cdf = CDF[link]  # differences are taken where both values are small
        chance = np.where(low > 0, cdf(-low) - cdf(-high), cdf(high) - cdf(low))
        scales = priors.scales(1.0 if link == "probit" else math.pi / math.sqrt(3))
        beside = sum(norm(0, s).logpdf(part).sum() for s, part in zip(scales, np.split(phi[7:], 2), strict=True))
        wanted = weight @ np.log(chance) + float(plain.beside(phi[:7], theta[:7])) + beside
        assert value == pytest.approx(wanted, abs=1e-9)
        assert value == pytest.approx(target.values(phi[None])[0], abs=1e-10)
        first, second = differences(target, phi)
        np.testing.assert_allclose(gradient, first, atol=1e-6 * np.abs(first).max())
        np.testing.assert_allclose(hessian, second, atol=1e-6 * np.abs(second).max())
        found, slope = chains.value(phi)
        assert found == pytest.approx(value, abs=1e-10)
        np.testing.assert_allclose(slope, gradient, atol=1e-9)
        np.testing.assert_allclose(target.from_chains(chains.expand(phi)), phi, atol=1e-9)
        of_prior = unequal_target(x, y, group, 1e-9 * weight, 4, link, prior(), priors).expand(phi)[1]
        np.testing.assert_allclose(gradient - of_prior, weight @ target.scores(phi), atol=1e-6)


def test_a_sample_of_many_cells_tells_the_density():
    rng = np.random.default_rng(3)
    x, group = rng.normal(size=(40_000, 2)), rng.integers(0, 2, 40_000).astype(np.intp)
    latent = x @ [0.5, 0.3] + np.where(group, 1.3, 0.8) * rng.normal(size=len(x))
    y = np.searchsorted([-0.5, 0.0, 0.7], latent).astype(np.intp)
    target = unequal_target(x, y, group, np.ones(len(x)), 3, "probit", prior(2, 3), GroupPriors())
    mode, information = find_mode(target)
    near, error = target.near(mode, information, rng)
    assert near.sampled and 0 < error < 0.05
    there = mode + rng.standard_normal((20, len(mode))) @ np.linalg.cholesky(np.linalg.inv(information)).T
    away = near.values(there) - target.values(there)
    assert np.abs(away).max() < 6 * error  # the error is that of one value, averaged over the posterior


def test_groups_alike_beforehand_make_the_plain_model():
    x, y, group, weight = cells()
    tight = unequal_target(x, y, group, weight, 4, "probit", prior(), GroupPriors(level=1e-5, spread=1e-5))
    mode, information = find_mode(tight)
    plain_mode, plain_information = find_mode(ordered_target(x, y, weight, 4, "probit", prior()))
    np.testing.assert_allclose(mode[:7], plain_mode, atol=1e-6)
    np.testing.assert_allclose(information[:7, :7], plain_information, rtol=1e-5, atol=1e-6)


@given(order=st.permutations(range(3)), seed=st.integers(0, 50))
@settings(max_examples=10, deadline=None)
def test_no_group_is_a_reference(order, seed):
    """Groups named in another order have the same levels and spreads, each its own."""
    x, y, group, weight = cells(seed)
    one = unequal_target(x, y, group, weight, 4, "probit", prior(), GroupPriors())
    other = unequal_target(x, y, np.array(order)[group], weight, 4, "probit", prior(), GroupPriors())
    first, second = one.theta(find_mode(one)[0]), other.theta(find_mode(other)[0])
    np.testing.assert_allclose(second[:7], first[:7], atol=1e-4)
    np.testing.assert_allclose(second[7:10][list(order)], first[7:10], atol=1e-4)
    np.testing.assert_allclose(second[10:][list(order)], first[10:], atol=1e-4)


def test_laplace_and_chains_draw_the_same_posterior(fit):
    other = unequal(people(), method="nuts")
    assert other.diagnostics["method"] == "nuts" and fit.diagnostics["method"] == "laplace"
    agree(fit, other)
    for name in ("level", "spread"):
        one, two = (getattr(each.spreads, name).reshape(-1, 3) for each in (fit, other))
        assert (np.abs(one.mean(axis=0) - two.mean(axis=0)) < MC * one.std(axis=0) * math.sqrt(2 / 1600)).all()
        assert (np.abs(np.log(one.std(axis=0) / two.std(axis=0))) < MC * math.sqrt(1 / 1600)).all()


def test_a_known_truth_comes_back():
    """20,000 people: posterior sds below .02, and every truth within 3.5 of them (17 numbers, chance .8 %)."""
    fit = unequal(people(20_000, 4))
    spread, level = (np.array(list(truth.values())) for truth in (TRUE_SPREAD, TRUE_LEVEL))
    unit = np.exp(np.log(spread).mean())  # the average group's spread is the latent unit
    truth = {
        "spread": spread / unit, "level": (level - level.mean()) / unit, "slopes": np.array(SLOPES) / unit,
        "cuts": (np.array(CUTS) - level.mean()) / unit,
    }
    drawn = {
        "spread": fit.spreads.spread, "level": fit.spreads.level, "slopes": fit.draws.slopes, "cuts": fit.draws.cuts
    }
    for name, wanted in truth.items():
        values = drawn[name].reshape(-1, len(wanted))
        assert (np.abs(values.mean(axis=0) - wanted) < 3.5 * values.std(axis=0)).all(), name
        assert values.std(axis=0).max() < (0.06 if name == "cuts" else 0.02), name
    share = np.array([0.3, 0.5, 0.2])
    x = fit.cells
    explained = SLOPES @ np.cov(x.values[:, :2], rowvar=False, aweights=x.n) @ SLOPES
    assert fit.r2 == pytest.approx(explained / (explained + spread**2 @ share), abs=0.01)


def test_the_inversion_of_levels_and_means():
    """Methods 2.12, exact: N(4, 1) and N(4.5, 2.5^2) behind cut points 1.5 to 4.5."""
    chance = group_chances(
        np.zeros((1, 1)), np.ones(1), np.array([[1.5, 2.5, 3.5, 4.5]]), np.array([[4.0, 4.5]]), np.array([[1.0, 2.5]]),
        "probit",
    )[0]
    np.testing.assert_allclose((chance @ np.arange(1, 6)).round(3), [3.927, 3.828])
    np.testing.assert_allclose(chance[:, 3:].sum(axis=1).round(3), [0.691, 0.655])
    np.testing.assert_allclose(chance[:, 4].round(3), [0.309, 0.500])


def test_a_fit_says_where_levels_and_means_are_turned_round():
    rng = np.random.default_rng(7)
    channel = np.repeat(["narrow", "wide"], 3000)
    x = rng.integers(1, 6, 6000).astype(float)
    latent = np.where(channel == "wide", 4.5, 4.0) + np.where(channel == "wide", 2.5, 1.0) * rng.normal(size=6000)
    y = 1.0 + np.searchsorted([1.5, 2.5, 3.5, 4.5], latent + 0.2 * (x - 3))
    table = pd.DataFrame({"x": x, "channel": channel, "y": y})
    found = dr.group_spreads(dr.fit(table, "y", ["x"], model="ordinal", engine="bayes", spread_by="channel"))
    rows = found.tidy().set_index("group")
    assert rows.at["wide", "level"] > rows.at["narrow", "level"]
    assert rows.at["wide", "mean"] < rows.at["narrow", "mean"]
    assert (found.turned.iloc[0][["higher", "lower"]] == ["wide", "narrow"]).all() and found.turned["p"].iloc[0] > 0.9
    assert "`wide` has the higher level and `narrow` the higher mean" in found.summary().replace("\n", " ")
    assert rows.at["wide", "spread"] / rows.at["narrow", "spread"] == pytest.approx(2.5, abs=0.2)


def test_what_is_read_off_a_fit(fit):
    found = dr.group_spreads(fit)
    table = found.tidy().set_index("group")
    assert table.at["phone", "p_wider"] > 0.99 and table.at["store", "p_wider"] < 0.01
    text = found.summary().replace("\n", " ")
    assert "no two groups are likely in another order" in text
    assert json.dumps(found.to_dict())
    summary = fit.summary().replace("\n", " ")
    assert "Cumulative probit, unequal spread by channel: y" in summary
    assert "difference between two groups' levels normal(0, 1)" in summary
    assert "levels are held equal and are in neither" in summary
    imp = dr.importance(fit)
    assert imp.estimate.sum() == pytest.approx(fit.r2, abs=1e-10)
    sd2 = (fit.spreads.share * fit.spreads.spread**2).sum(axis=2)
    np.testing.assert_allclose(fit.draws.r2, fit.draws.explained / (fit.draws.explained + sd2), rtol=1e-12)
    assert dr.diagnose(fit).verdict == "ready"
    ax = found.plot()
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "2", "3", "4", "5"]


def test_the_plain_model_is_found_out(fit):
    """The check of bars by channel sees what unequal spread repairs."""
    from drivers.fit.bayes.predictive import predictive_check

    assert predictive_check(fit, 1).misfits == 0
    equal = unequal(people(), prior=SlopePriors(groups=GroupPriors(level=1.0, spread=1e-3)))
    bars = predictive_check(equal, 1).bars
    assert bars.loc[bars["column"] == "channel", "misfit"].sum() >= 2


def test_a_what_if_is_the_prediction_of_moved_answers(fit):
    action = dr.lift("a", to=4)
    out = dr.what_if(fit, action, by="channel")
    rows = fit.cells
    frame = pd.DataFrame(rows.values[:, :2], columns=["a", "b"]).assign(channel=rows.keys["channel"].to_numpy())
    before, after = fit.predict(frame), fit.predict(frame.assign(a=frame["a"].clip(lower=4)))
    for place, name in enumerate(("", "phone", "store", "web")):
        part = (frame["channel"] == name).to_numpy() if name else np.ones(len(frame), dtype=bool)
        for k, told in enumerate(("mean", "top")):
            change = getattr(after, told)[0, 0] - getattr(before, told)[0, 0]
            wanted = np.average(change[part], weights=rows.sum_w[part])
            assert out.point_change[place, k] == pytest.approx(wanted, abs=1e-10)
    wide, narrow = (out.point_change[place, 0] for place in (1, 2))
    assert wide < narrow  # the same latent gain moves fewer answers where they spread widely
    up, down = (fit.predict(frame.assign(a=frame["a"] + h)).mean[0, 0] for h in (1e-4, -1e-4))
    steep = np.average(up - down, weights=rows.sum_w) / 2e-4
    assert average_slopes(fit)[1][0] == pytest.approx(steep, rel=1e-5)


def test_people_of_no_named_group_are_the_populations_mixture(fit):
    named = {"a": [3.0] * 3, "b": [2.0] * 3, "channel": ["phone", "store", "web"]}
    apart = fit.predict(named).probability[0, 0]
    mixed = fit.predict({"a": [3.0], "b": [2.0]}).probability[0, 0, 0]
    np.testing.assert_allclose(mixed, fit.spreads.share.mean(axis=(0, 1)) @ apart, atol=1e-12)
    with pytest.raises(InputError, match="`fax` is no group of the model; it has `phone`, `store`, `web`"):
        fit.predict({"a": [3.0], "b": [2.0], "channel": ["fax"]})


def test_weights_turn_the_draws():
    table = people(800, weights=True)
    weighted, plain = unequal(table, weight="w"), unequal(table)
    assert weighted.diagnostics["rotated"] and not plain.diagnostics["rotated"]
    assert "turned to the design-based covariance" in weighted.summary().replace("\n", " ")
    ratio = weighted.spreads.spread.std(axis=(0, 1)) / plain.spreads.spread.std(axis=(0, 1))
    kish = math.sqrt(weighted.n / weighted.n_eff)
    assert (np.abs(ratio / kish - 1) < 0.25).all()  # gamma(2) weights: error sqrt(1.5) times as large, not as it was
    part = np.bincount(np.unique(table["channel"], return_inverse=True)[1], weights=table["w"]) / table["w"].sum()
    np.testing.assert_allclose(weighted.spreads.share.mean(axis=(0, 1)), part, atol=0.004)


def test_a_saved_fit_comes_back(fit, tmp_path):
    again = load_fit(save_fit(fit, tmp_path / "fit.nc"))
    assert again.spec == fit.spec
    np.testing.assert_array_equal(again.spreads.spread, fit.spreads.spread)
    tree = fit.to_datatree()
    assert tree["posterior"]["group_spread"].dims == ("chain", "draw", "group")
    assert dr.group_spreads(again).summary() == dr.group_spreads(fit).summary()


def test_incomplete_answers_are_left_out_and_counted():
    table = people(400)
    table.loc[::10, "a"] = np.nan
    table.loc[5::40, "channel"] = None
    fit = unequal(table, draws=500)
    assert fit.n == 400 - 40 - 10
    text = fit.summary().replace("\n", " ")
    assert "Complete cases only, as models of unequal spread take them: 40 respondents left out" in text
    assert "10 of 400 respondents not used: no answer to channel" in text


@pytest.mark.parametrize(("asked", "kind", "match"), [
    ({"model": "linear"}, InputError, r"three categories or more; add model='ordinal' \(now 'linear'\)"),
    ({"engine": "regression"}, InputError, "`spread_by` is a posterior; add engine='bayes'"),
    ({"by": "channel"}, InputError, "`spread_by` does not go with `by`"),
    ({"spread_by": "chanel"}, SurveyError, r"`chanel` \(did you mean `channel`\?\) is neither the wave nor a segment"),
    ({"where": {"channel": "web"}}, InputError, "a single group differs from no other"),
    ({"missing": "impute"}, InputError, r"\(`spread_by`\) use complete cases: leave out `missing`"),
    ({"not_applicable": "exposure"}, InputError, "does not go with not_applicable='exposure'"),
    ({"method": "exact"}, InputError, "method='exact' does not go with model='ordinal'"),
])
def test_requests_that_cannot_be_met(asked, kind, match):
    answers = answers_of(people(100), segments=("channel",))
    with pytest.raises(kind, match=match):
        unequal(answers, **asked)


def test_what_needs_one_spread_for_all_says_so(fit):
    for what in (
        lambda: dr.dominance(fit, index="mcfadden"), lambda: dr.group_spreads(dr.fit(people(200), "y", ["a"])),
    ):
        with pytest.raises(DriversError, match="spread_by"):
            what()
    two = people(300).assign(y=lambda t: np.where(t["y"] > 3, 2.0, 1.0))
    with pytest.raises(InputError, match="an outcome of 2 categories has 1"):
        unequal(two)
