"""Drivers whose steps need not be equal: the density, its posterior, what is read off it, what is refused."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import dirichlet

import drivers as dr
from drivers.errors import InputError
from drivers.fit.bayes.datatree import load_fit, save_fit
from drivers.fit.bayes.monotone_target import Way, monotone_target
from drivers.fit.bayes.target import ordered_target
from drivers.fit.step_draws import climbed
from drivers.stats.prior_density import PriorArrays
from drivers.stats.simplex import bend_of_parts, coordinates_of, log_normal, parts_of, slope_of_parts
from tests.fit.bayes.calibration import CDF
from tests.fit.bayes.test_flat import MC, agree
from tests.fit.bayes.test_target import differences

pytestmark = pytest.mark.bayes
SCALE = np.array([1.0, 1.4, 1.8, 4.0, 5.0])  # of driver a: parts .1, .1, .55, .25 of its way
SLOPES, CUTS = (0.5, 0.25), (0.7, 1.5, 2.2, 2.9)


def people(n=20_000, seed=0, weights=False) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    mood = rng.normal(size=n)
    a, b = (np.clip(np.round(3.1 + 0.7 * mood + 0.9 * rng.normal(size=n)), 1, 5) for _ in range(2))
    latent = SLOPES[0] * SCALE[a.astype(int) - 1] + SLOPES[1] * b + rng.normal(size=n)
    table = pd.DataFrame({"a": a, "b": b, "y": 1.0 + np.searchsorted(CUTS, latent)})
    return table.assign(w=rng.gamma(2.0, size=n)) if weights else table


def stepped(table, **asked):
    return dr.fit(table, "y", ["a", "b"], **{
        "model": "ordinal", "engine": "bayes", "monotone": ["a"], "draws": 2000
    } | asked)


@pytest.fixture(scope="module")
def fit():
    return stepped(people())


def cells(seed=1, m=80, q=4):
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 6, (m, 3)).astype(float)
    x[:, 1] = rng.normal(size=m)
    return x, rng.integers(0, q + 1, m).astype(np.intp), rng.gamma(2.0, size=m)


def target_of(x, y, weight, link="probit", q=4, ways=(0, 2)):
    """Drivers 1 to 5 at the places `ways`, standardised; the others linear."""
    p = x.shape[1]
    centre, spread = x.mean(axis=0), x.std(axis=0)
    prior = PriorArrays(
        location=np.r_[np.zeros(p), np.full(q, 0.3)], scale=np.r_[np.full(p, 0.5), np.full(q, 1.5)],
        df=np.r_[np.full(p, np.inf), np.full(q, 4.0)],
    )  # fmt: skip
    flat = ordered_target((x - centre) / spread, y, weight, q, link, prior)
    columns = [
        (1 + 4 * climbed(x[:, j], 1.0, 4) - centre[j]) / spread[j] if j in ways else flat.x[:, [j]] for j in range(p)
    ]
    return monotone_target(flat, np.column_stack(columns), [Way(place=j, steps=4) for j in ways])


@pytest.mark.parametrize("link", ["probit", "logit"])
def test_the_density_is_scipys_and_its_derivatives_are_differences(link):
    x, y, weight = cells()
    target = target_of(x, y, weight, link)
    chains = target.chain_density(target.start, "abc")
    for phi in np.random.default_rng(2).normal(0, 0.5, (4, 13)):
        value, gradient, hessian = target.expand(phi)
        theta, parts = target.flat.theta(phi[:7]), target.parts(phi)
        scale = x.copy()
        for j, part in zip((0, 2), parts, strict=True):
            scale[:, j] = 1 + 4 * np.append(0.0, part.cumsum())[x[:, j].astype(int) - 1]
        eta = (scale - x.mean(axis=0)) / x.std(axis=0) @ theta[:3]
        edges = np.concatenate([[-np.inf], theta[3:], [np.inf]])
        low, high, cdf = edges[y] - eta, edges[y + 1] - eta, CDF[link]
        chance = np.where(low > 0, cdf(-low) - cdf(-high), cdf(high) - cdf(low))
        wanted = weight @ np.log(chance) + float(target.flat.beside(phi[:7], theta))
        for part, place in zip(parts, (slice(7, 10), slice(10, 13)), strict=True):
            jacobian = np.array([  # of all parts but the last
                (parts_of(phi[place] + step) - parts_of(phi[place] - step))[:3] / 2e-5 for step in 1e-5 * np.eye(3)
            ])
            wanted += dirichlet(np.ones(4)).logpdf(part / part.sum()) + np.linalg.slogdet(jacobian)[1]
        assert value == pytest.approx(wanted, abs=1e-8)  # the Jacobian by differences
        assert value == pytest.approx(target.values(phi[None])[0], abs=1e-10)
        first, second = differences(target, phi)
        np.testing.assert_allclose(gradient, first, atol=1e-6 * np.abs(first).max())
        np.testing.assert_allclose(hessian, second, atol=1e-6 * np.abs(second).max())
        found, slope = chains.value(phi)
        assert found == pytest.approx(value, abs=1e-10)
        np.testing.assert_allclose(slope, gradient, atol=1e-9)
        np.testing.assert_allclose(target.from_chains(chains.expand(phi)), phi, atol=1e-9)
        of_prior = target_of(x, y, 1e-9 * weight, link).expand(phi)[1]
        np.testing.assert_allclose(gradient - of_prior, weight @ target.scores(phi), atol=1e-6)


def test_equal_steps_are_the_linear_coding():
    x, y, weight = cells(3)
    target = target_of(x, y, weight)
    equal = np.tile(coordinates_of(np.full(4, 0.25)), 2)
    for phi in np.random.default_rng(4).normal(0, 0.5, (5, 7)):
        at = np.append(phi, equal)
        wanted, gradient, _ = target.flat.expand(phi)
        assert target.expand(at)[0] == pytest.approx(wanted + log_normal(equal), abs=1e-10)
        np.testing.assert_allclose(target.expand(at)[1][:7], gradient, atol=1e-9)


@given(seed=st.integers(0, 50))
@settings(max_examples=10, deadline=None)
def test_a_coding_turned_round_has_slope_and_steps_turned_round(seed):
    """The likelihood, and the uniform density of the parts, are those of the coding as it was."""
    x, y, weight = cells(seed)
    turned = x.copy()
    turned[:, 0] = 6 - x[:, 0]
    one, other = target_of(x, y, weight), target_of(turned, y, weight)
    phi = np.random.default_rng(seed).normal(0, 0.5, 13)
    theta, parts = one.flat.theta(phi[:7]), one.parts(phi)
    at = other.phi(theta * np.r_[-1, np.ones(6)], [parts[0][::-1], parts[1]])
    assert other.loglik(at) == pytest.approx(one.loglik(phi), abs=1e-8)


@pytest.mark.parametrize("n", [2, 3, 6])
def test_parts_are_uniform_on_the_simplex(n):
    """Against scipy's density with the Jacobian by differences, forth and back, first and second derivatives."""
    rng = np.random.default_rng(n)
    for w in rng.normal(size=(5, n - 1)):
        part, pull, h = parts_of(w), rng.normal(size=n), 1e-5
        assert part.sum() == pytest.approx(1.0, abs=1e-14) and (part > 0).all()
        np.testing.assert_allclose(coordinates_of(part), w, atol=1e-9)
        steps = h * np.eye(n - 1)
        moved = np.array([(parts_of(w + step) - parts_of(w - step)) / (2 * h) for step in steps]).T
        np.testing.assert_allclose(slope_of_parts(w), moved, atol=1e-8)
        bent = np.array([pull @ (slope_of_parts(w + step) - slope_of_parts(w - step)) / (2 * h) for step in steps])
        np.testing.assert_allclose(bend_of_parts(w, pull), bent, atol=1e-8)
        density = dirichlet(np.ones(n)).logpdf(part / part.sum()) + np.linalg.slogdet(slope_of_parts(w)[:-1])[1]
        assert density == pytest.approx(log_normal(w), abs=1e-10)


def test_laplace_and_chains_draw_the_same_posterior(fit):
    assert fit.diagnostics["method"] == "laplace"
    other = stepped(people(), method="nuts")
    assert other.diagnostics["method"] == "nuts"
    agree(fit, other)
    one, two = (each.steps.parts.reshape(-1, 4) for each in (fit, other))
    assert (np.abs(one.mean(axis=0) - two.mean(axis=0)) < MC * one.std(axis=0) * math.sqrt(2 / 400)).all()


@pytest.mark.slow
def test_chains_take_over_where_few_people_took_a_step():
    """With 1,500 people parts near 0 are too far from normal for Laplace's approximation."""
    fit = stepped(people(1500))
    assert fit.diagnostics["method"] == "nuts" and fit.diagnostics["refused_pareto_k"] > 0.5
    parts = fit.steps.parts.reshape(-1, 4)
    assert (np.abs(parts.mean(axis=0) - np.diff(SCALE) / 4) < 3.5 * parts.std(axis=0)).all()


def test_a_known_truth_comes_back():
    """20,000 people: every part, slope and threshold within 3.5 posterior sds of the truth, and parts known to .02."""
    fit = stepped(people(seed=4))
    parts = fit.steps.parts.reshape(-1, 4)
    wanted = np.diff(SCALE) / 4
    assert parts.std(axis=0).max() < 0.02
    assert (np.abs(parts.mean(axis=0) - wanted) < 3.5 * parts.std(axis=0)).all()
    terms = np.concatenate([fit.draws.slopes, fit.draws.cuts], axis=-1).reshape(-1, 6)
    assert (np.abs(terms.mean(axis=0) - np.array([*SLOPES, *CUTS])) < 3.5 * terms.std(axis=0)).all()
    scaled = np.column_stack([SCALE[fit.cells.values[:, 0].astype(int) - 1], fit.cells.values[:, 1]])
    explained = SLOPES @ np.cov(scaled, rowvar=False, aweights=fit.cells.n) @ SLOPES
    assert fit.r2 == pytest.approx(explained / (explained + 1), abs=0.012)
    from drivers.stats.measures import MEASURES_DRAWS

    joint = np.cov(np.column_stack([scaled, scaled @ SLOPES]), rowvar=False, aweights=fit.cells.n)
    joint[2, 2] += 1
    np.testing.assert_allclose(dr.importance(fit).estimate, MEASURES_DRAWS["lmg"](joint[None])[0], atol=0.012)


def test_equal_steps_are_called_equal():
    rng = np.random.default_rng(6)
    a = rng.integers(1, 5, 20_000).astype(float)
    y = 1.0 + np.searchsorted([1.0, 2.0, 3.0], 0.8 * a + rng.normal(size=len(a)))
    found = dr.scale_steps(dr.fit(
        pd.DataFrame({"a": a, "y": y}), "y", ["a"], model="ordinal", engine="bayes", monotone="a"
    ))
    assert found.drivers["p_equal"].iloc[0] > 0.99
    assert "all are equal, to within 10% of the way, with a probability of 1.00;" in found.summary().replace("\n", " ")


def test_what_is_read_off_a_fit(fit):
    found = dr.scale_steps(fit)
    table = found.tidy()
    assert table.groupby("driver")["part"].sum().tolist() == pytest.approx([1.0])
    assert table["scale"].iloc[-1] == pytest.approx(5.0)
    whole = found.drivers.iloc[0]
    assert whole["largest"] == "3 to 4" and whole["p_largest"] > 0.99 and whole["p_equal"] < 0.01
    text = found.summary().replace("\n", " ")
    assert "the step 3 to 4 is the largest with a probability of 1.00" in text
    assert json.dumps(found.to_dict())
    summary = fit.summary().replace("\n", " ")
    assert "Cumulative probit, steps of a not equal: y" in summary
    assert "parts of steps uniform on the simplex (Dirichlet(1))" in summary
    imp = dr.importance(fit)
    assert imp.estimate.sum() == pytest.approx(fit.r2, abs=1e-10)
    equal = dr.importance(dr.fit(people(), "y", ["a", "b"], model="ordinal", engine="bayes"))
    assert imp.estimate[0] > equal.estimate[0] + 0.03  # straight lines miss a part of what goes with it
    assert dr.diagnose(fit).verdict == "ready"
    ax = found.plot()
    np.testing.assert_allclose(ax.lines[0].get_xdata(), [1, 5])  # the line of equal steps


def test_what_ifs_and_predictions_climb_the_scale(fit):
    out = dr.what_if(fit, dr.lift("a", to=4))
    assert out.others == ()
    rows = fit.cells
    frame = pd.DataFrame(rows.values[:, :2], columns=["a", "b"])
    before, after = fit.predict(frame), fit.predict(frame.assign(a=frame["a"].clip(lower=4)))
    for k, told in enumerate(("mean", "top")):
        change = getattr(after, told)[0, 0] - getattr(before, told)[0, 0]
        assert out.point_change[0, k] == pytest.approx(np.average(change, weights=rows.sum_w), abs=1e-10)
    low, middle, high = fit.predict({"a": [3.0, 3.5, 4.0], "b": [3.0] * 3}, draws=True).mean.mean(axis=(0, 1))
    assert low < middle < high
    part = fit.steps.parts.mean(axis=(0, 1))[0]
    slope = fit.point.slopes[0, 0]
    one, two = (fit.steps.added(fit.point.slopes, np.array([[x, 3.0]]), fit.steps.point())[0, 0, 0] for x in (3, 4))
    assert two - one + slope[0] == pytest.approx(slope[0] * 4 * part[2], rel=1e-9)


def test_weights_turn_the_draws():
    table = people(weights=True)
    weighted, plain = stepped(table, weight="w"), stepped(table)
    assert weighted.diagnostics["rotated"] and not plain.diagnostics["rotated"]
    assert weighted.steps.parts.sum(axis=-1) == pytest.approx(1.0)
    kish = math.sqrt(weighted.n / weighted.n_eff)
    ratio = weighted.draws.slopes.std(axis=(0, 1)) / plain.draws.slopes.std(axis=(0, 1))
    assert (np.abs(ratio / kish - 1) < 0.25).all()


def test_a_binary_outcome_takes_steps():
    fit = stepped(people(40_000), model="logit")
    assert fit.spec.link == "logit" and fit.draws.cuts.shape[-1] == 1
    np.testing.assert_allclose(fit.draws.intercept, -fit.draws.cuts[..., 0])
    parts = fit.steps.parts.reshape(-1, 4)
    assert (np.abs(parts.mean(axis=0) - np.diff(SCALE) / 4) < 4 * parts.std(axis=0)).all()


def test_a_saved_fit_comes_back(fit, tmp_path):
    again = load_fit(save_fit(fit, tmp_path / "fit.nc"))
    assert again.spec == fit.spec
    np.testing.assert_array_equal(again.steps.parts, fit.steps.parts)
    assert fit.to_datatree()["posterior"]["steps_a"].coords["step_a"].to_numpy().tolist()[0] == "1 to 2"
    assert dr.scale_steps(again).summary() == dr.scale_steps(fit).summary()


def test_the_pymc_model_is_the_density(fit):
    """Of the fit's own cells, in its own standard units."""
    from tests.fit.bayes.test_models import _values, multinomial_of

    rows = fit.cells
    x, n, q = rows.values[:, :2], rows.n, 4
    centre = np.average(x, axis=0, weights=n)
    spread = np.sqrt(np.average((x - centre) ** 2, axis=0, weights=n))
    prior = PriorArrays(location=np.zeros(6), scale=np.r_[0.5, 0.5, np.full(4, 1.5)], df=np.full(6, np.inf))
    y = (rows.values[:, 2] - 1).astype(np.intp)
    flat = ordered_target((x - centre) / spread, y, n, q, "probit", prior)
    wide = np.column_stack([(1 + 4 * climbed(x[:, 0], 1.0, 4) - centre[0]) / spread[0], flat.x[:, 1]])
    target = monotone_target(flat, wide, [Way(place=0, steps=4)])
    model = fit.to_pymc()
    compiled = model.compile_logp(mode="FAST_COMPILE", jacobian=False)
    for phi in np.random.default_rng(8).normal(0, 0.4, (3, 9)):
        theta, (part,) = flat.theta(phi[:6]), target.parts(phi)
        found = compiled(_values(model, {"slopes": theta[:2], "cuts": theta[2:], "steps_a": part}))
        steps = np.delete(phi[2:6], flat.anchor).sum()  # the log Jacobians of the compiled density
        simplex = log_normal(phi[6:]) - math.lgamma(4)
        wanted = target.expand(phi)[0] - steps - math.lgamma(5) - simplex + multinomial_of(x, y, n, q)
        assert float(found) == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize(("asked", "match"), [
    ({"model": "linear"}, r"outcome in categories; add model='ordinal' \(now 'linear'\)"),
    ({"engine": "regression"}, "`monotone` is a posterior; add engine='bayes'"),
    ({"monotone": ["aa"]}, r"monotone: `aa` \(did you mean `a`\?\) is not a driver of this fit"),
    ({"monotone": ["a", "a"]}, r"`a` stand\(s\) twice in `monotone`"),
    ({"missing": "impute"}, r"\(`monotone`\) use complete cases"),
])
def test_requests_that_cannot_be_met(asked, match):
    with pytest.raises(InputError, match=match):
        stepped(people(100), **asked)


def test_a_measurement_has_no_steps():
    table = people(300)
    table["a"] = table["a"] + 0.5 * (table.index % 2)
    with pytest.raises(InputError, match="steps are told of ratings in whole points"):
        dr.fit(
            dr.read(table, drivers=["a", "b"], outcome="y"), model="ordinal", engine="bayes", monotone=["a"]
        )


def test_what_needs_equal_steps_says_so(fit):
    from drivers.scenario.average_slope import average_slopes

    with pytest.raises(InputError, match="Fit without `monotone` for this"):
        dr.dominance(fit, index="mcfadden")
    with pytest.raises(InputError, match="steps of `a` are not equal in this fit"):
        average_slopes(fit)
    with pytest.raises(InputError, match="Every driver of this fit has equal steps"):
        dr.scale_steps(dr.fit(people(200), "y", ["a", "b"]))


def test_incomplete_answers_are_left_out_and_counted():
    table = people()
    table.loc[:39, "b"] = np.nan
    fit = stepped(table, draws=500)
    assert fit.n == 19_960
    text = fit.summary().replace("\n", " ")
    assert "Complete cases only, as models of unequal steps take them: 40 respondents left out" in text
