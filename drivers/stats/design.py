"""Variance under a survey design: Taylor linearisation on cells, effective n and design effect."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drivers.errors import InputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Labels = Sequence[Any] | NDArray[Any]
LonelyRule = Literal["centre", "certain", "refuse"]
"""What a stratum's only PSU adds to the variance: its distance from the mean of all PSUs, nothing, or an error."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearizedMeat:
    """Design variance of a sum of weighted scores.

    ``meat`` (k, k); ``df`` degrees of freedom, PSUs minus strata; ``n_lonely`` strata with a single PSU, to which the
    declared rule was applied.
    """

    meat: FloatArray
    df: int
    n_lonely: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Strata:
    """Per stratum (h,): sampled PSUs ``size`` and the multiplier ``scale`` of the squared deviations."""

    size: FloatArray
    scale: FloatArray
    lonely: NDArray[np.bool_]


def linearized_meat(
    scores: ArrayLike,
    sum_w: ArrayLike,
    sum_w2: ArrayLike,
    n: ArrayLike,
    stratum: Labels | None = None,
    psu: Labels | None = None,
    fpc: ArrayLike | None = None,
    lonely: LonelyRule = "centre",
) -> LinearizedMeat:
    """Estimate the design variance of a weighted sum of scores, from cells.

    Parameters
    ----------
    scores : array_like, shape (m, k) or (m,)
        Estimating function per unit of weight, equal for everyone in a cell. For a respondent outside a subgroup of
        interest it is 0: leave such cells in, they carry the size of the strata.
    sum_w, sum_w2 : array_like, shape (m,)
        Sum of weights and of squared weights per cell.
    n : array_like, shape (m,)
        Respondents per cell. A respondent of weight 0 counts, as in R's survey package.
    stratum, psu : sequence of length m, optional
        Labels; cells must be kept apart by them. A PSU label used in two strata means two PSUs. Without `psu` every
        respondent is a PSU of their own; without `stratum` there is one stratum.
    fpc : array_like, shape (m,), optional
        PSUs (respondents without `psu`) in the population of the cell's stratum; infinite when left out.
    lonely : {"centre", "certain", "refuse"}
        What a stratum's only PSU adds: its squared distance from the mean of all PSUs, nothing, or an error.

    Returns
    -------
    LinearizedMeat
        ``sum_h (1 - f_h) n_h / (n_h - 1) sum_c (u_hc - mean_h)(u_hc - mean_h)'`` over PSU totals u. Divide by the
        squared sum of weights for the variance of a mean, or sandwich between inverse Hessians for slopes.

    Raises
    ------
    InputError
        If `fpc` differs inside a stratum or is smaller than the sample, or a lonely PSU is refused.

    Notes
    -----
    Equal to the formula on rows, because everyone in a cell shares its score: the squares add up to
    ``sum_w2 * s s'`` per cell when respondents are the PSUs, and the totals to ``sum_w * s``.

    References
    ----------
    .. [1] Binder (1983). International Statistical Review 51(3), 279-292. doi:10.2307/1402588
    .. [2] Lumley (2004). Journal of Statistical Software 9(8). doi:10.18637/jss.v009.i08
    """
    count, load, load2 = (np.asarray(x, dtype=np.float64) for x in (n, sum_w, sum_w2))
    score = np.asarray(scores, dtype=np.float64).reshape(len(count), -1)
    layer = coded(stratum, len(count))
    width = int(layer.max()) + 1 if len(layer) else 0
    if psu is None:
        size = np.bincount(layer, count, minlength=width)
        strata = _strata(size, _population(fpc, layer, width), lonely)
        meat = _respondents(score, load, load2, layer, strata)
    else:
        totals, home = _psu_totals(score * load[:, None], layer, coded(psu, len(count)))
        size = np.bincount(home, minlength=width).astype(np.float64)
        strata = _strata(size, _population(fpc, layer, width), lonely)
        meat = _clusters(totals, home, strata)
    if lonely == "refuse" and strata.lonely.any():
        raise InputError(
            f"{int(strata.lonely.sum())} strata hold a single sampling unit. Merge each with a like stratum, or choose "
            'lonely_psu = "centre" (compares it with the mean of all units) or "certain" (adds no variance).'
        )
    df = round(float(strata.size.sum())) - int((strata.size > 0).sum())
    return LinearizedMeat(meat=(meat + meat.T) / 2, df=df, n_lonely=int(strata.lonely.sum()))


def kish_n_eff(sum_w: ArrayLike, sum_w2: ArrayLike) -> float:
    """Return the number of equally weighted respondents that would be as precise, (sum w)^2 / sum w^2.

    Parameters
    ----------
    sum_w, sum_w2 : array_like, shape (m,)
        Sum of weights and of squared weights per cell.

    Returns
    -------
    float
        At most the number of respondents; 0 when all weights are 0. Knows nothing of clusters: see `design_effect`.

    References
    ----------
    .. [1] Kish (1992). Journal of Official Statistics 8(2), 183-200.
    """
    squares = float(np.asarray(sum_w2, dtype=np.float64).sum())
    return float(np.asarray(sum_w, dtype=np.float64).sum()) ** 2 / squares if squares > 0 else 0.0


def design_effect(variance: float, values: ArrayLike, sum_w: ArrayLike, n: ArrayLike) -> float:
    """Return the variance of a weighted mean over that of a simple random sample drawn with replacement.

    Parameters
    ----------
    variance : float
        Design variance of the mean.
    values, sum_w, n : array_like, shape (m,)
        Value, sum of weights and respondents per cell of the group the mean is for.

    Returns
    -------
    float
        As ``svymean(deff = "replace")`` in R; NaN when the values do not differ.

    References
    ----------
    .. [1] Kish (1965). Survey Sampling. Wiley, section 8.2.
    """
    value, load, count = (np.asarray(x, dtype=np.float64) for x in (values, sum_w, n))
    total, size = float(load.sum()), float(count.sum())
    if total <= 0 or size <= 1:
        return float("nan")
    spread = float(load @ (value - load @ value / total) ** 2) / total / (size - 1)
    return variance / spread if spread > 0 else float("nan")


def coded(labels: Labels | None, length: int) -> IntArray:
    """Return labels as whole numbers.

    Parameters
    ----------
    labels : sequence or None
        Labels of any kind; missing ones are one level of their own. None makes one level of all.
    length : int
        Number of labels.

    Returns
    -------
    ndarray of int, shape (length,)
        Codes 0, 1, ...; in no order to rely on.
    """
    if labels is None:
        return np.zeros(length, dtype=np.int64)
    array = np.asarray(labels)
    if array.dtype.kind in "iubfU":
        return np.unique(array, return_inverse=True)[1].astype(np.int64).reshape(-1)
    seen: dict[object, int] = {}
    keys = (None if value is None or str(value) in ("nan", "<NA>", "NaT") else value for value in array.tolist())
    return np.fromiter((seen.setdefault(key, len(seen)) for key in keys), dtype=np.int64, count=length)


def _psu_totals(loaded: FloatArray, layer: IntArray, psu: IntArray) -> tuple[FloatArray, IntArray]:
    """Add up weighted scores (m, k) per PSU (nested in its stratum): totals (c, k) and stratum codes (c,)."""
    pairs, where = np.unique(layer * (int(psu.max(initial=0)) + 1) + psu, return_inverse=True)
    order = np.argsort(where, kind="stable")
    starts = np.searchsorted(where[order], np.arange(len(pairs)))
    return np.add.reduceat(loaded[order], starts, axis=0), layer[order][starts]


def _population(fpc: ArrayLike | None, layer: IntArray, width: int) -> FloatArray:
    """Return the population (width,) of every stratum, infinite where none is given; refuse two of one stratum."""
    size = np.full(width, np.inf)
    if fpc is not None:
        given = np.broadcast_to(np.asarray(fpc, dtype=np.float64), layer.shape)
        size[layer] = given
        if not np.array_equal(size[layer], given):
            raise InputError("`fpc` differs inside a stratum; give each stratum one population size.")
    return size


def _strata(size: FloatArray, population: FloatArray, rule: LonelyRule) -> _Strata:
    """Return what strata add to a variance; refuse samples larger than their population."""
    if (size > population).any():
        raise InputError(
            f"{int((size > population).sum())} strata hold more sampled units than `fpc` says the population has; "
            "give `fpc` as a population size (units), not as a fraction."
        )
    lonely = (size > 0) & (size <= 1)
    bessel = np.divide(size, size - 1, out=np.ones_like(size), where=size > 1)
    if rule == "certain":
        bessel[lonely] = 0.0
    return _Strata(size=size, scale=bessel * (1 - size / population), lonely=lonely)


def _respondents(
    score: FloatArray, load: FloatArray, load2: FloatArray, layer: IntArray, strata: _Strata
) -> FloatArray:
    """Meat (k, k) when every respondent is a PSU: squares minus n times the squared stratum mean."""
    width, k = len(strata.size), score.shape[1]
    loaded = score * load[:, None]
    totals = np.zeros((width, k))
    for j in range(k):
        totals[:, j] = np.bincount(layer, loaded[:, j], minlength=width)
    centre = np.divide(totals, strata.size[:, None], out=np.zeros_like(totals), where=strata.size[:, None] > 0)
    centre[strata.lonely] = totals.sum(axis=0) / max(strata.size.sum(), 1.0)
    squares = (score * (load2 * strata.scale[layer])[:, None]).T @ score
    cross = (totals * strata.scale[:, None]).T @ centre
    held = (centre * (strata.size * strata.scale)[:, None]).T @ centre
    return squares - cross - cross.T + held


def _clusters(totals: FloatArray, home: IntArray, strata: _Strata) -> FloatArray:
    """Meat (k, k) from PSU totals (c, k), centred within their stratum."""
    centre = np.zeros((len(strata.size), totals.shape[1]))
    np.add.at(centre, home, totals)
    centre /= np.maximum(strata.size, 1.0)[:, None]
    centre[strata.lonely] = totals.mean(axis=0)
    away = totals - centre[home]
    return (away * strata.scale[home][:, None]).T @ away
