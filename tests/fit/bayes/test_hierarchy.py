"""The hierarchical density: gradients against differences, and the flat model where segments do not differ."""

import numpy as np
import pytest

from drivers.fit.bayes.factors import Factor, Segments, population_shares
from drivers.fit.bayes.hierarchy import Hierarchy
from drivers.fit.bayes.laplace_linear import gaussian_target
from drivers.fit.bayes.priors import SegmentPriors, SlopePriors
from drivers.fit.bayes.target import ordered_target
from drivers.stats.correlated_effects import EffectsShape
from drivers.stats.prior_density import PriorArrays
from drivers.stats.segment_density import segment_patterns, segment_squares

GRADIENT = 2e-6  # relative to the largest; central differences of step 1e-6


def made(model="probit", factors=1, known=False, p=3, r=2, m=80, q=3, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(m, p))
    index = np.arange(m) % 6
    members = [np.arange(6) % 3, np.arange(6) // 3][:factors] if factors == 2 else [np.arange(6)]
    named = tuple(
        Factor(column=f"f{at}", groups=tuple(map(str, range(member.max() + 1))), member=member.astype(np.intp))
        for at, member in enumerate(members)
    )
    segments = Segments(
        factors=named, groups=tuple((str(h),) for h in range(6)), index=index.astype(np.intp), n=np.bincount(index)
    )
    weight = rng.gamma(2.0, size=m)
    if model == "linear":
        values = np.column_stack([x, x.sum(axis=1) * 0.3 + rng.normal(size=m)])
        flat, data = gaussian_target(values, weight, SlopePriors()), segment_squares(values, index, weight)
    else:
        y = rng.integers(0, q + 1, m).astype(np.intp)
        prior = PriorArrays(location=np.zeros(p + q), scale=np.full(p + q, 0.8), df=np.full(p + q, np.inf))
        flat = ordered_target(x, y, weight, q, model, prior)
        data = segment_patterns(x, y, index, weight, q)
    sizes = [(len(f.groups) - 1, r + 1) for f in named]
    shapes = tuple(
        EffectsShape(
            groups=len(f.groups), effects=r,
            information=rng.gamma(1.0, 50.0, (*size, 1)) * np.eye(r + 1) if known else None,
            seen=rng.normal(0, 0.2, size) if known else None,
        )
        for f, size in zip(named, sizes, strict=True)
    )
    return Hierarchy(
        flat=flat, data=data, segments=segments, shapes=shapes, priors=SegmentPriors(),
        names=tuple("abc"), words="",
    )


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("factors", [1, 2])
@pytest.mark.parametrize("model", ["probit", "logit", "linear"])
def test_the_gradient_is_that_of_differences(model, factors, known):
    hierarchy = made(model, factors, known)
    density = hierarchy.density(np.zeros(len(hierarchy.flat.prior.scale)))
    phi = np.random.default_rng(2).normal(0, 0.4, density.size)
    _, gradient = density.value(phi)
    slope = [
        (density.value(phi + step)[0] - density.value(phi - step)[0]) / 2e-6 for step in np.eye(density.size) * 1e-6
    ]
    np.testing.assert_allclose(gradient, slope, atol=GRADIENT * np.abs(slope).max())


@pytest.mark.parametrize("model", ["probit", "linear"])
def test_segments_that_do_not_differ_are_the_flat_model(model):
    """With all effects at 0 the likelihood is the flat one's, so differences between two points are the same."""
    hierarchy = made(model)
    t = len(hierarchy.flat.prior.scale)
    density = hierarchy.density(np.zeros(t))
    rng = np.random.default_rng(3)
    one, two = np.zeros(density.size), np.zeros(density.size)
    one[:t], two[:t] = rng.normal(0, 0.4, (2, t))
    found = density.value(one)[0] - density.value(two)[0]
    wanted = np.subtract(*hierarchy.flat.values(np.array([one[:t], two[:t]])))
    assert found == pytest.approx(wanted, abs=1e-9 * abs(wanted))


def test_names_come_with_their_places():
    density = made("probit", 2).density(np.zeros(6))
    found = density.expand(np.zeros((2, 5, density.size)))
    for name, values in found.items():
        shape = tuple(len(density.coords[dim]) for dim in density.dims.get(name, ()))
        assert values.shape == (2, 5, *shape), name
    assert density.coords["pair"] == ("b~a",)


def test_a_population_table_must_fit():
    from drivers.errors import InputError

    segments = made().segments
    whole = {str(h): h + 1.0 for h in range(6)}
    np.testing.assert_allclose(population_shares(segments, whole), np.arange(1, 7) / 21)
    np.testing.assert_allclose(population_shares(segments, {h: 1 for h in range(6)}), 1 / 6)
    with pytest.raises(InputError, match="lacks `5`"):
        population_shares(segments, {str(h): 1 for h in range(5)})
    with pytest.raises(InputError, match="has `9`, from where nobody answered"):
        population_shares(segments, whole | {"9": 1})
    with pytest.raises(InputError, match="0 or more"):
        population_shares(segments, whole | {"5": -1})
