"""The matrix of pairs: probabilities where they belong, ties marked, nothing ranked that cannot be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from drivers.plot.comparisons import plot_comparisons
from drivers.plot.style import PALE
from tests.plot import made


@pytest.fixture
def ax() -> Axes:
    return Figure(figsize=(9, 6)).subplots()


def cells(ax: Axes, count: int) -> list[list[str]]:
    said = [text.get_text() for text in ax.texts[: count * count]]
    return [said[row * count : (row + 1) * count] for row in range(count)]


def notes(ax: Axes, part: str = "notes") -> str:
    return next(" ".join(text.get_text().split()) for text in ax.texts if text.get_gid() == f"chart-{part}")


def test_cells_are_the_probabilities_by_share(ax):
    found = made.comparisons_of(made.four([0.1, 0.3, 0.32, 0.2], n=300))
    plot_comparisons(found, ax=ax)
    order = [found.drivers.index(name) for name in found.ranking()["driver"]]
    assert order != sorted(order)
    assert [label.get_text() for label in ax.get_yticklabels()] == list(found.ranking()["label"])
    for row, one in enumerate(order):
        for column, two in enumerate(order):
            shown, chance = cells(ax, 4)[row][column].split("\n")[0], found.chance[one, two]
            if row == column:
                assert shown == ""
            elif 0.01 <= chance <= 0.99:
                assert shown == f"{100 * chance:.0f}"
            else:
                assert shown == ("<1" if chance < 0.5 else ">99")


def test_ties_have_a_badge_a_colour_and_a_bracket(ax):
    found = made.comparisons_of(made.near_ties())
    assert found.ties == (("service_speed", "value"),)
    plot_comparisons(found, ax=ax)
    marked = [[cell.endswith("\ntie") for cell in line] for line in cells(ax, 4)]
    assert np.array_equal(np.argwhere(marked), [[1, 2], [2, 1]])
    colours = np.array([patch.get_facecolor()[:3] for patch in ax.patches]).reshape(4, 4, 3)
    assert_allclose(colours[1, 2], colours[2, 1], rtol=0, atol=1e-12)
    assert not np.allclose(colours[1, 2], colours[0, 3]) and not np.allclose(colours[1, 2], 1.0)
    assert_allclose(colours[0, 0], to_rgb(PALE), rtol=0, atol=1e-12)
    (bracket,) = ax.lines
    assert 0.5 < bracket.get_ydata()[0] < 1 and 2 < bracket.get_ydata()[1] < 2.5
    assert [text.get_text() for text in ax.texts].count("tie") == 1
    assert "differ by less than 2 % of all differences" in notes(ax)


def test_without_ties_nothing_speaks_of_them(ax):
    plot_comparisons(made.comparisons_of(made.four([0.6, 0.4, 0.25, 0.05], n=20_000)), ax=ax)
    assert not ax.lines and "at least 80 % likely that" not in notes(ax)


def test_groups_that_overlap_have_no_brackets(ax):
    found = made.comparisons_of(made.fifteen())
    assert len(found.ties) > 1
    plot_comparisons(found, ax=ax)
    assert not ax.lines
    assert any(cell.endswith("tie") for line in cells(ax, 15) for cell in line)
    assert "1 and 99: that or beyond" in notes(ax)
    assert not {"0", "100", "<1", ">99"} & {cell.split("\n")[0] for line in cells(ax, 15) for cell in line}


def test_shares_and_places_stand_beside(ax):
    found = made.comparisons_of(made.near_ties())
    plot_comparisons(found, ax=ax)
    said = [text.get_text() for text in ax.texts]
    rows = list(found.ranking().itertuples())
    start = said.index(f"{100 * rows[0].share:.1f}")
    assert said[start : start + 5] == [*(f"{100 * row.share:.1f}" for row in rows), "share, %"]
    places = [str(row.rank_low) if row.rank_low == row.rank_high else f"{row.rank_low}\N{EN DASH}{row.rank_high}"
              for row in rows]  # fmt: skip
    assert said[start + 5 : start + 10] == [*places, "place"] and "2\N{EN DASH}3" in places


def test_where_too_little_is_explained_the_order_is_as_given_and_no_tie_is_claimed(ax):
    found = replace(made.comparisons_of(made.four([0.1, 0.3, 0.3, 0.2])), rankable=False, ties=())
    plot_comparisons(found, ax=ax)
    assert [label.get_text() for label in ax.get_yticklabels()] == list(made.FOUR.values())
    assert not any("tie" in cell for line in cells(ax, 4) for cell in line)
    assert "Too little is explained" in notes(ax, "subtitle")
    assert "no ties claimed: the 90 % interval of R² reaches below 5 %" in notes(ax)
