"""Charts of posteriors: readable with fifteen drivers of sixty letters, and true to their numbers."""

import numpy as np
import pandas as pd
import pytest

from drivers.errors import InputError
from drivers.fit.bayes.diagnosis import Diagnosis
from drivers.fit.bayes.implied import ImpliedPrior
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


@pytest.mark.parametrize("size", [SLIDE, HALF_PAGE, (7.5, 4.2)])
@pytest.mark.parametrize("by", ["all", "channel"])
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


@pytest.mark.parametrize("size", [SLIDE, (7.5, 9.0)])
@pytest.mark.parametrize("drivers", [2, 15])
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
