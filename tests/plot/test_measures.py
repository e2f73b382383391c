"""Places by measure: rows are ranks, numbers are those of the table, totals and signs are said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.testing import assert_array_equal

from drivers.errors import InputError
from drivers.plot.measures import plot_measures
from drivers.plot.style import MINUS
from tests.plot import made

SHOWN = ("lmg", "relative_weights", "pratt", "car", "first", "last", "beta_squared")


@pytest.fixture
def ax() -> Axes:
    return Figure(figsize=(9, 6)).subplots()


def rows(ax: Axes, count: int) -> np.ndarray:
    """Rows (measures, p) of the drivers' lines, which come first."""
    return np.stack([line.get_ydata() for line in ax.lines[:count]], axis=1)


def said(ax: Axes) -> list[str]:
    return [" ".join(text.get_text().split()) for text in ax.texts]


def part(ax: Axes, name: str) -> str:
    return next(" ".join(text.get_text().split()) for text in ax.texts if text.get_gid() == f"chart-{name}")


def test_rows_are_the_ranks_of_every_measure(ax):
    table = made.measures_of(made.fifteen())
    plot_measures(table, ax=ax)
    found = rows(ax, 15)
    assert found.shape == (7, 15)
    ranks = table.tidy().pivot(index="measure", columns="driver", values="rank")
    for name, places in zip(SHOWN, found, strict=True):
        assert_array_equal(places + 1, ranks.loc[name, list(table.drivers)], err_msg=name)
    assert (found != found[0]).any(axis=1)[1:].all()
    assert part(ax, "subtitle").startswith("6 of 6 other measures put the drivers in another order")


def test_circles_hold_the_place_under_the_first_measure(ax):
    table = made.measures_of(made.fifteen())
    plot_measures(table, ax=ax)
    numbers = {(text.get_position()[0], text.get_position()[1]): text.get_text()
               for text in ax.texts if text.get_ha() == "center" and text.get_text().isdigit()}  # fmt: skip
    assert len(numbers) == 7 * 15
    for line in ax.lines[:15]:
        xs, ys = line.get_data()
        assert {numbers[x, y] for x, y in zip(xs, ys, strict=True)} == {str(int(ys[0]) + 1)}


def test_columns_say_what_they_add_up_to(ax):
    table = made.measures_of(made.four())
    plot_measures(table, ax=ax)
    total = f"total R²: {100 * table.r2:.0f} %"
    assert said(ax).count(total) == 4 and said(ax).count("no total") == 3
    gaps = np.diff(ax.get_xticks())
    assert gaps[3] > 1 and set(np.delete(gaps, 3)) == {1.0}, "measures that share out R2 stand apart"
    heads = [" ".join(label.get_text().split()) for label in ax.get_xticklabels()]
    assert heads == ["LMG", "Relative weights", "Pratt", "Squared CAR", "First", "Last", "Squared slope"]


def test_negative_values_are_squares_with_a_minus_sign(ax):
    table = made.measures_of(made.four())
    value = table.estimates["pratt"][3]
    assert value < -0.01
    plot_measures(table, ax=ax)
    (square,) = [line for line in ax.lines if line.get_marker() == "s"]
    assert square.get_xdata()[0] == SHOWN.index("pratt")
    assert f"{MINUS}{abs(100 * value):.0f}" in said(ax)
    assert f"square and {MINUS}: negative, so no share" in part(ax, "notes")
    assert ax.get_yticklabels()[3].get_text().endswith(f"(slope {MINUS})"), "its correlation is positive"


def test_without_negative_values_nothing_speaks_of_them(ax):
    plot_measures(made.measures_of(made.near_ties()), ax=ax)
    assert MINUS not in part(ax, "notes") and not any(line.get_marker() == "s" for line in ax.lines)


def test_neighbours_whose_order_is_open_are_joined(ax):
    table = made.measures_of(made.near_ties())
    plot_measures(table, ax=ax)
    bars = [(line.get_xdata()[0], *line.get_ydata()) for line in ax.lines if len(line.get_xdata()) == 2]
    expected = [
        (float(x), float(y), y + 1.0) for x, name in zip(ax.get_xticks(), SHOWN, strict=True) for y in range(3)
        if (table.draws[name][:, y] > table.draws[name][:, y + 1]).mean() < 0.8
    ]  # fmt: skip
    assert 0 < len(expected) < 21 and bars == expected, "the order of all four is the same under every measure"


def test_only_drivers_that_move_are_coloured(ax):
    plot_measures(made.measures_of(made.fifteen()), ax=ax)
    moved = (rows(ax, 15) != rows(ax, 15)[0]).any(axis=0)
    colours = np.array([line.get_color() for line in ax.lines[:15]])
    plain = colours == max(set(colours), key=list(colours).count)
    assert (~plain).sum() == 5 == len(set(colours[~plain])) and moved[~plain].all()

    still = Figure(figsize=(9, 6)).subplots()
    plot_measures(made.measures_of(made.near_ties()), names=["lmg", "pratt"], ax=still)
    assert len({line.get_color() for line in still.lines[:4]}) == 1
    assert part(still, "subtitle").startswith("The other measure puts the drivers in the same order")


def test_measures_can_be_chosen_and_coefficients_keep_their_unit(ax):
    table = made.measures_of(made.four())
    plot_measures(table, names=("correlation", "lmg"), ax=ax)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["Correlation", "LMG"]
    assert f"{table.estimates['correlation'][0]:.2f}" in said(ax)
    assert rows(ax, 4).shape == (2, 4)


def test_an_unknown_measure_is_refused_with_those_there_are():
    table = made.measures_of(made.four())
    with pytest.raises(InputError, match=r"No measure `prat` \(did you mean `pratt`\?\)\. There are: `lmg`, "):
        plot_measures(table, names=["prat"])
    with pytest.raises(InputError, match=r"No measure to draw; name some of `lmg`, "):
        plot_measures(table, names=[])


def test_groups_have_no_sign_and_what_is_always_in_is_not_in_the_totals(ax):
    table = made.measures_of(made.four())
    kept = ("lmg", "pratt", "first", "last")
    group = replace(
        table, estimates={name: table.estimates[name] for name in kept}, r2=table.r2 + 0.1,
        draws={name: table.draws[name] for name in kept},
        slope_estimate=np.where([True, True, True, False], table.slope_estimate, np.nan),
        correlations=(table.estimates["correlation"], table.draws["correlation"]),
    )  # fmt: skip
    plot_measures(group, ax=ax)
    assert not any(MINUS in label.get_text() for label in ax.get_yticklabels())
    assert said(ax).count(f"total: {100 * table.r2:.0f} %") == 2
    assert "totals: of the R² beyond the 10 % of what is always in the model" in part(ax, "notes")
    assert "structure" not in part(ax, "notes")
