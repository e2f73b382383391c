"""How users call the package, for the type checker alone: mypy reads this file, nothing runs it."""

from pathlib import Path
from typing import assert_type

import drivers as dr
import drivers.fit
from drivers.fit.result import Fit
from drivers.importance.result import Importance
from drivers.survey.answers import Answers


def first_run(survey_toml: Path) -> Importance:
    survey = dr.Survey.from_toml(survey_toml)
    answers = assert_type(dr.read("visits.csv", survey), Answers)
    fit = assert_type(dr.fit(answers, outcome="satisfaction"), Fit)
    return assert_type(dr.importance(fit), Importance)


def errors_are_typed(error: dr.errors.DriversError) -> int:
    return assert_type(error.exit_code, int)
