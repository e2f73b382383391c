"""PyMC models of slopes that vary over segments and waves: the compiled densities at random points."""

import math

import numpy as np
import pytest

from drivers.fit.bayes.dynamic_density import Dynamic
from drivers.fit.bayes.factors import Factor, Segments
from drivers.fit.bayes.hierarchy import Hierarchy
from drivers.fit.bayes.laplace_linear import gaussian_target
from drivers.fit.bayes.laplace_ordered import ordered_prior
from drivers.fit.bayes.models import PatternTable
from drivers.fit.bayes.models_varying import BySegment, ByWave, LinearTable, varying_model
from drivers.fit.bayes.priors import SlopePriors
from drivers.fit.bayes.target import ordered_target
from drivers.fit.bayes.tracker_density import Tracker
from drivers.fit.bayes.walk import Walk
from drivers.fit.regression.ordered import LATENT_SD
from drivers.stats.correlated_effects import EffectsShape
from drivers.stats.segment_density import SegmentPatterns, segment_squares
from tests.fit.bayes.test_models import cells_of, multinomial

pytestmark = pytest.mark.bayes
EQUAL = 1e-10  # relative, on log densities of size 100 to 1,000
P, VARYING, Q, ROWS, GROUPS, WAVES = 3, 2, 3, 48, 6, 8
PRIOR = SlopePriors()
PLACE = np.arange(ROWS)
SEGMENT, WAVE = PLACE % GROUPS, PLACE * WAVES // ROWS
QUARTER = np.arange(WAVES) % 4
FACTORS = (
    Factor(column="channel", groups=("a", "b", "c"), member=np.arange(GROUPS) % 3),
    Factor(column="region", groups=("n", "s"), member=np.arange(GROUPS) // 3),
)


class Answers:
    """Rows of three drivers, the last a control, with their PyMC table and the flat part of compiled densities."""

    def __init__(self, kind: str, seed: int = 1) -> None:
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(ROWS, P))
        self.link = kind if kind != "linear" else "probit"
        self.linear = kind == "linear"
        self.unit = 1.0 if self.linear else LATENT_SD[self.link]
        if self.linear:
            y, weight = rng.normal(size=ROWS), rng.gamma(2.0, size=ROWS)
            self.values, self.weight, self.beside = np.column_stack([x, y]), weight, 0.0
            self.table = LinearTable(x=x, y=y, weight=weight, drivers=["a", "b", "c"])
            self.flat = gaussian_target(self.values, weight, PRIOR)
        else:
            count = rng.integers(0, 6, size=(ROWS, Q + 1)).astype(float)
            self.table = PatternTable(x=x, count=count, drivers=["a", "b", "c"], points=list("1234"))
            rows, y, weight, _ = cells_of(self.table)
            self.flat = ordered_target(rows, y, weight, Q, self.link, ordered_prior(PRIOR, P, Q, self.link))
            self.beside = multinomial(self.table)

    def grouped(self, index):
        if self.linear:
            return segment_squares(self.values, index, self.weight)
        return SegmentPatterns(x=self.table.x, segment=index.astype(np.intp), count=self.table.count)

    def walk(self, steps, season):
        return Walk(
            waves=WAVES, columns=VARYING + 1, innovations=steps, priors=PRIOR.walk.times(self.unit),
            quarter=QUARTER if season else None, seasons=4 if season else 0,
        )

    def hierarchy(self, factors):
        segments = Segments(
            factors=factors, groups=tuple((str(g),) for g in range(GROUPS)), index=SEGMENT, n=np.ones(GROUPS)
        )
        return Hierarchy(
            flat=self.flat, data=self.grouped(SEGMENT), segments=segments, names=("a", "b", "c"), words="",
            shapes=tuple(EffectsShape(groups=len(one.groups), effects=VARYING) for one in factors),
            priors=PRIOR.segments.times(self.unit),
        )


def by_segment(factors):
    return [BySegment(column=one.column, groups=one.groups, member=one.member[SEGMENT]) for one in factors]


def by_wave(steps, season):
    return ByWave(waves=tuple(map(str, range(WAVES))), wave=WAVE, steps=steps, quarter=QUARTER if season else None)


def point_of(at, factors):
    """What PyMC calls the parameters `at` of a compiled density, and by how much the logs of the two differ."""
    point = {name: at[name] for name in ("slopes", "cuts", "intercept", "error_sd", "pace", "season") if name in at}
    jacobian = 0.0
    if "cuts" in at:  # the compiled density is of logs of steps between thresholds, of any order of them
        jacobian += np.log(np.diff(at["cuts"])).sum() + math.lgamma(Q + 1)
    else:
        jacobian += math.log(at["error_sd"])
    if "walk" in at:
        point["step"] = np.diff(at["walk"], axis=0) / at["pace"]
        jacobian += np.log(at["pace"]).sum()
    for one in factors:
        c = one.column
        tau, rho, level = at[f"spread_{c}"], float(at[f"correlation_{c}"][0]), at[f"level_spread_{c}"]
        root = np.array([[tau[0], 0], [rho * tau[1], math.sqrt(1 - rho**2) * tau[1]]])
        point |= {
            f"root_{c}": root[np.tril_indices(2)], f"raw_{c}": np.linalg.solve(root, at[f"effect_{c}"].T),
            f"level_spread_{c}": level, f"level_raw_{c}": at[f"level_{c}"] / level,
        }
        # logs of spreads and arctanh of correlations here, PyMC's density is of the covariance's Cholesky factor
        jacobian += np.log(tau).sum() + math.log(level) + math.log(1 - rho**2)
        jacobian += math.log(tau[1]) - 0.5 * math.log(1 - rho**2)  # d(tau2, rho) to d(tau2 rho, tau2 sqrt(1 - rho^2))
    return point, jacobian


def values_of(model, point):
    """The coordinates PyMC has for parameters `point` by name."""
    import pytensor.tensor as pt

    values = {}
    for variable in model.free_RVs:
        transform, value = model.rvs_to_transforms[variable], model.rvs_to_values[variable]
        given = pt.as_tensor(np.asarray(point[variable.name], dtype=float))
        moved = given if transform is None else transform.forward(given, *variable.owner.inputs)
        values[value.name] = moved.eval(mode="FAST_COMPILE")
    return values


def check(model, density, factors, beside):
    compiled = model.compile_logp(mode="FAST_COMPILE", jacobian=False)
    for phi in np.random.default_rng(6).normal(0, 0.4, (3, density.size)):
        point, jacobian = point_of(density.expand(phi), factors)
        found = float(compiled(values_of(model, point)))
        assert found == pytest.approx(density.value(phi)[0] - jacobian + beside, rel=EQUAL)


@pytest.mark.parametrize(("kind", "columns"), [("probit", 1), ("logit", 2), ("linear", 2)])
def test_a_hierarchical_model_is_the_compiled_density(kind, columns):
    made, factors = Answers(kind), FACTORS[-columns:]
    model = varying_model(made.table, made.link, PRIOR, by_segment(factors), varying=VARYING)
    assert model.named_vars_to_dims["effect_region"] == ("region", "varying")
    check(model, made.hierarchy(factors).density(np.zeros(len(made.flat.prior.scale))), factors, made.beside)


@pytest.mark.parametrize(
    ("kind", "steps", "season"),
    [("probit", "normal", True), ("logit", "student_t", False), ("linear", "student_t", True)],
)  # fmt: skip
def test_a_walk_is_the_compiled_density(kind, steps, season):
    made = Answers(kind)
    model = varying_model(made.table, made.link, PRIOR, waves=by_wave(steps, season), varying=VARYING)
    assert model.named_vars_to_dims["walk"] == ("wave", "moving")
    assert list(model.coords["moving"]) == ["a", "b", "level"]
    dynamic = Dynamic(
        flat=made.flat, data=made.grouped(WAVE), walk=made.walk(steps, season), names=("a", "b", "c"),
        waves=tuple(map(str, range(WAVES))), words="",
    )
    check(model, dynamic.density(np.zeros(len(made.flat.prior.scale))), (), made.beside)


def tracked(made, factors, steps="normal", season=False):
    """Segments and waves at once."""
    pairs, index = np.unique(SEGMENT * WAVES + WAVE, return_inverse=True)
    dynamic = Dynamic(
        flat=made.flat, data=made.grouped(WAVE), walk=made.walk(steps, season), names=("a", "b", "c"),
        waves=tuple(map(str, range(WAVES))), words="",
    )
    return Tracker(
        hierarchy=made.hierarchy(factors), dynamic=dynamic, data=made.grouped(index), segment=pairs // WAVES,
        wave=pairs % WAVES,
    )


TRACKERS = [("probit", 1, "normal", True), ("logit", 2, "student_t", False), ("linear", 1, "normal", False)]


@pytest.mark.parametrize(("kind", "columns", "steps", "season"), TRACKERS)
def test_a_tracker_is_the_compiled_density(kind, columns, steps, season):
    made, factors = Answers(kind), FACTORS[:columns]
    model = varying_model(made.table, made.link, PRIOR, by_segment(factors), by_wave(steps, season), VARYING)
    assert {"wave", "driver", "channel"} <= set(model.coords)
    density = tracked(made, factors, steps, season).density(np.zeros(len(made.flat.prior.scale)))
    check(model, density, factors, made.beside)


@pytest.mark.parametrize(("kind", "columns", "steps", "season"), TRACKERS)
def test_derivatives_of_a_tracker_are_differences(kind, columns, steps, season):
    made = Answers(kind)
    density = tracked(made, FACTORS[:columns], steps, season).density(np.zeros(len(made.flat.prior.scale)))
    phi = np.random.default_rng(3).normal(0, 0.4, density.size)
    step = np.eye(density.size) * 1e-5
    slope = [(density.value(phi + s)[0] - density.value(phi - s)[0]) / 2e-5 for s in step]
    np.testing.assert_allclose(density.value(phi)[1], slope, atol=1e-6 * np.abs(slope).max())
    for name, values in density.expand(np.zeros((2, 5, density.size))).items():
        shape = tuple(len(density.coords[dim]) for dim in density.dims.get(name, ()))
        assert values.shape == (2, 5, *shape), name


@pytest.mark.parametrize("kind", ["probit", "linear"])
def test_without_effects_a_tracker_is_the_walk_and_without_steps_the_hierarchy(kind):
    """Where one part stands at zero it adds its own prior there, whatever the rest: a constant."""
    made = Answers(kind)
    tracker = tracked(made, FACTORS)
    t, inner = len(made.flat.prior.scale), tracker.hierarchy.size
    value = tracker.density(np.zeros(t)).value
    walk, by = tracker.dynamic.density(np.zeros(t)).value, tracker.hierarchy.density(np.zeros(t)).value
    rng = np.random.default_rng(8)
    apart = []
    for _ in range(3):
        phi = rng.normal(0, 0.4, tracker.size)
        moving, differing = phi.copy(), phi.copy()
        moving[t:inner], differing[inner:] = 0.0, 0.0
        apart.append((
            value(moving)[0] - walk(np.delete(moving, np.s_[t:inner]))[0], value(differing)[0] - by(phi[:inner])[0]
        ))
    np.testing.assert_allclose(apart, [apart[0]] * 3, atol=1e-9)
