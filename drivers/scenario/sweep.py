"""What-ifs on shared draws: one driver by size of shift (`fan`), every driver by the same shift (`tornado`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import INNER_LEVEL, LEVEL
from drivers.errors import InputError
from drivers.fit.result import Fit
from drivers.scenario.action import Action, shift
from drivers.scenario.evaluate import Request, evaluate
from drivers.scenario.parts import parts_of
from drivers.scenario.population import Population, population_of
from drivers.scenario.step import Group
from drivers.scenario.surface import surface_of
from drivers.survey.answers import Answers
from drivers.survey.plain_text import percent_level

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

STEPS = 8
"""Sizes of shift in a fan."""

HALF = 0.5
"""The ceiling is marked where the scale gives less than this part of what is asked further."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sweep:
    """One ``measure`` of an outcome under n actions, on shared draws.

    ``names`` of the actions in words; ``drivers`` they are on; ``asked`` and ``possible`` (n,) points; ``before`` at
    the estimate; ``point`` (n,) and ``change`` (S, n) of the whole population; ``ceiling`` the size of shift from which
    on the scale gives less than half of what is asked further, NaN where that never happens or is not asked.
    """

    outcome: str
    labels: Mapping[str, str]
    measure: str
    kind: str
    model: str
    engine: str
    names: tuple[str, ...]
    drivers: tuple[str, ...]
    asked: FloatArray
    possible: FloatArray
    before: float
    point: FloatArray
    change: FloatArray
    n: int
    n_eff: float
    ceiling: float = float("nan")
    where: Mapping[str, Group] | None = None
    level: float = LEVEL
    notes: tuple[str, ...] = ()

    @property
    def estimate(self) -> FloatArray:
        """Change (n,): of posteriors the mean over draws, else that of the estimate."""
        return self.change.mean(axis=0) if self.engine == "bayes" else self.point

    def label(self, name: str) -> str:
        """Return the words to print for the column `name`."""
        return self.labels.get(name, name)

    def tidy(self) -> pd.DataFrame:
        """Return one row per action.

        Columns: ``action``, ``driver``, ``label``, ``asked`` and ``possible`` points, ``change`` with ``low``,
        ``high``, ``low50``, ``high50``, and ``p_positive``.
        """
        ends = [(1 - self.level) / 2, (1 + self.level) / 2, (1 - INNER_LEVEL) / 2, (1 + INNER_LEVEL) / 2]
        low, high, low50, high50 = np.quantile(self.change, ends, axis=0)
        return pd.DataFrame({
            "action": list(self.names), "driver": list(self.drivers), "label": [self.label(d) for d in self.drivers],
            "asked": self.asked, "possible": self.possible, "change": self.estimate, "low": low, "high": high,
            "low50": low50, "high50": high50, "p_positive": (self.change > 0).mean(axis=0),
        })

    def summary(self) -> str:
        """Return the table as text with its reading."""
        table = self.tidy()
        shown = table[["label", "asked", "possible", "change", "low", "high", "p_positive"]].round(3)
        head = (
            f"Change in {self.label(self.outcome)} ({self.measure}) in the whole population, {self.model} model, "
            f"n {self.n:,}, {percent_level(self.level)} intervals. Association, not effect."
        )
        return f"{head}\n\n{shown.to_string(index=False)}"

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the fan or the tornado on `ax`, or on a new figure without it."""
        if self.kind == "fan":
            from drivers.plot.fan import plot_fan

            return plot_fan(self, ax=ax)
        from drivers.plot.tornado import plot_tornado

        return plot_tornado(self, ax=ax)


def fan(
    fit: Fit, driver: str, *, to: float | None = None, where: Mapping[str, Group] | None = None,
    measure: str | None = None, answers: Answers | None = None,
) -> Sweep:
    """Tell the change by size of shift of one driver, up to its ceiling.

    Parameters
    ----------
    fit : Fit
        A fitted driver model.
    driver : str
        The driver.
    to : float, optional
        The largest shift, in points of the questionnaire; half the scale, in the better direction, by default.
    where : mapping of str to group, optional
        Whom it is for; everybody by default.
    measure : {"mean", "top2", "nps", "latent"}, optional
        The first that the model tells by default.
    answers : Answers, optional
        The answers of the fit, where it does not tell the groups in `where` apart.

    Returns
    -------
    Sweep
        From no shift to the largest, on shared draws.

    Raises
    ------
    InputError
        If the driver is not in the fit, or `to` makes it worse.
    """
    population = population_of(fit, answers, tuple(where or {}))
    axis = population.axes[population.axis(driver)]
    largest = (-1 if axis.lower_is_better else 1) * (axis.high - axis.low) / 2 if to is None else to
    sizes = np.linspace(0.0, largest, STEPS + 1)
    actions = [shift(driver, float(size)) for size in sizes]
    if where:
        actions = [action.where(where) for action in actions]
    found = _swept(fit, population, actions, measure, "fan", [f"{size:+.2f}" for size in sizes], where)[0]
    gained = np.abs(np.diff(found.possible)) / max(abs(sizes[1] - sizes[0]), 1e-12)
    short = np.flatnonzero(gained < HALF)
    return replace(found, ceiling=float(sizes[short[0]]) if len(short) and len(sizes) > 1 else float("nan"))


def tornado(
    fit: Fit, actions: Sequence[Action] | None = None, *, by: float = 0.5, measure: str | None = None,
    answers: Answers | None = None,
) -> Sweep:
    """Set the change by the same shift of every driver side by side, the largest first.

    Parameters
    ----------
    fit : Fit
        A fitted driver model.
    actions : sequence of Action, optional
        What to compare instead; each on one driver.
    by : float
        Size of the shift, in points, in the better direction of each driver.
    measure : {"mean", "top2", "nps", "latent"}, optional
        The first that the model tells by default.
    answers : Answers, optional
        The answers of the fit, where it does not tell groups of actions apart.

    Returns
    -------
    Sweep
        On shared draws, so that differences between drivers can be read off them.

    Raises
    ------
    InputError
        If there is nothing to compare, or an action is on several drivers.
    """
    chosen = list(actions) if actions is not None else None
    if chosen is not None and (not chosen or any(len(action.drivers) != 1 for action in chosen)):
        raise InputError("A tornado compares actions on one driver each; hand over at least one.")
    columns = tuple(dict.fromkeys(name for action in chosen or () for step in action.steps for name in step.where))
    population = population_of(fit, answers, columns)
    if chosen is None:
        chosen = [shift(axis.name, -by if axis.lower_is_better else by) for axis in population.axes]
    titles = [action.title for action in chosen]
    return _swept(fit, population, chosen, measure, "tornado", titles, None)[0]


def tornadoes(fit: Fit, population: Population, actions: Sequence[Action]) -> tuple[Sweep, ...]:
    """Set actions side by side in every measure at once, over a population that is at hand.

    Parameters
    ----------
    fit : Fit
        A fitted driver model.
    population : Population
        From `population_of`; its drivers are those of the fit.
    actions : sequence of Action
        Each on one driver.

    Returns
    -------
    tuple of Sweep
        By measure of the model, on shared draws, the largest change first in each.
    """
    return _swept(fit, population, actions, None, "tornado", [action.title for action in actions], None)


def _swept(
    fit: Fit, population: Population, actions: Sequence[Action], measure: str | None, kind: str, names: Sequence[str],
    where: Mapping[str, Group] | None,
) -> tuple[Sweep, ...]:
    """Return one sweep per measure asked for: all that the model tells with None."""
    modelled = surface_of(fit, None if measure is None else [measure])
    parts = parts_of(population)
    effects = evaluate(fit, modelled, population, [Request(action=action) for action in actions], parts)
    found = []
    for k, told in enumerate(modelled.measures):
        order = list(range(len(actions)))
        if kind == "tornado":
            order.sort(key=lambda r: -abs(float(effects[r].point_change[0, k])))
        steps = [effects[r].delivered[0] for r in order]
        found.append(Sweep(
            outcome=fit.spec.outcome, labels=fit.labels, measure=told, kind=kind, model=fit.spec.model,
            engine=fit.spec.engine, names=tuple(names[r] for r in order),
            drivers=tuple(step.step.driver for step in steps),
            asked=np.array([np.nan if step.asked is None else step.asked for step in steps]),
            possible=np.array([step.possible for step in steps]), before=float(effects[0].point_before[0, k]),
            point=np.array([effects[r].point_change[0, k] for r in order]),
            change=np.column_stack([effects[r].change[:, 0, k] for r in order]), n=fit.n, n_eff=fit.n_eff, where=where,
            level=fit.spec.level, notes=population.notes,
        ))  # fmt: skip
    return tuple(found)
