"""A `Chart` as a native chart of PowerPoint: numbers and ends of intervals stand in its own sheet, for editing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from drivers.report.content import Chart

BLUE = "0072B2"
INK = "1A1A1A"
GREY = "5C5C5C"
LETTERS = 70
"""A label on an axis is cut to so many letters; the sheet of the chart holds it whole."""


def add_chart(slide: Any, chart: Chart, place: tuple[int, int, int, int], alt: str) -> None:
    """Put a `chart` on a `slide` at `place` (left, top, width, height); `alt` is for readers who cannot see it."""
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    data = CategoryChartData(number_format=_format(chart))
    data.categories = [_short(label) for label in chart.labels]
    data.add_series(_short(chart.title), chart.values)
    kind = XL_CHART_TYPE.BAR_CLUSTERED if chart.kind == "bars" else XL_CHART_TYPE.LINE_MARKERS
    frame = slide.shapes.add_chart(kind, *place, data)
    frame._element.nvGraphicFramePr.cNvPr.set("descr", alt)
    _style(frame.chart, chart)
    _error_bars(frame.chart, chart)
    frame.chart.part.chart_workbook.update_from_xlsx_blob(_sheet(chart))


def _format(chart: Chart) -> str:
    digits = "." + "0" * chart.digits if chart.digits else ""
    return f"0{digits}%" if chart.unit in ("percent", "chance") else f"0{digits}"


def _short(label: str) -> str:
    return label if len(label) <= LETTERS else f"{label[: LETTERS - 1]}…"


def _style(chart: Any, content: Chart) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.chart import XL_LABEL_POSITION, XL_TICK_LABEL_POSITION
    from pptx.util import Pt

    chart.has_legend, chart.has_title = False, False
    chart.font.size, chart.font.color.rgb = Pt(12 if len(content.labels) > 10 else 14), RGBColor.from_string(INK)
    chart.value_axis.major_gridlines.format.line.color.rgb = RGBColor.from_string("E6E6E6")
    chart.value_axis.tick_labels.number_format = _format(content)
    chart.value_axis.tick_labels.number_format_is_linked = False
    chart.value_axis.has_title = True
    chart.value_axis.axis_title.text_frame.text = _short(content.title)
    chart.value_axis.axis_title.text_frame.paragraphs[0].runs[0].font.size = Pt(12)
    chart.value_axis.axis_title.text_frame.paragraphs[0].runs[0].font.bold = False
    chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    series = chart.plots[0].series[0]
    ends = [end for end in (*content.values, *content.low, *content.high) if end is not None]
    if ends:  # PowerPoint scales by the bars or points alone, and would cut a whisker
        zero = [0.0] if content.kind == "bars" else []
        low, high, step = axis_ends(min([*ends, *zero]), max([*ends, *zero]))
        axis = chart.value_axis
        axis.minimum_scale, axis.maximum_scale, axis.major_unit = low, high, step
    if content.kind == "bars":
        chart.category_axis.reverse_order = True
        chart.plots[0].gap_width = 60
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = RGBColor.from_string("9CC7E0")
        series.invert_if_negative = False
    else:
        series.smooth = False
        series.format.line.color.rgb = RGBColor.from_string(BLUE)
        series.marker.format.fill.solid()
        series.marker.format.fill.fore_color.rgb = RGBColor.from_string(BLUE)
        labels = chart.plots[0]
        labels.has_data_labels = len(content.labels) <= 12
        if labels.has_data_labels:
            labels.data_labels.number_format = _format(content)
            labels.data_labels.number_format_is_linked = False
            labels.data_labels.position = XL_LABEL_POSITION.RIGHT
            labels.data_labels.font.size = Pt(11)


def axis_ends(low: float, high: float) -> tuple[float, float, float]:
    """Return round ends of an axis that holds everything from `low` to `high`, and the step of its ticks."""
    wide = max(high - low, 1e-9)
    power = 10.0 ** math.floor(math.log10(wide / 5))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= wide / 5 * (1 - 1e-9))
    below, above = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return below * step, max(above, below + 1) * step, step


def _reach(chart: Chart) -> tuple[list[float], list[float]]:
    """Return how far each interval reaches below and above its number; 0 where there is no end."""
    rows = list(zip(chart.values, chart.low, chart.high, strict=True))
    below = [0.0 if value is None or low is None else max(0.0, value - low) for value, low, _ in rows]
    above = [0.0 if value is None or high is None else max(0.0, high - value) for value, _, high in rows]
    return below, above


def _error_bars(chart: Any, content: Chart) -> None:
    """Add the intervals to the only series of `chart`, linked to the columns of its sheet."""
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    below, above = _reach(content)
    direction = '<c:errDir val="y"/>' if content.kind == "line" else ""
    text = (
        f'<c:errBars {nsdecls("c", "a")}>{direction}<c:errBarType val="both"/><c:errValType val="cust"/>'
        f'<c:noEndCap val="0"/><c:plus>{_linked("F", above)}</c:plus><c:minus>{_linked("E", below)}</c:minus>'
        f'<c:spPr><a:ln w="22225"><a:solidFill><a:srgbClr val="{INK}"/></a:solidFill></a:ln></c:spPr></c:errBars>'
    )
    series = chart.plots[0].series[0]._element
    before = next(series.iterchildren("{*}cat"))
    before.addprevious(parse_xml(text))


def _linked(column: str, values: Sequence[float]) -> str:
    points = "".join(f'<c:pt idx="{i}"><c:v>{value!r}</c:v></c:pt>' for i, value in enumerate(values))
    cells = f"Sheet1!${column}$2:${column}${len(values) + 1}"
    return (
        f"<c:numRef><c:f>{cells}</c:f><c:numCache><c:formatCode>General</c:formatCode>"
        f'<c:ptCount val="{len(values)}"/>{points}</c:numCache></c:numRef>'
    )


def _sheet(chart: Chart) -> bytes:
    """Return the chart's own sheet: label, number, ends of the interval, and how far they are from the number."""
    from xlsxwriter import Workbook

    out = BytesIO()
    book = Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet, quoted = book.add_worksheet("Sheet1"), book.add_format({"quote_prefix": True})
    below, above = _reach(chart)
    for column, head in enumerate(("", chart.title, "low", "high", "minus", "plus")):
        sheet.write_string(0, column, head[:32_000], quoted)
    for row, label in enumerate(chart.labels, start=1):
        sheet.write_string(row, 0, label[:32_000], quoted)
        numbers = (chart.values[row - 1], chart.low[row - 1], chart.high[row - 1], below[row - 1], above[row - 1])
        for column, value in enumerate(numbers, start=1):
            if value is not None:
                sheet.write_number(row, column, value)
    sheet.set_column(0, 0, 40)
    book.close()
    return out.getvalue()
