"""The model a report leads with: a linear posterior, or the regression where there is none."""

from __future__ import annotations

from dataclasses import replace

from drivers.errors import DriversError
from drivers.fit.result import Fit
from drivers.fit.run import fit
from drivers.survey.answers import Answers

INSTEAD = "No posterior stands behind this report, but a regression with a bootstrap: "
"""How the note begins that says why a report does not lead with a posterior."""


def lead_fit(answers: Answers, outcome: str, draws: int, seed: int) -> Fit:
    """Return the model of an outcome that a report leads with.

    Parameters
    ----------
    answers : Answers
        Checked answers.
    outcome : str
        Its outcome.
    draws, seed : int
        Draws of the posterior, or of the bootstrap, and their seed.

    Returns
    -------
    Fit
        A linear model: slopes in points of the outcome, which is what readers ask for. Where the posterior is refused
        but the regression is not, the regression, with a note that says why.

    Raises
    ------
    InputError
        If the answers cannot carry the model.
    FitError
        If the regression must not be trusted either.
    """
    try:
        return fit(answers, outcome, engine="bayes", draws=draws, seed=seed)
    except DriversError as problem:
        found = fit(answers, outcome, draws=draws, seed=seed)
        return replace(found, notes=(INSTEAD + str(problem), *found.notes))
