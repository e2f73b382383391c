"""Charts of posteriors: readable with fifteen drivers of sixty letters, and true to their numbers."""

import numpy as np
import pandas as pd
import pytest

from drivers.errors import InputError
from drivers.fit.bayes.diagnosis import Diagnosis
from drivers.fit.bayes.implied import ImpliedPrior
from drivers.fit.bayes.learnt import ENDS, Learnt
from drivers.fit.bayes.moving import MovingSlopes
from drivers.fit.bayes.pooled import PooledSlopes
from drivers.fit.bayes.predictive import Predictive
from tests.plot.conftest import LONG
from tests.plot.test_layout import HALF_PAGE, SLIDE, assert_tidy, drawn, words

NAMES = tuple(f"q{j}" for j in range(len(LONG)))
LABELS = dict(zip(NAMES, LONG, strict=True)) | {"y": "Overall satisfaction", "channel": "How the visit was made"}
POINTS = ("1", "2", "3", "4", "5")


def diagnosis(groups: dict[str, int]) -> Diagnosis:
    rng = np.random.default_rng(1)
    rows = []
    for group, n in groups.items():
        observed, foretold = rng.dirichlet(np.full(5, 4.0)), rng.dirichlet(np.full(5, 4.0))
        for point, seen, told in zip(POINTS, observed, foretold, strict=True):
            rows.append({
                "column": "" if group == "all" else "channel", "group": group, "n": n, "category": point,
                "observed": seen, "foretold": told, "low": max(told - 0.04, 0), "high": told + 0.04, "p": 0.2,
                "off": seen - told, "misfit": abs(seen - told) > 0.1,
            })
    return Diagnosis(
        outcome="y", model="ordinal", link="probit", method="laplace", labels=LABELS, n=1523, n_eff=1234.0,
        verdict="look", findings=(), checks=pd.DataFrame(), sensitivity=None,
        predictive=Predictive(bars=pd.DataFrame(rows), means=None, sampled=1.0, level=0.9),
    )


GROUPS = {"all": 1523, "by telephone, calling the hotline": 400, "in one of our stores": 800, "web": 323}


@pytest.mark.parametrize(("size", "by"), [(SLIDE, "channel"), ((7.5, 4.2), "channel"), (HALF_PAGE, "all")])
def test_bars_observed_and_foretold(size, by):
    made = diagnosis(GROUPS)
    figure = drawn(lambda ax: made.plot(ax=ax, by=by), size)
    assert_tidy(figure)
    (ax,) = figure.axes
    bars = made.predictive.bars
    rows = bars[(bars["group"] == "all") == (by == "all")]
    np.testing.assert_allclose([bar.get_height() for bar in ax.patches], rows["observed"])
    dots = next(line for line in ax.lines if line.get_marker() == "o")
    np.testing.assert_allclose(dots.get_ydata(), rows["foretold"])
    crosses = [line for line in ax.lines if line.get_marker() == "X"]
    assert len(crosses) == rows["misfit"].sum() > 0
    assert f"{len(crosses)} of {len(rows)} shares" in words(figure)


def test_of_many_groups_the_worst_are_drawn():
    made = diagnosis({"all": 900} | {f"group {k}": 60 for k in range(15)})
    figure = drawn(lambda ax: made.plot(ax=ax, by="channel"), SLIDE)
    assert_tidy(figure)
    assert "9 group(s) that are less off are not drawn" in words(figure)
    bars = made.predictive.bars[made.predictive.bars["column"] == "channel"]
    worst = bars.loc[bars["off"].abs().idxmax(), "group"]
    assert worst in words(figure)
    with pytest.raises(InputError, match="none of what bars are foretold by"):
        made.plot(by="chanel")


@pytest.mark.parametrize(("size", "drivers"), [(SLIDE, 15), ((7.5, 9.0), 15), ((7.5, 5.0), 2)])
def test_what_a_prior_implies(size, drivers):
    rng = np.random.default_rng(1)
    made = ImpliedPrior(
        drivers=NAMES[:drivers], r2=rng.beta(2, 4, 500), shares=rng.dirichlet(np.ones(drivers + 1), 500)[:, :-1],
        top=rng.beta(2, 2, 500), stated="Prior: slopes normal(0, 0.5) per standard deviation of the driver.",
        labels=LABELS,
    )
    figure = drawn(lambda ax: made.plot(ax=ax), size)
    assert_tidy(figure)
    dots = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_marker() == "o"]
    np.testing.assert_allclose(dots, made.tidy()["median"])
    assert LONG[1] in words(figure) and "Explained by all together" in words(figure)


def pooled(drivers: int, segments: int) -> PooledSlopes:
    rng = np.random.default_rng(2)
    rows = []
    for name in NAMES[:drivers]:
        for g in range(segments):
            alone = rng.normal(0.3, 0.3)
            slope = 0.3 + 0.5 * (alone - 0.3)
            rows.append({
                "driver": name, "label": LABELS[name], "segment": f"{LONG[g][:40]}", "n": [3, 80, 900][g % 3],
                "alone": np.nan if g == 4 else alone, "alone_se": 0.1, "slope": slope, "low": slope - 0.15,
                "high": slope + 0.15, "p_positive": 0.9, "shrinkage": np.nan if g == 4 else 0.5, "rest": slope - 0.3,
                "rest_low": slope - 0.5, "rest_high": slope - 0.1, "p_above": 0.97, "flag": g == 1, "share": 0.2,
                "part": 0.2 * slope,
            })
    average = pd.DataFrame({"driver": NAMES[:drivers], "slope": 0.3, "low": 0.2, "high": 0.4})
    return PooledSlopes(
        outcome="y", columns=("channel",), labels=LABELS, link="probit", model="ordinal", level=0.9, n=1523,
        n_eff=1234.0, table=pd.DataFrame(rows), average=average,
    )


@pytest.mark.parametrize(("size", "segments"), [(SLIDE, 8), ((7.5, 6.0), 8), ((7.5, 4.2), 2)])
def test_arrows_from_own_to_pooled_slopes(size, segments):
    made = pooled(3, segments)
    figure = drawn(lambda ax: made.plot(ax=ax), size)
    assert_tidy(figure)
    (ax,) = figure.axes
    apart = made.table.groupby("driver")["slope"].agg(np.ptp)
    rows = made.table[made.table["driver"] == apart.idxmax()]
    assert LABELS[apart.idxmax()] in words(figure)
    arrows = [note for note in ax.texts if getattr(note, "arrow_patch", None) is not None]
    assert [note.xy[0] for note in arrows] == pytest.approx(list(rows["slope"][rows["alone"].notna()]))
    assert [note.xyann[0] for note in arrows] == pytest.approx(list(rows["alone"].dropna()))
    assert sum(line.get_marker() == "D" for line in ax.lines) == rows["flag"].sum() == 1
    assert "(n <5)" in words(figure) and "(n 3)" not in words(figure)
    with pytest.raises(InputError, match="none of the drivers"):
        made.plot(driver="q99")


def learned(drivers: int) -> Learnt:
    rows = []
    for quantity, name in [("r2", ""), *(("share", name) for name in NAMES[:drivers]),
                           *(("slope", name) for name in NAMES[:drivers])]:  # fmt: skip
        middle = 0.3 if quantity != "slope" else -0.2
        ends = {end: middle + at for end, at in zip(ENDS, (-0.1, -0.04, 0, 0.04, 0.1), strict=True)}
        rows.append({"quantity": quantity, "driver": name, **ends,
                     **{f"prior_{end}": 0.35 + 3 * (value - middle) for end, value in ends.items()}})  # fmt: skip
    return Learnt(
        outcome="y", labels=LABELS, model="ordinal", link="probit", level=0.9, n=1523, n_eff=1234.0,
        table=pd.DataFrame(rows), stated="Prior: slopes normal(0, 0.5) per standard deviation of the driver.",
    )


@pytest.mark.parametrize(
    ("size", "kind", "drivers"), [(SLIDE, "share", 15), ((7.5, 9.0), "slope", 15), ((7.5, 5.0), "share", 3)]
)
def test_prior_against_posterior(size, kind, drivers):
    made = learned(drivers)
    figure = drawn(lambda ax: made.plot(ax=ax, kind=kind), size)
    assert_tidy(figure)
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    rows = made.table[(made.table["quantity"] == "slope") == (kind == "slope")]
    np.testing.assert_allclose([dot.get_xdata()[0] for dot in dots[::2]], rows["prior_median"])
    np.testing.assert_allclose([dot.get_xdata()[0] for dot in dots[1::2]], rows["median"])


def moving(waves: int) -> MovingSlopes:
    rows, moves = [], []
    names = [f"202{5 + t // 4}-Q{1 + t % 4}" for t in range(waves)]
    for quantity in ("slope", "share"):
        for j, name in enumerate(NAMES[:2]):
            values = 0.2 + 0.03 * np.arange(waves) * (1 - 2 * j) * (quantity == "slope")
            rows += [{"quantity": quantity, "driver": name, "label": LABELS[name], "wave": wave, "n": 300 * t,
                      "estimate": value, "low": value - 0.08, "high": value + 0.08}
                     for t, (wave, value) in enumerate(zip(names, values, strict=True))]  # fmt: skip
            moves += [{"quantity": quantity, "driver": name, "label": LABELS[name], "wave": wave,
                       "change": values[-1] - values[t], "low": -0.1, "high": 0.1, "p_up": 0.9 - 0.8 * j,
                       "p_change": 0.9, "direction": ["up", "down"][j],
                       "against": "previous" if t == waves - 2 else "first" if t == 0 else "",
                       "flag": quantity == "slope" and j == 1 and t == waves - 2}
                      for t, wave in enumerate(names[:-1])]  # fmt: skip
    return MovingSlopes(
        outcome="y", column="quarter", labels=LABELS, model="ordinal", link="probit", level=0.9, n=1523, n_eff=1234.0,
        by_wave=pd.DataFrame(rows), changes=pd.DataFrame(moves),
    )


@pytest.mark.parametrize(
    ("size", "waves", "quantity"), [(SLIDE, 12, "slope"), ((7.5, 5.0), 12, "share"), ((7.5, 5.0), 2, "slope")]
)
def test_slopes_and_shares_over_waves(size, waves, quantity):
    made = moving(waves)
    figure = drawn(lambda ax: made.plot(ax=ax, driver=NAMES[1], quantity=quantity), size)
    assert_tidy(figure)
    rows = made.by_wave.query("driver == @NAMES[1] and quantity == @quantity")
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), rows["estimate"])
    assert "P(down) 0.90" in words(figure)
    assert sum(line.get_marker() == "v" for line in figure.axes[0].lines) == (quantity == "slope")
    with pytest.raises(InputError, match="choose `slope` or `share`"):
        made.plot(quantity="r2")
