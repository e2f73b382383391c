"""ArviZ trees, netCDF there and back, and leave-one-out prediction from cells."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import DataError, InputError
from drivers.fit.bayes.datatree import load_fit, save_fit
from drivers.fit.bayes.loo import compare_fits, loo, stacking_weights
from drivers.fit.bayes.pointwise import cell_loglik, complete_cells
from drivers.fit.bayes.priors import SlopePriors, normal
from tests.fit.bayes.test_flat import people

SAME = 1e-12


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return people(n=300)


def posterior(table, model="ordinal", drivers=("a", "b"), **more):
    return dr.fit(table, "y", list(drivers), **{"model": model, "engine": "bayes", "draws": 1000} | more)


@pytest.mark.parametrize("model", ["linear", "ordinal", "logit"])
def test_a_saved_fit_is_the_same_fit(table, model, tmp_path):
    fit = posterior(table, model)
    back = load_fit(save_fit(fit, tmp_path / "fit.nc"))
    np.testing.assert_array_equal(back.draws.slopes, fit.draws.slopes)
    pd.testing.assert_frame_equal(back.tidy(), fit.tidy())
    pd.testing.assert_frame_equal(dr.importance(back).tidy(), dr.importance(fit).tidy())
    assert back.summary() == fit.summary()
    np.testing.assert_array_equal(back.predict().mean, fit.predict().mean)


def test_a_prior_of_ones_own_is_saved_too(table, tmp_path):
    fit = posterior(table, prior=SlopePriors(slopes=normal(0, 1)))
    assert load_fit(save_fit(fit, tmp_path / "fit.nc")).spec.prior == fit.spec.prior


def test_what_is_no_saved_fit_is_refused(tmp_path):
    import xarray as xr

    xr.Dataset({"x": ("cell", [1.0])}).to_netcdf(tmp_path / "other.nc", engine="netcdf4")
    with pytest.raises(DataError, match="holds no fit of this library"):
        load_fit(tmp_path / "other.nc")
    with pytest.raises(InputError, match="A regression fit has no posterior"):
        dr.fit(people(n=100), "y", ["a", "b"]).to_datatree()


def test_a_tree_is_what_arviz_reads(table):
    import arviz as az

    tree = posterior(table).to_datatree()
    assert {"posterior", "log_likelihood", "observed_data", "constant_data", "saved"} <= set(tree.children)
    assert tree["posterior"]["slopes"].dims == ("chain", "draw", "driver")
    assert tree["observed_data"]["count"].sum() == 300
    found = az.summary(tree, var_names=["slopes"], kind="stats", round_to="none")
    np.testing.assert_allclose(
        found["mean"], tree["posterior"]["slopes"].mean(("chain", "draw")).to_numpy(), atol=SAME
    )
    assert tree.attrs["model"] == "ordinal"


@pytest.mark.parametrize("model", ["linear", "ordinal", "logit"])
def test_the_likelihood_of_cells_is_that_of_predictions(table, model):
    from scipy.stats import norm

    fit = posterior(table, model)
    cells = complete_cells(fit)
    found = cell_loglik(fit, cells)
    told = fit.predict(draws=True)
    y = cells.values[:, -1]
    if model == "linear":
        wanted = norm(told.mean[0], fit.draws.error_sd[0][:, None]).logpdf(y)
    else:
        said = (y >= fit.top).astype(int) if model == "logit" else np.searchsorted(fit.categories, y)
        wanted = np.log(told.probability[0][:, np.arange(len(y)), said])
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)


def test_leaving_out_from_cells_is_leaving_out_answers(table):
    """With every answer a cell of its own the sums are the same: answers of one cell are left out alike."""
    import arviz as az
    import xarray as xr

    fit = posterior(table)
    found = loo(fit)
    cells = complete_cells(fit)
    rows = np.repeat(cell_loglik(fit, cells), np.round(cells.n).astype(int), axis=1)
    tree = xr.DataTree.from_dict({
        "posterior": fit.to_datatree()["posterior"].to_dataset(),
        "log_likelihood": xr.Dataset({"y": (("chain", "draw", "row"), rows[None])}),
    })
    theirs = az.loo(tree)
    assert found.elpd == pytest.approx(float(theirs.elpd), abs=0.02)  # PSIS of two libraries
    assert found.se == pytest.approx(float(theirs.se), rel=1e-3)
    assert found.p == pytest.approx(float(theirs.p), rel=0.02)
    assert found.reliable


def test_a_model_without_the_driver_that_matters_foretells_worse(table):
    full, less = posterior(table), posterior(table, drivers=["b"])
    logit = posterior(table, link="logit")
    found = compare_fits({"both": full, "b alone": less, "logit": logit})
    frame = found.tidy()
    assert frame["fit"].iloc[-1] == "b alone"
    assert frame["weight"].sum() == pytest.approx(1)
    assert frame["weight"].iloc[-1] < 0.2
    text = found.summary()
    assert "`b alone` foretells answers worse than" in text
    assert "cannot be told apart by their predictions" in text
    with pytest.raises(InputError, match="two or more posteriors"):
        compare_fits({"one": full})
    with pytest.raises(InputError, match="foretell different things"):
        compare_fits({"one": full, "other": posterior(table, "linear")})
    with pytest.raises(InputError, match="fitted to other answers"):
        compare_fits({"one": full, "other": posterior(table[:250])})


def test_the_stack_is_the_best_mixture():
    rng = np.random.default_rng(1)
    density, count = rng.normal(size=(50, 2)), rng.integers(1, 9, 50).astype(float)
    weight = stacking_weights(density, count)
    grid = np.linspace(0, 1, 2001)
    scores = [count @ np.log(np.exp(density) @ [w, 1 - w]) for w in grid]
    assert weight[0] == pytest.approx(grid[int(np.argmax(scores))], abs=1e-3)
