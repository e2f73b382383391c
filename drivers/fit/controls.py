"""Covariates held equal in every model: categories become dummies by themselves, numbers stay; none gets a share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.defaults import MIN_BASE_CELL
from drivers.errors import SurveyError, nearest, quoted
from drivers.fit.regression.estimated import Estimated
from drivers.fit.result import ControlDraws, Draws
from drivers.survey.codes import BLANK_TEXTS, code_key, is_blank, text_key
from drivers.survey.decode import Reason
from drivers.survey.schema import Survey

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

OTHER = "other"
"""Name of the level that rare ones are merged into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Controlled:
    """``cells`` of (drivers..., controls..., outcome), the terms of the controls with their ``labels``, and notes."""

    cells: Cells
    labels: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the controls' columns in ``cells``."""
        return tuple(self.labels)


def settle_controls(survey: Survey, asked: Sequence[str] | None) -> tuple[str, ...]:
    """Return the controls of a fit.

    Parameters
    ----------
    survey : Survey
        The definition.
    asked : sequence of str or None
        Controls asked for; None takes all that are declared.

    Returns
    -------
    tuple of str
        In the order of the definition, or as asked.

    Raises
    ------
    SurveyError
        If one is not declared.
    """
    if asked is None:
        return survey.controls
    for name in asked:
        if name not in survey.controls:
            has = f"it has {quoted(survey.controls)}" if survey.controls else f'declare: controls = ["{name}"]'
            raise SurveyError(f"{nearest(name, survey.controls)} is not a control of the survey; {has}.")
    return tuple(dict.fromkeys(asked))


def columns_of(survey: Survey, controls: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the `controls` that are numbers, and those that are categories, as the `survey` has them."""
    categories = tuple(name for name in controls if survey.is_category(name))
    return tuple(name for name in controls if name not in categories), categories


def expand(cells: Cells, survey: Survey, controls: Sequence[str], used: BoolArray) -> Controlled:
    """Turn categories among the controls into dummies and put all controls before the outcome.

    Parameters
    ----------
    cells : Cells
        Of (drivers..., numbers among the controls..., outcome), with categories among the keys.
    survey : Survey
        The definition.
    controls : sequence of str
        The controls.
    used : ndarray of bool, shape (m,)
        Cells that decide which levels there are.

    Returns
    -------
    Controlled
        One column per level but the most frequent one (the base), levels in order of size. Levels of fewer than
        `MIN_BASE_CELL` respondents are merged; a control that does not vary is left out. Both are said.
    """
    numbers, _ = columns_of(survey, controls)
    first = len(cells.items) - 1 - len(numbers)
    values, reasons = [cells.values[:, :first]], [cells.reasons[:, :first]]
    labels: dict[str, str] = {}
    told, notes = [], []
    for name in controls:
        if name in numbers:
            at = cells.items.index(name)
            column, names = cells.values[:, [at]], {name: survey.label(name)}
            said = column[used & ~np.isnan(column[:, 0]), 0]
            words = f"`{name}` (a number)" if len(np.unique(said)) > 1 else ""
        else:
            column, names, words, merged = _dummies(cells, survey, name, used)
            notes += merged
        if not words:
            notes.append(f"Control `{name}` does not vary here and is left out.")
            continue
        why = np.zeros(column.shape, dtype=np.int8)
        why[:, 0] = np.where(np.isnan(column[:, 0]), np.int8(Reason.BLANK), np.int8(Reason.ANSWERED))
        values.append(column)
        reasons.append(why)
        labels.update(names)
        told.append(words)
        blank = round(cells.n[used & np.isnan(column[:, 0])].sum())
        if blank:
            notes.append(f"{blank:,} respondents without `{name}`: taken as missing like any answer.")
    if told:
        notes.insert(0, f"Held equal in every model, without a share: {', '.join(told)}.")
    wide = replace(
        cells, items=(*cells.items[:first], *labels, cells.items[-1]),
        values=np.column_stack([*values, cells.values[:, -1]]),
        reasons=np.column_stack([*reasons, cells.reasons[:, -1]]).astype(np.int8),
    )
    return Controlled(cells=wide, labels=labels, notes=tuple(notes))


def _dummies(
    cells: Cells, survey: Survey, name: str, used: BoolArray
) -> tuple[FloatArray, dict[str, str], str, list[str]]:
    """Dummies (m, levels - 1) of a category, their names and labels, the control in words, and what was merged."""
    item = survey.items.get(name)
    none = {code_key(code) for code in (*(item.not_applicable or ()), *(item.dont_know or ()))} if item else set()
    codes = list(cells.keys[name])
    keys = [None if _nothing(code) or code_key(code) in none else code_key(code) for code in codes]
    people: Counter[Hashable] = Counter()
    for key, count, counts in zip(keys, cells.n, used, strict=True):
        if counts and key is not None:
            people[key] += count
    written = {key: _written(code) for key, code in zip(keys, codes, strict=True) if key in people}
    order = sorted(people, key=lambda key: (-people[key], written[key]))
    rare = [key for key in order if people[key] < MIN_BASE_CELL]
    kept = [key for key in order if key not in rare]
    merged, notes = round(sum(people[key] for key in rare)), []
    if rare and kept:
        own = merged >= MIN_BASE_CELL and len(rare) > 1
        target = OTHER if own else written[kept[0]]
        notes = [
            f"`{name}`: {len(rare)} level(s) with fewer than {MIN_BASE_CELL} respondents ({merged} in all) merged into "
            f'"{target}": {", ".join(written[key] for key in rare[:5])}{", ..." if len(rare) > 5 else ""}.'
        ]
    else:
        own, rare, kept = False, [], order
    if len(kept) + own < 2:
        return np.empty((len(cells), 0)), {}, "", notes
    levels: list[tuple[str, set[Hashable]]] = [(written[key], {key}) for key in kept]
    if own:
        levels.append((OTHER, set(rare)))
    column = np.array([
        [float(key in level) if key in people else np.nan for _, level in levels[1:]] for key in keys
    ])
    names = {f"{name}: {words}": f"{survey.label(name)}: {words}" for words, _ in levels[1:]}
    return column, names, f'`{name}` (base "{levels[0][0]}", {len(levels) - 1} other level(s))', notes


def _nothing(code: object) -> bool:
    return is_blank(code) or text_key(code) in BLANK_TEXTS


def _written(code: object) -> str:
    return f"{code:g}" if isinstance(code, float) else str(code).strip()


def split_controls(estimated: Estimated, p: int, k: int, *, binary: bool) -> Estimated:
    """Set the slopes that `estimated` has of `k` controls behind `p` drivers apart.

    Intercept (of linear and `binary` models) and thresholds of the draws become those of people with the average of
    every control.
    """
    if not k:
        return estimated
    point, draws = (_split(these, p, k, binary) for these in (estimated.point, estimated.draws))
    return replace(estimated, point=point, draws=draws)


def _split(draws: Draws, p: int, k: int, binary: bool) -> Draws:
    slopes = draws.slopes[..., p : p + k]
    shift = np.einsum("...k,...k->...", slopes, draws.x_mean[..., p : p + k])
    has_intercept = binary or draws.cuts.shape[-1] == 0
    return replace(
        draws, slopes=draws.slopes[..., :p], x_mean=draws.x_mean[..., :p], x_cov=draws.x_cov[..., :p, :p],
        intercept=draws.intercept + shift if has_intercept else draws.intercept, cuts=draws.cuts - shift[..., None],
        controls=ControlDraws(
            slopes=slopes, cov=draws.x_cov if draws.exposure is None else draws.exposure.cov,
            mean=draws.x_mean[..., p : p + k],
        ),
    )
