"""What a chart says: the measure, base, interval level, caution; bounds near zero; what is not explained."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from drivers.errors import InputError
from drivers.importance.result import Importance
from drivers.plot.importance import plot_importance
from drivers.plot.ranks import rank_heatmap
from drivers.plot.scores import plot_scores
from drivers.plot.segments import plot_segments
from drivers.plot.slope_share import slope_share
from drivers.plot.slopes import plot_slopes


@pytest.fixture
def ax() -> Axes:
    return Figure(figsize=(9, 5)).subplots()


def part(ax: Axes, name: str) -> str:
    return next(" ".join(text.get_text().split()) for text in ax.texts if text.get_gid() == f"chart-{name}")


def said(ax: Axes) -> list[str]:
    return [" ".join(text.get_text().split()) for text in ax.findobj(Text) if text.get_text()]


@pytest.mark.parametrize("chart", [plot_importance, rank_heatmap, slope_share])
def test_every_importance_chart_carries_base_level_measure_and_caution(chart, four: Importance, ax):
    chart(four, ax=ax)
    fine = part(ax, "notes")
    assert ("90 % interval" in fine) == (chart is not rank_heatmap), "ranks have probabilities, no intervals"
    for words in (
        "n = 1,523",
        "effective n 1,234",
        "1,483 answered everything",
        "share of explained variance (LMG)",
        "linear model",
        "regression engine",
        "association, not effect",
    ):
        assert words in fine  # fmt: skip
    assert part(ax, "title").startswith("Overall satisfaction")


def test_axis_states_share_and_outcome(four: Importance, ax):
    plot_importance(four, ax=ax)
    label = ax.get_xlabel().replace("\N{NO-BREAK SPACE}", " ").replace("\n", " ")
    assert label == "Share of differences in Overall satisfaction (R², %)"
    assert ax.get_xlim()[0] <= 0


def test_the_unexplained_part_is_drawn_to_scale(four: Importance, ax):
    plot_importance(four, ax=ax)
    (strip,) = ax.child_axes
    explained, rest = strip.patches
    assert explained.get_width() == pytest.approx(0.45, abs=1e-12)
    assert rest.get_width() == pytest.approx(0.55, abs=1e-12) and rest.get_hatch()
    assert "not explained 55 %" in said(ax)


def test_sorted_by_share_with_dots_at_the_estimates(made, ax):
    plot_importance(made([1, 3, 2], 0.4), ax=ax)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["All drivers", "Driver 2", "Driver 3", "Driver 1"]
    dots = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert dots == pytest.approx([0.2, 0.4 / 3, 0.2 / 3], abs=1e-12)


def test_a_line_between_rows_only_where_their_order_is_likely(four: Importance, made, ax):
    plot_importance(four, ax=ax)
    likely = [segment[0][1] for lines in ax.collections[2:] for segment in lines.get_segments()]
    beats = four.beats()
    order = ["product_quality", "service_speed", "value", "communication"]
    expected = [y + 0.5 for y in range(3) if beats.loc[order[y], order[y + 1]] >= 0.8]
    assert 0 < len(expected) < 3
    assert likely == expected
    assert "order at least 80 % likely" in part(ax, "notes")


def test_near_zero_is_an_upper_bound_not_an_interval(four: Importance, ax):
    plot_importance(four, ax=ax)
    upper = four.tidy().set_index("driver").loc["communication", "upper"]
    (bound,) = [line for line in ax.lines if line.get_marker() == "<"]
    assert bound.get_xdata()[0] == pytest.approx(upper, abs=1e-12)
    assert any(text.startswith("at most ") for text in said(ax))
    assert len([line for line in ax.lines if line.get_marker() == "o"]) == 3
    assert "one-sided 95 % bound" in part(ax, "notes")


def test_a_bound_is_rounded_up(four: Importance, ax):
    plot_importance(four, ax=ax)
    upper = four.tidy().set_index("driver").loc["communication", "upper"]
    (bound,) = [text for text in said(ax) if text.startswith("at most ")]
    assert 0 <= float(bound.split()[2]) - 100 * upper < 1


def test_a_share_that_may_be_negative_keeps_its_interval(four: Importance, ax):
    shares = four.shares.copy()
    shares[..., 3] -= 0.02
    plot_importance(replace(four, measure="pratt", shares=shares, estimate=four.estimate - [0, 0, 0, 0.02]), ax=ax)
    assert not any(line.get_marker() == "<" for line in ax.lines)
    assert not any(text.startswith("at most ") for text in said(ax))


def test_narrow_intervals_get_decimals_until_their_ends_differ(four: Importance, ax):
    narrow = four.shares.mean(axis=1, keepdims=True) + 0.01 * (four.shares - four.shares.mean(axis=1, keepdims=True))
    plot_importance(replace(four, shares=narrow, r2=0.4512 + 0 * four.r2, r2_estimate=0.4512), ax=ax)
    ends = [text.split("(")[1].rstrip(")").split(" to ") for text in said(ax) if " to " in text and "(" in text]
    drivers = [pair for pair in ends if pair != ["45", "45"]]
    assert len(drivers) == 4 and all(low != high for low, high in drivers)
    assert ["45", "45"] in ends, "an interval without width keeps its digits"


def test_r2_is_not_clipped_to_what_a_share_should_be(four: Importance, ax):
    plot_importance(replace(four, r2_estimate=1.04, r2=four.r2 + 0.6), ax=ax)
    assert "explained 104 %" in " ".join(said(ax))


def test_no_ranking_where_too_little_is_explained(made, ax):
    plot_importance(made([1, 3, 2], 0.03), ax=ax)
    assert "Too little is explained" in part(ax, "subtitle")
    assert [label.get_text() for label in ax.get_yticklabels()][1:] == ["Driver 1", "Driver 2", "Driver 3"]


def test_ranks_print_every_probability(four: Importance, ax):
    rank_heatmap(four, ax=ax)
    cells = [text.get_text() for text in ax.texts if not text.get_gid()]
    assert len(cells) == 16
    chance = four.rank_probabilities().loc["product_quality", 1]
    assert f"{100 * chance:.0f}" == cells[0]


def test_high_share_without_slope_is_named_and_marked(made, ax):
    slope_share(made([5, 4, 1], 0.5, slopes=[0.6, 0.0, 0.3]), ax=ax)
    assert "Driver 2 (high share, no slope)" in said(ax)
    assert [line.get_marker() for line in ax.lines if line.get_marker() in ("o", "s")] == ["o", "s", "o"]
    assert ax.get_ylabel().startswith("Slope (points of Overall")


def test_latent_slopes_are_not_called_points(made, ax):
    slope_share(replace(made([2, 1]), model="ordinal", link="probit"), ax=ax)
    assert "latent units" in " ".join(ax.get_ylabel().split())
    assert "probit link, latent scale" in part(ax, "notes")


def test_scores_print_n_under_each_wave_and_gap_where_hidden(scores, ax):
    made = scores(("quarter", "channel"), "mean")
    plot_scores(made, ax=ax)
    n = made.tidy().groupby("quarter", sort=False)["n"].sum()
    assert [label.get_text() for label in ax.get_xticklabels()] == [f"{wave}\nn = {k:,}" for wave, k in n.items()]
    assert len([line for line in ax.lines if line.get_marker() == "x"]) == 1
    assert "base under 5, not shown" in part(ax, "notes") and "90 % interval" in part(ax, "notes")
    assert "scale points" in ax.get_ylabel()


def test_scores_choose_item_and_measure(scores, ax):
    plot_scores(scores(("quarter",), "nps"), ax=ax, item="satisfaction", measure="nps")
    assert "Net promoter score" in ax.get_ylabel()
    with pytest.raises(InputError, match=r"No item `satisfacton` \(did you mean `satisfaction`\?\)"):
        plot_scores(scores(("quarter",), "nps"), ax=ax, item="satisfacton")
    with pytest.raises(InputError, match=r"No measure `mean`.*There are: `nps`"):
        plot_scores(scores(("quarter",), "nps"), ax=ax, measure="mean")


def test_segments_mark_hidden_groups_and_print_bases(segments, ax):
    made = segments(4)
    plot_segments(made, ax=ax)
    cells = [text.get_text() for text in ax.texts]
    assert cells.count("base under\n25") == 4
    heads = [label.get_text().replace("\n", " ").replace("\N{NO-BREAK SPACE}", " ") for label in ax.get_xticklabels()]
    assert "Email (n 17)" in heads
    assert "measure: slope, not share" in part(ax, "notes") and "90 % interval" in part(ax, "notes")
    first = made.tidy().iloc[0]
    assert cells[0].startswith(f"{first.slope:+.2f}\n")


def test_a_base_that_must_not_be_shown_is_not_printed(segments, scores, ax):
    made = segments(2)
    rows = made.tidy()
    rows.loc[rows["segment"] == "Email", "n"] = 4
    plot_segments(replace(made, frame=rows), ax=ax)
    heads = [label.get_text().replace("\n", " ").replace("\N{NO-BREAK SPACE}", " ") for label in ax.get_xticklabels()]
    assert "Email (n <5)" in heads and not any("(n 4)" in text for text in said(ax))

    waves = scores(("quarter",), "mean")
    rows = waves.tidy()
    rows.loc[2, ["n", "shown", "estimate", "low", "high"]] = [3, False, float("nan"), float("nan"), float("nan")]
    other = Figure(figsize=(9, 5)).subplots()
    plot_scores(replace(waves, frame=rows), ax=other)
    assert [label.get_text().split("\n")[1] for label in other.get_xticklabels()][2] == "n < 5"
    shown = rows["n"].sum() - 3
    assert f"n = {shown:,} (" in part(other, "notes"), "nor can it be had by subtraction"


def test_segments_tell_a_failed_fit_from_a_small_base(segments, ax):
    made = segments(2)
    rows = made.tidy()
    rows.loc[rows["segment"] == "Phone", ["slope", "low", "high"]] = float("nan")
    rows.loc[rows["segment"] == "Phone", "shown"] = False
    plot_segments(replace(made, frame=rows), ax=ax)
    cells = [text.get_text() for text in ax.texts]
    assert cells.count("could not\nbe fitted") == 2 and cells.count("base under\n25") == 2
    assert "the model could not be fitted" in part(ax, "notes")


def test_answers_without_a_group_are_a_group(scores, ax):
    made = scores(("quarter",), "top2")
    rows = made.tidy()
    rows.loc[rows.index[-1], "quarter"] = None
    plot_scores(replace(made, frame=rows), ax=ax)
    assert ax.get_xticklabels()[-1].get_text().startswith("no answer\nn = ")


def test_too_many_lines_are_refused_with_the_cure(scores, ax):
    made = scores(("quarter", "channel"), "top2")
    rows = made.tidy()
    rows["channel"] = [f"channel {k % 8}" for k in range(len(rows))]
    with pytest.raises(InputError, match=r"8 groups of `channel` are too many lines for one chart \(at most 7\)"):
        plot_scores(replace(made, frame=rows), ax=ax)


def test_slopes_of_a_fit_against_zero(ax):
    table = pd.DataFrame({
        "term": ["speed", "value", "intercept"], "label": ["Speed", "Value", "Intercept"],
        "estimate": [0.4, 0.01, 2.0], "low": [0.3, -0.05, 1.0], "high": [0.5, 0.07, 3.0],
    })  # fmt: skip
    spec = SimpleNamespace(drivers=("speed", "value"), outcome="csat", model="linear", link="identity",
                           engine="regression", level=0.9)  # fmt: skip
    fit = SimpleNamespace(tidy=lambda: table, spec=spec, label=lambda name: "Satisfaction", n=900, n_eff=700.0,
                          usage=SimpleNamespace(complete=800))  # fmt: skip
    plot_slopes(fit, ax=ax)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Speed", "Value"]
    assert [line.get_marker() for line in ax.lines if line.get_marker() in ("o", "s")] == ["o", "s"]
    assert {"+0.40 (0.30 to 0.50)", "+0.01 (\N{MINUS SIGN}0.05 to 0.07)"} <= set(said(ax))
    notes = part(ax, "notes")
    assert "n = 900 (effective n 700), 800 answered everything" in notes and "measure: slope, not share" in notes
    assert "open square: interval includes zero" in notes and "90 % interval" in notes
