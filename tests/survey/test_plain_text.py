"""Text summaries fit a terminal, and shortened labels can still be told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.survey.plain_text import LABEL, WIDTH, percent_level, short_labels, wrapped


def test_a_long_label_loses_its_middle_at_words():
    label = "How satisfied were you with the quality of the products you bought"
    assert short_labels([label, "Short"]) == ["How satisfied ... you bought", "Short"]


def test_labels_that_would_look_alike_stay_whole():
    first, second = (f"How satisfied were you with {what} when you came to our shop" for what in ("price", "staff"))
    assert short_labels([first, second, "x" * 40]) == [first, second, "x" * 15 + " ... " + "x" * 14]


@given(st.lists(st.text(st.characters(categories=["L", "Zs"]), max_size=90), unique=True))
def test_labels_stay_distinct_and_only_lookalikes_stay_long(labels):
    short = short_labels(labels)
    assert len(set(short)) == len(labels)
    assert all(len(cut) <= LABEL or cut == label for cut, label in zip(short, labels, strict=True))
    assert all(cut == label for cut, label in zip(short, labels, strict=True) if len(label) <= LABEL)


def test_paragraphs_wrap_and_empty_lines_stay():
    lines = wrapped(["word " * 60, "", "https://" + "x" * 120])
    assert max(map(len, lines[:-1])) <= WIDTH
    assert lines[-2:] == ["", "https://" + "x" * 120]
    assert " ".join(lines[:-2]) == ("word " * 60).strip()


@pytest.mark.parametrize(("level", "words"), [(0.9, "90%"), (0.975, "97.5%"), (0.999, "99.9%"), (0.07, "7%")])
def test_a_level_is_printed_as_asked(level, words):
    assert percent_level(level) == words
