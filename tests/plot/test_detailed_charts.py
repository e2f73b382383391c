"""Charts of measures, pairs, dominance and assumptions: laid out well, the same bytes each time, nothing left."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from drivers.plot import picture
from drivers.plot.comparisons import plot_comparisons
from drivers.plot.dominance import plot_dominance
from drivers.plot.measures import plot_measures
from drivers.plot.sensitivity import plot_sensitivity
from tests.plot import made
from tests.plot.test_layout import HALF_PAGE, SLIDE, assert_tidy, drawn, texts, words

Chart = Callable[[made.Case, Axes | None], Axes]


CHARTS: dict[str, Chart] = {
    "comparisons": lambda case, ax: plot_comparisons(made.comparisons_of(case), ax=ax),
    "measures": lambda case, ax: plot_measures(made.measures_of(case), ax=ax),
    "sensitivity": lambda case, ax: plot_sensitivity(made.sensitivity_of(case), ax=ax),
    "dominance": lambda case, ax: plot_dominance(made.dominance_of(case), ax=ax),
}
CASES = {"four": made.four, "fifteen": made.fifteen, "near ties": made.near_ties}


@cache
def case_of(name: str) -> made.Case:
    return CASES[name]()


@pytest.mark.parametrize("size", [SLIDE, HALF_PAGE, (7.5, 4.2)])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("chart", CHARTS)
def test_no_text_covers_another_or_leaves_the_figure(chart: str, case: str, size: tuple[float, float]):
    if case == "fifteen" and size == (7.5, 4.2):
        size = (7.5, 6.2)  # fifteen names of two lines
    figure = drawn(lambda ax: CHARTS[chart](case_of(case), ax), size)
    assert_tidy(figure)
    said = words(figure)
    for label in case_of(case).labels.values():
        assert label in said


@pytest.mark.parametrize("chart", CHARTS)
def test_type_is_large_enough_to_read(chart: str):
    for size, smallest in ((SLIDE, 8.0 if chart == "comparisons" else 9.5), (HALF_PAGE, 6.5)):  # 225 cells, two lines
        figure = drawn(lambda ax: CHARTS[chart](case_of("fifteen"), ax), size)
        sizes = {text.get_text(): text.get_fontsize() for text in texts(figure)}
        assert min(sizes.values()) >= smallest, min(sizes.items(), key=lambda item: item[1])


@pytest.mark.parametrize("chart", CHARTS)
def test_base_measure_level_and_caution_are_printed(chart: str):
    ax = CHARTS[chart](case_of("four"), Figure(figsize=(9, 6)).subplots())
    fine = next(" ".join(text.get_text().split()) for text in ax.texts if text.get_gid() == "chart-notes")
    for said in ("n = 1,523", "effective n 1,234", "LMG", "association, not effect"):
        assert said in fine
    assert ("80 % likely" if chart == "measures" else "90 % interval") in fine


@pytest.mark.parametrize("chart", CHARTS)
def test_settings_come_back_bytes_repeat_and_no_figure_stays_open(chart: str):
    before, open_before = dict(mpl.rcParams), plt.get_fignums()
    first, second = (picture.svg(lambda ax: CHARTS[chart](case_of("four"), ax)) for _ in range(2))
    assert first == second and "Product quality" in first and "<dc:date>" not in first
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == open_before


@pytest.mark.parametrize("chart", CHARTS)
def test_labels_are_words_not_markup(chart: str):
    labels = {"a": "$cost$ & <b>", "b": "q17_b_very_long_column_name_without_any_spaces_in_it",
              "c": "100 % \\frac{1}{2} ^_^", "d": "{x} %s \\alpha"}  # fmt: skip
    case = made.case([0.5, 0.35, 0.2, 0.1], [0.6] * 4, labels)
    figure = drawn(lambda ax: CHARTS[chart](case, ax), HALF_PAGE)
    assert_tidy(figure)
    for label in labels.values():
        assert label in words(figure).replace("_ ", "_")
    assert not any(text.get_parse_math() for text in texts(figure) if "$" in text.get_text())


@pytest.mark.parametrize("with_layout", [True, False])
@pytest.mark.parametrize("chart", CHARTS)
def test_fits_into_a_figure_the_user_made(chart: str, with_layout: bool):
    figure, axes = plt.subplots(1, 2, figsize=(16, 6), layout="constrained" if with_layout else None)
    try:
        for ax in axes:
            assert CHARTS[chart](case_of("four"), ax) is ax
        figure.canvas.draw()
        assert_tidy(figure)
    finally:
        plt.close(figure)


@pytest.mark.parametrize("result", [made.comparisons_of, made.measures_of, made.sensitivity_of, made.dominance_of])
def test_results_draw_themselves_on_a_new_figure(result):
    ax = result(case_of("four")).plot()
    try:
        assert ax.figure.number in plt.get_fignums()
    finally:
        plt.close(ax.figure)


@pytest.mark.parametrize("chart", [plot_comparisons, plot_measures, plot_dominance, plot_sensitivity])
def test_public_signatures(chart):
    signature = inspect.signature(chart)
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    assert not kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}
    assert signature.parameters["ax"].default is None
    assert signature.parameters["ax"].annotation == "Axes | None" and signature.return_annotation == "Axes"
    for name in signature.parameters:
        assert f"\n    {name} : " in chart.__doc__


def test_two_drivers_are_enough_for_every_chart():
    case = made.case([0.5, 0.3], [0.6, 0.6], {"a": "Speed", "b": "Value"})
    for chart in CHARTS.values():
        figure = drawn(lambda ax, chart=chart: chart(case, ax), (7.5, 4.2))
        assert_tidy(figure)
        assert {"Speed", "Value"} <= set(words(figure).replace(",", " ").split())


def test_numbers_keep_a_contrast_with_their_cells():
    ax = plot_comparisons(made.comparisons_of(case_of("fifteen")), ax=Figure(figsize=(9, 8)).subplots())
    cells = [patch for patch in ax.patches if patch.get_width() == 1]
    assert len(cells) == 225
    for cell, text in zip(cells, ax.texts, strict=False):
        if text.get_text():
            assert contrast(cell.get_facecolor()[:3], mpl.colors.to_rgb(text.get_color())) >= 4.5


def contrast(one: tuple[float, ...], two: tuple[float, ...]) -> float:
    """WCAG 2 contrast of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(two)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: tuple[float, ...]) -> float:
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return float(np.dot(parts, [0.2126, 0.7152, 0.0722]))
