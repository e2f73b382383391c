"""Design variance on cells: equal to the formula on rows, and to numbers R's survey package prints."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.errors import InputError
from drivers.stats.design import design_effect, kish_n_eff, linearized_meat

ROUNDING = 1e-10  # same sums in another order


def meat_on_rows(scores, weight, stratum, psu, population=None):
    """The textbook double loop over strata and PSUs, one row per respondent."""
    u = scores * weight[:, None]
    frame = pd.DataFrame(u).assign(h=stratum, c=np.arange(len(u)) if psu is None else psu)
    totals = frame.groupby(["h", "c"]).sum()
    grand = totals.to_numpy().mean(axis=0)
    meat, lonely = np.zeros((scores.shape[1],) * 2), 0
    for h, part in totals.groupby(level="h"):
        t, size = part.to_numpy(), len(part)
        lonely += size == 1
        away = t - (t.mean(axis=0) if size > 1 else grand)
        f = size / population[h] if population else 0.0
        meat += (1 - f) * (size / (size - 1) if size > 1 else 1.0) * away.T @ away
    return meat, len(totals) - totals.index.get_level_values("h").nunique(), lonely


def group(rows, keys):
    rows = rows.assign(n=1.0, sum_w=rows["w"], sum_w2=rows["w"] ** 2)
    return rows.groupby(keys, as_index=False)[["n", "sum_w", "sum_w2"]].sum()


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**16), n=st.integers(2, 60), strata=st.integers(1, 5),
    psus=st.sampled_from([None, 2, 7]), zero=st.booleans(),
)
def test_cells_give_the_meat_of_the_rows(seed, n, strata, psus, zero):
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({
        "a": rng.integers(-2, 3, n), "b": rng.integers(0, 2, n), "h": rng.integers(0, strata, n),
        "c": 0 if psus is None else rng.integers(0, psus, n), "w": rng.lognormal(0, 1, n),
    })
    rows.loc[0, "w"] = 0.0 if zero else rows.loc[0, "w"]
    cells = group(rows, ["a", "b", "h", "c"])
    got = linearized_meat(
        cells[["a", "b"]].to_numpy(), cells["sum_w"], cells["sum_w2"], cells["n"],
        cells["h"], None if psus is None else cells["c"],
    )
    psu = None if psus is None else rows["c"].to_numpy()
    meat, df, lonely = meat_on_rows(rows[["a", "b"]].to_numpy(float), rows["w"].to_numpy(), rows["h"].to_numpy(), psu)
    np.testing.assert_allclose(got.meat, meat, rtol=ROUNDING, atol=ROUNDING * rows["w"].max() ** 2 * n)
    assert (got.df, got.n_lonely) == (df, lonely)


def test_without_strata_and_psus_it_is_the_variance_of_weighted_scores():
    weight, score = np.array([1.0, 2.0, 3.0, 0.0]), np.array([1.0, -1.0, 0.5, 4.0])
    got = linearized_meat(score, weight, weight**2, np.ones(4))
    np.testing.assert_allclose(got.meat, [[4 * np.var(weight * score, ddof=1)]], rtol=ROUNDING)
    assert (got.df, got.n_lonely) == (3, 0)


def test_labels_of_any_kind_and_missing_labels_are_levels():
    rng = np.random.default_rng(3)
    score, one = rng.normal(size=(12, 2)), np.ones(12)
    numbers = np.repeat([0, 1, 2], 4)
    words = np.array(["north", None, np.nan], dtype=object)[np.array([0] * 4 + [1, 2] * 2 + [0] * 4)]
    psu = np.tile([0, 1], 6)
    merged = np.where(numbers == 1, 1, 0)
    expected = linearized_meat(score, one, one, one, merged, psu)
    got = linearized_meat(score, one, one, one, words, psu.astype(str))
    np.testing.assert_allclose(got.meat, expected.meat, rtol=ROUNDING)
    assert got.df == 2


def test_stratified_mean_of_api_schools():
    # R survey, apistrat, fpc: svymean(~api00, dstrat) prints mean 662.29, SE 9.4089 (Lumley 2004, JSS 9(8)).
    n = np.array([100.0, 50.0, 50.0])
    population = np.array([4421.0, 755.0, 1018.0])
    total, squares = np.array([67443.0, 31291.0, 31830.0]), np.array([47038637.0, 20167941.0, 20940396.0])
    mean = total / n
    spread = np.sqrt(squares / n - mean**2)
    # two cells per stratum with the published count, sum and sum of squares
    value = np.concatenate([mean - spread, mean + spread])
    count, weight = np.tile(n / 2, 2), np.tile(population / n, 2)
    stratum = np.tile(["E", "H", "M"], 2)
    load = count * weight
    estimate = load @ value / load.sum()
    args = (value - estimate, load, load * weight, count, stratum)
    meat = linearized_meat(*args, fpc=np.tile(population, 2))
    assert estimate == pytest.approx(662.29, abs=5e-3)  # printed to two decimals
    assert np.sqrt(meat.meat[0, 0]) / load.sum() == pytest.approx(9.4089, abs=5e-5)
    assert meat.df == 197
    without = linearized_meat(*args)
    assert without.meat[0, 0] > meat.meat[0, 0]
    as_frequencies = np.sqrt(load @ (value - estimate) ** 2 / (load.sum() - 1) / load.sum())
    assert as_frequencies < 0.2 * 9.4089  # weights are not respondents: that error would be five times too small


def test_lonely_psus_are_counted_and_centred_at_the_grand_mean():
    score, one = np.array([1.0, 2.0, 6.0]), np.ones(3)
    got = linearized_meat(score, one, one, one, ["a", "a", "b"], [1, 2, 1])
    assert got.n_lonely == 1
    np.testing.assert_allclose(got.meat, [[2 * 0.5 + (6 - 3) ** 2]], rtol=ROUNDING)


def test_population_sizes_that_cannot_be_are_refused():
    one = np.ones(3)
    with pytest.raises(InputError, match=r"1 strata hold more sampled units than `fpc`.*not as a fraction"):
        linearized_meat(one, one, one, one, fpc=np.full(3, 0.1))
    with pytest.raises(InputError, match="differs inside a stratum"):
        linearized_meat(one, one, one, one, fpc=np.array([5.0, 6.0, 5.0]))


def test_weighted_airport_means_match_r(shared):
    # R survey 4.1-1: svymean(~overall + food + wifi, svydesign(ids = ~1, weights = ~weight), deff = "replace")
    rows = pd.read_csv(shared / "data" / "sfo_airport_2017.csv")
    needed = ["overall", "food", "signs", "walkways", "screens", "wifi", "roads", "weight"]
    rows = rows.dropna(subset=needed)
    assert len(rows) == 1359
    w = rows["weight"]
    assert kish_n_eff(w, w**2) == pytest.approx(1129.96150407768, rel=1e-12)
    published = {
        "overall": (4.08787142461128, 0.0211167795948806, 1.22572327504578),
        "food": (3.65083176226659, 0.0287993518056234, 1.22010448332696),
        "wifi": (3.96933269998721, 0.0315878672418988, 1.24165381637296),
    }
    for item, (mean, error, deff) in published.items():
        cells = group(rows.assign(w=w), [item])
        value = cells[item].to_numpy(float)
        estimate = cells["sum_w"] @ value / cells["sum_w"].sum()
        meat = linearized_meat(value - estimate, cells["sum_w"], cells["sum_w2"], cells["n"]).meat[0, 0]
        variance = meat / cells["sum_w"].sum() ** 2
        assert estimate == pytest.approx(mean, rel=1e-12)
        assert np.sqrt(variance) == pytest.approx(error, rel=1e-10)
        assert design_effect(variance, value, cells["sum_w"], cells["n"]) == pytest.approx(deff, rel=1e-8)


def test_effective_n_of_equal_weights_is_the_count():
    assert kish_n_eff([2.0] * 7, [4.0] * 7) == pytest.approx(7.0, rel=ROUNDING)
    assert kish_n_eff([0.0], [0.0]) == 0.0
