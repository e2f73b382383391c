"""`plot_gap_joint`: how perceived, expected and the difference of the two go with each driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from drivers.plot.fine_print import ASSOCIATION, base_words, interval_words
from drivers.plot.series_rows import RowChart, Series, draw_rows
from drivers.plot.style import percent, signed_inside

if TYPE_CHECKING:
    from drivers.gap.joint import JointGap


def plot_gap_joint(joint: JointGap, ax: Axes | None = None) -> Axes:
    """Three slopes per driver with intervals, the largest difference on top.

    Parameters
    ----------
    joint : JointGap
        Joint model of perceived and expected.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x are points (or percent of the scale) per driver point.
    """
    rows = joint.tidy().sort_values("difference", ascending=False, kind="stable").reset_index(drop=True)
    names = (("perceived", "slope of perceived"), ("expected", "slope of expected"), ("difference", "slope of the gap"))
    series = [
        Series(name=words, value=rows[name].to_numpy(), low=rows[f"{name}_low"].to_numpy(),
               high=rows[f"{name}_high"].to_numpy()) for name, words in names
    ]  # fmt: skip
    values = [
        "{} ({})".format(*signed_inside(v, a, b))
        for v, a, b in zip(rows["difference"], rows["difference_low"], rows["difference_high"], strict=True)
    ]
    r2 = "explained: " + ", ".join(
        f"{word} {percent(float(part))}" for word, part in zip(("perceived", "expected", "gap"), joint.r2, strict=True)
    )
    return draw_rows(
        RowChart(
            labels=list(rows["label"]), values=values, heading=f"gap ({interval_words(joint.level)})", series=series,
            axis=f"Slope ({joint.target.unit} per driver point)", title="Which drivers go with the expectation gap",
            subtitle=f"Gap: {joint.target.words}. What goes with one point more of a driver, the others equal",
            notes=(base_words(joint.n, joint.n_eff), f"lines: {interval_words(joint.level)}", r2,
                   "measure: slope, not share", f"joint linear model, {joint.engine} engine", ASSOCIATION), zero=0.0,
        ),
        ax,
    )  # fmt: skip
