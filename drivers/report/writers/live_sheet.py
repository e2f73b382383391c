"""A what-if that a spreadsheet works out: type a step, choose a group, and formulas average a panel's grid anew.

Three sheets: what is asked and told, the grid of points with the moves, and the draws with an average in each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from drivers.defaults import INNER_LEVEL
from drivers.report.content import Playable
from drivers.report.words import percent
from drivers.report.writers.html_panel import MEASURES
from drivers.scenario.panel import Panel, Played, thinned

if TYPE_CHECKING:
    from drivers.report.writers.xlsx import Pages

DRAWS = 100
"""Draws in a workbook: each is worked out anew by every change of a step."""

FIRST = 5
"""Row of the first driver on the sheet of questions, counted from 0; the group stands two rows above."""

HOW = (
    "Type steps into the yellow cells: points better, below 0 for worse; nobody moves past the end of the scale. The "
    "numbers below follow. Association, not effect."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Names of the three sheets, quoted for formulas, and sizes: N points, p drivers, G groups, D draws."""

    ask: str
    grid: str
    draws: str
    points: int
    drivers: int
    groups: int
    many: int

    @property
    def position(self) -> str:
        """Cell with the number of the group chosen."""
        return f"{self.draws}!$B$2"

    def asked(self, j: int) -> str:
        """Cell with the step of driver `j`."""
        return f"{self.ask}!$B${FIRST + 1 + j}"

    def column(self, first: int, last: int | None = None) -> str:
        """Columns of the grid over all its points."""
        return f"{self.grid}!{_range(1, first, self.points, first if last is None else last)}"

    @property
    def moved(self) -> int:
        """First column of the grid with answers after the moves; points stand in the first columns."""
        return self.drivers

    @property
    def chosen(self) -> int:
        """Column of the grid with the weights of the group chosen; those of all groups stand before it."""
        return 2 * self.drivers + self.groups

    @property
    def bends(self) -> int:
        """First column of the grid with distances from the group's centre; their squares follow."""
        return self.chosen + 1


def live_names(play: Playable | None) -> tuple[str, ...]:
    """Return the sheets that `play` needs, none without it."""
    return ("What if", "What if grid", "What if draws") if play is not None else ()


def live_sheets(pages: Pages, play: Playable, names: Sequence[str]) -> None:
    """Write the sheets of one `play` under three `names` into `pages`."""
    panel = thinned(play.panel, DRAWS)
    quoted = [f"'{name}'" for name in names]
    places = _Places(
        ask=quoted[0], grid=quoted[1], draws=quoted[2], points=len(panel.points), drivers=len(panel.sliders),
        groups=len(panel.groups), many=panel.draws,
    )  # fmt: skip
    ask, grid, draws = (pages.book.add_worksheet(name) for name in names)
    rows = _draws(pages, draws, panel, places)
    _grid(pages, grid, panel, places)
    _ask(pages, ask, play, panel, places, rows)


def group_labels(panel: Panel) -> list[str]:
    """Return the words by which the groups of a `panel` are chosen, all different."""
    return [f"{place}. {group.label} ({group.n:,.0f} answers)"[:250] for place, group in enumerate(panel.groups, 1)]


def _ask(
    pages: Pages, sheet: Any, play: Playable, panel: Panel, places: _Places, rows: Sequence[tuple[int, int]]
) -> None:
    """Write the questions and, under them, the answers: one row per outcome and measure."""
    yellow = pages.book.add_format({"bg_color": "#FFF2B3", "border": 1, "num_format": "+0.00;-0.00;0"})
    choice = pages.book.add_format({"bg_color": "#FFF2B3", "border": 1})
    signed = pages.book.add_format({"num_format": "+0.00;-0.00;0.00"})
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 46)
    sheet.set_column(1, 7, 20)
    sheet.set_row(0, 26)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    pages.text(sheet, 0, 0, play.title, pages.title)
    sheet.merge_range(1, 0, 1, 7, "", pages.wrapped)
    pages.text(sheet, 1, 0, HOW, pages.wrapped)
    sheet.set_row(1, 32)
    labels = group_labels(panel)
    pages.text(sheet, 3, 0, "Who moves, and for whom the change is told", pages.head)
    sheet.merge_range(3, 1, 3, 3, "", choice)
    pages.text(sheet, 3, 1, labels[0], choice)
    source = f"={places.draws}!{_range(4, 0, 3 + places.groups, 0)}"
    sheet.data_validation(3, 1, 3, 1, {"validate": "list", "source": source})
    for column, words in enumerate(("Step on each driver", "Points better", "Possible on average")):
        pages.text(sheet, 4, column, words, pages.head)
    total = places.column(places.chosen)
    for j, slider in enumerate(panel.sliders):
        row = FIRST + j
        pages.text(sheet, row, 0, f"{slider.label}{' (lower is better)' if slider.lower else ''}")
        sheet.write_number(row, 1, 0, yellow)
        far = f"{places.column(places.moved + j)}-{places.column(j)}"
        sheet.write_formula(row, 2, f"={slider.better}*SUMPRODUCT({total},{far})/SUM({total})", signed, 0)
    _told(pages, sheet, panel, places, rows)


def _told(pages: Pages, sheet: Any, panel: Panel, places: _Places, rows: Sequence[tuple[int, int]]) -> None:
    level = [percent(INNER_LEVEL), percent(panel.level)]
    heads = ("What is told", "Now", "Then", "Change", *(f"{one} {end}" for one in level for end in ("from", "to")))
    top = FIRST + places.drivers + 1
    right = pages.book.add_format({"bold": True, "bottom": 2, "align": "right"})
    for column, words in enumerate(heads):
        pages.text(sheet, top, column, words, right if column else pages.head)
    sides = [(1 - INNER_LEVEL) / 2, (1 + INNER_LEVEL) / 2, (1 - panel.level) / 2, (1 + panel.level) / 2]
    told = [(played, k) for played in panel.outcomes for k in range(len(played.measures))]
    for place, ((played, k), (before, change)) in enumerate(zip(told, rows, strict=True), start=1):
        name, factor, digits = MEASURES[played.measures[k]]
        plain = pages.book.add_format({"num_format": f"0.{'0' * digits}"})
        moved = pages.book.add_format({"num_format": f"+0.{'0' * digits};-0.{'0' * digits};0.{'0' * digits}"})
        row, now = top + place, factor * float(panel.answer(played.name, {}).before[:, k].mean())
        pages.text(sheet, row, 0, f"{played.label}, {name}")
        found, changes = (f"{places.draws}!{_range(at, 1, at, places.many)}" for at in (before, change))
        sheet.write_formula(row, 1, f"={factor:g}*AVERAGE({found})", plain, now)
        sheet.write_formula(row, 2, f"=B{row + 1}+D{row + 1}", plain, now)
        sheet.write_formula(row, 3, f"={factor:g}*AVERAGE({changes})", moved, 0)
        for column, side in enumerate(sides, start=4):
            sheet.write_formula(row, column, f"={factor:g}*PERCENTILE({changes},{round(side, 9):g})", moved, 0)
    foot = top + len(told) + 2
    sheet.merge_range(foot, 0, foot, 7, "", pages.wrapped)
    more = " The page has more, so its intervals differ a little." if places.many == DRAWS else ""
    pages.text(sheet, foot, 0, (
        f"Averages over {places.many} draws of the model, of which the ends of intervals are read off.{more} The grid "
        "is a model of how people answer; it holds nobody's answers."
    ), pages.wrapped)  # fmt: skip
    sheet.set_row(foot, 32)


def _grid(pages: Pages, sheet: Any, panel: Panel, places: _Places) -> None:
    """Write the points, where they move, the weights of all groups and of the one chosen, and distances."""
    p, heads = places.drivers, [slider.label for slider in panel.sliders]
    columns = [
        *heads, *(f"{head}, moved" for head in heads), *(group.label for group in panel.groups), "Weight",
        *(f"{head}, off centre" for head in heads), *(f"{head}, off centre, squared" for head in heads),
    ]
    for column, words in enumerate(columns):
        pages.text(sheet, 0, column, words, pages.head)
    first = panel.groups[0]
    far = panel.points - first.centre
    weights = _range(0, 2 * p, 0, 2 * p + places.groups - 1)
    row_of = weights.replace("$1", "{row}")
    for i, point in enumerate(panel.points):
        row = i + 1
        for j, slider in enumerate(panel.sliders):
            here = f"{_letter(j)}{row + 1}"
            sheet.write_number(row, j, point[j])
            to = f"{here}{'+' if slider.better > 0 else '-'}{places.asked(j)}"
            sheet.write_formula(row, p + j, f"=MIN(MAX({to},{slider.low:.12g}),{slider.high:.12g})", None, point[j])
            centre = f"INDEX({places.draws}!{_range(4, 1 + j, 3 + places.groups, 1 + j)},{places.position})"
            off = f"{_letter(places.bends + j)}{row + 1}"
            sheet.write_formula(row, places.bends + j, f"={here}-{centre}", None, far[i, j])
            sheet.write_formula(row, places.bends + p + j, f"={off}*{off}", None, far[i, j] ** 2)
        for g, group in enumerate(panel.groups):
            sheet.write_number(row, 2 * p + g, group.weight[i])
        line = row_of.format(row=row + 1)
        sheet.write_formula(row, places.chosen, f"=INDEX({line},1,{places.position})", None, first.weight[i])
    sheet.freeze_panes(1, 0)


def _draws(pages: Pages, sheet: Any, panel: Panel, places: _Places) -> list[tuple[int, int]]:
    """Write draws side by side and an average in each; return the rows of averages before, and of changes."""
    p, many = places.drivers, places.many
    sheet.set_column(0, 0, 44)
    sheet.freeze_panes(0, 1)
    pages.text(sheet, 0, 0, "Group chosen, by number, and the centres of all groups", pages.head)
    pages.text(sheet, 1, 0, "Group chosen")
    listed = _range(4, 0, 3 + places.groups, 0)
    sheet.write_formula(1, 1, f"=SUMPRODUCT(EXACT({listed},{places.ask}!$B$4)*(ROW({listed})-4))", None, 1)
    for g, (group, label) in enumerate(zip(panel.groups, group_labels(panel), strict=True)):
        pages.text(sheet, 4 + g, 0, label)
        for j in range(p):
            sheet.write_number(4 + g, 1 + j, group.centre[j])
    row = 5 + places.groups
    pages.text(sheet, row, 0, "Tilts of every group, one column per draw", pages.head)
    tilts = row + 1
    for g, group in enumerate(panel.groups):
        _block(pages, sheet, tilts + 2 * p * g, group.tilt.T, f"group {g + 1}")
    row = chosen = tilts + 2 * p * places.groups + 1
    for k in range(2 * p):
        pages.text(sheet, row + k, 0, f"tilt {k + 1} of the group chosen")
        for d in range(many):
            column = _range(tilts, 1 + d, tilts + 2 * p * places.groups - 1, 1 + d)
            formula = f"=INDEX({column},({places.position}-1)*{2 * p}+{k + 1})"
            sheet.write_formula(row + k, 1 + d, formula, None, panel.groups[0].tilt[d, k])
    row += 2 * p
    pages.text(sheet, row, 0, "weight of all points")
    totals = row
    drawn = panel.groups[0].drawn(panel.points)
    for d in range(many):
        sheet.write_formula(row, 1 + d, f"=SUMPRODUCT({_weights(places, chosen, d)})", None, float(drawn[d].sum()))
    row, found = row + 2, []
    for played in panel.outcomes:
        row, rows = _outcome(pages, sheet, panel, played, places, (row, chosen, totals))
        found += rows
    return found


def _outcome(
    pages: Pages, sheet: Any, panel: Panel, played: Played, places: _Places, at: tuple[int, int, int]
) -> tuple[int, list[tuple[int, int]]]:
    """Write one outcome's draws from a row on, and its averages; return the next row, and where averages stand."""
    row, chosen, totals = at
    surface, p = played.surface, places.drivers
    pages.text(sheet, row, 0, played.label, pages.head)
    values = np.vstack([surface.offset.T, surface.slopes[:, 0].T, surface.cuts.T])
    _block(pages, sheet, row + 1, values, "offset, slopes, thresholds:")
    slopes, cuts = row + 2, row + 2 + p
    row, found = cuts + surface.cuts.shape[1], []
    before = panel.answer(played.name, {}).before
    for k, column in enumerate(played.columns):
        for line, words in enumerate(("before", "after", "change")):
            pages.text(sheet, row + line, 0, f"{MEASURES[played.measures[k]][0]} {words}")
        for d in range(places.many):
            weights, total = _weights(places, chosen, d), _cell(totals, 1 + d)
            offset, slope = _cell(slopes - 1, 1 + d), _range(slopes, 1 + d, slopes + p - 1, 1 + d)
            for line, first in ((0, 0), (1, places.moved)):
                eta = f"MMULT({places.column(first, first + p - 1)},{slope})+{offset}"
                worth = _worth(played, column, eta, [_cell(cuts + j, 1 + d) for j in range(surface.cuts.shape[1])])
                formula = f"=SUMPRODUCT({weights},{worth})/{total}"
                sheet.write_formula(row + line, 1 + d, formula, None, float(before[d, k]))
            letter = _letter(1 + d)
            sheet.write_formula(row + 2, 1 + d, f"={letter}{row + 2}-{letter}{row + 1}", None, 0)
        found.append((row, row + 2))
        row += 3
    return row + 1, found


def _worth(played: Played, column: int, eta: str, cuts: Sequence[str]) -> str:
    """Return what every point is worth in one measure, as a formula."""
    if column == 0:
        return eta
    surface, terms = played.surface, []
    for rise, cut in zip(surface.rise[column - 1], cuts, strict=True):
        if rise:
            above = f"NORMSDIST({eta}-{cut})" if surface.probit else f"1/(1+EXP({cut}-({eta})))"
            terms.append(f"{rise:.12g}*{above}")
    return f"{surface.base[column - 1]:.12g}+{'+'.join(terms)}"


def _weights(places: _Places, chosen: int, d: int) -> str:
    """Return the weights of all points in draw d, as a formula."""
    bends = places.column(places.bends, places.bends + 2 * places.drivers - 1)
    tilt = _range(chosen, 1 + d, chosen + 2 * places.drivers - 1, 1 + d)
    return f"{places.column(places.chosen)}*EXP(MMULT({bends},{tilt}))"


def _block(pages: Pages, sheet: Any, row: int, values: Any, words: str) -> None:
    for k, line in enumerate(values):
        pages.text(sheet, row + k, 0, f"{words} {k + 1}")
        for d, value in enumerate(line):
            sheet.write_number(row + k, 1 + d, float(value))


def _letter(column: int) -> str:
    """Return the letters of a column counted from 0."""
    letters = ""
    column += 1
    while column:
        column, left = divmod(column - 1, 26)
        letters = chr(65 + left) + letters
    return letters


def _cell(row: int, column: int) -> str:
    return f"{_letter(column)}${row + 1}"


def _range(row: int, column: int, last_row: int, last_column: int) -> str:
    return f"${_letter(column)}${row + 1}:${_letter(last_column)}${last_row + 1}"
