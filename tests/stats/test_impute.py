"""Imputation by chained equations: laws, truth on ratings, counts against respondents, and the check on sweeps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.stats.cumulative import fit_cumulative
from drivers.stats.impute import impute, item_points
from drivers.stats.impute_check import check_settled
from drivers.stats.impute_models import PRIOR, draw_linear_model, draw_rating_model
from drivers.stats.impute_units import split_cells

CUTS = [-1.2, -0.3, 0.7]


def ratings(n: int, seed: int, k: int = 3, loading: float = 0.75) -> np.ndarray:
    """Ratings 1..4 of n people on k items that share one factor."""
    rng = np.random.default_rng(seed)
    latent = loading * rng.standard_normal((n, 1)) + np.sqrt(1 - loading**2) * rng.standard_normal((n, k))
    return np.digitize(latent, CUTS) + 1.0


def holed(values: np.ndarray, seed: int, share: float = 0.25) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(values.shape) < share, np.nan, values)


def collapsed(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    codes, n = np.unique(np.nan_to_num(values, nan=-1.0), axis=0, return_counts=True)
    return np.where(codes < 0, np.nan, codes), n.astype(float)


def run(values, n=None, weight=1.0, **asked):
    n = np.ones(len(values)) if n is None else n
    options = {"imputations": 4, "sweeps": 4, "seed": 1} | asked
    return impute(values, n, n * weight, n * weight**2, **options)


def covariances(done) -> np.ndarray:
    return np.array([np.cov(values.T, fweights=np.rint(n).astype(int)) for values, n in
                     (done.completed(i) for i in range(len(done.fills)))])


class TestUnits:
    def test_a_cell_becomes_respondents_or_counts_whichever_are_fewer(self):
        values = np.array([[1.0, 2.0], [1.0, np.nan], [np.nan, np.nan]])
        points = [np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0])]
        units = split_cells(values, np.array([7.0, 100.0, 5.0]), points)
        assert np.bincount(units.cell).tolist() == [1, 2, 5]  # whole; two points; five people for six patterns
        assert np.bincount(units.cell, weights=units.count).tolist() == [7, 100, 5]
        assert units.values[units.counted].tolist() == [[1, 1], [1, 2]]

    def test_a_block_lists_every_pattern_once(self):
        points = [np.array([1.0, 2.0, 3.0]), np.array([5.0]), np.array([1.0, 2.0])]
        units = split_cells(np.array([[np.nan, 5.0, np.nan]]), np.array([50.0]), points)
        assert sorted(map(tuple, units.values)) == [(a, 5.0, c) for a in (1, 2, 3) for c in (1, 2)]
        assert units.blocks.stride.tolist() == [[2, 0, 1]]

    def test_measurements_have_no_points(self):
        found = item_points(np.column_stack([np.arange(21.0), np.arange(21.0) % 20]))
        assert found[0] is None
        assert len(found[1]) == 20


@given(st.integers(0, 2**16), st.floats(0.05, 0.5), st.booleans())
def test_laws_of_a_completed_data_set(seed, share, as_counts):
    values = holed(ratings(150, seed, loading=0.5), seed, share)
    values, n = collapsed(values) if as_counts else (values, np.ones(150))
    done = run(values, n, sweeps=2, imputations=2, seed=seed)
    for i in range(2):
        full, count = done.completed(i)
        answered = ~np.isnan(values[done.units.cell])
        assert (full[answered] == values[done.units.cell][answered]).all()
        for item, points in zip(full.T, item_points(values), strict=True):
            assert np.isin(item[count > 0], points).all()
        assert (count >= 0).all()
        np.testing.assert_array_equal(np.bincount(done.units.cell, weights=count), n)


def test_the_same_seed_gives_the_same_data_on_any_number_of_cores():
    values = holed(ratings(300, 3), 4)
    values[:, 1] += np.random.default_rng(5).normal(size=300)  # a measurement among ratings
    one, two, other = run(values, workers=1), run(values, workers=3), run(values, seed=2)
    for a, b in zip(one.fills, two.fills, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (one.fills[0] != other.fills[0]).any()
    assert (one.fills[0] != one.fills[1]).any()


def test_nothing_missing_changes_nothing():
    values = ratings(50, 6)
    done = run(values)
    np.testing.assert_array_equal(done.completed(3)[0], values[done.units.cell])
    assert np.isnan(done.trace).all()


def test_the_scale_of_weights_does_not_matter():
    values, n = collapsed(holed(ratings(400, 7), 8))
    np.testing.assert_array_equal(run(values, n).counts, run(values, n, weight=64.0).counts)


def test_ratings_missing_at_random_come_back_with_their_means_and_covariances():
    """Six of ten low raters of the last item leave the first out: complete cases are off by .16, imputation is not."""
    full = ratings(40_000, 9)
    values = full.copy()
    values[np.random.default_rng(10).random(40_000) < np.array([0.75, 0.55, 0.3, 0.1])[full[:, 2].astype(int) - 1],
           0] = np.nan
    cells, n = collapsed(values)
    done = run(cells, n, imputations=6, sweeps=5)
    means = [np.average(v[:, 0], weights=c) for v, c in (done.completed(i) for i in range(6))]
    assert np.nanmean(values[:, 0]) - full[:, 0].mean() > 0.14
    assert np.mean(means) == pytest.approx(full[:, 0].mean(), abs=0.025)
    np.testing.assert_allclose(covariances(done).mean(axis=0), np.cov(full.T), atol=0.03)


def test_counts_and_respondents_are_drawn_from_the_same_distribution():
    values = holed(ratings(4000, 11), 12)
    cells, n = collapsed(values)
    counts, people = run(cells, n, imputations=40), run(values, imputations=40, seed=9)
    assert len(counts.units) < 500 < len(people.units) == 4000
    a, b = covariances(counts), covariances(people)
    error = np.sqrt((a.var(axis=0, ddof=1) + b.var(axis=0, ddof=1)) / 40)
    gaps = np.abs(a.mean(axis=0) - b.mean(axis=0)) / error
    assert gaps.max() < 4
    ratio = a.std(axis=0, ddof=1) / b.std(axis=0, ddof=1)
    np.testing.assert_allclose(ratio, 1, atol=0.55)  # from 40 each: standard error .16


def test_a_drawn_model_varies_as_its_information_says():
    rng = np.random.default_rng(13)
    x = rng.standard_normal((800, 2))
    y = np.digitize(x @ [0.8, -0.4] + rng.standard_normal(800), CUTS)
    best = fit_cumulative(x, y, np.ones(800), "probit")
    start = np.concatenate([np.zeros(2), CUTS])
    drawn = np.array([draw_rating_model(x, y, np.ones(800), np.full(2, PRIOR), start, rng)[1] for _ in range(1500)])
    spread = np.sqrt(np.diag(np.linalg.inv(best.information)))
    want = np.concatenate([best.slopes, best.cuts])
    assert (np.abs(drawn.mean(axis=0) - want) / spread).max() < 0.2  # the prior and a Newton step saved
    np.testing.assert_allclose(drawn.std(axis=0) / spread, 1, atol=0.1)
    assert (np.diff(drawn[:, 2:], axis=1) > 0).all()


def test_a_drawn_linear_model_varies_as_least_squares_says():
    rng = np.random.default_rng(14)
    x = rng.standard_normal((300, 2))
    y = x @ [0.8, -0.4] + 0.3 + 0.5 * rng.standard_normal(300)
    draws = [draw_linear_model(x, y, np.ones(300), np.full(2, PRIOR), rng) for _ in range(1500)]
    design = np.column_stack([x, np.ones(300)])
    best, left, *_ = np.linalg.lstsq(design, y, rcond=None)
    variance = left[0] / (300 - 3)
    spread = np.sqrt(np.diag(np.linalg.inv(design.T @ design)) * variance)
    drawn = np.array([coefficients for coefficients, _ in draws])
    assert (np.abs(drawn.mean(axis=0) - best) / spread).max() < 0.2
    np.testing.assert_allclose(drawn.std(axis=0) / spread, 1, atol=0.1)
    assert np.mean([s**2 for _, s in draws]) == pytest.approx(variance, rel=0.03)


def test_separated_answers_and_a_lone_category_do_not_run_away():
    values = np.array([[1.0, 1.0], [1.0, 1.0], [2.0, 2.0], [2.0, 2.0], [2.0, 3.0], [np.nan, 2.0], [2.0, np.nan]] * 4)
    done = run(values, sweeps=10)
    assert all(np.isfinite(fill).all() for fill in done.fills)


def test_people_to_whom_an_item_does_not_apply_do_not_shape_its_model():
    full = ratings(6000, 15, k=2)
    away = np.random.default_rng(16).random(6000) < 0.4
    values = np.column_stack([np.where(away, 2.6, full[:, 0]), away, full[:, 1]])  # 2.6 is no point of the scale
    gone = ~away & (np.random.default_rng(17).random(6000) < 0.4)
    values[gone, 0] = np.nan
    done = run(values, indicator=[1, -1, -1], sweeps=3)
    completed, _ = done.completed(0)
    back = gone[done.units.cell]
    assert np.isin(completed[back, 0], [1, 2, 3, 4]).all()
    assert (completed[away[done.units.cell], 0] == 2.6).all()
    together = np.corrcoef(completed[back][:, [0, 2]].T)[0, 1]
    assert together == pytest.approx(np.corrcoef(full.T)[0, 1], abs=0.06)


def test_a_shift_moves_what_is_imputed_and_nothing_else():
    values = holed(ratings(2000, 18), 19, 0.3)
    values[:, 1] += np.random.default_rng(20).normal(size=2000)
    def mean_of_gaps(shift):
        done = run(values, shift=np.array(shift), sweeps=3)
        gap = done.units.gap
        completed = np.mean([done.completed(i)[0] for i in range(4)], axis=0)
        return [completed[gap[:, j], j].mean() for j in range(3)]
    at_random, rated, measured = (mean_of_gaps(s) for s in ([0, 0, 0], [0.5, 0, 0], [0, 2.0, 0]))
    assert 0.2 < rated[0] - at_random[0] < 0.5  # latent standard deviations, in points of a scale of four
    assert measured[1] - at_random[1] == pytest.approx(2.0, abs=0.6)  # others, imputed from it, pull it further
    assert rated[2] == pytest.approx(at_random[2], abs=0.2)


class TestSettled:
    @staticmethod
    def trace(drift: float, m: int = 20, sweeps: int = 12) -> np.ndarray:
        noise = np.random.default_rng(21).normal(scale=0.05, size=(m, sweeps, 3, 2))
        noise[..., 1, :] = np.nan  # an item without gaps
        noise[:, :, 0, 0] += drift * np.arange(sweeps)
        return noise

    def test_a_drift_is_seen(self):
        found = check_settled(self.trace(0.03))
        assert not found.settled
        assert found.trend > found.limit
        assert found.moved == pytest.approx(0.09, abs=0.03)  # three sweeps apart

    def test_noise_alone_is_not_a_drift(self):
        found = check_settled(self.trace(0.0))
        assert found.settled
        assert found.trend < found.limit

    def test_a_drift_too_small_to_matter_is_let_pass(self):
        found = check_settled(self.trace(0.002, m=2000))
        assert found.settled
        assert found.trend > found.limit

    def test_no_gaps_or_one_chain_have_nothing_to_check(self):
        assert check_settled(np.full((20, 5, 3, 2), np.nan)).settled
        assert check_settled(self.trace(0.5, m=1)).settled

    def test_ten_sweeps_settle_where_a_third_is_missing(self):
        done = run(holed(ratings(1500, 22, k=5), 23, 0.33), imputations=20, sweeps=10)
        assert check_settled(done.trace).settled
