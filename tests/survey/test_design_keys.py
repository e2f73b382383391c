"""Replicate weights, finite populations and controls in a definition: what they mean and what is refused."""

import pytest

from drivers.errors import SurveyError
from drivers.survey.fault import DefinitionError
from drivers.survey.schema import Survey
from tests.survey.definitions import survey

BRR = {"weight": "w", "replicate_weights": "rep*", "replicate_scheme": "BRR"}


def refusals(**changes):
    with pytest.raises(SurveyError) as caught:
        survey(**changes)
    assert isinstance(caught.value, DefinitionError)
    return [str(fault) for fault in caught.value.faults]


def test_a_pattern_stands_for_digits_and_keeps_the_order_of_the_table():
    asked = survey(**BRR)
    table = ["a", "rep2", "rep10", "rep1", "reply", "rep", "prep1", "rep1b", "w"]
    assert asked.replicate_columns(table) == ("rep2", "rep10", "rep1")
    listed = survey(**BRR | {"replicate_weights": ["r_b", "r_a", "x*_w"]})
    assert listed.replicate_columns(["r_a", "x1_w", "r_b", "xy_w"]) == ("r_b", "r_a", "x1_w")
    assert listed.columns == ("a", "b", "y", "w", "r_b", "r_a")
    assert survey().replicate_columns(["rep1"]) == ()


def test_design_keys_are_read_from_toml_and_written_back(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(
        'drivers = ["a", "b"]\noutcomes = "y"\nscale = [1, 5]\nweight = "w"\nreplicate_weights = "rep*"\n'
        'replicate_scheme = "JKn"\nreplicate_scales = [0.5, 0.75]\ncontrols = "age"\n[items.age]\nscale = "open"\n',
        encoding="utf-8",
    )
    asked = Survey.from_toml(path)
    assert (asked.replicate_weights, asked.replicate_scales, asked.controls) == (("rep*",), (0.5, 0.75), ("age",))
    again = tmp_path / "again.toml"
    again.write_text(asked.to_toml(), encoding="utf-8")
    assert Survey.from_toml(again) == asked


def test_a_control_is_categories_unless_it_has_a_scale():
    asked = survey(
        controls=["region", "age", "income"], segments=["region"],
        items={"age": {"scale": "open"}, "income": {"levels": ["low", "high"], "label": "Income"}},
    )
    assert [asked.is_category(name) for name in asked.controls] == [True, False, True]
    assert asked.columns == ("a", "b", "y", "region", "age", "income")
    assert asked.label("income") == "Income"


REFUSED = {
    "no scheme": (
        {"weight": "w", "replicate_weights": "rep*"},
        "`replicate_weights`: How they were made is not declared. Add what the survey's documentation says, like "
        'replicate_scheme = "BRR"',
    ),
    "no weight": (
        {"replicate_weights": "rep*", "replicate_scheme": "BRR"},
        "`replicate_weights`: They come with a full-sample weight, which is not declared. Add its column: "
        'weight = "weight"',
    ),
    "strata too": (
        BRR | {"stratum": "h"},
        "`stratum`: Replicate weights carry the design already. Remove this line, or remove replicate_weights to use "
        "`stratum`.",
    ),
    "a scheme of nothing": (
        {"replicate_scheme": "BRR"},
        "`replicate_scheme`: There are no replicate weights that it could speak of. Name their columns, like "
        'replicate_weights = "rep*", or remove this line.',
    ),
    "Fay without k": (
        BRR | {"replicate_scheme": "Fay"}, "`replicate_scheme`: Fay's method needs its k. Add fay = 0.5",
    ),
    "k without Fay": (BRR | {"fay": 0.5}, '`fay`: "BRR" has no k. Write replicate_scheme = "Fay".'),
    "k of 1": (
        BRR | {"replicate_scheme": "Fay", "fay": 1.0}, "`fay`: k is 1. Give it from 0 to below 1, like fay = 0.5",
    ),
    "JKn without scales": (
        BRR | {"replicate_scheme": "JKn"},
        "`replicate_scheme`: JKn needs the factor (n_h - 1) / n_h of each replicate's stratum. Add replicate_scales = "
        "[...], or replicate_scales = 1 for two units per stratum (JK2).",
    ),
    "a negative scale": (
        BRR | {"replicate_scales": -1}, "`replicate_scales`: A factor is negative. Correct it.",
    ),
    "too few scales": (
        BRR | {"replicate_weights": ["r1", "r2", "r3"], "replicate_scales": [1, 1]},
        "`replicate_scales`: 2 factors for 3 replicate weights. Give one for each, or a single one for all.",
    ),
    "a misspelled scheme": (
        BRR | {"replicate_scheme": "brr"},
        '`replicate_scheme`: "brr" is not "JK1", "JKn", "BRR", "Fay" or "bootstrap" (did you mean "BRR"?). Write '
        'replicate_scheme = "BRR".',
    ),
    "an unknown rule": (
        {"lonely_psu": "certian"},
        '`lonely_psu`: "certian" is not "centre", "certain" or "refuse" (did you mean "certain"?). Write lonely_psu = '
        '"certain".',
    ),
    "a driver as control": (
        {"controls": "a"},
        "`controls`: `a` is listed under `drivers` and under `controls`. A column has one role: remove it from one of "
        "the two.",
    ),
    "a score of a control": (
        {"controls": "age", "items": {"age": {"score": "mean"}}},
        "`items.age.score`: `age` is not rated, so it has no score. Remove this line, or list the column under drivers "
        "or outcomes.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_half_a_design_or_two_are_refused(case):
    changes, said = REFUSED[case]
    assert said in refusals(**changes)
