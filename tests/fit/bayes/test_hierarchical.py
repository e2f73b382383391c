"""`fit(by=...)`: recovery of known slopes, what the result holds, weights, and refusals."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import InputError, SurveyError
from drivers.fit.bayes.priors import CovariancePrior, SlopePriors

pytestmark = pytest.mark.bayes
GROUPS = ("phone", "store", "web", "mail", "chat")
SLOPES = np.array([[0.9, 0.1], [0.5, 0.3], [0.4, 0.4], [0.7, 0.2], [0.2, 0.5]])  # per point
LEVELS = np.array([0.5, -0.3, 0.0, 0.2, -0.4])


def people(n: int = 500, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    g = rng.choice(5, n, p=[0.3, 0.3, 0.2, 0.15, 0.05])
    x = np.clip(np.round(rng.multivariate_normal([3.2, 3.2], [[1.2, 0.5], [0.5, 1.2]], n)), 1, 5)
    eta = ((x - 3.2) * SLOPES[g]).sum(axis=1) + LEVELS[g]
    y = 1 + ((eta + rng.normal(size=n))[:, None] > [-1, 0, 1]).sum(axis=1)
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": y, "channel": np.array(GROUPS)[g]})


@pytest.fixture(scope="module")
def ordinal():
    return dr.fit(people(), "y", ["a", "b"], model="ordinal", engine="bayes", by="channel", seed=2)


def test_slopes_of_segments_are_found_and_drawn_together(ordinal):
    segments = ordinal.segments
    order = [GROUPS.index(name) for name in segments.names]
    truth = SLOPES[order]
    low, high = np.quantile(segments.slopes, [0.005, 0.995], axis=(0, 1))
    assert ((low < truth) & (truth < high)).all()
    pooled, middle = segments.slopes.mean(axis=(0, 1)), segments.slopes.mean(axis=(0, 1, 2))
    assert (np.abs(pooled - middle) < np.abs(segments.alone - middle)).mean() > 0.8  # drawn together
    small = segments.names.index("chat")
    assert (segments.shrinkage[small] == segments.shrinkage.max(axis=0)).all()
    assert ((segments.shrinkage > 0) & (segments.shrinkage < 1)).all()
    assert segments.n.sum() == ordinal.n


def test_the_population_is_the_segments_average(ordinal):
    segments, draws = ordinal.segments, ordinal.draws
    c, d = draws.slopes.shape[:2]
    assert segments.slopes.shape == (c, d, 5, 2)
    assert segments.shift.shape == segments.share.shape == (c, d, 5)
    np.testing.assert_allclose(np.einsum("cdg,cdgp->cdp", segments.share, segments.slopes), draws.slopes, atol=1e-10)
    np.testing.assert_allclose(np.einsum("cdg,cdg->cd", segments.share, segments.shift), 0, atol=1e-10)
    np.testing.assert_allclose(segments.share.mean(axis=(0, 1)), segments.n / ordinal.n, atol=0.005)
    imp = dr.importance(ordinal)
    assert imp.estimate.sum() == pytest.approx(imp.r2_estimate, abs=1e-10)
    assert ordinal.diagnostics["divergences"] == 0
    assert ordinal.diagnostics["ess"] >= 400
    text = ordinal.summary().replace("\n", " ")
    assert "coordinates of channel follow its answers, which tell effects" in text
    assert not ordinal.diagnostics["retried"]
    assert "Slopes vary over 5 segments of `channel`" in text
    assert "spread of a slope over segments half normal(0, 0.3)" in text


def test_predictions_use_the_slopes_of_a_rows_segment(ordinal):
    rows = {"a": [3, 3, 3], "b": [4, 4, 4], "channel": ["phone", "chat", "web"]}
    found = ordinal.predict(rows, draws=True)
    segments = ordinal.segments
    from scipy.special import ndtr

    for at, name in enumerate(rows["channel"]):
        g = segments.names.index(name)
        eta = segments.shift[:, :, g] + segments.slopes[:, :, g] @ [3, 4]
        np.testing.assert_allclose(
            found.probability[:, :, at, 0], ndtr(ordinal.draws.cuts[..., 0] - eta), atol=1e-12
        )
    whole = ordinal.predict({"a": [3], "b": [4]}, draws=True)
    assert whole.mean.shape == (*ordinal.draws.intercept.shape, 1)
    own = ordinal.predict()  # the fit's own cells, by their segments
    cells = ordinal.cells.complete()
    said = np.average(cells.column("y"), weights=cells.n)
    assert np.average(own.mean[0, 0], weights=cells.n) == pytest.approx(said, abs=0.05)
    with pytest.raises(InputError, match="`fax` is no segment of the model"):
        ordinal.predict({"a": [3], "b": [4], "channel": ["fax"]})


@pytest.mark.slow
def test_a_linear_model_with_two_columns_and_a_population_table():
    table = people(seed=3)
    table["half"] = np.where(np.arange(len(table)) % 2, "one", "two")
    share = {(channel, half): 1.0 for channel in GROUPS for half in ("one", "two")}
    table["w"] = np.random.default_rng(4).gamma(2.0, size=len(table))
    fit = dr.fit(
        table, "y", ["a", "b"], engine="bayes", by=["channel", "half"], population=share, weight="w", seed=2
    )
    segments = fit.segments
    assert segments.columns == ("channel", "half")
    np.testing.assert_allclose(segments.share, 0.1)
    assert segments.spread.shape == (*fit.draws.intercept.shape, 2, 2)
    np.testing.assert_allclose(segments.slopes.mean(axis=2), fit.draws.slopes, atol=1e-10)
    assert "averaged by the declared table (poststratification)" in fit.summary().replace("\n", " ")
    row = {"a": [2], "b": [5], "channel": ["web"], "half": ["two"]}
    g = segments.names.index("web / two")
    wanted = fit.draws.intercept + segments.shift[:, :, g] + segments.slopes[:, :, g] @ [2, 5]
    np.testing.assert_allclose(fit.predict(row, draws=True).mean[..., 0], wanted, atol=1e-10)


REFUSED = [
    ({"engine": "regression"}, "`by` is a hierarchical model; add engine='bayes'"),
    ({"method": "laplace"}, "method='laplace' does not go with `by`"),
    ({"missing": "impute"}, r"Hierarchical models \(`by`\) use complete cases"),
    ({"population": "counts"}, "population='counts': give a table, or 'weights'"),
    ({"population": {"phone": 1.0}}, "The population table lacks"),
    ({"prior": CovariancePrior()}, "take `SlopePriors`, not CovariancePrior"),
    ({"prior": SlopePriors(units="own")}, "Priors of a hierarchical model are in standard units"),
    ({"weight": "w"}, "The answers have weights or a sampling design"),
    ({"by": None, "population": "weights"}, "name their column in `by`"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "text"), REFUSED)
def test_what_cannot_be_done_is_refused_with_the_cure(asked, text):
    table = people(200).assign(w=np.linspace(0.5, 1.5, 200))
    with pytest.raises(InputError, match=text):
        dr.fit(table, "y", ["a", "b"], **{"model": "ordinal", "engine": "bayes", "by": "channel"} | asked)


def test_columns_must_be_declared_differ_and_have_groups():
    table = people(200)
    answers = dr.read(table, drivers=["a", "b"], outcome="y", segments=["channel"])
    with pytest.raises(InputError, match="one segment column, or two different ones"):
        dr.fit(answers, by=["channel", "channel"], engine="bayes")
    with pytest.raises(SurveyError, match="neither the wave nor a segment"):
        dr.fit(dr.read(table, drivers=["a", "b"], outcome="y"), by="channel", engine="bayes")
    with pytest.raises(InputError, match="single group `phone`"):
        dr.fit(table[table["channel"] == "phone"], "y", ["a", "b"], engine="bayes", by="channel")


def test_respondents_without_a_segment_are_left_out_and_counted():
    from drivers.cells.collapse import collapse
    from drivers.fit.missing import choose
    from drivers.fit.result import FitSpec

    table = people(200)
    table.loc[:9, "channel"] = None
    answers = dr.read(table, drivers=["a", "b"], outcome="y", segments=["channel"])
    spec = FitSpec(outcome="y", drivers=("a", "b"), by=("channel",), missing="complete", engine="bayes")
    sample, dropped = choose(collapse(answers, ("a", "b", "y"), by=("channel",)), spec)
    assert dropped == {"no answer to channel": 10}
    assert sample.cells.n.sum() == 190


def test_a_hierarchical_fit_is_saved_with_its_segments(ordinal, tmp_path):
    from drivers.fit.bayes.datatree import load_fit, save_fit

    back = load_fit(save_fit(ordinal, tmp_path / "fit.nc"))
    np.testing.assert_array_equal(back.segments.slopes, ordinal.segments.slopes)
    assert back.segments.names == ordinal.segments.names
    rows = {"a": [3], "b": [4], "channel": ["chat"]}
    np.testing.assert_array_equal(back.predict(rows).mean, ordinal.predict(rows).mean)
    tree = ordinal.to_datatree()
    assert tree["posterior"]["segment_slopes"].dims == ("chain", "draw", "segment", "driver")
    assert int(tree["sample_stats"]["diverging"].sum()) == 0


def test_slopes_of_segments_side_by_side_are_those_of_the_draws(ordinal):
    found, segments = dr.pooled_slopes(ordinal), ordinal.segments
    table = found.tidy().set_index(["driver", "segment"])
    g = segments.names.index("web")
    mine = segments.slopes[:, :, g, 0]
    rest = mine - np.delete(segments.slopes[..., 0], g, axis=2).mean(axis=2)
    row = table.loc[("a", "web")]
    assert row["slope"] == pytest.approx(mine.mean()) and row["alone"] == segments.alone[g, 0]
    np.testing.assert_allclose([row["low"], row["high"]], np.quantile(mine, [0.05, 0.95]))
    assert row["p_above"] == pytest.approx((rest > 0).mean()) and row["rest"] == pytest.approx(rest.mean())
    parts = found.tidy().groupby("driver")["part"].sum()
    np.testing.assert_allclose(parts, ordinal.draws.slopes.mean(axis=(0, 1)), atol=1e-10)
    flagged = found.tidy()[found.tidy()["flag"]]
    assert len(flagged) and (np.minimum(flagged["p_above"], 1 - flagged["p_above"]) <= 0.2).all()
    truth = dict(zip(GROUPS, SLOPES[:, 0], strict=True))
    for _, one in flagged[flagged["driver"] == "a"].iterrows():  # true slopes of a differ on the side that is claimed
        others = np.mean([truth[name] for name in GROUPS if name != one["segment"]])
        assert (truth[one["segment"]] > others) == (one["p_above"] > 0.5)
    assert "P(above rest)" in found.summary() and len(found.to_dict()["segments"]) == 10
    with pytest.raises(InputError, match="do not vary by segment"):
        dr.pooled_slopes(dr.fit(people(100), "y", ["a", "b"], engine="bayes", draws=100))


def test_a_right_hierarchy_is_ready(ordinal):
    found = dr.diagnose(ordinal)
    assert found.verdict == "ready"
    assert set(found.sensitivity["quantity"]) == {"slope", "share", "r2", "spread", "correlation"}
    bars = found.predictive.bars.query("column == 'channel'")
    assert len(bars) == 20 and list(bars["n"].iloc[::4]) == list(ordinal.segments.n)


def test_segments_foretell_better_than_none_where_slopes_differ(ordinal):
    from drivers.fit.bayes.loo import compare_fits

    flat = dr.fit(people(), "y", ["a", "b"], model="ordinal", engine="bayes")
    assert compare_fits({"flat": flat, "by channel": ordinal}).tidy()["fit"].iloc[0] == "by channel"


def test_the_model_is_handed_out(ordinal):
    model = ordinal.to_pymc()
    assert list(model.coords["channel"]) == list(ordinal.segments.names)
    assert list(model.coords["driver"]) == ["a", "b"]
    assert model.rvs_to_values[model["answers"]].data.sum() == ordinal.n
