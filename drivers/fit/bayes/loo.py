"""Leave-one-out prediction of answers from cells: exact bookkeeping, since answers of one cell are left out alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.defaults import LARGEST_LOO_K
from drivers.errors import InputError
from drivers.fit.bayes.pointwise import cell_loglik, complete_cells
from drivers.fit.result import Fit
from drivers.stats.psis import smooth_weights

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loo:
    """Expected log density of new answers, by leaving each out in turn.

    ``elpd`` over all answers with ``se``; ``p`` effective parameters; ``pointwise`` (m,) of one answer of each cell and
    ``pareto_k`` (m,) of its importance weights; ``count`` (m,) answers in the cell, ``keys`` what tells cells apart.
    """

    elpd: float
    se: float
    p: float
    pointwise: FloatArray
    pareto_k: FloatArray
    count: FloatArray
    keys: pd.MultiIndex

    @property
    def reliable(self) -> bool:
        """Whether no cell's weights have too heavy a tail."""
        return bool((self.pareto_k <= LARGEST_LOO_K).all())


def loo(fit: Fit, cells: Cells | None = None) -> Loo:
    """Judge a posterior by how well it foretells answers it has not seen.

    Parameters
    ----------
    fit : Fit
        A fit of engine "bayes". Incomplete answers are not judged.
    cells : Cells, optional
        Some of its complete cells, all by default.

    Returns
    -------
    Loo
        Pareto-smoothed importance sampling per cell, each counted as often as it has answers.

    Raises
    ------
    InputError
        If the fit is none of a posterior.

    References
    ----------
    .. [1] Vehtari, Gelman & Gabry (2017). Practical Bayesian model evaluation using leave-one-out cross-validation and
       WAIC. Statistics and Computing 27(5), 1413-1432. doi:10.1007/s11222-016-9696-4
    """
    cells = complete_cells(fit) if cells is None else cells
    loglik = cell_loglik(fit, cells)
    m = loglik.shape[1]
    pointwise, k = np.empty(m), np.empty(m)
    for i in range(m):
        smoothed = smooth_weights(-loglik[:, i])
        pointwise[i] = np.logaddexp.reduce(smoothed.log_weight + loglik[:, i])
        k[i] = smoothed.pareto_k
    whole = np.logaddexp.reduce(loglik, axis=0) - np.log(len(loglik))
    n = cells.n.sum()
    elpd = float(cells.n @ pointwise)
    spread = float(cells.n @ (pointwise - elpd / n) ** 2 / (n - 1))
    table = pd.DataFrame(cells.values, columns=list(cells.items))
    named = pd.concat([table, cells.keys.astype(str)], axis=1)
    return Loo(
        elpd=elpd, se=float(np.sqrt(n * spread)), p=float(cells.n @ (whole - pointwise)), pointwise=pointwise,
        pareto_k=k, count=cells.n, keys=pd.MultiIndex.from_frame(named),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """Posteriors compared by leave-one-out prediction of the same ``n`` answers, best first.

    ``table`` has one row per fit: ``fit``, ``elpd``, ``behind`` the best, its standard error ``behind_se``, ``p``,
    ``weight`` in the stack of all, ``largest_k`` and ``reliable``.
    """

    table: pd.DataFrame
    n: int

    def tidy(self) -> pd.DataFrame:
        """Return one row per fit, best first."""
        return self.table.copy()

    def summary(self) -> str:
        """Return the comparison as text, with what it allows to say."""
        table, best = self.table, self.table.iloc[0]
        shown = table.assign(
            elpd=table["elpd"].map("{:,.1f}".format), behind=table["behind"].map("{:,.1f}".format),
            behind_se=table["behind_se"].map("{:,.1f}".format), p=table["p"].map("{:.1f}".format),
            weight=table["weight"].map("{:.2f}".format), largest_k=table["largest_k"].map("{:.2f}".format),
        ).drop(columns="reliable")
        lines = [f"Leave-one-out prediction of {self.n:,} answers; higher elpd is better", "",
                 shown.to_string(index=False), ""]
        others = table.iloc[1:]
        for name, behind, se in zip(others["fit"], others["behind"], others["behind_se"], strict=True):
            if behind > 2 * se and behind > FEWEST_APART:
                lines.append(f"`{name}` foretells answers worse than `{best['fit']}`.")
            else:
                lines.append(f"`{name}` and `{best['fit']}` cannot be told apart by their predictions.")
        loose = table.loc[~table["reliable"], "fit"]
        lines += [f"`{name}`: some answers move the posterior too much to be left out this way (Pareto k above "
                  f"{LARGEST_LOO_K:g}), so its elpd is rough." for name in loose]
        return "\n".join(lines)


FEWEST_APART = 4.0
"""Differences of elpd below this are too small to tell models apart, whatever their standard error."""


def compare_fits(fits: Mapping[str, Fit]) -> Comparison:
    """Compare posteriors of the same answers by what they foretell: links, structures, sets of drivers.

    Parameters
    ----------
    fits : mapping of str to Fit
        Two or more, of the same outcome coded the same way, by name.

    Returns
    -------
    Comparison
        Weights are those of stacking: the mixture of all that foretells best.

    Raises
    ------
    InputError
        If there are fewer than two, or they do not foretell the same answers.

    Notes
    -----
    Sampling weights play no part: every answer counts once. Differences within two standard errors, or below 4, do not
    tell models apart.

    References
    ----------
    .. [1] Yao, Vehtari, Simpson & Gelman (2018). Using stacking to average Bayesian predictive distributions. Bayesian
       Analysis 13(3), 917-1007. doi:10.1214/17-BA1091
    .. [2] Sivula, Magnusson, Matamoros & Vehtari (2025). Uncertainty in Bayesian leave-one-out cross-validation based
       model comparison. Bayesian Analysis. doi:10.1214/25-BA1569
    """
    if len(fits) < 2:
        raise InputError("compare_fits takes two or more posteriors: compare_fits({'probit': one, 'logit': other}).")
    first = next(iter(fits.values()))
    coded = {(fit.spec.outcome, fit.spec.model) for fit in fits.values()}
    if len(coded) > 1:
        raise InputError(
            "These fits foretell different things (" + ", ".join(f"{y} by {m}" for y, m in sorted(coded))
            + "); densities of scale points, categories and top boxes cannot be compared."
        )
    found = {name: loo(fit) for name, fit in fits.items()}
    matched = _matched(found, first.spec.outcome)
    count = matched.pop("count").to_numpy()
    density = matched.to_numpy()
    n = count.sum()
    totals = count @ density
    best = int(np.argmax(totals))
    away = density[:, [best]] - density
    behind = count @ away
    se = np.sqrt(n * (count @ (away - behind / n) ** 2) / (n - 1))
    table = pd.DataFrame({
        "fit": list(found), "elpd": totals, "behind": behind, "behind_se": se, "p": [one.p for one in found.values()],
        "weight": stacking_weights(density, count), "largest_k": [one.pareto_k.max() for one in found.values()],
        "reliable": [one.reliable for one in found.values()],
    })
    return Comparison(table=table.sort_values("elpd", ascending=False, ignore_index=True), n=round(n))


def stacking_weights(density: FloatArray, count: FloatArray, steps: int = 2000) -> FloatArray:
    """Return the mixture of models that foretells best.

    Parameters
    ----------
    density : ndarray, shape (m, k)
        Log density each of k models gives to what was left out.
    count : ndarray, shape (m,)
        How often it happened.
    steps : int
        Steps of the EM algorithm, each of which can only improve the mixture.

    Returns
    -------
    ndarray, shape (k,)
        Adds up to 1.
    """
    chance = np.exp(density - density.max(axis=1, keepdims=True))
    weight = np.full(density.shape[1], 1 / density.shape[1])
    for _ in range(steps):
        part = chance * weight
        weight = count @ (part / part.sum(axis=1, keepdims=True)) / count.sum()
    return np.asarray(weight)


def _matched(found: Mapping[str, Loo], outcome: str) -> pd.DataFrame:
    """Put densities of the same cells side by side; a model with fewer columns has fewer, larger cells."""
    frames = {name: one.keys.to_frame(index=False) for name, one in found.items()}
    finest = max(frames, key=lambda name: len(frames[name].columns))
    base = frames[finest].copy()
    base["count"] = found[finest].count
    for name, one in found.items():
        columns = list(frames[name].columns)
        if not set(columns) <= set(base.columns) or outcome not in columns:
            raise InputError(
                "Fits to compare must be nested in what they look at: one of them has all the columns of the others."
            )
        table = frames[name].assign(**{f"elpd {name}": one.pointwise})
        base = base.merge(table, on=columns, how="left")
        if base[f"elpd {name}"].isna().any() or not np.isclose(one.count.sum(), found[finest].count.sum()):
            raise InputError(
                f"`{name}` was fitted to other answers than `{finest}` ({one.count.sum():,.0f} complete and "
                f"{found[finest].count.sum():,.0f}). Use missing='complete' and the same `where` in all."
            )
    return base[["count", *(f"elpd {name}" for name in found)]]
