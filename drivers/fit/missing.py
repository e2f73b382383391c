"""Who can be used and what is done about missing answers: maximum likelihood, imputation, or complete cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.errors import InputError, nearest, quoted
from drivers.fit.exposure import Exposed, not_applicable
from drivers.fit.regression.estimated import Estimated
from drivers.fit.regression.sample import Sample, take_sample
from drivers.fit.result import FitSpec, MissingInformation, Usage
from drivers.survey.codes import code_key
from drivers.survey.decode import Reason

METHODS: Mapping[str, tuple[str, ...]] = {
    "linear": ("fiml", "impute", "complete"), "ordinal": ("impute", "complete"), "logit": ("impute", "complete")
}
"""What each model can do about missing answers; the first is the default."""


def check_missing(spec: FitSpec, asked: str | None) -> FitSpec:
    """Check what is asked about missing answers and fill in the default.

    Parameters
    ----------
    spec : FitSpec
        The request, with names checked.
    asked : str or None
        The ``missing=`` of the request.

    Returns
    -------
    FitSpec
        With ``missing`` settled.

    Raises
    ------
    InputError
        If the method is unknown or does not go with the model or with the other wishes.
    """
    bayes = spec.engine == "bayes"  # a posterior takes imputed data sets, not the likelihood of incomplete answers
    methods = tuple(method for method in METHODS[spec.model] if not (bayes and method == "fiml"))
    if whole := _complete_only(spec):
        what, name, _ = whole
        if asked not in (None, "complete") or spec.imputations or spec.shift_missing:
            raise InputError(
                f"{what} use complete cases: leave out `missing`, `imputations`, `shift_missing`. To use partial "
                f"answers, leave out `{name}`, or the drivers with the most missing answers."
            )
        methods = ("complete",)
    if asked is not None and asked not in methods:
        raise InputError(
            f"missing={asked!r} does not go with model={spec.model!r}{' of engine bayes' if bayes else ''}; choose one "
            f"of {quoted(methods)}. Filling in means or zeros with an indicator is not offered: both shift slopes of "
            "the other drivers."
        )
    if spec.not_applicable not in ("missing", "exposure"):
        raise InputError(f"not_applicable={spec.not_applicable!r} is not known; choose `missing` or `exposure`.")
    if spec.imputations is not None and spec.imputations < 2:
        raise InputError(f"imputations={spec.imputations}: at least 2 are needed to see how far they differ.")
    items = (*spec.drivers, spec.outcome)
    for name in spec.shift_missing:
        if name not in items:
            raise InputError(f"shift_missing: {nearest(name, items)} is not in the model.")
    method = asked or ("impute" if spec.shift_missing or spec.imputations else methods[0])
    if method != "impute" and (spec.shift_missing or spec.imputations):
        raise InputError(f"`shift_missing` and `imputations` need missing='impute', not {method!r}.")
    return replace(spec, missing=method)  # type: ignore[arg-type]


def _complete_only(spec: FitSpec) -> tuple[str, str, str] | None:
    """Return a model that takes complete cases alone: in words, its argument, and as a reason; None for others."""
    if spec.by:
        return "Hierarchical models (`by`)", "by", "as hierarchical models take them"
    if spec.walk:
        return "Slopes that move (`walk`)", "walk", "as slopes that move take them"
    if spec.spread_by:
        return "Models of unequal spread (`spread_by`)", "spread_by", "as models of unequal spread take them"
    if spec.monotone:
        return "Models of unequal steps (`monotone`)", "monotone", "as models of unequal steps take them"
    return None


def settle_method(spec: FitSpec, asked: str | None, exposed: Exposed | None) -> FitSpec:
    """Turn to imputation where maximum likelihood cannot do both: answers missing in drivers that may not apply.

    Parameters
    ----------
    spec : FitSpec
        The request.
    asked : str or None
        The ``missing=`` of the request.
    exposed : Exposed or None
        Drivers that may not apply.

    Returns
    -------
    FitSpec
        With ``missing`` as it will be.

    Raises
    ------
    InputError
        If maximum likelihood was asked for by name.
    """
    if exposed is None or spec.missing != "fiml":
        return spec
    both = [exposed.cells.items[j] for j in exposed.drivers if np.isnan(exposed.cells.values[:, j]).any()]
    if not both:
        return spec
    if asked == "fiml":
        raise InputError(
            f"{quoted(both)}: some answers are not applicable and others missing; maximum likelihood would fill in the "
            "latter from people to whom the driver does not apply. Use missing='impute' with "
            "not_applicable='exposure'."
        )
    return replace(spec, missing="impute")


def choose(cells: Cells, spec: FitSpec) -> tuple[Sample, dict[str, int]]:
    """Pick the cells the model can use and count the rest by reason.

    Parameters
    ----------
    cells : Cells
        All cells of (drivers..., outcome).
    spec : FitSpec
        The request.

    Returns
    -------
    sample : Sample
        The cells to use.
    dropped : dict of str to int
        Respondents left out, by reason.

    Raises
    ------
    InputError
        If a group of ``where`` has no answers.
    """
    dropped: dict[str, int] = {}
    wanted = _inside(cells, spec.where)
    if spec.where:
        dropped[f"outside {', '.join(f'{k} = {v}' for k, v in spec.where.items())}"] = round(cells.n[~wanted].sum())
    placed = _placed(cells, spec)
    if group_keys(spec):
        dropped[f"no answer to {' or '.join(group_keys(spec))}"] = round(cells.n[wanted & ~placed].sum())
    wanted &= placed
    enough = _enough(cells, spec)
    reason = "no answer to any driver or the outcome"
    if spec.missing == "complete":
        also = ", control" if spec.controls else ""
        reason = f"at least one driver{also} or the outcome unanswered (complete cases only)"
    dropped[reason] = round(cells.n[wanted & ~enough].sum())
    counts = cells.sum_w > 0
    dropped["weight of 0"] = round(cells.n[wanted & enough & ~counts].sum())
    return take_sample(cells, wanted & enough & counts), {k: v for k, v in dropped.items() if v}


def usable(cells: Cells, spec: FitSpec) -> NDArray[np.bool_]:
    """Return where (m,) `cells` of (drivers..., numbers..., outcome) are of use to the model `spec`, levels aside."""
    found: NDArray[np.bool_] = (
        _inside(cells, spec.where) & _placed(cells, spec) & _enough(cells, spec) & (cells.sum_w > 0)
    )
    return found


def group_keys(spec: FitSpec) -> tuple[str, ...]:
    """Return the columns over which slopes, levels or spreads of the model `spec` vary."""
    return (*spec.by, *(name for name in (spec.wave, spec.spread_by) if name))


def _placed(cells: Cells, spec: FitSpec) -> NDArray[np.bool_]:
    """Where (m,) segment and wave are known."""
    return np.asarray(~cells.keys[list(group_keys(spec))].isna().to_numpy().any(axis=1))


def _enough(cells: Cells, spec: FitSpec) -> NDArray[np.bool_]:
    """Where (m,) enough was answered; not applicable counts as an answer where the model says so."""
    rated = [*range(len(spec.drivers)), -1]
    answered = ~np.isnan(cells.values)
    if spec.missing != "complete":
        return answered[:, rated].any(axis=1)
    if spec.not_applicable == "exposure":
        answered |= not_applicable(cells)
    return answered.all(axis=1)


def _inside(cells: Cells, where: Mapping[str, object]) -> NDArray[np.bool_]:
    wanted = np.ones(len(cells), dtype=np.bool_)
    for name, value in where.items():
        column = cells.keys[name]
        groups = column.dropna().unique()
        same = [group for group in groups if code_key(group) == code_key(value)]  # 2017, 2017.0 and "2017" are one
        if not same:
            raise InputError(f"`{name}` has no answers for {nearest(str(value), sorted(map(str, groups)))}.")
        wanted &= column.isin(same).to_numpy()
    return wanted


def complete_cases(estimated: Estimated, spec: FitSpec, dropped: Mapping[str, int]) -> Estimated:
    """Label estimates of complete cases as such.

    Parameters
    ----------
    estimated : Estimated
        Any estimates.
    spec : FitSpec
        The request.
    dropped : mapping of str to int
        Respondents left out, by reason.

    Returns
    -------
    Estimated
        As it was, unless complete cases were asked for and somebody was left out.
    """
    left_out = sum(count for reason, count in dropped.items() if reason.endswith("(complete cases only)"))
    if spec.missing != "complete" or not left_out:
        return estimated
    whole = _complete_only(spec)
    why = whole[2] if whole else "as asked"
    note = (
        f"Complete cases only, {why}: {left_out:,} respondents left out. Slopes are right if what is missing "
        "depends on the drivers alone; shares of explained variance are wrong even then, because drivers vary less "
        "or more among those left."
    )
    size = len(estimated.estimate)
    missing = MissingInformation(method="complete", fmi=np.full(size, np.nan), df=np.full(size, estimated.df))
    return replace(estimated, missing=missing, notes=(note, *estimated.notes))


def usage_of(cells: Cells, original: Cells, sample: Sample, dropped: Mapping[str, int]) -> Usage:
    """Count respondents in all `cells`, in the `original` ones of a `sample`, complete in it, and `dropped` before."""
    return Usage(
        read=round(cells.n.sum()), used=round(original.n.sum()), complete=round(sample.cells.complete().n.sum()),
        dropped=dropped,
    )


def usage_notes(usage: Usage, cells: Cells, spec: FitSpec, exposed: Exposed | None) -> tuple[str, ...]:
    """Say who was left out, and what the model took missing answers for.

    Parameters
    ----------
    usage : Usage
        Respondents read, used and left out.
    cells : Cells
        The cells used, gaps included.
    spec : FitSpec
        The request.
    exposed : Exposed or None
        Drivers whose not applying is part of the model.

    Returns
    -------
    tuple of str
        One sentence or two per fact.
    """
    notes = [f"{count:,} of {usage.read:,} respondents not used: {reason}." for reason, count in usage.dropped.items()]
    kinds = {"not applicable": Reason.NOT_APPLICABLE, "don't know": Reason.DONT_KNOW, "blank": Reason.BLANK}
    counts = {word: round(((cells.reasons == why) * cells.n[:, None]).sum()) for word, why in kinds.items()}
    if exposed is not None:
        counts["not applicable"] -= sum(exposed.count)
    partly = usage.used - usage.complete
    if partly:
        told = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
        notes.append(
            f"{partly:,} of the {usage.used:,} used left some of the {len(spec.drivers) + len(spec.controls) + 1} "
            f"items without an answer ({told}); all are taken as missing at random given the other answers."
        )
    if exposed is not None and exposed.drivers:
        notes.append(_exposure_note(exposed))
    elif counts["not applicable"]:
        notes.append(
            "Not applicable is taken as an answer not given: the result describes everybody as if every driver "
            "applied. not_applicable='exposure' models contact itself."
        )
    return tuple(notes)


def _exposure_note(exposed: Exposed) -> str:
    told: Sequence[str] = [
        f"`{name}` ({count:,} respondents; average answer {average:.2f})"
        for name, count, average in zip(exposed.names, exposed.count, exposed.average, strict=True)
    ]
    return (
        f"Not applicable is part of the model for {', '.join(told)}: slopes hold among those to whom a driver "
        "applies; `applies` compares them, at the average answer, with those to whom it does not. Blank and don't know "
        "are taken as answers of people to whom it applies."
    )
