"""PyMC models against the compiled densities: equal at random points, Jacobians and constants written out."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import gammaln

from drivers.fit.bayes.group_priors import GroupPriors
from drivers.fit.bayes.laplace_linear import gaussian_target
from drivers.fit.bayes.laplace_ordered import ordered_prior
from drivers.fit.bayes.log_prior import r2_log_prior
from drivers.fit.bayes.models import (
    PatternTable,
    cumulative_model,
    linear_model,
    monotone_model,
    unequal_variance_model,
)
from drivers.fit.bayes.models_r2 import r2_model
from drivers.fit.bayes.priors import CovariancePrior, R2Prior, SlopePriors, student_t
from drivers.fit.bayes.target import ordered_target
from drivers.fit.bayes.unequal_target import unequal_target
from drivers.stats.cumulative_batch import driver_patterns
from drivers.stats.moments import weighted_moments

pytestmark = pytest.mark.bayes
EQUAL = 1e-10  # relative, on log densities of size 100 to 1,000
PRIOR = SlopePriors(cuts=student_t(5, 0.2, 1.5))


def table(q=3, groups=0, weights=False, seed=1, patterns=24, p=2, whole=False):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 5, size=(patterns, p)).astype(float) if whole else rng.normal(size=(patterns, p))
    count = rng.integers(0, 6, size=(patterns, q + 1)).astype(float)
    if weights:
        count *= rng.gamma(2.0, size=count.shape)
    segment = np.arange(patterns) % groups if groups else None
    return PatternTable(
        x=x, count=count, drivers=["a", "b", "c"][:p], points=[str(k + 1) for k in range(q + 1)], segment=segment,
        segments=[f"s{g}" for g in range(groups)],
    )


def cells_of(made):
    """One cell per pattern and category."""
    q = made.count.shape[1] - 1
    rows = np.repeat(np.arange(len(made.x)), q + 1)
    return made.x[rows], np.tile(np.arange(q + 1), len(made.x)).astype(np.intp), made.count.ravel(), rows


def multinomial(made):
    """The coefficients a multinomial carries and a product of chances does not."""
    return float((gammaln(made.count.sum(axis=1) + 1) - gammaln(made.count + 1).sum(axis=1)).sum())


def multinomial_of(x, y, n, q):
    """Those of the counts that cells `x`, `y` of `n` answers have by pattern."""
    found = driver_patterns(x, y, n, q).count
    return float((gammaln(found.sum(axis=1) + 1) - gammaln(found + 1).sum(axis=1)).sum())


def ordered_value(cuts):
    """How PyMC holds ordered values: the first, and logs of the steps."""
    return np.concatenate([cuts[:1], np.log(np.diff(cuts))])


@pytest.mark.parametrize(("link", "q", "weights"), [("probit", 3, False), ("logit", 3, True), ("logit", 1, False)])
def test_a_cumulative_model_is_the_compiled_density(link, q, weights):
    made = table(q, weights=weights)
    x, y, weight, _ = cells_of(made)
    target = ordered_target(x, y, weight, q, link, ordered_prior(PRIOR, 2, q, link))
    model = cumulative_model(made, link, PRIOR)
    compiled = {one: model.compile_logp(mode="FAST_COMPILE", jacobian=one) for one in (False, True)}
    for phi in np.random.default_rng(2).normal(0, 0.5, (5, 2 + q)):
        theta = target.theta(phi)
        steps = np.delete(phi[2:], target.anchor).sum()  # the log Jacobian of the compiled density
        point = {"slopes": theta[:2]}
        point["cuts_ordered__" if q > 1 else "cuts"] = ordered_value(theta[2:])
        beside = 0.0 if weights else multinomial(made)
        wanted = target.expand(phi)[0] - steps - math.lgamma(q + 1) + beside
        assert float(compiled[False](point)) == pytest.approx(wanted, rel=EQUAL)
        its_steps = ordered_value(theta[2:])[1:].sum()  # and of PyMC's own coordinates
        assert float(compiled[True](point)) == pytest.approx(wanted + its_steps, rel=EQUAL)


def test_a_linear_model_is_the_compiled_density():
    rng = np.random.default_rng(3)
    values, weight = rng.normal(size=(20, 3)), rng.gamma(2.0, size=20)
    target = gaussian_target(values, weight, SlopePriors())
    model = linear_model(values[:, :2], values[:, 2], weight, ["a", "b"], SlopePriors())
    compiled = model.compile_logp(mode="FAST_COMPILE")
    for phi in rng.normal(0, 0.5, (5, 4)):
        point = {"slopes": phi[:2], "intercept": phi[2], "error_sd_log__": phi[3]}
        assert float(compiled(point)) == pytest.approx(target.slope(phi)[0], rel=EQUAL)


@pytest.mark.parametrize("prior", [
    R2Prior(), R2Prior(mean=0.3, precision=9, averages=(1, 2, 0.5), variances=(1, 2, 3)),
])  # fmt: skip
def test_a_model_with_a_prior_of_r2_is_the_density_of_the_exact_posterior(prior):
    rng = np.random.default_rng(7)
    values, weight = rng.normal(size=(20, 3)) @ rng.normal(size=(3, 3)), rng.gamma(2.0, size=20)
    moments = weighted_moments(values, weight)
    compiled = r2_model(values, weight, ["a", "b"], prior).compile_logp(mode="FAST_COMPILE", jacobian=False)
    for slopes, average, log_variance in zip(
        rng.normal(size=(5, 2)), rng.normal(size=5), rng.normal(size=5), strict=True
    ):
        variance = np.exp(log_variance)
        away = values[:, 2] - average - (values[:, :2] - moments.mean[:2]) @ slopes
        loglik = -0.5 * weight @ (np.log(2 * np.pi * variance) + away**2 / variance)
        density = r2_log_prior(prior, moments, slopes[None], np.array([average]), np.array([variance]))[0]
        point = {"slopes": slopes, "average": average, "variance_log__": log_variance}
        assert float(compiled(point)) == pytest.approx(loglik + density, rel=EQUAL)


@pytest.mark.parametrize("link", ["probit", "logit"])
def test_unequal_variance_is_the_compiled_density(link):
    made = table(3, groups=3)
    x, y, weight, rows = cells_of(made)
    groups = GroupPriors(level=0.8, spread=0.4)
    prior = ordered_prior(PRIOR, 2, 3, link)
    target = unequal_target(x, y, made.segment[rows].astype(np.intp), weight, 3, link, prior, groups)
    model = unequal_variance_model(made, link, replace(PRIOR, groups=groups))
    compiled = model.compile_logp(mode="FAST_COMPILE", jacobian=False)
    for phi in np.random.default_rng(4).normal(0, 0.5, (5, 9)):
        slopes, cuts, level, log_spread = np.split(target.theta(phi), [2, 5, 8])
        found = compiled(_values(model, {"slopes": slopes, "cuts": cuts, "level": level, "log_spread": log_spread}))
        steps = np.delete(phi[2:5], target.flat.anchor).sum()  # the log Jacobian of the compiled density
        wanted = target.expand(phi)[0] - steps - math.lgamma(4) + multinomial(made)
        assert float(found) == pytest.approx(wanted, rel=EQUAL)


def _values(model, point):
    """Free variables as PyMC holds them, from parameters by name."""
    import pytensor.tensor as pt

    values = {}
    for variable in model.free_RVs:
        transform, value = model.rvs_to_transforms[variable], model.rvs_to_values[variable]
        given = pt.as_tensor(np.asarray(point[variable.name], dtype=float))
        moved = given if transform is None else transform.forward(given, *variable.owner.inputs)
        values[value.name] = moved.eval(mode="FAST_COMPILE")
    return values


def test_monotone_steps_that_are_equal_are_a_slope():
    made = table(3, whole=True)
    rng = np.random.default_rng(5)
    slopes, cuts = rng.normal(0, 0.4, 2), np.sort(rng.normal(size=3))
    own = replace(PRIOR, units="own")
    monotone, flat = monotone_model(made, [5, 0], "probit", own), cumulative_model(made, "probit", own)
    point = {"slopes": slopes, "cuts_ordered__": ordered_value(cuts)}
    found = monotone.compile_logp(vars=monotone.observed_RVs, mode="FAST_COMPILE")
    wanted = float(flat.compile_logp(vars=flat.observed_RVs, mode="FAST_COMPILE")(point))
    assert float(found(point | {"steps_a_simplex__": np.zeros(3)})) == pytest.approx(wanted, rel=EQUAL)
    assert float(found(point | {"steps_a_simplex__": np.ones(3)})) != pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("model", ["linear", "ordinal", "logit"])
def test_a_fit_hands_out_its_own_model(model):
    import drivers as dr
    from tests.fit.bayes.test_flat import people

    fit = dr.fit(people(n=200), "y", ["a", "b"], model=model, engine="bayes", method="laplace", draws=500)
    built = fit.to_pymc()
    assert list(built.coords["driver"]) == ["a", "b"]
    point = built.initial_point()
    assert np.isfinite(built.compile_logp(mode="FAST_COMPILE")(point))
    with pytest.raises(Exception, match="has no priors"):
        dr.fit(people(n=200), "y", ["a", "b"]).to_pymc()
    if model == "linear":
        with pytest.raises(Exception, match="A prior of the covariance of all items is none of slopes"):
            dr.fit(people(n=200), "y", ["a", "b"], engine="bayes", prior=CovariancePrior()).to_pymc()
