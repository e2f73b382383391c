"""Posterior predictive check: bars of the outcome's categories as they are, and as the model would have them again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.defaults import MIN_BASE_MODEL, MISFIT, MISFIT_CHANCE, MISFIT_MEAN
from drivers.fit.bayes.pointwise import category_chances, complete_cells, latent_mean
from drivers.fit.result import Fit
from drivers.fit.thinned import thinned

FloatArray = NDArray[np.float64]

REPLICATIONS = 500
"""Surveys foretold; the p value of a bar is no finer than one in so many."""

MOST_CELLS = 5000
"""Of more cells a sample is foretold, and compared with the answers in that sample."""

MOST_BARS = 11
"""An outcome with more points than this has its bars at its fifths."""

ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Predictive:
    """``bars`` has one row per group and category, ``sampled`` the part of cells that was foretold.

    Columns: ``column`` a group is of ("" for all), ``group``, ``n`` answers, ``category``, ``observed`` share,
    ``foretold`` share with ``low`` and ``high``, ``p`` two-sided posterior predictive, ``off`` observed less foretold,
    and ``misfit``. ``means`` of linear models has one row per group with its mean in outcome points, the same columns
    but ``category`` and ``p``, and ``off`` in residual standard deviations; None otherwise.
    """

    bars: pd.DataFrame
    means: pd.DataFrame | None
    sampled: float
    level: float

    @property
    def misfits(self) -> int:
        """Number of bars that are off by more than chance and more than matters."""
        return int(self.bars["misfit"].sum())


def predictive_check(fit: Fit, seed: int) -> Predictive:
    """Compare the outcome's categories with what the posterior foretells for the same people.

    Parameters
    ----------
    fit : Fit
        A fit of engine "bayes".
    seed : int
        Seed of the surveys foretold.

    Returns
    -------
    Predictive
        For all, by segment or wave where the model has them, and by the answers to every driver (lowest, middle and
        highest third of people where it has many points). A linear model foretells scale points by rounding, and means.

    Raises
    ------
    InputError
        If the fit models whether drivers apply.

    Notes
    -----
    Every draw foretells one survey: each person's category given their answers to the drivers. A bar is a misfit when
    the observed share is off by `MISFIT` or more and lies outside what surveys foretold vary by; that limit allows for
    the number of bars, so that a right model shows any misfit with a chance of about `MISFIT_CHANCE`. The answers
    have been seen by the model, so chances are smaller still. Weights count in both shares alike.

    References
    ----------
    .. [1] Gelman, Meng & Stern (1996). Posterior predictive assessment of model fitness via realized discrepancies.
       Statistica Sinica 6(4), 733-807.
    """
    from scipy.special import ndtri

    rng = np.random.default_rng([seed, 21])
    cells, sampled = _some(complete_cells(fit), rng)
    fewer, _ = thinned(fit, REPLICATIONS)
    names, edges, said = _bins(fit, cells)
    groups = list(_groups(fit, cells))
    member = np.array([at for _, _, at in groups], dtype=np.float64)
    load = cells.sum_w / cells.n
    seen = np.zeros((len(cells), len(names)))
    seen[np.arange(len(cells)), said] = cells.n
    observed = _shares(member, load, seen)
    counts = _again(fewer, cells, edges, member * load, len(names), rng)
    foretold = counts / counts.sum(axis=2, keepdims=True)
    tail = (1 - fit.spec.level) / 2
    low, high = np.quantile(foretold, [tail, 1 - tail], axis=0)
    middle, spread = foretold.mean(axis=0), foretold.std(axis=0, ddof=1)
    below = (foretold < observed).mean(axis=0) + 0.5 * (foretold == observed).mean(axis=0)
    off = observed - middle
    limit = float(ndtri(1 - MISFIT_CHANCE / (2 * observed.size)))
    frame = pd.DataFrame({
        "column": np.repeat([column for column, _, _ in groups], len(names)),
        "group": np.repeat([name for _, name, _ in groups], len(names)),
        "n": np.repeat((member @ cells.n).round().astype(int), len(names)), "category": names * len(groups),
        "observed": observed.ravel(), "foretold": middle.ravel(), "low": low.ravel(), "high": high.ravel(),
        "p": np.minimum(2 * np.minimum(below, 1 - below), 1.0).ravel(), "off": off.ravel(),
        "misfit": ((np.abs(off) >= MISFIT) & (np.abs(off) > limit * spread)).ravel(),
    })
    means = _means(fewer, cells, groups) if fit.spec.model == "linear" else None
    return Predictive(bars=frame, means=means, sampled=sampled, level=fit.spec.level)


def _again(
    fit: Fit, cells: Cells, edges: FloatArray | None, load: FloatArray, bars: int, rng: np.random.Generator
) -> FloatArray:
    """Return weighted counts (s, groups, bars) of one survey foretold by every draw; `load` (groups, m) per answer."""
    draws, place = fit.draws.slopes.shape[0] * fit.draws.slopes.shape[1], np.arange(len(cells))
    block = max(4_000_000 // (draws * bars), 1)
    counts = np.zeros((draws, len(load), bars))
    for start in range(0, len(cells), block):
        part = (place >= start) & (place < start + block)
        chance = category_chances(fit, cells.select(part), edges)
        again = rng.multinomial(np.broadcast_to(np.round(cells.n[part]).astype(np.int64), chance.shape[:2]), chance)
        counts += np.moveaxis(np.tensordot(load[:, part], again, axes=(1, 1)), 0, 1)
    return counts


def _means(fit: Fit, cells: Cells, groups: Sequence[tuple[str, str, NDArray[np.bool_]]]) -> pd.DataFrame:
    """Compare means of groups with what a linear model foretells for the same people, sampling error included."""
    from scipy.special import ndtri

    mean = latent_mean(fit, cells) + fit.draws.intercept.reshape(-1, 1)
    sd = float(np.sqrt((fit.draws.error_sd**2).mean()))
    limit = float(ndtri(1 - MISFIT_CHANCE / (2 * len(groups))))
    reach = float(ndtri((1 + fit.spec.level) / 2))
    rows = []
    for column, name, at in groups:
        weight = cells.sum_w * at / cells.sum_w[at].sum()
        foretold = mean @ weight
        error = float(np.sqrt(foretold.var(ddof=1) + sd**2 * (cells.sum_w2[at].sum() / cells.sum_w[at].sum() ** 2)))
        middle, observed = float(foretold.mean()), float(cells.values[:, -1] @ weight)
        off = (observed - middle) / sd
        rows.append({
            "column": column, "group": name, "n": round(cells.n[at].sum()), "observed": observed, "foretold": middle,
            "low": middle - reach * error, "high": middle + reach * error, "off": off,
            "misfit": abs(off) >= MISFIT_MEAN and abs(observed - middle) > limit * error,
        })
    return pd.DataFrame(rows)


def _some(cells: Cells, rng: np.random.Generator) -> tuple[Cells, float]:
    if len(cells) <= MOST_CELLS:
        return cells, 1.0
    mask = np.zeros(len(cells), dtype=np.bool_)
    mask[rng.choice(len(cells), MOST_CELLS, replace=False)] = True
    return cells.select(mask), float(mask.mean())


def _bins(fit: Fit, cells: Cells) -> tuple[list[str], FloatArray | None, NDArray[np.intp]]:
    """Return names of the bars, their edges (K - 1,) in outcome points of a linear model, and each cell's bar (m,)."""
    y = cells.values[:, -1]
    if fit.spec.model == "logit":
        assert fit.top is not None
        return [f"below {fit.top:g}", f"{fit.top:g} and above"], None, (y >= fit.top).astype(np.intp)
    if fit.spec.model == "ordinal":
        return [f"{point:g}" for point in fit.categories], None, np.searchsorted(fit.categories, y).astype(np.intp)
    points = _points(y)
    if len(points) <= MOST_BARS:
        edges = (points[1:] + points[:-1]) / 2
        return [f"{point:g}" for point in points], edges, np.searchsorted(edges, y).astype(np.intp)
    order = np.argsort(y, kind="stable")
    part = np.cumsum(cells.n[order]) / cells.n.sum()
    edges = np.unique(y[order][np.searchsorted(part, [0.2, 0.4, 0.6, 0.8])])
    names = [f"up to {edges[0]:g}", *(f"{a:g} to {b:g}" for a, b in pairwise(edges))]
    return [*names, f"above {edges[-1]:g}"], edges, np.searchsorted(edges, y).astype(np.intp)


def _points(y: FloatArray) -> FloatArray:
    """Return every whole number between the lowest and the highest answer; of other numbers those that were given."""
    said = np.unique(y)
    if (said != np.round(said)).any() or said[-1] - said[0] >= MOST_BARS:
        return said
    return np.arange(said[0], said[-1] + 1)


def _groups(fit: Fit, cells: Cells) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Yield column, name and members (m,) of every group of `MIN_BASE_MODEL` answers or more."""
    yield "", ALL, np.ones(len(cells), dtype=np.bool_)
    for found in (fit.segments, fit.waves, fit.spreads):
        if found is None:
            continue
        index = found.index(cells.keys)
        column = " and ".join(found.columns) if hasattr(found, "columns") else found.column
        for place, name in enumerate(found.names):
            if cells.n[index == place].sum() >= MIN_BASE_MODEL:
                yield column, name, index == place
    for j, driver in enumerate(fit.spec.drivers):
        x = cells.values[:, j]
        points = np.unique(x)
        if len(points) <= MOST_BARS:
            parts = [(f"{point:g}", x == point) for point in points]
        else:
            order = np.argsort(x, kind="stable")
            share = np.cumsum(cells.n[order]) / cells.n.sum()
            one, two = x[order][np.searchsorted(share, [1 / 3, 2 / 3])]
            parts = [("lowest third", x <= one), ("middle third", (x > one) & (x <= two)), ("highest third", x > two)]
        for name, at in parts:
            if cells.n[at].sum() >= MIN_BASE_MODEL:
                yield driver, name, at


def _shares(member: FloatArray, load: FloatArray, counts: FloatArray) -> FloatArray:
    total = (member * load) @ counts
    return np.asarray(total / total.sum(axis=1, keepdims=True))
