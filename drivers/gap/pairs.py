"""Pairs of a perceived item and what was expected of it, and why some pairs cannot be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from drivers.cells.collapse import Cells, collapse
from drivers.defaults import MIN_BASE_MODEL
from drivers.errors import DataError, SurveyError, quoted
from drivers.survey.answers import Answers
from drivers.survey.schema import Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A perceived item and the column of its expectation; ``ends`` of their scale, None where it is open."""

    item: str
    expected: str
    label: str
    ends: tuple[float, float] | None

    @property
    def middle(self) -> float:
        """Middle of the scale; 0 on an open one."""
        return 0.0 if self.ends is None else sum(self.ends) / 2


def pairs_of(survey: Survey, items: Sequence[str] | None = None) -> tuple[Pair, ...]:
    """Return the pairs of a survey.

    Parameters
    ----------
    survey : Survey
        The definition.
    items : sequence of str, optional
        Perceived items wanted, in this order; by default every driver with an expectation, in the order of drivers.

    Returns
    -------
    tuple of Pair
        At least one.

    Raises
    ------
    SurveyError
        If no expectation is declared, none of a driver, an item has none, or the two answers of a pair are on different
        scales.
    """
    declared = survey.expectations
    if not declared:
        raise SurveyError(
            "The survey declares no expectations, so there is nothing to compare perceptions with. Add a table: "
            f'[expectations] and below it {survey.drivers[0]} = "<column with what was expected of it>".'
        )
    wanted = [name for name in survey.drivers if name in declared] if items is None else list(items)
    if not wanted and items is None:
        raise SurveyError(
            f"Expectations are declared of {quoted(declared)} and of no driver. Add one below [expectations]: "
            f'{survey.drivers[0]} = "<column with what was expected of it>".'
        )
    if lacking := [name for name in wanted if name not in declared]:
        raise SurveyError(
            f"{quoted(lacking)} ha{'s' if len(lacking) == 1 else 've'} no expectation; the survey declares those of "
            f"{quoted(declared)}. Name one of these, or add below [expectations]: "
            f'{lacking[0]} = "<column with what was expected of it>".'
        )
    found = tuple(_pair(survey, name, declared[name]) for name in wanted)
    _check_scales(survey, found)
    return found


def _pair(survey: Survey, name: str, expected: str) -> Pair:
    scale = survey.item(name).scale
    ends = scale if isinstance(scale, tuple) else None
    return Pair(item=name, expected=expected, label=survey.label(name), ends=ends)


def _check_scales(survey: Survey, pairs: Iterable[Pair]) -> None:
    def said(column: str) -> str:
        item = survey.item(column)
        ends = f"{item.scale[0]:g} to {item.scale[1]:g}" if isinstance(item.scale, tuple) else "open"
        return f"{ends}, {item.direction} is better" if item.direction == "lower" else ends

    unlike = [pair for pair in pairs if said(pair.item) != said(pair.expected)]
    if unlike:
        listed = "; ".join(
            f"`{pair.item}` ({said(pair.item)}) against `{pair.expected}` ({said(pair.expected)})"
            for pair in unlike[:8]
        )  # fmt: skip
        more = f" and {len(unlike) - 8} more" if len(unlike) > 8 else ""
        raise SurveyError(
            f"{len(unlike)} pair(s) of answers are on different scales, so their difference means nothing: {listed}"
            f"{more}. Declare the same ends for both, e.g. [items.{unlike[0].expected}] scale = [1, 5], or take the "
            "pair out of [expectations]."
        )


def without_thin_pairs(
    answers: Answers, where: Mapping[str, object] | None = None
) -> tuple[Answers, tuple[str, ...]]:
    """Leave out the pairs that too few people answered for a model of the gap.

    Parameters
    ----------
    answers : Answers
        Checked answers of a survey that may declare expectations.
    where : mapping, optional
        Only respondents with this wave or segment count.

    Returns
    -------
    answers : Answers
        With the expectations of pairs that `MIN_BASE_MODEL` people or more answered, both of them; all of them where
        every pair is thin, so that the model says why it cannot be had.
    notes : tuple of str
        Which pairs were left out, and how many.
    """
    declared = answers.survey.expectations
    thin = [item for item, expected in declared.items() if _both(answers, item, expected, where) < MIN_BASE_MODEL]
    if not thin or len(thin) == len(declared):
        return answers, ()
    kept = {item: expected for item, expected in declared.items() if item not in thin}
    named = "; ".join(answers.survey.label(item) for item in thin)
    note = (
        f"{len(thin)} of {len(declared)} pairs {'is' if len(thin) == 1 else 'are'} left out of models of the gap, as "
        f"fewer than {MIN_BASE_MODEL} people said both what they got and what they expected: {named}."
    )
    return replace(answers, survey=answers.survey.model_copy(update={"expectations": kept})), (note,)


def _both(answers: Answers, item: str, expected: str, where: Mapping[str, object] | None) -> float:
    cells = collapse(answers, (item, expected), by=tuple(where or {}))
    used = ~np.isnan(cells.values).any(axis=1)
    for name, group in (where or {}).items():
        used &= (cells.keys[name] == group).to_numpy(dtype=np.bool_)
    return float(cells.n[used].sum())


def check_vary(cells: Cells, pairs: Sequence[Pair]) -> None:
    """Refuse pairs of which everybody expects, or perceives, the same.

    Parameters
    ----------
    cells : Cells
        Cells that hold both answers of every pair.
    pairs : sequence of Pair
        The pairs.

    Raises
    ------
    DataError
        With all of them at once.
    """
    faults = []
    for pair in pairs:
        for column in (pair.item, pair.expected):
            values = cells.column(column)[cells.sum_w > 0]
            n = cells.n[cells.sum_w > 0][~np.isnan(values)].sum()
            values = values[~np.isnan(values)]
            if not len(values):
                faults.append(f"nobody answered `{column}`")
            elif values.min() == values.max():
                faults.append(f"all {n:,.0f} answers to `{column}` are {values[0]:g}")
    if faults:
        them = "its pair" if len(faults) == 1 else "their pairs"
        raise DataError(
            f"{'; '.join(faults)}. What everybody answers alike goes with nothing, so {them} can be scored but not "
            f"modelled: take {them} out of [expectations], or ask for the scores alone (parts scores)."
        )
