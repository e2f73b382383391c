"""What `drivers importance --also NAME` adds: other readings of the same fit, as JSON values and as text."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING

from drivers.cli.options import NotApplicableName
from drivers.cli.spelling import as_options
from drivers.errors import DriversWarning, InputError

if TYPE_CHECKING:
    from drivers.cells.straight_lines import StraightLines
    from drivers.fit.result import Fit
    from drivers.importance.result import Importance
    from drivers.survey.answers import Answers

type Groups = Mapping[str, Sequence[str]] | None
type Stated = float | tuple[float, float]
type Reading = tuple[object, Callable[[], str]]


class AlsoName(StrEnum):
    """Readings of a fit beside its shares."""

    measures = "measures"
    pairs = "pairs"
    sensitivity = "sensitivity"
    probe = "probe"
    clones = "clones"
    design = "design"
    exposure = "exposure"


SINGLE = (AlsoName.probe, AlsoName.exposure)
"""Readings of drivers one by one: a group of several columns gets several times the noise, or has its own already."""


def check_also(
    names: Sequence[AlsoName], groups: Groups, always: Sequence[str], not_applicable: NotApplicableName
) -> None:
    """Refuse readings that do not go with the other options, before anything is read.

    Parameters
    ----------
    names : sequence of AlsoName
        Which.
    groups : mapping of str to sequence of str, optional
        Rows of several drivers.
    always : sequence of str
        Drivers in every model.
    not_applicable : NotApplicableName
        What "not applicable" is taken for.

    Raises
    ------
    InputError
        With the option to leave out, or to add.
    """
    for name in names:
        if groups and name in SINGLE:
            raise InputError(
                f"--also {name.value} takes drivers one by one. Leave out --group, or --also {name.value}."
            )
        if name is AlsoName.exposure and always:
            raise InputError("--also exposure has no always-in drivers. Leave out --always, or --also exposure.")
        if name is AlsoName.exposure and not_applicable is not NotApplicableName.exposure:
            raise InputError(
                "--also exposure splits shares of drivers that do not apply to everybody, which has to be part of the "
                "model. Add --not-applicable exposure, or leave out --also exposure."
            )


def also(
    name: AlsoName, answers: Answers, fit: Fit, result: Importance, groups: Groups, always: Sequence[str],
    reliability: Mapping[str, Stated],
) -> Reading:
    """Return one reading.

    Parameters
    ----------
    name : AlsoName
        Which.
    answers : Answers
        What the fit was made of, of which straight lines are counted.
    fit : Fit
        The fit.
    result : Importance
        Its shares, which pairs are compared of.
    groups : mapping of str to sequence of str, optional
        Rows of several drivers.
    always : sequence of str
        Drivers in every model.
    reliability : mapping of str to float or (low, high)
        Stated for `AlsoName.sensitivity`.

    Returns
    -------
    tuple
        Plain values for JSON, and a function that returns the text. A reading that these answers do not allow is
        told as such, under "refused": the fit, and what else was read off it, stay.
    """
    try:
        return _reading(name, answers, fit, result, groups, always, reliability)
    except InputError as refusal:
        text = as_options(f"--also {name.value}: {refusal}")
        warnings.warn(text, DriversWarning, stacklevel=2)
        return {"refused": str(refusal)}, lambda: text


def _reading(
    name: AlsoName, answers: Answers, fit: Fit, result: Importance, groups: Groups, always: Sequence[str],
    reliability: Mapping[str, Stated],
) -> Reading:
    if name is AlsoName.measures:
        from drivers.importance.measure_table import measures

        table = measures(fit, groups=groups, always=always)
        return table.to_dict(), table.summary
    if name is AlsoName.pairs:
        from drivers.importance.compare import compare

        pairs = compare(result)
        return pairs.to_dict(), pairs.summary
    if name is AlsoName.sensitivity:
        from drivers.importance.sensitivity import sensitivity

        panel = sensitivity(
            fit, groups=groups, always=always, straight=_straight(answers, fit), reliability=reliability or None
        )
        return panel.to_dict(), panel.summary
    if name is AlsoName.probe:
        from drivers.importance.probe import probe

        noise = probe(fit, always=always)
        return noise.to_dict(), noise.summary
    if name is AlsoName.design:
        from drivers.importance.precision import design_effects

        effects = design_effects(fit, groups=groups, always=always)
        return effects.to_dict(), effects.summary
    if name is AlsoName.exposure:
        from drivers.importance.exposure import exposure_shares

        shares = exposure_shares(fit)
        return shares.to_dict(), shares.summary
    from drivers.importance.clones import clone_text, clones

    found = clones(fit, groups=groups, always=always)
    return [asdict(one) for one in found], lambda: clone_text(found)


def _straight(answers: Answers, fit: Fit) -> StraightLines | None:
    """Count straight lines over the drivers of the fit; None where too few of them share a scale."""
    from drivers.cells.straight_lines import straight_lines

    survey = answers.survey
    scales = Counter(survey.item(name).scale for name in fit.spec.drivers)
    ends = max((scale for scale in scales if scale != "open"), key=lambda scale: scales[scale], default=None)
    items = [name for name in fit.spec.drivers if survey.item(name).scale == ends]
    return straight_lines(answers, items) if ends is not None and len(items) > 2 else None
