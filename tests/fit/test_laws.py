"""What must not change a fit, and what must change it in a known way."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import drivers as dr
from drivers.fit.result import Fit
from tests.cells.made import answers_of, ratings

SAME = 1e-8  # sums in another order, and Newton's last step
MODELS = [("linear", None), ("ordinal", "probit"), ("ordinal", "logit"), ("logit", "logit")]
models = pytest.mark.parametrize(("model", "link"), MODELS)
few = settings(max_examples=5)
seeds = st.integers(0, 2**16)


def weighted(seed: int, n: int = 150) -> pd.DataFrame:
    rng = np.random.default_rng(seed + 1)
    return ratings(n, seed).assign(w=rng.lognormal(0, 0.6, n))


def holed(table: pd.DataFrame, seed: int, columns: str = "abc", share: float = 0.2) -> pd.DataFrame:
    rng = np.random.default_rng(seed + 2)
    return table.assign(**{c: table[c].mask(rng.random(len(table)) < share) for c in columns})


def fitted(table: pd.DataFrame, model: str, link: str | None, draws: int = 3, **roles: object) -> Fit:
    return dr.fit(answers_of(table, **roles), model=model, link=link, draws=draws)


def assert_same(one: Fit, other: Fit) -> None:
    np.testing.assert_allclose(other.estimate, one.estimate, atol=SAME)
    np.testing.assert_allclose(other.robust_cov, one.robust_cov, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(other.model_cov, one.model_cov, rtol=1e-6, atol=1e-12)
    if one.loglik is not None:
        assert other.loglik == pytest.approx(one.loglik, rel=1e-9)
    assert other.r2 == pytest.approx(one.r2, abs=SAME)
    assert other.n_eff == pytest.approx(one.n_eff)
    assert other.n == one.n
    assert other.df == pytest.approx(one.df)


@models
@given(seed=seeds)
@few
def test_row_order_scale_of_weights_and_the_engine_do_not_matter(model, link, seed):
    import polars as pl

    table = weighted(seed)
    base = fitted(table, model, link, weight="w")
    assert_same(base, fitted(table.sample(frac=1, random_state=seed), model, link, weight="w"))
    assert_same(base, fitted(table.assign(w=1000 * table["w"]), model, link, weight="w"))
    assert_same(base, fitted(pl.from_pandas(table), model, link, weight="w"))


@models
def test_duckdb_and_missing_answers_too(model, link):
    import duckdb

    table = holed(weighted(3), 3)
    connection = duckdb.connect()
    assert_same(fitted(table, model, link, weight="w"), fitted(connection.from_df(table), model, link, weight="w"))


@models
@given(seed=seeds)
@few
def test_equal_weights_are_no_weights(model, link, seed):
    table = ratings(150, seed)
    assert_same(fitted(table, model, link), fitted(table.assign(w=2.5), model, link, weight="w"))


@models
@given(seed=seeds)
@few
def test_a_frequency_is_so_many_rows(model, link, seed):
    table = ratings(120, seed).assign(times=np.random.default_rng(seed).integers(1, 4, 120))
    rows = table.loc[table.index.repeat(table["times"])].drop(columns="times")
    assert_same(fitted(rows, model, link), fitted(table, model, link, frequency="times"))


@models
@given(seed=seeds)
@few
def test_respondents_of_weight_zero_move_nothing_and_are_told(model, link, seed):
    table = weighted(seed)
    more = pd.concat([table, ratings(30, seed + 9).assign(w=0.0)])
    without, along = fitted(table, model, link, weight="w"), fitted(more, model, link, weight="w")
    assert_same(without, along)
    np.testing.assert_allclose(along.draws.slopes, without.draws.slopes, atol=SAME)
    assert along.usage.dropped == {"weight of 0": 30}
    assert any("30 of 180 respondents not used: weight of 0" in note for note in along.notes)


@models
@given(seed=seeds, order=st.permutations("abc"))
@few
def test_order_of_the_drivers_only_moves_the_rows(model, link, seed, order):
    table = holed(weighted(seed), seed) if model == "linear" else weighted(seed)
    base = fitted(table, model, link, weight="w")
    other = fitted(table[[*order, "y", "w"]], model, link, weight="w")
    one, two = (f.tidy().set_index("term") for f in (base, other))
    columns = ["estimate", "model_se", "robust_se"]
    np.testing.assert_allclose(two.loc[one.index, columns], one[columns], rtol=1e-5, atol=1e-6)
    first, second = (dr.importance(f).tidy().set_index("driver")["share"] for f in (base, other))
    np.testing.assert_allclose(second[first.index], first, atol=1e-6)


@models
@given(seed=seeds, factor=st.sampled_from([0.01, 60.0]))
@few
def test_the_unit_of_a_driver_moves_its_slope_and_no_share(model, link, seed, factor):
    table = weighted(seed)
    items = {"b": {"scale": "open"}}
    base = fitted(table, model, link, weight="w", items=items)
    other = fitted(table.assign(b=table["b"] * factor + 5), model, link, weight="w", items=items)
    np.testing.assert_allclose(other.estimate[:3] * [1, factor, 1], base.estimate[:3], atol=1e-7)
    one, two = dr.importance(base), dr.importance(other)
    np.testing.assert_allclose(two.estimate, one.estimate, atol=1e-8)
    np.testing.assert_allclose(two.shares, one.shares, atol=1e-7)


@models
def test_a_reversed_scale_changes_the_sign_where_declared_and_nothing_else(model, link):
    table = ratings(200, 5)
    base = fitted(table, model, link)
    turned = fitted(table.assign(b=6 - table["b"]), model, link, items={"b": {"direction": "lower"}})
    assert_same(base, turned)


@models
def test_draws_have_dims_chain_draw_and_one_seed_gives_one_result(model, link):
    table = weighted(7)
    fit = fitted(table, model, link, draws=12, weight="w")
    cuts = {"linear": 0, "ordinal": 4, "logit": 1}[model]
    shapes = {"slopes": (1, 12, 3), "intercept": (1, 12), "cuts": (1, 12, cuts), "error_sd": (1, 12),
              "x_mean": (1, 12, 3), "x_cov": (1, 12, 3, 3)}  # fmt: skip
    for name, shape in shapes.items():
        assert getattr(fit.draws, name).shape == shape, name
        assert getattr(fit.point, name).shape == (1, 1, *shape[2:]), name
    np.testing.assert_array_equal(fitted(table, model, link, draws=12, weight="w").draws.slopes, fit.draws.slopes)
    other = dr.fit(answers_of(table, weight="w"), model=model, link=link, draws=12, seed=1)
    assert not np.allclose(other.draws.slopes, fit.draws.slopes)
    np.testing.assert_array_equal(other.estimate, fit.estimate)
    joint = fit.draws.joint_covariance()
    assert joint.shape == (1, 12, 4, 4)
    np.testing.assert_allclose(fit.draws.r2, 1 - fit.draws.error_sd**2 / joint[..., 3, 3], rtol=1e-9)


@models
def test_draws_do_not_depend_on_how_many_are_made_at_a_time(model, link, monkeypatch):
    table = holed(weighted(8), 8)
    base = fitted(table, model, link, draws=20, weight="w")
    monkeypatch.setattr("drivers.cells.resample.BLOCK", 7 * len(base.cells))
    other = fitted(table, model, link, draws=20, weight="w")
    np.testing.assert_allclose(other.draws.slopes, base.draws.slopes, atol=SAME)


def test_few_missing_answers_hardly_move_the_linear_fit():
    """FIML meets the complete-data formulas as the missing answers become few: one gap in 4,000 answers."""
    table = ratings(1000, 9)
    with_gap = table.assign(a=table["a"].mask(table.index == 17))
    one, two = fitted(table, "linear", None), fitted(with_gap, "linear", None)
    np.testing.assert_allclose(two.estimate, one.estimate, atol=2e-3)
    # least squares divides by n - p - 1, maximum likelihood by n
    np.testing.assert_allclose(two.model_cov, one.model_cov * 996 / 1000, rtol=5e-3)
    np.testing.assert_allclose(two.robust_cov, one.robust_cov, rtol=5e-3)


def test_a_domain_keeps_the_design_and_equals_zero_weights_outside():
    """Respondents outside stay in strata and PSUs with a score of 0, exactly as a weight of 0 puts them there."""
    rng = np.random.default_rng(10)
    table = ratings(400, 10).assign(
        g=rng.choice(["in", "out"], 400), s=rng.integers(0, 4, 400), u=rng.integers(0, 10, 400)
    )
    roles = {"stratum": "s", "psu": "u", "segments": ("g",)}
    domain = dr.fit(answers_of(table, **roles), draws=3, where={"g": "in"})
    zero = dr.fit(answers_of(table.assign(w=(table["g"] == "in") * 1.0), weight="w", **roles), draws=3)
    np.testing.assert_allclose(zero.robust_cov, domain.robust_cov, rtol=1e-9)
    np.testing.assert_allclose(zero.estimate, domain.estimate, atol=1e-10)
    assert domain.df == 40 - 4 - 3 == zero.df
    alone = dr.fit(answers_of(table[table["g"] == "in"], **roles), draws=3)
    np.testing.assert_allclose(alone.estimate, domain.estimate, atol=1e-10)


def test_errors_of_cells_are_those_of_rows_written_out():
    """HC0 with n / (n - 1), weights as probabilities, from the textbook formula on respondents."""
    table = weighted(11, n=300)
    fit = fitted(table, "linear", None, weight="w")
    x = np.column_stack([table[list("abc")], np.ones(300)])
    w, y = table["w"].to_numpy(), table["y"].to_numpy()
    bread = np.linalg.inv(x.T @ (x * w[:, None]))
    beta = bread @ x.T @ (w * y)
    score = x * (w * (y - x @ beta))[:, None]
    np.testing.assert_allclose(fit.estimate, beta, atol=1e-10)
    np.testing.assert_allclose(fit.robust_cov, bread @ (score.T @ score) @ bread * 300 / 299, rtol=1e-9)


@pytest.mark.parametrize("model", ["linear", "ordinal"])
def test_clustered_errors_are_those_of_psu_totals(model):
    rng = np.random.default_rng(12)
    table = weighted(12, n=400).assign(s=rng.integers(0, 3, 400), u=rng.integers(0, 8, 400))
    fit = fitted(table, model, None, weight="w", stratum="s", psu="u")
    from drivers.stats.cumulative import cell_scores

    w = table["w"].to_numpy()
    if model == "linear":
        x = np.column_stack([table[list("abc")], np.ones(400)])
        bread = np.linalg.inv(x.T @ (x * w[:, None]))
        score = x * (w * (table["y"].to_numpy() - x @ fit.estimate))[:, None]
    else:
        slopes, cuts = fit.estimate[:3], fit.estimate[3:]
        category = (table["y"] - 1).to_numpy(np.intp)
        score = cell_scores(table[list("abc")].to_numpy(), category, slopes, cuts, "probit") * w[:, None]
        bread = fit.model_cov * 400 / w.sum()
    meat = np.zeros((score.shape[1],) * 2)
    for h in range(3):
        totals = np.array([score[(table["s"] == h) & (table["u"] == c)].sum(axis=0) for c in range(8)])
        away = totals - totals.mean(axis=0)
        meat += 8 / 7 * away.T @ away
    np.testing.assert_allclose(fit.robust_cov, bread @ meat @ bread, rtol=1e-6)
    assert fit.df == 24 - 3 - 3
