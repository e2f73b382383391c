"""Other readings of a fit: what is known beforehand is refused before the fit, what only the answers tell after it."""

import json

import numpy as np
import pytest

from drivers.cli.spelling import as_options
from drivers.importance.request import check_request
from tests.cli.conftest import DEFINITION, visits

MANY = [f"d{j}" for j in range(30)]

BEFORE = {
    "--also probe --group g=quality+speed": "--also probe takes drivers one by one. Leave out --group, or",
    "--also exposure": "Add --not-applicable exposure, or leave out --also exposure.",
    "--also exposure --not-applicable exposure --always speed": "--also exposure has no always-in drivers. Leave out",
    "--measure car --group g=quality+speed": "or take `car` of single drivers, without --group.",
    "--group g=quality+sped": "group `g`: `sped` (did you mean `speed`?) is not a driver of the fit",
    "--dominance mcfadden": "Use --dominance r2, or fit --model ordinal or --model logit.",
    "--drivers quality,speed,quality^2 --also measures": "`measures` takes drivers as they are",
    "--drivers quality,speed,quality^2 --measure pratt": "Use --measure lmg, or fit without.",
    "--drivers quality,speed,quality:speed --model ordinal --dominance mcfadden": "--dominance mcfadden takes drivers",
    "--reliability sped=0.8": "`sped` (did you mean `speed`?): no driver or outcome of this fit.",
    "--reliability speed=high": 'write --reliability speed=0.8, or speed=0.7..0.9.',
    "--drivers quality --also pairs": "`quality` is the only driver, so there is nothing to compare it with.",
}


@pytest.mark.parametrize("asked", BEFORE)
def test_what_the_fit_could_not_answer_is_refused_before_it(refused, survey, monkeypatch, asked):
    def never(*_: object, **__: object) -> None:
        raise AssertionError("the fit ran")

    monkeypatch.setattr("drivers.fit.run.fit", never)
    assert BEFORE[asked] in refused("importance", survey().name, *asked.split())


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"readings": ["clones"]}, "30 drivers are too many to leave each out once; look for clones among at most 28"),
        ({"index": "r2"}, "30 drivers have 435 pairs to compare"),
        ({"index": "mcfadden", "model": "logit"}, "30 drivers have 1,073,741,824 submodels to fit"),
        ({"products": ["d0^2"]}, "30 drivers or groups are more than 12, the most for which submodels with squares"),
    ],
)
def test_too_many_drivers_are_known_before_the_fit(asked, text):
    with pytest.raises(Exception, match=text):
        check_request(MANY, **asked)
    check_request(MANY, groups={"all": MANY[1:]}, **asked)


def test_readings_take_groups_and_always_in_drivers(run, survey):
    survey()
    also = ["--also", "measures", "--also", "pairs", "--also", "sensitivity", "--also", "clones", "--also", "design"]
    definition = DEFINITION.replace('["quality", "speed", "value"]', '["quality", "speed", "value", "care"]')
    rng = np.random.default_rng(2)
    table = visits()
    table["care"] = np.clip(table["speed"] + rng.integers(-1, 2, len(table)), 1, 5)
    survey(answers=table, definition=definition)
    rows = ["--group", "staff=speed+care", "--always", "value"]
    seen = run("importance", "visits.toml", *rows, *also, "--draws", 200, "--json")
    assert seen.code == 0, seen.err
    found = json.loads(seen.out)
    shares = {each["driver"]: each["share"] for each in found["drivers"]}
    assert list(shares) == ["staff", "quality"]
    assert [row["driver"] for row in found["design"]["drivers"]] == ["staff", "quality"]
    observed = [row for row in found["sensitivity"]["shares"] if row["kind"] == "observed"]
    assert {row["driver"]: row["share"] for row in observed} == pytest.approx(shares, abs=1e-12)
    assert found["sensitivity"]["straight_line_rate"] > 0
    asked = ("--reliability", "speed=0.7..0.9", "--draws", 200, "--json")
    stated = json.loads(run("importance", "visits.toml", *asked).out)
    assert [row["kind"] for row in stated["sensitivity"]["shares"]][-4:] == ["reliability"] * 4
    for name in ("measures", "pairs", "sensitivity", "design"):
        assert found[name]["deff_weights"] == pytest.approx(found["n"] / found["n_eff"])


def test_a_reading_the_answers_do_not_allow_is_told_and_the_rest_stays(run, survey):
    table = visits()
    table["speed"] = table["speed"].astype("float64").mask(np.arange(len(table)) % 4 == 0)
    survey(answers=table)
    seen = run("importance", "visits.toml", "--model", "ordinal", "--draws", 100, "--also", "design", "--json")
    assert seen.code == 0
    assert "warning: --also design: Design effects are of sampling alone; this fit imputed answers" in seen.err
    assert "complete answers (--missing complete)." in seen.err
    found = json.loads(seen.out)
    assert len(found["drivers"]) == 3 and found["design"]["refused"].startswith("Design effects are of sampling")


def test_exposure_is_read_off_a_fit_that_has_it(run, survey):
    table = visits()
    table.loc[table.index % 5 == 0, "speed"] = 9
    survey(answers=table, definition=DEFINITION + "not_applicable = [9]\n")
    asked = ("importance", "visits.toml", "--not-applicable", "exposure", "--also", "exposure", "--draws", 100)
    text = run(*asked).out
    assert "drivers that do not apply to everybody, n 240, effective n" in text
    found = json.loads(run(*asked, "--json").out)["exposure"]
    speed = next(row for row in found["drivers"] if row["driver"] == "speed")
    assert speed["applies_to"] == pytest.approx(0.8, abs=0.05)  # weighted
    assert speed["answer"] + speed["applying"] == pytest.approx(speed["share"], abs=1e-12)


def test_arguments_of_python_are_told_as_options():
    told = {
        "Use model='linear'.": "Use --model linear.",
        "fit with not_applicable='missing', level=0.9": "fit with --not-applicable missing, --level 0.9",
        "draws=1,000 of": "--draws 1,000 of",
        "index='' is": '--dominance "" is',
        "shift('speed', by=0.5)": "shift('speed', by=0.5)",
        "my_model='x' and a.model='y'": "my_model='x' and a.model='y'",
        "without `groups=`": "without --group",
    }
    for text, option in told.items():
        assert as_options(text) == option
