"""Weights that outweigh the others are told before results hang on few people."""

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from drivers.survey.load_checks import check_load

N = 200


def told(*first: float, role: str = "weight", n: int = N) -> list[str]:
    """Warnings about a column of 1.5 that begins with other numbers."""
    weights = np.full(n, 1.5)
    weights[: len(first)] = first
    found = check_load(nw.from_native(pd.DataFrame({"w": weights})), "w", role).findings
    return [finding.text for finding in found if finding.severity == "warning"]


@pytest.mark.parametrize(("largest", "start"), [
    (1500.0, "`w`: 1 weight outweighs the others: the largest, 1500, is 166.8 times the average and holds 83% of"),
    (36.0, "`w`: 1 weight outweighs the others: the largest, 36, is 21.5 times the average and holds 11% of"),
])  # fmt: skip
def test_one_that_outweighs_the_others(largest: float, start: str) -> None:
    (text,) = told(largest)
    assert text.startswith(start) and "trim the weights" in text


def test_one_that_holds_a_tenth_of_all_in_a_smaller_table() -> None:
    (text,) = told(20.0, n=60)
    assert "holds 18% of all weight" in text


def test_several_are_counted() -> None:
    (text,) = told(90.0, 95.0)
    assert text.startswith("`w`: 2 weights outweigh the others: the largest, 95")


def test_weights_that_differ_within_reason_are_no_finding() -> None:
    assert told(20.0, 25.0) == told(5.0, n=10) == told() == []


def test_frequencies_may_be_as_large_as_they_are() -> None:
    assert told(5000.0, role="frequency") == []
