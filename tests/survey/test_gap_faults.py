"""Contradictions in what a definition says about the expectation gap: each with its cure."""

import tomllib

import pytest

import drivers as dr
from drivers.errors import SurveyError

GAP = {"drivers": ("a", "b"), "outcomes": ("y", "g"), "scale": (1, 5), "expectations": {"a": "ea", "b": "eb"}}

REFUSED = {
    "a gap made of a driver": (
        {"items": {"g": {"made_of": ["a", "ea"]}}},
        "`items.g.made_of`: `g` is made of `a`, `ea`, and a driver that is part of an outcome explains it by itself "
        "(half the variance of a difference of two independent answers). Remove `g` from outcomes: the gap is modelled "
        'from its two answers. If it has to be the outcome, say why: reason = "..." below [items.g].',
    ),
    "made of, and no outcome": (
        {"items": {"a": {"made_of": ["b"]}}},
        "`items.a.made_of`: `a` is not an outcome. Only of outcomes it matters what they were computed from: remove "
        "this line.",
    ),
    "a direct item that is no outcome": (
        {"direct": "h"},
        '`direct`: `h` is not among the outcomes. It is something to be explained: add "h" to outcomes.',
    ),
    "an adequate level of no driver": (
        {"adequate": {"y": "ay"}}, "`adequate.y`: not a driver. Use one of: `a`, `b`.",
    ),
    "an adequate level alone": (
        {"expectations": {"a": "ea"}, "adequate": {"b": "ab"}},
        "`adequate.b`: `b` has an adequate level but no desired one. Name the column of the desired level below "
        '[expectations]: b = "desired_b".',
    ),
    "one column, two importances": (
        {"stated_importance": {"a": "i", "b": "i"}},
        "`stated_importance.b`: `i` is the stated importance of another item too. Name the stated importance column of "
        "this item.",
    ),
    "a dimension of strangers": (
        {"dimensions": {"all": ["a", "zz"]}}, "`dimensions.all`: `zz` is not a driver. Use one of: `a`, `b`.",
    ),
    "a driver in two dimensions": (
        {"dimensions": {"one": ["a"], "two": ["a", "b"]}},
        "`dimensions.two`: `a` is in `one` too. A driver belongs to one dimension: remove it from one of the two.",
    ),
    "one column for both Kano questions": (
        {"kano": {"app": ["k", "k"]}},
        "`kano.app`: `k` stands for both questions. Name two columns: how people feel with the feature, and how "
        "without it.",
    ),
    "three Kano questions": (
        {"kano": {"app": ["k", "l", "m"]}},
        "`kano`: It must be a table of name = [column with the feature, column without it], not ['k', 'l', 'm']. For "
        'example: kano = { app = ["app_with", "app_without"] }',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), REFUSED.values(), ids=REFUSED)
def test_refused_with_its_cure(changes, said):
    with pytest.raises(SurveyError) as caught:
        dr.Survey(**{**GAP, **changes})
    assert [str(fault) for fault in caught.value.faults] == [said]


def test_a_reason_lets_a_part_explain_its_whole():
    survey = dr.Survey(**GAP, items={"g": {"made_of": ["a", "ea"], "reason": "bonuses are paid by it"}})
    assert survey.item("g").reason == "bonuses are paid by it"


def test_what_is_asked_beside_drivers_is_rated_and_reads_back():
    survey = dr.Survey(
        **GAP, adequate={"a": "aa"}, stated_importance={"b": "ib"}, kano={"app": ("kf", "kd")}, direct="g",
        dimensions={"all": ("a", "b")},
    )  # fmt: skip
    assert survey.rated == ("a", "b", "y", "g", "ea", "eb", "aa", "ib", "kf", "kd")
    assert survey.item("kf").scale == (1.0, 5.0)



    assert dr.Survey(**tomllib.loads(survey.to_toml())) == survey
