"""TOML in and out: the line of every key, texts that are no TOML, files that are no files, and the way back."""

import re
import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.errors import SurveyError
from drivers.survey.schema import Survey
from drivers.survey.toml import write
from drivers.survey.toml_lines import key_lines
from tests.survey.definitions import WORDS, definitions

FOUR_DRIVERS = """\
title = "Store visits"
data = "store_visits.csv"
scale = [1, 5]
drivers = ["product_quality", "service_speed", "value", "communication"]
outcomes = ["satisfaction", "recommend"]
weight = "weight"
[items.recommend]
scale = [0, 10]
"""


@pytest.fixture
def toml(tmp_path):
    def written(text, encoding="utf-8"):
        path = tmp_path / "store.toml"
        path.write_bytes(text.encode(encoding))
        return path

    return written


def refusal(path):
    with pytest.raises(SurveyError) as caught:
        Survey.from_toml(path)
    return str(caught.value)


def test_four_drivers_need_fewer_than_twelve_lines(toml):
    survey = Survey.from_toml(toml(FOUR_DRIVERS))
    assert len(FOUR_DRIVERS.splitlines()) < 12
    assert len(survey.drivers) == 4
    assert survey.item("value").scale == (1, 5)
    assert survey.item("recommend").scale == (0, 10)


def test_the_data_file_lies_beside_the_definition(toml, tmp_path):
    survey = Survey.from_toml(toml(FOUR_DRIVERS))
    assert survey.data_path == tmp_path / "store_visits.csv"
    assert survey.folder == tmp_path


def test_a_byte_order_mark_and_windows_line_ends_are_read(toml):
    windows = Survey.from_toml(toml(FOUR_DRIVERS.replace("\n", "\r\n"), "utf-8-sig"))
    assert windows == Survey.from_toml(toml(FOUR_DRIVERS))


LINES = '''\
# [not.a.table]
title = """
drivers = "not a key"
"""

drivers = [   # one a line
  "a",

  "b", ["c",
  "d"],
]
note = 'it\\'
"a \\"key\\".x" = 1
items.one.scale = [0, 10]
items.two = { label = "{ x = 1 }", scale = [1,
  5], deep.er = { on = true } }  # { no = 1 }

[ items . 'thr.ee' ]
when = 1979-05-27 07:32:00
last = -1.5e3# end'''


def test_every_key_is_found_on_its_line():
    lines = key_lines(LINES)
    expected = {
        ("title",): 2, ("drivers",): 6, ("drivers", 0): 7, ("drivers", 1): 9, ("drivers", 2): 9, ("drivers", 2, 0): 9,
        ("drivers", 2, 1): 10, ("note",): 12, ('a "key".x',): 13, ("items",): 14, ("items", "one"): 14,
        ("items", "one", "scale"): 14, ("items", "one", "scale", 0): 14, ("items", "one", "scale", 1): 14,
        ("items", "two"): 15, ("items", "two", "label"): 15, ("items", "two", "scale"): 15,
        ("items", "two", "scale", 0): 15, ("items", "two", "scale", 1): 16, ("items", "two", "deep"): 16,
        ("items", "two", "deep", "er"): 16,
        ("items", "two", "deep", "er", "on"): 16, ("items", "thr.ee"): 18, ("items", "thr.ee", "when"): 19,
        ("items", "thr.ee", "last"): 20,
    }
    assert lines == expected
    assert set(lines) == paths(tomllib.loads(LINES))


def paths(value, at=()):
    """Every path of a parsed TOML text."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {path for key, entry in inside for path in ({(*at, key)} | paths(entry, (*at, key)))}


NESTED = st.recursive(
    st.one_of(st.integers(-99, 99), st.floats(-9, 9), WORDS), lambda inner: st.lists(inner, max_size=3), max_leaves=6
)
TABLES = st.dictionaries(WORDS, st.one_of(NESTED, st.dictionaries(WORDS, NESTED, max_size=3)), max_size=4)


@settings(max_examples=60)
@given(TABLES)
def test_the_scanner_sees_the_paths_that_the_parser_sees(tables):
    text = write(tables)
    assert set(key_lines(text)) == paths(tomllib.loads(text))


@settings(max_examples=100)
@given(definitions())
def test_a_definition_written_as_toml_reads_back_equal(definition):
    survey = Survey(**definition)
    again = Survey.model_validate(tomllib.loads(survey.to_toml()))
    assert again == survey
    assert again.sha256 == survey.sha256
    assert again.rated == survey.rated
    assert again.to_toml() == survey.to_toml()


def test_toml_text_holds_only_what_differs_from_the_defaults():
    items = {"b c": {"label": 'The "b"', "dont_know": []}}
    survey = Survey(drivers=["a", "b c"], outcomes=["y"], scale=[1, 5], items=items)
    assert survey.to_toml() == (
        'drivers = ["a", "b c"]\noutcomes = ["y"]\nscale = [1, 5]\n\n'
        '[items."b c"]\nlabel = "The \\"b\\""\ndont_know = []\n'
    )


def test_every_finding_names_its_line_and_what_to_write(toml):
    path = toml(
        'titel = "Store visits"\n'
        "scale = [5, 1]\n"
        'drivrs = ["quality",\n'
        '  "value",\n'
        '  "value"]\n'
        'outcomes = "satisfaction"\n'
        "[expectations]\n"
        'qualty = "expected_quality"\n'
        'weight = "w"\n'
        "[items.satisfacton]\n"
        'direction = "higer"\n'
    )
    assert refusal(path) == (
        f"{path}: 8 things to change.\n"
        '  line 1: titel = "Store visits"\n'
        '    `titel`: not a key of the survey (did you mean `title`?). Write: title = "Store visits"\n'
        "  line 2: scale = [5, 1]\n"
        '    `scale`: The scale runs from 5 to 1. Write [1, 5]; if low is good, add direction = "lower" to the item.\n'
        '  line 3: drivrs = ["quality",\n'
        '    `drivrs`: not a key of the survey (did you mean `drivers`?). Write: drivers = ["quality",\n'
        '  line 5: "value"]\n'
        "    `drivrs`: 'value' is listed twice. Remove one of the two.\n"
        '  line 8: qualty = "expected_quality"\n'
        "    `expectations.qualty`: not a driver or outcome (did you mean `quality`?). "
        'Write: quality = "expected_quality"\n'
        '  line 9: weight = "w"\n'
        "    `expectations.weight`: not a driver or outcome. `weight` is a key of the survey: move this line above the "
        "first [table], where the other keys stand.\n"
        "  line 10: [items.satisfacton]\n"
        "    `items.satisfacton`: not a column of the survey (did you mean `satisfaction`?). "
        "Write: [items.satisfaction]\n"
        '  line 11: direction = "higer"\n'
        '    `items.satisfacton.direction`: "higer" is not "higher" or "lower" (did you mean "higher"?). '
        'Write: direction = "higher"'
    )


def test_signs_that_only_look_like_line_ends_do_not_shift_the_lines(toml):
    said = refusal(toml('title = "a\u2028b\u0085c"\r\ndrivers = "a"\r\noutcomes = "y"\r\nwieght = "w"\r\n'))
    assert 'line 4: wieght = "w"\n' in said
    assert 'Write: weight = "w"' in said


def test_the_survey_codes_on_an_item_with_a_wider_scale_point_to_its_table(toml):
    text = 'drivers = "a"\noutcomes = "y"\nscale = [1, 5]\nnot_applicable = 8\n[items.y]\nscale = [0, 10]\n'
    said = refusal(toml(text))
    assert "line 5: [items.y]" in said
    assert "8 is an answer on the scale 0 to 10" in said
    assert "write not_applicable = [] below [items.y]" in said


@pytest.mark.parametrize(
    ("text", "line", "cure"),
    [
        ("title = Store visits\n", 'line 1: title = Store visits', 'Put the text in quotes: title = "Store visits"'),
        ("x = 1\ntitle = \u201cVisits\u201d\n", "line 2: title = \u201cVisits\u201d", "Replace the curly quotes"),
        ("x = 1\nx = 2\ny = 3\n", "line 2: x = 2", "The key or table stands twice"),
        ("x = 1\nx = 2", "line 2: x = 2", "The key or table stands twice"),
        ("[a]\n[a]\n", "line 2: [a]", "The key or table stands twice"),
        ("drivers = [1 2]\n", "line 1: drivers = [1 2]", "Close the list with ]"),
        ('data = "C:\\Users\\x.csv"\n', "line 1: data =", 'forward slashes: data = "C:/Users/x.csv"'),
        ("drivers: 3\n", "line 1: drivers: 3", "Write key = value"),
        ("[items.a\nx = 1\n", "line 1: [items.a", "Close the table name with ]"),
        ('title = "a\n', 'line 1: title = "a', "Texts stand in straight quotes"),
    ],
)
def test_what_is_no_toml_is_refused_with_its_line(toml, text, line, cure):
    said = refusal(toml(text))
    assert "Not valid TOML: " in said
    assert line in said
    assert cure in said


def test_an_empty_file_lacks_drivers_and_outcomes(toml):
    path = toml("")
    assert refusal(path) == (
        f"{path}: 2 things to change.\n"
        "  `drivers`: This key is missing. Add a list of column names, or a table of column = label: "
        'drivers = ["product_quality", "value"]\n'
        "  `outcomes`: This key is missing. Add a list of column names, or a table of column = label: "
        'outcomes = ["satisfaction"]'
    )


def test_a_missing_file_names_its_neighbours(toml, tmp_path):
    assert f"No .toml file lies in {tmp_path}." in refusal(tmp_path / "stor.toml")
    toml(FOUR_DRIVERS)
    path = tmp_path / "stor.toml"
    assert refusal(path) == f"{path}: one thing to change.\n  There is no such file. The folder has: store.toml."
    assert "no such file" in refusal(tmp_path / "no" / "store.toml")
    assert "cannot be read" in refusal(toml(FOUR_DRIVERS) / "below.toml")


def test_a_folder_is_not_a_definition(toml, tmp_path):
    assert "This is a folder, not a file. Name a .toml file." in refusal(tmp_path)
    path = toml(FOUR_DRIVERS)
    assert f"This is a folder, not a file. Name the file in it: {path}" in refusal(tmp_path)


@pytest.mark.parametrize(("encoding", "byte", "line"), [("latin-1", "0xfc", 2), ("utf-16", "0xff", 1)])
def test_a_file_that_is_not_utf8_says_how_to_save_it(toml, encoding, byte, line):
    said = refusal(toml('scale = [1, 5]\ntitle = "M\u00fcnchen"\n', encoding))
    assert f"It is not UTF-8: byte {byte} in line {line}. Save it as UTF-8" in said


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_file_is_read_or_refused_in_words(tmp_path, data):
    place = data.draw(st.integers(0, len(LINES) - 1))
    end = data.draw(st.integers(place, min(place + 12, len(LINES))))
    typed = data.draw(st.sampled_from(["", '"', "[", "]\n", "= ", "\\", "x"]))
    damaged = FOUR_DRIVERS + LINES[:place] + typed + LINES[end:]
    path = tmp_path / "damaged.toml"
    path.write_text(damaged, encoding="utf-8")
    assert re.match(rf"{re.escape(str(path))}: (one thing|\d+ things) to change\.\n  ", refusal(path))
