"""Charts leave nothing behind: settings, open figures, differing bytes; and their signatures stay plain."""

from __future__ import annotations

import inspect
import warnings

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from drivers.errors import GlyphWarning
from drivers.importance.result import Importance
from drivers.plot import picture
from drivers.plot.importance import plot_importance
from drivers.plot.lettering import fit_labels, printable, width, wrap
from drivers.plot.placement import Box, centred, place
from drivers.plot.ranks import rank_heatmap
from drivers.plot.scores import plot_scores
from drivers.plot.segments import plot_segments
from drivers.plot.slope_share import slope_share
from drivers.plot.slopes import plot_slopes
from drivers.plot.style import percent, signed

CHARTS = (plot_importance, rank_heatmap, slope_share, plot_scores, plot_segments, plot_slopes)


@pytest.mark.parametrize("chart", CHARTS)
def test_public_signatures(chart):
    signature = inspect.signature(chart, eval_str=False)
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    assert not kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}
    assert signature.parameters["ax"].default is None
    assert signature.parameters["ax"].annotation == "Axes | None" and signature.return_annotation == "Axes"
    for name in signature.parameters:
        assert f"\n    {name} : " in chart.__doc__


@pytest.mark.parametrize("chart", [plot_importance, rank_heatmap, slope_share])
def test_the_users_settings_come_back(chart, four: Importance):
    before = dict(mpl.rcParams)
    chart(four, ax=Figure().subplots())
    picture.svg(lambda ax: chart(four, ax=ax))
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("chart", [plot_importance, rank_heatmap, slope_share])
def test_same_bytes_each_time_and_no_open_figure(chart, four: Importance):
    open_before = plt.get_fignums()
    first, second = (picture.svg(lambda ax: chart(four, ax=ax)) for _ in range(2))
    assert first == second
    assert "Product quality" in first and "<dc:date>" not in first
    assert picture.png(lambda ax: chart(four, ax=ax), dpi=40)[:4] == b"\x89PNG"
    assert plt.get_fignums() == open_before


def test_svg_escapes_labels(made):
    text = picture.svg(lambda ax: plot_importance(made([2, 1], names={"a": "<b>R&D</b>", "b": "$x$"}), ax=ax))
    assert "&lt;b&gt;R&amp;D&lt;/b&gt;" in text and "$x$" in text and "<b>" not in text


def test_without_axes_a_pyplot_figure_opens_for_notebooks(four: Importance):
    ax = four.plot()
    try:
        assert ax.figure.number in plt.get_fignums()
    finally:
        plt.close(ax.figure)


def test_letters_without_a_font_are_squares_in_png_and_kept_in_svg(made):
    rare = chr(0x13000)  # an Egyptian hieroglyph
    imp = made([2, 1], names={"a": f"Quality {rare}", "b": "Value"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rare in picture.svg(lambda ax: plot_importance(imp, ax=ax))
    with pytest.warns(GlyphWarning, match=r"1 letter\(s\) of 'Quality .' are in no installed font \(U\+13000\)"):
        picture.png(lambda ax: plot_importance(imp, ax=ax), dpi=40)


def test_printable_flattens_lines_and_drops_invisible_marks():
    assert printable(" Two\n lines\t here\u200b ") == "Two lines here"


def test_lines_are_broken_within_the_room():
    for words in ("Value for money compared with other shops", "one_very_long_column_name_of_an_export", "W" * 80):
        lines = wrap(words, 10, 90)
        assert all(width(line, 10) <= 90 for line in lines)
        assert "".join(lines).replace(" ", "") == words.replace(" ", "")


def test_labels_shrink_before_they_are_cut():
    size, lines = fit_labels(["Value for money compared with other shops in town"], 12, 120, 20)
    assert size < 12 and "…" not in lines[0]
    _, lines = fit_labels(["Value for money compared with other shops in town"], 12, 60, 8)
    assert lines[0].endswith("…")


def test_placement_keeps_labels_apart_and_gives_up_when_there_is_no_room():
    points, bounds = [(50.0, 50.0)] * 12, Box(left=0, bottom=0, right=300, top=200)
    centres = place(points, [(40.0, 12.0)] * 12, bounds=bounds)
    boxes = [centred(x, y, 40, 12) for x, y in centres]
    assert not any(a.meets(b) for k, a in enumerate(boxes) for b in boxes[k + 1 :])
    assert all(box.inside(bounds) for box in boxes)
    assert place(points, [(200.0, 90.0)] * 12, bounds=bounds) is None


def test_numbers_as_words():
    assert percent(-0.0004) == "0 %" and percent(-0.034, 1) == "\N{MINUS SIGN}3.4 %"
    assert signed(-0.001) == "0.00" and signed(0.314) == "+0.31" and signed(-2.5, 1) == "\N{MINUS SIGN}2.5"
