"""What a definition refuses, and in which words: one finding at a time, then all at once."""

import math
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.errors import SurveyError
from drivers.survey.fault import DefinitionError
from drivers.survey.schema import Survey
from drivers.survey.structure import EXPECTED
from tests.survey.definitions import survey


def refusals(**changes):
    """What is said about a definition, one text per finding."""
    with pytest.raises(SurveyError) as caught:
        survey(**changes)
    assert isinstance(caught.value, DefinitionError)
    return [str(fault) for fault in caught.value.faults]


REFUSED = {
    "unknown key": (
        {"weigth": "w"},
        "`weigth`: not a key of the survey (did you mean `weight`?). Write `weight` instead.",
    ),
    "an item's key": (
        {"levels": ["x"]},
        "`levels`: not a key of the survey. It belongs to one item: write it below [items.<column>].",
    ),
    "a key like no other": (
        {"zzzz": 1},
        "`zzzz`: not a key of the survey. Use one of: `title`, `data`, `drivers`, `outcomes`, `expectations`, "
        "`adequate`, `stated_importance`, `dimensions`, `direct`, `kano`, "
        "`scale`, `not_applicable`, `dont_know`, `weight`, `frequency`, `stratum`, `psu`, `fpc`, "
        "`lonely_psu`, `replicate_weights`, `replicate_scheme`, `replicate_scales`, `fay`, `wave`, `segments`, "
        "`controls`, `id`, `items`.",
    ),
    "unknown key of an item": (
        {"items": {"y": {"lable": "x"}}},
        "`items.y.lable`: not a key of the item (did you mean `label`?). Write `label` instead.",
    ),
    "unknown item": (
        {"drivers": ["value", "speed"], "items": {"valeu": {"label": "x"}}},
        "`items.valeu`: not a column of the survey (did you mean `value`?). Write `value` instead.",
    ),
    "unknown expectation": (
        {"drivers": ["value", "speed"], "expectations": {"sped": "e"}},
        "`expectations.sped`: not a driver or outcome (did you mean `speed`?). Write `speed` instead.",
    ),
    "expectation of an expectation": (
        {"expectations": {"a": "want", "want": "more"}},
        "`expectations.want`: not a driver or outcome. Use one of: `a`, `b`, `y`.",
    ),
    "driver and outcome": (
        {"outcomes": ["a"]},
        "`outcomes`: `a` is both driver and outcome; an item cannot explain itself. A column has one role: "
        "remove it from one of the two.",
    ),
    "weight is a driver": (
        {"weight": "a"},
        "`weight`: `a` is listed under `drivers` and under `weight`. A column has one role: remove it from one "
        "of the two.",
    ),
    "expectation is a driver": (
        {"expectations": {"a": "b"}},
        "`expectations.a`: `b` is listed under `drivers` and under `expectations`. A column has one role: "
        "remove it from one of the two.",
    ),
    "one expectation for two": (
        {"expectations": {"a": "e", "b": "e"}},
        "`expectations.b`: `e` is the expectation of another item too. Name the expectation column of this item.",
    ),
    "segment is the wave": (
        {"wave": "q", "segments": ["q"]},
        "`segments`: `q` is listed under `wave` and under `segments`. Remove it from segments: results are "
        "shown by wave anyway.",
    ),
    "psu is the id": (
        {"psu": "p", "id": "p"},
        "`id`: `p` is listed under `psu` and under `id`. Remove psu: each respondent is a sampling unit of its "
        "own without it.",
    ),
    "stratum is the psu": (
        {"psu": "p", "stratum": "p"},
        "`psu`: `p` is listed under `stratum` and under `psu`. Name the column that tells sampling units apart "
        "within a stratum.",
    ),
    "no drivers": (
        {"drivers": []},
        '`drivers`: The list is empty. Name at least one column: drivers = ["product_quality", "value"]',
    ),
    "a driver twice": (
        {"drivers": ["a", "a"]},
        "`drivers`: 'a' is listed twice. Remove one of the two.",
    ),
    "a code twice": (
        {"dont_know": [9, "9.0"]},
        "`dont_know`: '9.0' is listed twice. Remove one of the two.",
    ),
    "a level twice": (
        {"items": {"y": {"levels": ["Good", "bad", "good "]}}},
        "`items.y.levels`: 'good ' is listed twice. Remove one of the two.",
    ),
    "one level": (
        {"items": {"y": {"levels": ["x"]}}},
        '`items.y.levels`: 1 level(s) make no scale. Give at least two texts, like ["poor", "good"].',
    ),
    "an empty level": (
        {"items": {"y": {"levels": ["x", " "]}}},
        "`items.y.levels`: A level is empty. Write its text.",
    ),
    "numbers as levels": (
        {"items": {"y": {"levels": ["0", "2"]}}},
        "`items.y.levels`: '0' is a number that is not its place in the list, 1. Declare numbers by their ends, "
        "like scale = [1, 5]; levels are for words.",
    ),
    "levels and another scale": (
        {"items": {"y": {"levels": ["x", "z"], "scale": [0, 1]}}},
        "`items.y.scale`: 2 levels stand for 1 to 2, so the scale cannot be 0 to 1. Remove this line: the "
        "levels give the scale.",
    ),
    "ends turned round": (
        {"scale": [5, 1]},
        '`scale`: The scale runs from 5 to 1. Write [1, 5]; if low is good, add direction = "lower" to the item.',
    ),
    "ends alike": (
        {"scale": [1, 1]},
        "`scale`: The scale runs from 1 to 1. Give the lowest and the highest point, like [1, 5].",
    ),
    "three ends": (
        {"scale": [1, 2, 5]},
        '`scale`: It must be the two ends [low, high] as finite numbers, or "open", not [1, 2, 5]. For example: '
        "scale = [1, 5]",
    ),
    "an end that is no number": (
        {"scale": [1, "5"]},
        "`scale`: Entry 2, '5', does not fit: it must be the two ends [low, high] as finite numbers, or "
        '"open". For example: scale = [1, 5]',
    ),
    "an endless end": (
        {"scale": [1, math.inf]},
        '`scale`: Entry 2, inf, does not fit: it must be the two ends [low, high] as finite numbers, or "open". '
        "For example: scale = [1, 5]",
    ),
    "scale misspelled": (
        {"scale": "opne"},
        '`scale`: "opne" is not the two ends [low, high] as finite numbers, or "open" (did you mean "open"?). '
        'Write scale = "open".',
    ),
    "a code on the scale": (
        {"not_applicable": [5]},
        "`not_applicable`: 5 is an answer on the scale 1 to 5, so it cannot also mean `not_applicable`. Remove "
        "5 here, or correct the scale if the answers end before it.",
    ),
    "a code among the levels": (
        {"items": {"y": {"levels": ["poor", "Don\u2019t know"], "dont_know": ["don't KNOW"]}}},
        "`items.y.dont_know`: \"don't KNOW\" is an answer on the scale 1 to 2, so it cannot also mean "
        "`dont_know`. Remove \"don't KNOW\" here, or correct the scale if the answers end before it.",
    ),
    "a code in both lists": (
        {"not_applicable": [8], "dont_know": ["8"]},
        "`dont_know`: '8' is listed under `not_applicable` too. An answer has one meaning: keep the code in one "
        "of the two lists.",
    ),
    "an empty code": (
        {"dont_know": [""]},
        "`dont_know`: The code is an empty text. Remove it: an empty cell is always counted as blank.",
    ),
    "the survey's code on the item's scale": (
        {"not_applicable": [8], "items": {"y": {"scale": [0, 10]}}},
        "`items.y`: The survey's own `not_applicable`: 8 is an answer on the scale 0 to 10, so it cannot also "
        "mean `not_applicable`. Give the item codes of its own: write not_applicable = [] below [items.y], or "
        "the codes it has.",
    ),
    "the survey's code on an open item": (
        {"dont_know": [8, "?"], "items": {"y": {"scale": "open"}}},
        "`items.y`: The survey's own `dont_know`: 8 may be a measured value on an open scale. Give the item "
        "codes of its own: write dont_know = [] below [items.y], or the codes it has.",
    ),
    "the item's code on the survey's scale": (
        {"items": {"y": {"dont_know": [3]}}},
        "`items.y.dont_know`: 3 is an answer on the scale 1 to 5, so it cannot also mean `dont_know`. Remove 3 "
        "here, or correct the scale if the answers end before it.",
    ),
    "the item's code among the survey's": (
        {"not_applicable": [8], "items": {"y": {"dont_know": [8]}}},
        "`items.y.dont_know`: 8 is listed under `not_applicable` too. An answer has one meaning: keep the code "
        "in one of the two lists.",
    ),
    "nps on another scale": (
        {"items": {"y": {"score": "nps"}}},
        '`items.y.score`: "nps" needs the scale 0 to 10; this is 1 to 5. Write scale = [0, 10] for the item, or '
        'score = "top2".',
    ),
    "nps with lower as better": (
        {"items": {"y": {"score": "nps", "scale": [0, 10], "direction": "lower"}}},
        '`items.y.score`: "nps" counts 9 and 10 as best, but lower is declared better. Remove direction = '
        '"lower": promoters are those who answer 9 or 10.',
    ),
    "top2 without ends": (
        {"items": {"y": {"score": "top2", "scale": "open"}}},
        '`items.y.score`: "top2" needs a scale with two ends; this one is open. Declare the ends, like scale = '
        '[1, 5], or write score = "mean".',
    ),
    "direction misspelled": (
        {"items": {"y": {"direction": "lowr"}}},
        '`items.y.direction`: "lowr" is not "higher" or "lower" (did you mean "lower"?). Write direction = '
        '"lower".',
    ),
    "score misspelled": (
        {"items": {"y": {"score": "npss"}}},
        '`items.y.score`: "npss" is not "top2", "nps", "ces" or "mean" (did you mean "nps"?). Write score = '
        '"nps".',
    ),
    "score like no other": (
        {"items": {"y": {"score": "average"}}},
        "`items.y.score`: It must be \"top2\", \"nps\", \"ces\" or \"mean\", not 'average'. For example: score "
        '= "nps"',
    ),
    "a number for a column": (
        {"weight": 3},
        '`weight`: It must be one column name in quotes, not 3. For example: weight = "weight"',
    ),
    "a blank column": (
        {"wave": " "},
        "`wave`: It must be one column name in quotes, not ' '. For example: wave = \"quarter\"",
    ),
    "a number among columns": (
        {"segments": ["s", 3]},
        "`segments`: Entry 2, 3, does not fit: it must be a list of column names. For example: segments = "
        '["channel", "region"]',
    ),
    "a truth value as code": (
        {"dont_know": [9, True]},
        "`dont_know`: Entry 2, True, does not fit: it must be a list of codes (numbers or texts). For example: "
        "dont_know = [9]",
    ),
    "a list as expectation": (
        {"expectations": {"a": ["e"]}},
        '`expectations.a`: The expectation is not one column name. Name the column: a = "expected_a"',
    ),
    "a text as item": (
        {"items": {"y": "x"}},
        '`items.y`: It must be a table. For example: label = "Value for money"',
    ),
    "a rating key on a segment": (
        {"segments": "s", "items": {"s": {"scale": [1, 5]}}},
        "`items.s.scale`: `s` is not rated, so it has no scale. Remove this line, or list the column under "
        "drivers or outcomes.",
    ),
    "a label that is no text": (
        {"drivers": {"a": "A", "b": 3}},
        '`drivers.b`: This label is not a text. Give its label: b = "..."',
    ),
    "two labels": (
        {"outcomes": {"y": "Y"}, "items": {"y": {"label": "Why"}}},
        "`items.y.label`: `y` has the label 'Y' under `outcomes` and 'Why' here. Keep one of the two labels.",
    ),
}


@pytest.mark.parametrize(("changes", "said"), REFUSED.values(), ids=REFUSED)
def test_refused_with_the_nearest_right_name_and_the_cure(changes, said):
    assert refusals(**changes) == [said]


@pytest.mark.parametrize(
    "shared", [{"segments": ["s"], "stratum": "s"}, {"segments": ["s"], "psu": "s"}, {"wave": "s", "stratum": "s"}]
)
def test_three_pairs_of_roles_may_share_a_column(shared):
    assert "s" in survey(**shared).columns


def test_codes_of_its_own_free_an_item_from_those_of_the_survey():
    asked = survey(not_applicable=[8], items={"y": {"scale": [0, 10], "not_applicable": []}})
    assert asked.item("y").not_applicable == ()


def test_everything_wrong_is_said_at_once():
    items = {"y": {"lable": "x", "score": "npss"}, "q": {}}
    said = refusals(weigth=3, scale=[5, 1], dont_know=[9, 9], segments=["a"], items=items)
    assert [text.split(":")[0] for text in said] == [
        "`weigth`", "`items.y.lable`", "`items.y.score`", "`weigth`", "`scale`", "`dont_know`", "`segments`",
        "`items.q`",
    ]


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(), st.text("ab .", max_size=3), st.dates()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.text("aby", max_size=2), inner, max_size=3),
    ),
    max_leaves=5,
)
KEYS = st.sampled_from([*EXPECTED, "drivrs", "itms", "x", ""])


@settings(max_examples=300)
@given(st.dictionaries(KEYS, ANYTHING, max_size=5), st.dictionaries(KEYS, ANYTHING, max_size=4))
def test_whatever_is_given_the_answer_is_a_survey_or_a_survey_error(changes, item):
    given_items = {"items": {"a": item}, **changes}
    try:
        accepted = Survey.model_validate({"drivers": ["a", "b"], "outcomes": ["y"], **given_items})
    except SurveyError as error:
        assert all(str(fault) for fault in error.faults)
    else:
        assert Survey.model_validate(tomllib.loads(accepted.to_toml())) == accepted
