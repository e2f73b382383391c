"""Whether names of waves tell their order in time, and the order."""

from datetime import date

import pandas as pd
import pytest

from drivers.survey.wave_order import quarter_of, wave_order


@pytest.mark.parametrize(
    "in_time",
    [
        [1, 2, 10], [2024.0, 2025.0], [202511, 202601], ["2025", "2026"], ["2025-12-31", "2026-01-31"],
        ["2025-Q4", "2026-Q1"], ["2025Q4", "2026Q1"], ["2025 Q4", "2026 q1"], ["2025-12", "2026-01"],
        ["2026 W9", "2026 W10"], ["2025-W52", "2026-W01"], ["W1", "W2", "W10"], ["Wave 1", "Wave 2", "Wave 11"],
        ["202512", "202601"], [date(2025, 12, 31), date(2026, 1, 1)],
        [pd.Timestamp("2025-12-31"), pd.Timestamp("2026-01-01")], ["2025 H2", "2026 H1"],
    ],
)  # fmt: skip
def test_names_that_tell_their_time_are_put_in_that_order(in_time: list[object]) -> None:
    assert wave_order([*reversed(in_time), None]) == ([*in_time, None], True)


@pytest.mark.parametrize(
    "names",
    [
        ["31.01.2026", "28.02.2026", "31.12.2025"], ["Jan 2026", "Feb 2026"], [True, False], ["before", "after"],
        [31122025, 31012026], ["31122025", "31012026"], ["Q1 2026", "Q4 2025"], ["W1", "2026"], [1, "2"],
        ["2025-Q4", "2026-H1"],
    ],
)  # fmt: skip
def test_other_names_tell_no_order(names: list[object]) -> None:
    order, certain = wave_order(names)
    assert not certain and sorted(map(str, order)) == sorted(map(str, names))


def test_mixed_names_stand_numbers_first() -> None:
    assert wave_order(["b", None, 3, "a", 1]) == ([1, 3, "a", "b", None], False)


@pytest.mark.parametrize(
    ("wave", "quarter"),
    [
        ("2026-Q3", 2), ("2026q1", 0), ("2026-07", 2), ("202612", 3), ("2026-01-31", 0), (date(2026, 5, 1), 1),
        (pd.Timestamp("2026-10-01"), 3), ("2026 W9", None), ("W3", None), ("2026 H2", None), ("2026-Q5", None),
        (3, None),
    ],
)  # fmt: skip
def test_names_tell_the_quarter_or_nothing(wave: object, quarter: int | None) -> None:
    assert quarter_of(wave) == quarter
