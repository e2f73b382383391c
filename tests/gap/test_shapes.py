"""Asymmetry, Kano classes, necessity and making up: the ceiling guard, planted shapes, refusals."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import SurveyError
from drivers.stats.elasticity import fit_elasticity, power_mean
from drivers.stats.kano_table import CATEGORIES, kano_category
from tests.gap.made import answers, table


def latent(lower, upper, top=0.5, n=1200, seed=1):
    """Ratings of two drivers and an outcome with `lower` slopes below 3 and `upper` above, `top` at its top box."""
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 6, (n, 2))
    away = x - 3
    eta = (np.minimum(away, 0) * lower + np.maximum(away, 0) * upper).sum(axis=1) + rng.normal(size=n)
    y = np.searchsorted(np.quantile(eta, [0.06, 0.16, 0.3, 1 - top]), eta) + 1
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": y})


def fitted(frame, **options):
    return dr.asymmetry(dr.read(frame, dr.Survey(drivers=("a", "b"), outcomes=("y",), scale=(1, 5))), **options)


def test_a_full_top_box_is_not_called_asymmetric():
    """Half of the answers at the top of a linear latent truth: a line bends, the latent scale does not."""
    frame = latent(0.7, 0.7)
    bent = fitted(frame, model="linear").common()
    straight = fitted(frame)
    assert bent["ratio"] > 1.3
    assert straight.common()["low"] < 1 < straight.common()["high"]
    assert set(straight.tidy()["verdict"]) == {"cannot be separated"}


def test_a_planted_loss_aversion_is_found():
    found = fitted(latent(0.9, 0.3, top=0.3, n=3000))
    assert found.common()["low"] < 3 < found.common()["high"]
    assert set(found.tidy()["verdict"]) == {"dissatisfier"}


def test_what_was_expected_is_held_equal_when_it_is_the_reference():
    """A truth without any expectation in it has no bend at the expectation, though both answers differ."""
    found = dr.asymmetry(answers(table(2000)), reference="expected")
    assert "dissatisfier" not in set(found.tidy().loc[found.tidy()["driver"] != "c", "verdict"])


def test_the_kano_table():
    assert [CATEGORIES[k] for k in kano_category(np.array([1.0, 1, 3, 3, 5, 1]), np.array([3.0, 5, 5, 3, 1, 1]))] == [
        "attractive", "one-dimensional", "must-be", "indifferent", "reverse", "questionable"
    ]
    assert kano_category(np.array([np.nan, 6.0]), np.array([1.0, 1.0])).tolist() == [-1, -1]


def test_better_and_worse_by_hand():
    frame = table(10).assign(f=[1, 1, 1, 1, 3, 3, 3, 3, 5, 1], d=[3, 3, 5, 5, 5, 5, 3, 3, 1, 1])
    row = dr.kano(answers(frame, kano={"app": ("f", "d")})).tidy().iloc[0]
    assert (row["better"], row["worse"]) == (pytest.approx(4 / 8), pytest.approx(-4 / 8))
    assert row["attractive"] == pytest.approx(0.2)


def test_no_kano_pairs():
    with pytest.raises(SurveyError, match="No Kano pairs are declared"):
        dr.kano(answers())


def test_power_means_of_known_rho():
    x = np.array([[1.0, 4.0]])
    half = np.array([0.5, 0.5])
    for rho, want in ((1.0, 2.5), (0.0, 2.0), (-1.0, 1.6)):
        assert power_mean(x, half, rho)[0] == pytest.approx(want)
    assert power_mean(x, half, -200.0)[0] == pytest.approx(1.0, abs=0.01)


def test_rho_is_recovered():
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(8):
        x = rng.uniform(0.2, 1.0, (500, 2))
        y = 1 + 4 * power_mean(x, np.array([0.6, 0.4]), -2.0) + 0.3 * rng.normal(size=500)
        found = fit_elasticity(x, y, np.ones(500), 0.9)
        held += found.low <= -2.0 <= found.high
        assert found.weights[0] == pytest.approx(0.6, abs=0.12)
    assert held >= 5  # a 90 % interval holds it so often with probability .995


@pytest.mark.parametrize("rho", [-4.0, -1.0, 0.6])
def test_the_interval_of_rho_is_where_the_likelihood_ratio_says(rho):
    """Refitted at either end, the sum of squares has risen as far as chi-squared allows, between points of the grid."""
    from scipy.optimize import least_squares

    rng = np.random.default_rng(7)
    x = rng.integers(1, 6, (400, 2)) / 5
    y = 1 + 4 * power_mean(x, np.array([0.6, 0.4]), rho) + 0.4 * rng.normal(size=400)
    found = fit_elasticity(x, y, np.ones(400), 0.9)

    def squares(at):
        def left(p):
            first = 1 / (1 + np.exp(p[2]))
            return y - p[0] - p[1] * power_mean(x, np.array([first, 1 - first]), at)

        return 2 * least_squares(left, [1.0, 4.0, -0.4], xtol=1e-12, ftol=1e-12).cost

    for end in (found.low, found.high):
        assert -10 < end < 4
        assert 400 * np.log(squares(end) / found.squares) == pytest.approx(2.7055, rel=0.03)


def test_nothing_is_said_of_making_up_where_drivers_add_up():
    assert not dr.compensation(answers(table(1500))).stated


def test_a_planted_condition_is_necessary_and_independence_is_not():
    rng = np.random.default_rng(9)
    n = 400
    x, other = rng.uniform(0, 10, (2, n))
    frame = pd.DataFrame({"a": x, "b": other, "y": x * rng.uniform(0, 1, n) ** 0.3})
    survey = dr.Survey(drivers=("a", "b"), outcomes=("y",), scale="open")
    found = dr.necessity(dr.read(frame, survey), permutations=99).tidy().set_index("driver")
    assert found.at["a", "p_step"] <= 0.05
    assert found.at["b", "verdict"] != "necessary"


@pytest.mark.slow
def test_type_one_error_of_the_necessity_test():
    """4 to 6 % under independence, 4,000 runs of 50 normal pairs (standard error .34 %)."""
    from drivers.stats.ceiling import ceiling, permuted_sizes

    rng, hits, runs = np.random.default_rng(12), 0, 4000
    for k in range(runs):
        x, y = rng.normal(size=(2, 50))
        places = [np.unique(v, return_inverse=True) for v in (x, y)]
        chance = permuted_sizes(places[0][1], places[1][1], places[0][0], places[1][0], np.ones(50), 99, k)
        hits += (1 + (chance[:, 0] >= ceiling(x, y).step - 1e-12).sum()) / 100 <= 0.05
    assert 0.04 <= hits / runs <= 0.06
