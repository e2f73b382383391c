"""What cannot be made up for: levels of a driver without which a level of the outcome was never reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.defaults import LINEAR_NULLS, MOST_BOTTLENECKS, NECESSARY_P, PERMUTATIONS, SEED
from drivers.errors import InputError
from drivers.gap.plain import records
from drivers.gap.terms import TermOptions, check_outcome, complete_cells
from drivers.stats.ceiling import Ceiling, ceiling, linear_sizes, needed, permuted_sizes
from drivers.survey.answers import Answers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Condition:
    """One driver as a condition: both ceilings, what chance and a plain line give, and how far one person decides.

    ``p_step``/``p_line`` permutation p values; ``linear`` (2,) 95 % points of the two effect sizes where x and y only
    go together along a line; ``without`` the step effect size without the one respondent who changes it most.
    """

    driver: str
    label: str
    ceiling: Ceiling
    p_step: float
    p_line: float
    linear: FloatArray
    without: float
    n: int

    @property
    def verdict(self) -> str:
        """What may be said of necessity."""
        if self.ceiling.step <= 0:
            return "no empty corner"
        if self.p_step > NECESSARY_P:
            return "no more than chance"
        if self.ceiling.step <= self.linear[0]:
            return "no more than their correlation empties"
        return "necessary"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Necessity:
    """Necessary condition analysis of all drivers; ``levels`` of the outcome are those of the bottleneck table."""

    outcome: str
    label: str
    conditions: tuple[Condition, ...]
    levels: FloatArray
    permutations: int
    notes: tuple[str, ...] = ()

    @property
    def bottlenecks(self) -> tuple[Condition, ...]:
        """Drivers of which some level of the outcome never went with the lowest answer."""
        return tuple(c for c in self.conditions if (needed(c.ceiling, self.levels) != c.ceiling.ends[0]).any())

    def tidy(self) -> pd.DataFrame:
        """Return one row per driver.

        Columns: ``driver``, ``label``; effect sizes ``d_step`` (CE-FDH) and ``d_line`` (CR-FDH), 0 to 1, with
        permutation ``p_step``, ``p_line``; ``linear_step``, ``linear_line`` 95 % points of what the correlation alone
        empties; ``d_without`` step size without the respondent who matters most; ``n``; ``verdict``.
        """
        return pd.DataFrame([
            {"driver": c.driver, "label": c.label, "d_step": c.ceiling.step, "d_line": c.ceiling.line,
             "p_step": c.p_step, "p_line": c.p_line, "linear_step": c.linear[0], "linear_line": c.linear[1],
             "d_without": c.without, "n": c.n, "verdict": c.verdict} for c in self.conditions
        ])  # fmt: skip

    def bottleneck(self) -> pd.DataFrame:
        """Return the least of each driver (columns) that went with a level of the outcome (rows); NaN: never reached.

        The lowest point of a driver's scale means that nothing is needed.
        """
        return pd.DataFrame(
            {c.driver: needed(c.ceiling, self.levels) for c in self.conditions},
            index=pd.Index(self.levels, name=self.outcome),
        )

    def summary(self) -> str:
        """Return effect sizes and the bottleneck table as text."""
        t = self.tidy()
        shown = t[["label", "d_step", "p_step", "linear_step", "d_line", "p_line", "d_without", "verdict"]].copy()
        for name in ("d_step", "p_step", "linear_step", "d_line", "p_line", "d_without"):
            shown[name] = shown[name].map("{:.3f}".format)
        low = {c.driver: c.ceiling.ends[0] for c in self.conditions}
        table = self.bottleneck()
        words = pd.DataFrame({
            str(c): ["never" if np.isnan(v) else "-" if v <= low[str(c)] else f"{v:g}" for v in table[c]] for c in table
        }, index=table.index)  # fmt: skip
        return "\n".join([
            f"Necessary conditions of {self.label}, {self.permutations:,} permutations", "",
            shown.to_string(index=False), "", f"Least level that went with each level of {self.label} (-: any)", "",
            words.to_string(), "",
            "d: empty upper left corner as a part of the whole; it is above 0 by chance, and a plain correlation "
            "empties the corner too (linear: 95 % point of that).", *self.notes,
        ])  # fmt: skip

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the bottleneck table as a heat map on `ax`, or on a new figure."""
        from drivers.plot.bottleneck import plot_bottleneck

        return plot_bottleneck(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """Return the result as plain values for JSON."""
        table = self.bottleneck().reset_index(names="level")
        return {"outcome": self.outcome, "permutations": self.permutations, "drivers": records(self.tidy()),
                "bottleneck": records(table), "notes": list(self.notes)}  # fmt: skip


def necessity(
    answers: Answers, outcome: str | None = None, drivers: Sequence[str] | None = None, *,
    permutations: int = PERMUTATIONS, seed: int = SEED, where: Mapping[str, object] | None = None,
) -> Necessity:
    """Look for levels of a driver without which a level of the outcome was never reached.

    Parameters
    ----------
    answers : Answers
        Checked answers.
    outcome : str, optional
        The first outcome that is not the direct item by default.
    drivers : sequence of str, optional
        All drivers by default; each is looked at alone.
    permutations : int
        Random pairings of driver and outcome behind the p values.
    seed : int
        Of the permutations.
    where : mapping, optional
        Only respondents with this wave or segment.

    Returns
    -------
    Necessity
        Called necessary only where the corner is emptier than chance and than the correlation alone makes it.

    Raises
    ------
    InputError
        If a driver or the outcome does not vary, or fewer than 19 permutations are asked for.

    Notes
    -----
    Weights are not used: a ceiling is a matter of who was seen, not of how many they stand for. Outliers define it, so
    the size without the one person who matters most stands beside it. Halo fills the corner and hides necessity.

    References
    ----------
    .. [1] Dul (2016). Organizational Research Methods 19(1), 10-52. doi:10.1177/1094428115584005
    .. [2] Dul, van der Laan & Kuik (2020). Organizational Research Methods 23(2), 385-395.
       doi:10.1177/1094428118795272
    """
    if permutations < 19:
        raise InputError(f"permutations={permutations}: at least 19 are needed for a p value of 5 %.")
    name = check_outcome(answers, outcome)
    options = TermOptions(where=where, seed=seed)
    found: list[Condition] = []
    notes: list[str] = []
    seen: set[float] = set()
    items = tuple(drivers or answers.survey.drivers)
    for item in items:
        complete, label = complete_cells(answers, [item], name, options), answers.survey.label(item)
        notes += complete.notes(label if len(items) > 1 else "")
        found.append(_condition(complete.sample.cells, item, label, permutations, seed))
        seen |= set(complete.sample.cells.column(name).tolist())
    levels = np.array(sorted(seen))
    if len(levels) > MOST_BOTTLENECKS:
        levels = np.linspace(levels[0], levels[-1], MOST_BOTTLENECKS)
    return Necessity(
        outcome=name, label=answers.survey.label(name), conditions=tuple(found), levels=levels[1:],
        permutations=permutations, notes=tuple(notes),
    )


def _condition(cells: Cells, item: str, label: str, permutations: int, seed: int) -> Condition:
    x, y = cells.values[:, 0], cells.values[:, 1]
    for name, values in zip(cells.items, (x, y), strict=True):
        if values.min() == values.max():
            raise InputError(f"All {cells.n.sum():,.0f} answers to `{name}` are {values[0]:g}, so nothing can be seen "
                             "of what it needs. Leave it out.")  # fmt: skip
    (ux, row), (uy, column) = (np.unique(v, return_inverse=True) for v in (x, y))
    whole = ceiling(x, y)
    shape = (row.astype(np.intp), column.astype(np.intp), ux, uy, cells.n)
    chance = permuted_sizes(*shape, permutations, seed)
    linear = linear_sizes(*shape, LINEAR_NULLS, seed)
    p = (1 + (chance >= np.array([whole.step, whole.line]) - 1e-12).sum(axis=0)) / (1 + permutations)
    return Condition(
        driver=item, label=label, ceiling=whole, p_step=float(p[0]), p_line=float(p[1]),
        linear=np.quantile(linear, 0.95, axis=0), without=_without(x, y, cells.n, whole),
        n=round(float(cells.n.sum())),
    )


def _without(x: FloatArray, y: FloatArray, n: FloatArray, whole: Ceiling) -> float:
    """Step effect size without the one respondent whose absence changes it most, within the same scope."""
    sizes = [whole.step]
    for a, b in whole.peers:
        alone = np.isclose(x, a) & np.isclose(y, b)
        if n[alone].sum() == 1 and (~alone).sum() > 1:
            sizes.append(ceiling(x[~alone], y[~alone], whole.ends).step)
    return float(sizes[int(np.argmax(np.abs(np.array(sizes) - whole.step)))])


