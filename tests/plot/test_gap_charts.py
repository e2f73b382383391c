"""Charts of the expectation gap: readable with fifteen drivers of sixty letters, and true to their numbers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from drivers.gap.asymmetry import Asymmetry
from drivers.gap.compensation import Compensation
from drivers.gap.joint import JointGap
from drivers.gap.joint_moments import Target
from drivers.gap.kano import Kano
from drivers.gap.latent import LatentGap, LatentPair
from drivers.gap.necessity import Condition, Necessity
from drivers.gap.scores_result import GapScores
from drivers.gap.surface_result import Surface
from drivers.gap.target import GapTarget
from drivers.gap.two_outcomes import TwoOutcomes
from drivers.plot.picture import svg
from drivers.stats.ceiling import ceiling
from drivers.stats.elasticity import Elasticity
from drivers.stats.shrunken_ratio import ShrunkenPairs
from drivers.stats.surface import SHAPE, surface_axes
from tests.plot.conftest import LONG
from tests.plot.test_layout import HALF_PAGE, SLIDE, assert_tidy, drawn, words

P, S = len(LONG), 200
NAMES = tuple(f"q{j}" for j in range(P))
LABELS = dict(zip(NAMES, LONG, strict=True)) | {"y": "Overall satisfaction"}
RNG = np.random.default_rng(1)
GAPS = np.linspace(-0.9, 0.2, P)


def around(name, value, reach=0.1):
    return {name: value, f"{name}_low": value - reach, f"{name}_high": value + reach}


def scores():
    table = pd.DataFrame([
        {"kind": "driver", "driver": d, "label": LABELS[d], **around("perceived", 4 + g), **around("expected", 4.0),
         "gap": g, "low": g - 0.08, "high": g + 0.08, **around("below", 0.4), "n": 1200 + j, "shown": True}
        for j, (d, g) in enumerate(zip(NAMES, GAPS, strict=True))
    ])  # fmt: skip
    return GapScores(title="Store visits", table=table, zone=pd.DataFrame(), by=(), level=0.9, ends=(1, 5),
                     weighted=False)  # fmt: skip


def latent():
    pairs = tuple(
        LatentPair(item=d, label=LABELS[d], drivers=(), gap=g + 0.05 * RNG.normal(size=S),
                   below=np.full(S, 0.5 - g / 3), correlation=np.full(S, 0.4), slopes=np.empty((S, 3, 0)),
                   shares=np.empty((3, S, 0)), freed=20.0 if j == 0 else 0.0, n=900 + j, notes=())
        for j, (d, g) in enumerate(zip(NAMES, GAPS, strict=True))
    )  # fmt: skip
    return LatentGap(pairs=pairs, labels=LABELS, level=0.9)


def joint():
    estimate = np.stack([np.linspace(0.4, 0, P), np.linspace(0, 0.1, P), np.linspace(0.4, -0.1, P)])
    total, one = estimate[0] + estimate[1], np.ones(P)
    said = (Target(name="y", label="Overall satisfaction", mean_of=("y",)),
            Target(name="e", label="Expected of the drivers, on average", mean_of=("e",)))  # fmt: skip
    return JointGap(
        drivers=NAMES, labels=LABELS, engine="regression", estimate=estimate, low=estimate - 0.05,
        high=estimate + 0.05, total=total, total_low=total - 0.1, total_high=total + 0.1, p_closes=0.5 * one,
        shares=np.full((3, P), 0.03), share_draws=np.full((3, S, P), 0.03), r2=np.array([0.5, 0.1, 0.3]),
        r2_draws=np.full((3, S), 0.3), mean=np.array([3.9, 4.1]), n=1523, n_eff=1233.6, level=0.9,
        target=GapTarget(perceived=said[0], expected=said[1], unit="percent of the scale",
                         words="Overall satisfaction less what was expected on average"),
    )  # fmt: skip


def compare():
    draws = np.abs(np.linspace(0.08, 0.01, P) + 0.006 * RNG.normal(size=(2, S, P)))
    return TwoOutcomes(
        drivers=NAMES, labels=LABELS, names=("y", "gap"), engine="regression", shares=draws.mean(axis=1), draws=draws,
        words=("Overall satisfaction", "Overall satisfaction less what was expected on average"), n=1523,
        n_eff=1233.6, level=0.9,
    )  # fmt: skip


def asymmetry():
    lower, upper = np.linspace(0.6, 0.1, P), np.linspace(0.3, 0.25, P)
    few = np.full(P, 200.0)
    return Asymmetry(
        drivers=NAMES, labels=LABELS, outcome="y", model="ordinal", reference="the middle of the scale", below=lower,
        above=upper, below_se=0.05 * np.ones(P), above_se=0.05 * np.ones(P), reach_below=np.full(P, 2.0),
        reach_above=np.full(P, 2.0), n_below=few, n_above=few, at_top=0.33, others=pd.DataFrame(), n=1523,
        n_eff=1233.6, level=0.9, pairs=ShrunkenPairs(
            lower=lower + 0.05 * RNG.normal(size=(S, P)), upper=upper + 0.05 * RNG.normal(size=(S, P)),
            common=np.exp(0.2 * RNG.normal(size=S)), spread=np.full(S, 0.1),
        ),
    )  # fmt: skip


def necessity():
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(1.0, 6), np.arange(1.0, 6)))
    made = []
    for j, d in enumerate(NAMES):
        seen = y <= x + j % 3 + 1
        found = ceiling(x[seen], y[seen], (1, 5, 1, 5))
        made.append(Condition(driver=d, label=LABELS[d], ceiling=found, p_step=0.01, p_line=0.01,
                              linear=np.array([0.1, 0.1]), without=found.step, n=1400 + j))  # fmt: skip
    return Necessity(outcome="y", label="Overall satisfaction", conditions=tuple(made), levels=np.arange(2.0, 6),
                     permutations=999)  # fmt: skip


def kano():
    worse = np.linspace(-0.8, -0.1, P)
    table = pd.DataFrame([
        {"feature": d, "label": LABELS[d], **around("better", 0.4), **around("worse", w), "category": "one-dimensional",
         "p_category": 0.97, "n": 300, "n_eff": 280.0, "shown": True} for d, w in zip(NAMES, worse, strict=True)
    ])  # fmt: skip
    return Kano(title="Store visits", table=table, level=0.9)


def elasticity(rho, sd):
    grid = np.unique(np.concatenate([np.linspace(-10, -3, 15), np.linspace(-3, 4, 57)]))
    profile = -0.5 * ((grid - rho) / sd) ** 2
    found = Elasticity(rho=rho, low=rho - 1.645 * sd, high=rho + 1.645 * sd, p_negative=0.1, intercept=0.0, slope=1.0,
                       weights=np.array([0.5, 0.5]), fitted=np.empty(0), jacobian=np.empty((0, 3)), squares=1.0,
                       grid=grid, profile=profile)  # fmt: skip
    models = pd.DataFrame({"model": ["additive", "constant elasticity"], "stated": [False, True]})
    return Compensation(outcome="y", label="Overall satisfaction", drivers=("a", "b"), labels={}, ends=(1.0, 5.0),
                        elasticity=found, models=models, n=1523, level=0.9)  # fmt: skip


def surface(label=LONG[0]):
    b = np.array([0.4, -0.1, -0.05, 0.08, -0.04])
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(1.0, 6), np.arange(1.0, 6)))
    near = np.abs(x - y) < 4
    draws = b + 0.01 * RNG.normal(size=(S, 5))
    a, cov = SHAPE @ b, 1e-4 * np.eye(5)
    return Surface(
        driver="q0", label=label, ends=(1, 5), b=b, b_cov=cov, b_model_cov=cov, b_draws=draws, a=a, a_low=a - 0.05,
        a_high=a + 0.05, axes=surface_axes(b), axes_draws=surface_axes(draws), intercept=3.5, df=500.0,
        points=np.column_stack([x, y, 60 / (1 + np.abs(x - y))])[near], n=1523, n_eff=1233.6, off_diagonal=940.0,
        level=0.9, constraints=(),
    )  # fmt: skip


MADE = {
    "scores": scores, "latent": latent, "joint": joint, "compare": compare, "asymmetry": asymmetry,
    "necessity": necessity, "kano": kano,
}  # fmt: skip
SAID = {
    "scores": ("of 15 fall short of what was expected", "-0.90", "not an effect"),
    "latent": ("80 %", "1 with thresholds that differ", "not an effect"),
    "joint": ("slope, not share", "explained: perceived 50 %, expected 10 %, gap 30 %", "association, not effect"),
    "compare": ("P(more for the gap)", "both on the same draws", "association, not effect"),
    "asymmetry": ("dissatisfier", "33 % gave the top answer", "association, not effect"),
    "necessity": ("any", "999 permutations", "not an effect"),
    "kano": ("one-dimensional", "not an effect"),
}  # fmt: skip


@pytest.mark.parametrize("size", [SLIDE, HALF_PAGE])
@pytest.mark.parametrize("chart", MADE)
def test_fifteen_drivers_are_tidy(chart, size):
    result = MADE[chart]()
    figure = drawn(lambda ax: result.plot(ax=ax), size)
    assert_tidy(figure)
    said = words(figure).replace("\N{FIGURE SPACE}", "").replace("\N{MINUS SIGN}", "-")
    for label in LONG:
        assert label in said
    for part in SAID[chart]:
        assert part in said.replace("\N{NO-BREAK SPACE}", " ")


def test_drivers_that_no_level_needs_are_counted_and_left_out():
    made = necessity()
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(1.0, 6), np.arange(1.0, 6)))
    free = replace(made.conditions[0], ceiling=ceiling(x, y, (1, 5, 1, 5)))
    some = replace(made, conditions=(free, *made.conditions[1:4]))
    said = words(drawn(lambda ax: some.plot(ax=ax), SLIDE))
    assert LONG[0] not in said and LONG[1] in said
    assert "1 that no level needs left out" in said
    every = words(drawn(lambda ax: replace(made, conditions=(free,)).plot(ax=ax), SLIDE))
    assert LONG[0] in every and "left out" not in every


@pytest.mark.parametrize("size", [SLIDE, HALF_PAGE, (5.0, 6.0)])
def test_a_surface_shows_its_data(size):
    made = surface()
    figure = drawn(lambda ax: made.plot(ax=ax), size)
    assert_tidy(figure)
    (ax,) = figure.axes
    hull, congruence, *dots = ax.lines
    assert len(hull.get_xydata()) == 7  # six corners: both ends of the diagonal and the cut-off corners, closed
    assert congruence.get_xydata().tolist() == [[1, 1], [5, 5]]
    assert "940 off the line of agreement" in words(figure)
    shown = np.vstack([line.get_xydata() for line in dots])
    enough = made.points[made.points[:, 2] >= 5, :2]
    assert sorted(map(tuple, shown)) == sorted(map(tuple, enough))


@pytest.mark.parametrize("size", [SLIDE, HALF_PAGE, (4.0, 3.6)])
@pytest.mark.parametrize(("rho", "sd"), [(0.9, 0.1), (-6.0, 3.0), (0.3, 0.6)])
def test_the_likelihood_of_rho_can_be_read(size, rho, sd):
    """A narrow one, one at the edge, and one between the two rules: the curve fills a part of the axis worth seeing."""
    made = elasticity(rho, sd)
    figure = drawn(lambda ax: made.plot(ax=ax), size)
    assert_tidy(figure)
    (ax,) = figure.axes
    x, y = ax.lines[0].get_data()
    assert x[np.argmax(y)] == pytest.approx(rho, abs=0.13)  # between points of the grid
    assert (y > 0.01).mean() > 0.2
    assert {"they multiply", "they add up"} <= {text.get_text() for text in ax.texts}


@pytest.mark.parametrize("step", [0.5, 0.25, 0.02])
def test_contours_are_round_numbers(step):
    made = surface()
    figure = drawn(lambda ax: replace(made, b=made.b * step, intercept=0.0).plot(ax=ax), SLIDE)
    said = [float(text.get_text().replace("\N{MINUS SIGN}", "-")) for text in figure.axes[0].texts
            if text.get_text().replace("\N{MINUS SIGN}", "-").replace(".", "").replace("-", "").isdigit()]
    gaps = np.diff(np.unique(said))
    assert len(said) >= 3
    unit = gaps.min() / 10 ** np.floor(np.log10(gaps.min()) + 1e-9)
    assert min(abs(unit - u) for u in (1, 2, 2.5, 5)) < 1e-6


def test_a_surface_is_light_on_a_page():
    made = surface()
    assert len(svg(lambda ax: made.plot(ax=ax), width=6.6, height=6.6)) < 60_000


def test_dumbbells_stand_where_the_numbers_are():
    figure = drawn(lambda ax: scores().plot(ax=ax), SLIDE)
    (ax,) = figure.axes
    marks = [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 1]
    np.testing.assert_allclose(marks, [*(4 + GAPS), *[4.0] * P])  # the largest shortfall first
