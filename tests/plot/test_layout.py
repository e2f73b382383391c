"""Laid out on a slide and on half a page, no text covers another, leaves the figure, or goes missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from drivers.importance.result import Importance
from drivers.plot.frame import LAYOUT
from drivers.plot.importance import plot_importance
from drivers.plot.ranks import rank_heatmap
from drivers.plot.scores import plot_scores
from drivers.plot.segments import plot_segments
from drivers.plot.slope_share import slope_share

SLIDE, HALF_PAGE, PHONE = (13.33, 7.5), (7.5, 6.8), (4.0, 8.3)
OVERLAP = 1.0  # pixels at 100 dpi by which boxes of text may touch: their edges include the empty space of a line
IMPORTANCE_CHARTS = (plot_importance, rank_heatmap, slope_share)


def drawn(draw: Callable[[Axes], Axes], size: tuple[float, float]) -> Figure:
    figure = Figure(figsize=size, layout=LAYOUT())
    FigureCanvasAgg(figure)
    draw(figure.subplots())
    figure.canvas.draw()
    return figure


def texts(figure: Figure) -> Iterator[Text]:
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip():
            yield text


def words(figure: Figure) -> str:
    return " ".join(" ".join(text.get_text() for text in texts(figure)).split()).replace("_ ", "_")


def assert_tidy(figure: Figure) -> None:
    renderer = figure.canvas.get_renderer()
    boxes = [(text.get_text(), Text.get_window_extent(text, renderer)) for text in texts(figure)]
    assert len(boxes) > 3
    for text, box in boxes:
        assert box.x0 >= 0 and box.y0 >= 0, f"{text!r} leaves the figure: {box}"
        assert box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1, f"{text!r} leaves the figure: {box}"
    for k, (text, box) in enumerate(boxes):
        for other, beside in boxes[k + 1 :]:
            across = min(box.x1, beside.x1) - max(box.x0, beside.x0)
            up = min(box.y1, beside.y1) - max(box.y0, beside.y0)
            assert min(across, up) <= OVERLAP, f"{text!r} and {other!r} overlap by {across:.1f} x {up:.1f} pixels"


@pytest.mark.parametrize("size", [SLIDE, HALF_PAGE, PHONE])
@pytest.mark.parametrize("chart", IMPORTANCE_CHARTS)
def test_fifteen_drivers_with_sixty_characters(chart, size, fifteen: Importance):
    figure = drawn(lambda ax: chart(fifteen, ax=ax), size)
    assert_tidy(figure)
    said = words(figure).replace("\N{FIGURE SPACE}", "")
    for driver in fifteen.drivers:
        assert fifteen.label(driver) in said


def test_the_overlap_check_can_fail():
    figure = Figure()
    FigureCanvasAgg(figure)
    for x in (0.1, 0.11, 0.5, 0.8):
        figure.text(x, 0.5, "word")
    with pytest.raises(AssertionError, match="overlap"):
        assert_tidy(figure)


@pytest.mark.parametrize("size", [SLIDE, (7.5, 4.2), (4.0, 5.0)])
@pytest.mark.parametrize("chart", IMPORTANCE_CHARTS)
@pytest.mark.parametrize("case", ["four", "one", "hardly explained", "long outcome", "identical"])
def test_ordinary_and_odd_shapes(chart, size, case, made, four: Importance):
    imp = {
        "four": lambda: four,
        "one": lambda: made([1.0], 0.3),
        "hardly explained": lambda: made([4, 3, 2, 1], 0.03),
        "long outcome": lambda: made([3, 2, 1], outcome="Would you say the visit as a whole met your expectations?"),
        "identical": lambda: made([1] * 5, 0.4, slopes=[0.0, 0.0, 0.2, 0.2, -0.1]),
    }[case]()
    assert_tidy(drawn(lambda ax: chart(imp, ax=ax), size))


@pytest.mark.parametrize("chart", IMPORTANCE_CHARTS)
def test_labels_are_words_not_markup(chart, made):
    labels = {"a": "$cost$ & <b>", "b": "q17_b_very_long_column_name_without_any_spaces_in_it",
              "c": "100 % \\frac{1}{2} ^_^", "d": "{x} %s \\alpha"}  # fmt: skip
    figure = drawn(lambda ax: chart(made([4, 3, 2, 1], names=labels), ax=ax), HALF_PAGE)
    assert_tidy(figure)
    for label in labels.values():
        assert label in words(figure)
    assert not any(text.get_parse_math() for text in texts(figure) if "$" in text.get_text())


@pytest.mark.parametrize("with_layout", [True, False])
@pytest.mark.parametrize("chart", IMPORTANCE_CHARTS)
def test_fits_into_a_figure_the_user_made(chart, with_layout, four: Importance):
    figure, axes = plt.subplots(1, 2, figsize=(15, 5), layout="constrained" if with_layout else None)
    try:
        for ax in axes:
            assert chart(four, ax=ax) is ax
        figure.canvas.draw()
        assert_tidy(figure)
    finally:
        plt.close(figure)


@pytest.mark.parametrize("size", [SLIDE, HALF_PAGE, PHONE])
@pytest.mark.parametrize("measure", ["top2", "nps", "mean"])
def test_scores_by_wave_and_segment(measure, size, scores):
    for by in (("quarter",), ("quarter", "channel")):
        assert_tidy(drawn(lambda ax, by=by: plot_scores(scores(by, measure), ax=ax), size))


@pytest.mark.parametrize("size", [SLIDE, (7.5, 9.0), (4.0, 11.7)])
def test_fifteen_drivers_by_six_segments(size, segments):
    assert_tidy(drawn(lambda ax: plot_segments(segments(15), ax=ax), size))


def test_type_is_large_enough_to_read(fifteen: Importance):
    for size, smallest in ((SLIDE, 10.0), (HALF_PAGE, 6.5)):
        for chart in IMPORTANCE_CHARTS:
            figure = drawn(lambda ax, chart=chart: chart(fifteen, ax=ax), size)
            sizes = np.array([text.get_fontsize() for text in texts(figure)])
            assert sizes.min() >= smallest, f"{chart.__name__} at {size}: {sizes.min()}"
