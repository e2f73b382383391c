"""Claims that rest on answers left out: the error they are judged by, and that nothing is said below two of them."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.fit.regression.sample import take_sample
from drivers.gap.constraints import Constraint
from drivers.gap.predictions import Compared, compare_predictions
from drivers.stats.elasticity import power_mean
from drivers.stats.leave_one_out import loo_linear
from tests.cells.made import cells_of
from tests.gap.made import answers, table


def pair_of_models(cells):
    x, y = cells.values[:, :1], cells.values[:, -1]
    weight = cells.sum_w * cells.n.sum() / cells.sum_w.sum()
    return [loo_linear(part, y, weight, cells.n) for part in (np.column_stack([x, x**2]), x)]


def made(n=300, **design):
    rng = np.random.default_rng(3)
    x = rng.normal(size=n)
    return cells_of(np.column_stack([x, x + 0.2 * x**2 + rng.normal(size=n)]), **design)


def test_the_error_is_that_of_a_total_of_people():
    cells = made()
    one, other = pair_of_models(cells)
    found = compare_predictions(take_sample(cells, np.ones(300, bool)), one, other)
    apart = one.density - other.density
    assert found.difference == pytest.approx(apart.sum(), abs=1e-9)
    assert found.error == pytest.approx(np.sqrt(300) * apart.std(ddof=1), rel=1e-9)


def test_sampling_units_enter_the_error():
    """People of a unit who all say the same are worth one: the error of 300 copies in 60 fives is root 5 larger."""
    cells = made(60)
    copies = cells_of(np.repeat(cells.values, 5, axis=0), psu=np.repeat(np.arange(60), 5))
    models = pair_of_models(copies)
    clustered = compare_predictions(take_sample(copies, np.ones(300, bool)), *models)
    plain = cells_of(np.repeat(cells.values, 5, axis=0))
    alone = compare_predictions(take_sample(plain, np.ones(300, bool)), *pair_of_models(plain))
    assert clustered.error / alone.error == pytest.approx(np.sqrt(5 * (60 / 59) / (300 / 299)), rel=1e-6)


@pytest.mark.parametrize(("difference", "decisive"), [(1.99, False), (2.01, True), (-2.01, False)])
def test_two_errors_decide(difference, decisive):
    assert Compared(difference=difference, error=1.0).decisive is decisive
    assert Compared(difference=difference, error=1.0).open is (abs(difference) <= 2)
    model = Constraint(model="gap", terms=1, r2=0.1, elpd=0.0, worse=difference, error=1.0, aic=0.0, f=1.0,
                       df=(4.0, 9.0), p_value=0.5)  # fmt: skip
    said = {1.99: "as well as", 2.01: "worse than", -2.01: "better than"}[difference]
    assert model.verdict == f"predicts {said} the full surface"


def test_a_model_is_not_better_than_itself():
    assert not Compared(difference=0.0, error=0.0).decisive
    assert Compared(difference=0.0, error=0.0).open


@pytest.mark.parametrize(("rho", "stated"), [(-4.0, True), (1.0, False)])
def test_rho_is_stated_where_it_was_planted_and_not_where_drivers_add_up(rho, stated):
    rng = np.random.default_rng(8)
    x = rng.integers(1, 6, (600, 2))
    y = 1 + 4 * power_mean(x / 5, np.array([0.5, 0.5]), rho) + 0.4 * rng.normal(size=600)
    frame = pd.DataFrame(x, columns=["a", "b"]).assign(y=y)
    given = dr.Survey(drivers=("a", "b"), outcomes=("y",), scale=(1, 5), items={"y": {"scale": "open"}})
    found = dr.compensation(dr.read(frame, given))
    row = found.models.set_index("model").loc["constant elasticity"]
    assert found.stated is stated
    assert (row["better"] > 2 * row["error"]) is np.bool_(stated)
    assert ("rho" in found.reading()) is stated
    assert (found.to_dict()["rho"] is None) is not stated


def test_a_full_top_box_states_nothing():
    """Drivers that add up on the latent scale bend the line under a full top box: points call it a product, it is none.
    """
    rng = np.random.default_rng(2)
    x = rng.integers(1, 6, (1500, 2))
    eta = 0.8 * x.sum(axis=1) + rng.normal(size=1500)
    y = np.searchsorted(np.quantile(eta, [0.05, 0.15, 0.3, 0.5]), eta) + 1
    found = dr.compensation(answers(table(1500).assign(a=x[:, 0], b=x[:, 1], y=y)), drivers=("a", "b"))
    product = found.models.set_index("model").loc["a x b"]
    assert product["better"] > 2 * product["error"]
    assert not product["latent"] > 2 * product["latent_error"]
    assert not product["stated"] and not found.stated
