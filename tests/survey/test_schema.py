"""What a definition accepts, what it refuses and in which words."""

import copy
import pickle
import re
import typing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from drivers.errors import DriversError, SurveyError
from drivers.survey.schema import Item, Survey, _SurveyChanges
from drivers.survey.structure import EXPECTED
from tests.survey.definitions import definitions, survey

PAGE = Path(__file__).parents[2] / "drivers" / "survey" / "README.md"


def test_an_item_takes_over_what_it_does_not_declare():
    asked = survey(not_applicable=[8], dont_know=[9], items={"y": {"scale": [0, 7], "dont_know": ["?"]}})
    assert asked.item("a") == Item(label="a", scale=(1, 5), not_applicable=(8,), dont_know=(9,))
    assert asked.item("y") == Item(label="y", scale=(0, 7), not_applicable=(8,), dont_know=("?",))


def test_levels_are_the_scale_of_their_item():
    assert survey(items={"a": {"levels": ["bad", "fair", "good"]}}).item("a").scale == (1, 3)


def test_roles_labels_and_columns():
    labels = {"a": {"label": "A!"}, "s": {"label": "S!"}}
    asked = survey(expectations={"a": "want_a"}, weight="w", segments=["s"], items=labels)
    assert asked.rated == ("a", "b", "y", "want_a")
    assert asked.columns == ("a", "b", "y", "want_a", "w", "s")
    assert [asked.label(name) for name in ("a", "b", "s", "new")] == ["A!", "b", "S!", "new"]


def test_short_spellings_mean_the_long_ones():
    labels = {"a": "Label a", "b": "Label b"}
    short = survey(drivers=labels, outcomes="y", segments="s", not_applicable=8, items={"a": {"dont_know": 9}})
    long = survey(
        drivers=["a", "b"], outcomes=["y"], segments=["s"], not_applicable=[8],
        items={"a": {"label": "Label a", "dont_know": [9]}, "b": {"label": "Label b"}},
    )
    assert short == long
    assert short.sha256 == long.sha256


def test_arrays_and_numpy_numbers_are_plain_values():
    codes = {"not_applicable": pd.Series([8, 9]), "dont_know": np.int64(10)}
    arrays = survey(drivers=pd.Index(["a", "b"]), scale=np.array([1, 5]), **codes)
    assert arrays == survey(not_applicable=[8, 9], dont_know=[10])


def test_equality_and_hashes_follow_what_is_said():
    one = survey(expectations={"a": "ea", "b": "eb"}, not_applicable=[8.0])
    two = survey(expectations={"b": "eb", "a": "ea"}, not_applicable=[8], title="Survey")
    assert one == two
    assert one.sha256 == two.sha256
    assert hash(one) == hash(two)
    assert one != survey(drivers=["b", "a"])
    assert one.sha256 != two.replace(weight="w").sha256
    assert (one == "survey") is False
    assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == one  # noqa: S301


def test_the_hash_does_not_move_between_versions():
    # sha256 of {"drivers": ["a", "b"], "outcomes": ["y"], "scale": [1.0, 5.0]}; `printf '...' | sha256sum`
    assert survey().sha256 == "bcd6bcb76c7b4048e5bc8f6ca697538ccdee4288ba523f491f8880f60826619b"


def test_replace_returns_a_checked_copy(tmp_path):
    (tmp_path / "s.toml").write_text('drivers = ["a", "b"]\noutcomes = ["y"]\ndata = "x.csv"\n', encoding="utf-8")
    asked = Survey.from_toml(tmp_path / "s.toml")
    changed = asked.replace(weight="w", items={"a": Item(label="A")})
    assert (changed.weight, changed.label("a"), changed.data_path) == ("w", "A", tmp_path / "x.csv")
    assert asked.weight is None
    with pytest.raises(SurveyError, match=re.escape("`weight`: `a` is listed under `drivers` and under `weight`.")):
        asked.replace(weight="a")


def test_the_keys_of_replace_are_the_keys_of_the_survey():
    assert set(typing.get_type_hints(_SurveyChanges)) == set(Survey.model_fields)


def test_data_path_without_a_file():
    assert survey().data_path is None
    assert survey(data="x.csv").data_path == Path("x.csv")


def test_an_item_alone_is_refused_in_the_same_words():
    with pytest.raises(SurveyError) as caught:
        Item(scale=[5, 1], lable="x")
    assert str(caught.value) == (
        "Item: 2 things to change.\n"
        "  `lable`: not a key of the item (did you mean `label`?). Write `label` instead.\n"
        '  `scale`: The scale runs from 5 to 1. Write [1, 5]; if low is good, add direction = "lower" to the item.'
    )


def test_the_error_is_one_to_catch_and_survives_a_process_border():
    with pytest.raises(DriversError) as caught:
        survey(scale=[5, 1])
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert str(again) == str(caught.value)
    assert again.exit_code == 2


@settings(max_examples=60)
@given(definitions())
def test_a_sound_definition_is_accepted_and_every_item_has_its_ends(definition):
    asked = Survey(**definition)
    scales = [asked.item(name).scale for name in asked.rated]
    assert all(scale == "open" or scale[0] < scale[1] for scale in scales)
    assert set(asked.rated) <= set(asked.columns)
    assert asked.replace() == asked


def test_every_key_has_its_words_for_a_wrong_value():
    assert set(EXPECTED) == set(Survey.model_fields) | set(Item.model_fields)


def test_the_json_schema_holds_every_key_and_the_short_spellings():
    schema = Survey.model_json_schema()
    assert set(schema["properties"]) == set(Survey.model_fields)
    assert set(schema["$defs"]["Item"]["properties"]) == set(Item.model_fields)
    assert schema["required"] == ["drivers", "outcomes"]
    assert schema["additionalProperties"] is False
    assert [form["type"] for form in schema["properties"]["drivers"]["anyOf"]] == ["array", "string", "object"]
    assert [form["type"] for form in schema["properties"]["segments"]["anyOf"]] == ["array", "string"]
    assert all(entry["description"] for entry in schema["properties"].values())


def test_the_page_lists_every_key_and_its_examples_hold(tmp_path):
    text = PAGE.read_text(encoding="utf-8")
    survey_part, item_part = text.split("## Keys of the survey")[1].split("## Keys of an item")
    keys = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)
    assert keys.findall(survey_part) == list(Survey.model_fields)
    assert keys.findall(item_part.split("## How")[0]) == list(Item.model_fields)
    for place, example in enumerate(re.findall(r"```toml\n(.*?)```", text, re.DOTALL)):
        path = tmp_path / f"{place}.toml"
        path.write_text(example, encoding="utf-8")
        assert Survey.from_toml(path).item("value").scale == (1, 5)
    assert place == 1
