"""`Population`: the people a what-if is about, as cells of complete driver answers with the groups actions name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.collapse import Cells, collapse
from drivers.cells.complete import recollapse
from drivers.errors import InputError, nearest, quoted
from drivers.fit.controls import columns_of, expand
from drivers.fit.exposure import expose
from drivers.fit.guard import check_group
from drivers.fit.missing import choose, group_keys, usable
from drivers.fit.regression.imputed import Imputer, completed_samples
from drivers.fit.regression.sample import Sample
from drivers.fit.result import Fit
from drivers.scenario.axis import Axis, axes_of
from drivers.scenario.step import Group
from drivers.survey.answers import Answers
from drivers.survey.codes import code_key

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class People:
    """One completed data set: m cells.

    ``cells`` of (drivers..., controls..., indicators of not applying...), none missing; ``applies`` (m, p) whether
    each driver applies.
    """

    cells: Cells
    applies: BoolArray

    @property
    def x(self) -> FloatArray:
        """Driver answers (m, p)."""
        return self.cells.values[:, : self.applies.shape[1]]

    @property
    def z(self) -> FloatArray:
        """Everything no action moves (m, c): controls, then indicators of not applying."""
        return self.cells.values[:, self.applies.shape[1] :]

    def inside(self, where: Mapping[str, Group]) -> BoolArray:
        """Return the cells (m,) of some groups.

        Parameters
        ----------
        where : mapping of str to group or list of groups
            All columns must hold.

        Returns
        -------
        ndarray of bool, shape (m,)
            Everybody where nothing is named.

        Raises
        ------
        InputError
            If a column is not kept apart here, or a group has no answers.
        """
        found = np.ones(len(self.cells), dtype=np.bool_)
        for name, value in where.items():
            found &= np.isin(self.group_codes(name)[0], self.codes_of(name, value))
        return found

    def codes_of(self, name: str, value: Group) -> list[int]:
        """Return the codes of groups of a column.

        Parameters
        ----------
        name : str
            Segment or wave column.
        value : group or list of groups
            As a file or a person may write them.

        Returns
        -------
        list of int
            Places among the groups of `group_codes`.

        Raises
        ------
        InputError
            If a group has no answers.
        """
        groups = self.group_codes(name)[1]
        wanted = list(value) if isinstance(value, (list, tuple)) else [value]
        keys = {code_key(group): place for place, group in enumerate(groups)}
        for one in wanted:
            if code_key(one) not in keys:
                raise InputError(
                    f"`{name}` has no answers for {nearest(str(one), groups)}; it has {quoted(groups[:20])}."
                )
        return [keys[code_key(one)] for one in wanted]

    def group_codes(self, name: str) -> tuple[NDArray[np.intp], list[str]]:
        """Return the group of every cell in a column, and the groups.

        Parameters
        ----------
        name : str
            Segment or wave column.

        Returns
        -------
        codes : ndarray of int, shape (m,)
            Place among the groups, -1 without an answer.
        groups : list of str
            In alphabetical order.

        Raises
        ------
        InputError
            If the column is not kept apart here.
        """
        if name not in self.cells.keys:
            raise InputError(
                f"The cells of this fit do not keep `{name}` apart. Hand over the answers it was fitted on: "
                f'dr.what_if(fit, action, answers=answers) with "{name}" among the segments of the survey.'
            )
        codes, groups = pd.factorize(self.cells.keys[name].map(_text, na_action="ignore"), sort=True)
        return codes.astype(np.intp), [str(group) for group in groups]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Population:
    """``sets`` of people, several where missing answers were imputed several times; ``axes`` of the drivers.

    ``imputed`` respondents have a driver or control filled in; ``notes`` say what the population is.
    """

    sets: tuple[People, ...]
    axes: tuple[Axis, ...]
    imputed: int
    notes: tuple[str, ...]

    def axis(self, driver: str) -> int:
        """Return the place of a driver.

        Parameters
        ----------
        driver : str
            Its column.

        Returns
        -------
        int
            Place among ``axes``.

        Raises
        ------
        InputError
            If it is not a driver of the fit.
        """
        names = [axis.name for axis in self.axes]
        if driver not in names:
            raise InputError(f"{nearest(driver, names)} is not a driver of this fit; it has {quoted(names)}.")
        return names.index(driver)


def population_of(fit: Fit, answers: Answers | None = None, by: Sequence[str] = ()) -> Population:
    """Return the people a fit speaks of.

    Parameters
    ----------
    fit : Fit
        The fit.
    answers : Answers, optional
        The answers it was fitted on, needed to tell segments apart that its cells do not.
    by : sequence of str
        Segment and wave columns to keep apart.

    Returns
    -------
    Population
        Everybody used by the fit. Missing drivers and controls are imputed as in a fit with missing="impute", from all
        that was answered, the outcome included; drivers that do not apply are kept as such where the fit models that.

    Raises
    ------
    InputError
        If the answers are not those of the fit.
    SurveyError
        If a column is neither the wave nor a segment.
    """
    cells = fit.cells if answers is None else _kept_apart(fit, answers, by)
    places = len(fit.spec.drivers)
    axes = axes_of(fit.items, fit.spec.drivers, cells)
    terms = tuple(name for name in cells.items[places:-1] if name not in {one.name for one in fit.products})
    keep = [cells.items.index(name) for name in (*fit.spec.drivers, *terms)]
    cells = replace(
        cells, items=tuple(cells.items[j] for j in [*keep, -1]), values=cells.values[:, [*keep, -1]],
        reasons=cells.reasons[:, [*keep, -1]],
    )
    gaps_of: list[int] | None = None
    if fit.exposed:
        exposed = expose(cells)
        cells, gaps_of = exposed.cells, exposed.indicator
    gaps = np.isnan(cells.values[:, :-1]).any(axis=1)
    sets = [cells]
    imputed = round(float(cells.n[gaps].sum()))
    if imputed:
        shift = {cells.items.index(name): value for name, value in fit.spec.shift_missing.items()}
        imputer = Imputer(imputations=fit.spec.imputations, indicator=gaps_of, shift=shift)
        sample = Sample(cells=cells, whole=cells, inside=np.arange(len(cells)))
        sets = [one.cells for one in completed_samples(sample, fit.spec.seed, imputer)]
    people = tuple(_people(fit, one) for one in sets)
    return Population(sets=people, axes=axes, imputed=imputed, notes=_notes(fit, imputed, len(sets)))


def _people(fit: Fit, cells: Cells) -> People:
    """Drop the outcome, and put cells together that differ in nothing else."""
    values = cells.values[:, :-1]
    merged = recollapse(cells, np.arange(len(cells)), values, cells.n)
    merged = replace(merged, items=cells.items[:-1])
    applies = np.ones((len(merged), len(fit.spec.drivers)), dtype=np.bool_)
    first = values.shape[1] - len(fit.exposed)
    for at, name in enumerate(fit.exposed):
        applies[:, fit.spec.drivers.index(name)] = merged.values[:, first + at] == 0
    return People(cells=merged, applies=applies)


def _kept_apart(fit: Fit, answers: Answers, by: Sequence[str]) -> Cells:
    """Collapse the answers again, segments kept apart, to the cells of the respondents the fit used."""
    survey, spec = answers.survey, fit.spec
    for name in by:
        check_group(survey, name)
    numbers, categories = columns_of(survey, spec.controls)
    keys = tuple(dict.fromkeys((*spec.where, *group_keys(spec), *categories, *by)))
    cells = collapse(answers, (*spec.drivers, *numbers, spec.outcome), by=keys)
    controlled = expand(cells, survey, spec.controls, usable(cells, spec))
    sample, _ = choose(controlled.cells, spec)
    found = round(float(sample.cells.n.sum()))
    if found != fit.n:
        raise InputError(
            f"These answers hold {found:,} respondents for the fit, which was made from {fit.n:,}. Hand over the same "
            "answers, or fit again."
        )
    return sample.cells


def _notes(fit: Fit, imputed: int, sets: int) -> tuple[str, ...]:
    notes = []
    if imputed:
        notes.append(
            f"{imputed:,} of {fit.n:,} respondents left a driver or control out; what they are moved from is imputed "
            f"({sets} data sets), nobody is left out."
        )
    if fit.exposed:
        notes.append(f"People to whom a driver does not apply ({quoted(fit.exposed)}) are not moved on it.")
    elif fit.spec.missing == "complete" and fit.usage.complete < fit.usage.read:
        notes.append(f"The population is the {fit.n:,} respondents with every answer, as in the fit.")
    return tuple(notes)


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
