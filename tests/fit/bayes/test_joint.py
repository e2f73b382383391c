"""Two ordered answers at once: recovery of known truth, agreement of the ways to the posterior, designs, refusals."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr

from drivers.errors import InputError
from drivers.fit.bayes.joint import JointDraws, JointPriors, draw_joint
from drivers.fit.bayes.priors import Prior, SlopePriors, flat
from drivers.fit.bayes.pseudo import ROTATION_NOTE
from drivers.fit.regression.sample import Sample
from tests.fit.bayes.calibration import sample_of

CUTS = np.array([-1.5, -0.6, 0.3, 1.2])
B = np.array([[0.5, 0.2], [0.1, 0.3]])
GAP, R = -0.4, 0.5


def answers(n: int, seed: int, slopes: np.ndarray = B) -> tuple[np.ndarray, np.ndarray]:
    """Two drivers rated 1 to 5, and two answers with the truth above; levels are those of average drivers."""
    rng = np.random.default_rng(seed)
    x = np.clip(np.round(rng.normal(3, 1, (n, slopes.shape[1])) + rng.normal(0, 0.5, (n, 1))), 1, 5)
    error = rng.multivariate_normal([0, 0], [[1, R], [R, 1]], size=n)
    latent = (x - x.mean(axis=0)) @ slopes.T + np.array([GAP / 2, -GAP / 2]) + error
    return x, (latent[..., None] > CUTS).sum(axis=-1).astype(np.intp)


def posterior(x: np.ndarray, y: np.ndarray, **asked) -> JointDraws:
    sample = sample_of(np.column_stack([x, y]))
    options = {"common": True, "draws": 1000, "seed": 5} | asked
    cells = sample.cells.values[:, -2:].astype(np.intp)
    return draw_joint(sample, cells, (4, 4), **options)


def test_the_truth_lies_where_the_draws_are():
    found = posterior(*answers(2500, 1))
    truth = [(found.gap, GAP), (found.correlation, R), (found.below, ndtr(-GAP / np.sqrt(2 - 2 * R)))]
    truth += [(found.slopes[..., a, j], B[a, j]) for a in (0, 1) for j in (0, 1)]
    truth += [(found.cuts[0][..., k], CUTS[k]) for k in range(4)]
    away = np.array([(values.mean() - value) / values.std() for values, value in truth])
    assert np.abs(away).max() < 3.5  # eleven standardised distances
    assert found.correlation.std() < 0.03 and found.gap.std() < 0.04
    assert found.diagnostics["method"] == "laplace" and found.diagnostics["pareto_k"] < 0.5


@pytest.mark.slow
def test_chains_and_laplace_agree():
    x, y = answers(120, 2, B[:, :1])
    laplace = posterior(x, y, draws=4000, method="laplace")
    nuts = posterior(x, y, draws=2000, method="nuts")
    assert nuts.diagnostics["method"] == "nuts" and nuts.slopes.shape[0] == 4
    for name in ("gap", "correlation", "loglik"):
        a, b = getattr(laplace, name), getattr(nuts, name)
        # means of about 1,500 independent draws: four standard errors, twofold
        assert a.mean() == pytest.approx(b.mean(), abs=4 * b.std() * np.sqrt(2 / 1500))
        assert a.std() == pytest.approx(b.std(), rel=0.08)
    np.testing.assert_allclose(
        laplace.slopes.mean(axis=(0, 1)), nuts.slopes.mean(axis=(0, 1)), atol=4 * nuts.slopes.std() * np.sqrt(2 / 1500)
    )


def test_without_drivers_equal_answers_have_no_gap():
    y = np.repeat(np.arange(5), 20)
    found = posterior(np.empty((100, 0)), np.column_stack([y, y[::-1]]))
    assert abs(found.gap.mean()) < 0.02  # the answers are mirrored, so the posterior is symmetric around 0
    assert found.slopes.shape == (1, 1000, 2, 0)
    assert found.correlation.mean() < -0.9


def test_answers_may_have_scales_of_their_own():
    x, y = answers(400, 3)
    y[:, 1] = np.minimum(y[:, 1], 2)
    sample = sample_of(np.column_stack([x, y]))
    category = sample.cells.values[:, -2:].astype(np.intp)
    found = draw_joint(sample, category, (4, 2), common=False, draws=500, seed=1)
    assert found.gap is None and found.cuts[0].shape[-1] == 4 and found.cuts[1].shape[-1] == 2
    assert (found.levels == 0).all()
    with pytest.raises(InputError, match="scales of 5 and 3 points"):
        draw_joint(sample, category, (4, 2), common=True, draws=500, seed=1)


def weighted(sample: Sample, factor: np.ndarray) -> Sample:
    cells = replace(sample.cells, sum_w=sample.cells.n * factor, sum_w2=sample.cells.n * factor**2)
    return Sample(cells=cells, whole=cells, inside=sample.inside)


def test_weights_turn_the_draws_and_their_scale_does_not_matter():
    x, y = answers(400, 4)
    sample = sample_of(np.column_stack([x, y]))
    category = sample.cells.values[:, -2:].astype(np.intp)
    factor = np.random.default_rng(1).lognormal(0, 0.7, len(category))
    plain = draw_joint(sample, category, (4, 4), common=True, draws=1000, seed=1)
    found = draw_joint(weighted(sample, factor), category, (4, 4), common=True, draws=1000, seed=1)
    again = draw_joint(weighted(sample, 3 * factor), category, (4, 4), common=True, draws=1000, seed=1)
    assert ROTATION_NOTE in found.notes and ROTATION_NOTE not in plain.notes
    wider = [found.gap.std() / plain.gap.std(), *(found.slopes.std(axis=1) / plain.slopes.std(axis=1)).ravel()]
    assert 1.15 < np.mean(wider) < 1.45  # the weights' design effect is 1.6, its root 1.27
    np.testing.assert_allclose(found.gap, again.gap, atol=1e-6)
    with pytest.raises(InputError, match="Markov chain"):
        draw_joint(weighted(sample, factor), category, (4, 4), common=True, draws=400, seed=1, method="nuts")


def test_priors_of_levels_are_normal():
    x, y = answers(100, 5)
    with pytest.raises(InputError, match="normal one around 0"):
        posterior(x, y, prior=JointPriors(level=Prior(df=3)))
    with pytest.raises(InputError, match="normal one around 0"):
        posterior(x, y, prior=JointPriors(level=flat()))
    assert "level of each answer normal(0, 1)" in JointPriors().words(common=True)
    assert "level" not in JointPriors(each=SlopePriors(units="own")).words(common=False)
