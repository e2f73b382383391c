"""Forms of an ordinal model beyond equal steps and equal spread: what goes with them, and what cannot read them."""

from __future__ import annotations

from drivers.errors import InputError, nearest, quoted
from drivers.fit.guard import check_group
from drivers.fit.result import Fit, FitSpec
from drivers.survey.schema import Survey


def check_spread_by(survey: Survey, spec: FitSpec) -> None:
    """Refuse groups whose latent spread a model cannot tell.

    Parameters
    ----------
    survey : Survey
        The definition.
    spec : FitSpec
        The request.

    Raises
    ------
    InputError
        If the model is not an ordinal posterior, or another request is for the same groups or has no such model.
    SurveyError
        If the column is neither the wave nor a segment.
    """
    column = spec.spread_by
    if column is None:
        return
    check_group(survey, column)
    if spec.model != "ordinal":
        raise InputError(
            f"spread_by={column!r} is told by how answers spread over three categories or more; add model='ordinal' "
            f"(now {spec.model!r})."
        )
    _check_form(spec, "spread_by")
    if column in spec.where:
        raise InputError(f"`{column}` stands in `where` and in `spread_by`: a single group differs from no other.")
    if column in spec.controls:
        kept = [name for name in spec.controls if name != column]
        raise InputError(
            f"`{column}` is a control and in `spread_by`, which holds the levels of its groups equal already. Leave it "
            f"out of the controls: controls={kept}."
        )


def check_monotone(spec: FitSpec) -> None:
    """Refuse drivers whose steps a model cannot tell.

    Parameters
    ----------
    spec : FitSpec
        The request.

    Raises
    ------
    InputError
        If one is not a driver of the request, the model is no ordinal or binary posterior, or another request has no
        such model.
    """
    if not spec.monotone:
        return
    for name in spec.monotone:
        if name not in spec.drivers:
            raise InputError(f"monotone: {nearest(name, spec.drivers)} is not a driver of this fit.")
    twice = sorted({name for name in spec.monotone if spec.monotone.count(name) > 1})
    if twice:
        raise InputError(f"{quoted(twice)} stand(s) twice in `monotone`. Name each driver once.")
    if spec.model == "linear":
        raise InputError("`monotone` needs an outcome in categories; add model='ordinal' (now 'linear').")
    _check_form(spec, "monotone")
    if spec.spread_by is not None:
        raise InputError("`monotone` does not go with `spread_by`. Leave one of them out.")


def _check_form(spec: FitSpec, name: str) -> None:
    """Refuse what goes with no form beyond the plain one; `name` is the argument that asks for it."""
    if spec.engine != "bayes":
        raise InputError(f"`{name}` is a posterior; add engine='bayes'.")
    for other, there in (("by", spec.by), ("walk", spec.walk)):
        if there:
            raise InputError(f"`{name}` does not go with `{other}`, which has slopes that vary. Leave one of them out.")
    if spec.not_applicable == "exposure":
        raise InputError(f"`{name}` does not go with not_applicable='exposure'. Leave one of them out.")


def refuse_forms(fit: Fit, what: str) -> None:
    """Refuse a fit of unequal spread or unequal steps where only the plain model can be read.

    Parameters
    ----------
    fit : Fit
        Any fit.
    what : str
        What was asked for.

    Raises
    ------
    InputError
        If it has groups of unequal spread, or drivers of unequal steps.
    """
    if fit.spreads is not None:
        raise InputError(
            f"{what} takes one latent spread for all, and this fit has one for each group of `{fit.spreads.column}`. "
            "Fit without `spread_by` for this."
        )
    if fit.steps is not None:
        raise InputError(
            f"{what} takes equal steps, and this fit has steps of their own for {quoted(fit.steps.drivers)}. Fit "
            "without `monotone` for this."
        )
