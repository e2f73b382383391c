"""Requests and definitions that make no sense: exit code 2 before anything is computed or written, with the cure."""

import pytest

from tests.cli.conftest import DEFINITION, visits

OPTIONS = {
    "--level 1.5": "--level 1.5 is not between 0 and 1; write 0.9 for 90 % intervals.",
    "--level nan": "--level nan is not between 0 and 1",
    "--draws 0": "Invalid value for '--draws': 0 draws show no interval; take at least 100, or leave it out (1,000",
    "--draws 99": "99 draws show no interval; take at least 100",
    "--draws many": "Invalid value for '--draws'",
    "--seed -1": "Invalid value for '--seed'",
    "--measure lgm": "'lgm' is not one of 'lmg', 'relative_weights', 'pratt', 'car', 'first', 'last', 'beta_squared'.",
    "--model liner": "'liner' is not one of 'linear', 'ordinal', 'logit'.",
    "--link probit": "--link probit does not go with --model linear; choose one of `identity`.",
    "--engine magic": "Invalid value for '--engine'",
    "--weight weight": 'The definition says which column is the weight; add weight = "weight" to visits.toml.',
    "--outcome satisfacton": "`satisfacton` (did you mean `satisfaction`?) is not an outcome of the survey",
    "--drivers sped,value": "`sped` (did you mean `speed`?) is not a driver of the survey; it has `quality`",
    "--drivers speed,speed": "`speed` stand(s) twice among the drivers. Name each driver once.",
    "--group visit": '--group "visit" is not read; write --group service=speed+staff.',
    "--group a=quality --group a=speed": '--group "a=speed" is not read; write --group service=speed+staff. A name can',
    "--group visit=quality+sped": "group `visit`: `sped` (did you mean `speed`?) is not a driver of the fit",
    "--measure car --group visit=quality+speed": "`car` is not defined for groups of drivers",
    "--always valu": "`always`: `valu` (did you mean `value`?) is not a driver of the fit",
    "--dominance mcfadden": "this model is linear. Use --dominance r2, or fit --model ordinal or --model logit.",
    "--messure lmg": "No such option: --messure",
}


@pytest.mark.parametrize("options", OPTIONS)
def test_options_that_make_no_sense_are_refused(refused, survey, options):
    assert OPTIONS[options] in refused("importance", survey().name, *options.split())


def test_a_request_without_data_or_columns_shows_both_ways(refused, survey):
    survey()
    for request in (["importance"], ["fit", "--data", "visits.csv"], ["fit", "--outcome", "y", "--drivers", "a"]):
        message = refused(*request)
        assert "Name a survey definition (drivers importance SURVEY.toml)" in message
        assert "--data FILE --outcome Y --drivers a,b,c" in message


def test_columns_the_file_lacks_are_all_named(refused, survey):
    survey()
    message = refused("importance", "--data", "visits.csv", "--outcome", "satisfacton", "--drivers", "quality,sped")
    assert "2 problems in `visits.csv`" in message
    assert "`sped`: there is no such column (did you mean `speed`?)" in message
    assert "`satisfacton`: there is no such column (did you mean `satisfaction`?)" in message


def test_a_column_in_two_roles_is_refused(refused, survey):
    survey()
    message = refused("fit", "--data", "visits.csv", "--outcome", "speed", "--drivers", "quality,speed")
    assert "`speed` is both driver and outcome; an item cannot explain itself." in message


DEFINITIONS = {
    "an unknown key": (DEFINITION + 'wieght = "x"\n', "line 10: wieght", "did you mean `weight`?"),
    "a driver twice": (
        DEFINITION.replace('"quality", ', '"quality", "quality", '), "line 4: drivers", "'quality' is listed twice"
    ),
    "driver and outcome": (
        DEFINITION.replace('["satisfaction"]', '["quality"]'),
        "line 5: outcomes", "`quality` is both driver and outcome",
    ),
    "two roles": (
        DEFINITION.replace('"weight"', '"quality"'), "line 6: weight", "listed under `drivers` and under `weight`"
    ),
    "a scale upside down": (DEFINITION.replace("[1, 5]", "[5, 1]"), "line 3: scale", "Write [1, 5]"),
    "no drivers": (DEFINITION.replace("drivers", "divers"), "line 4: divers", "did you mean `drivers`?"),
    "not TOML": ("drivers = [", "line 1", "Not valid TOML"),
    "nothing": ("", "`drivers`: This key is missing", "`outcomes`: This key is missing"),
}  # fmt: skip


@pytest.mark.parametrize("command", ["check", "report"])
@pytest.mark.parametrize("kind", DEFINITIONS)
def test_a_definition_that_contradicts_itself_is_refused_with_its_line(refused, survey, command, kind):
    definition, *words = DEFINITIONS[kind]
    message = refused(command, survey(definition=definition).name)
    assert message.startswith("error: visits.toml: ")
    assert [each for each in words if each not in message] == []


def test_a_scale_that_the_data_leave_names_the_line_to_add(refused, survey):
    message = refused("fit", survey(definition=DEFINITION.replace("[1, 5]", "[1, 4]")).name)
    assert "4 problems in `visits.csv`" in message
    assert f"`quality`: {(visits()['quality'] == 5).sum()} answers are 5, outside 1..4." in message
    assert "add `not_applicable = [5]` at the top of the file" in message


def test_a_definition_that_is_not_there_or_names_no_data(refused, survey, tmp_path):
    survey(definition=DEFINITION.replace('data = "visits.csv"', ""))
    assert "The survey names no data file." in refused("importance", "visits.toml")
    assert "There is no such file. The folder has: visits.toml." in refused("importance", "vsits.toml")
    assert "This is a folder, not a file." in refused("importance", tmp_path)
    assert "Not valid TOML" in refused("check", "visits.csv")


def test_an_unknown_wave_and_outcome_are_refused_before_the_work(refused, survey):
    survey()
    message = refused("report", "visits.toml", "--wave", "2027-Q1", "--out", "pages")
    assert "No answers for wave `2027-Q1`" in message
    assert "The data have: `2026-Q1`, `2026-Q2`." in message
    assert "is not an outcome of the survey" in refused("report", "visits.toml", "--outcome", "nps", "--out", "pages")


@pytest.mark.parametrize("out", ["visits.csv", "visits.csv/pages", "/proc/pages"])
@pytest.mark.parametrize("command", ["report visits.toml", "demo", "simulate"])
def test_an_output_folder_that_cannot_be_made_is_refused_at_once(refused, survey, command, out):
    survey()
    message = refused(*command.split(), "--out", out)
    assert f"`{out}`" in message
    assert "--out DIR" in message


@pytest.mark.parametrize("options", ["--n 0", "--waves 0", "--seed -1"])
def test_a_simulation_of_nothing_is_refused(refused, tmp_path, options):
    assert options.split()[0].strip("-") in refused("simulate", *options.split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("option", "said"), [
    ("--slope-step value", "'value' is no move of a slope; write --slope-step DRIVER=+0.2@QUARTER."),
    ("--slope-drift value=much", "'value=much' is no move of a slope; write --slope-drift"),
    ("--slope-step value=0.2@2025-Q5", "`2025-Q5` (did you mean `2025-Q4`?) is no quarter of the survey"),
    ("--slope-step valu=0.2", "unknown driver: `valu` (did you mean `value`?)"),
])
def test_a_slope_that_cannot_move_is_refused(refused, tmp_path, option, said):
    assert said in refused("simulate", *option.split())
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_command_is_told(refused):
    assert "No such command 'importence'. Did you mean 'importance'?" in refused("importence")
