"""Did a series of waves move at its last wave? Judged against all earlier waves, many series at once."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

WALKS: Final = (0.35, 1.0)
"""Steps of the random walks that earlier waves may have taken, in typical standard errors."""

STEP: Final = 4.0
"""Size of a single step that earlier waves may have taken, in typical standard errors."""

SEASONS: Final = (1.4, 3.0)
"""Seasonal swings that are tried once two full cycles are there, in typical standard errors."""

MOVES: Final = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Sizes tried for the move at the last wave, in typical standard errors."""

WALKED, STEPPED = 0.05, 0.05
"""Prior weights of pasts with a walk, with a step; the rest, most of it, is that nothing moved."""

SEASONAL: Final = 0.80
"""Prior weight of a season where a report has seasons, which half of those on two cycles or more are taken to have."""

STILL: Final = 0.2
"""Prior weight of no move at all at the last wave."""

BELIEF: Final = 2.0
"""How many series the prior weights count for beside the series of the report."""

NOTHING: Final = 1e-5
"""A change up to this many standard errors is none; the sd of no change at all is a tenth of it."""

ROUNDS: Final = 30

LARGEST: Final = 700.0
"""Logarithms of odds beyond this are as good as certain."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moves:
    """What m series did between an earlier wave and the last.

    ``mean`` and ``sd`` (m,) of the change a posteriori; ``p_up`` (m,) P(change > delta) and ``p_down`` (m,)
    P(change < -delta); ``p_value`` (m,) of no change, two-sided, before any allowance for the number of series.
    ``season`` (m,) weight of the pasts with a season, ``settled`` (m,) of those without any move.
    """

    mean: FloatArray
    sd: FloatArray
    p_up: FloatArray
    p_down: FloatArray
    p_value: FloatArray
    season: FloatArray
    settled: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pasts:
    """Kernels (H, T, T) of what may have happened, in squared typical standard errors: of the level, and all of it."""

    level: FloatArray
    whole: FloatArray
    prior: FloatArray
    seasonal: NDArray[np.bool_]


def last_moves(
    estimate: FloatArray,
    cov: FloatArray,
    reference: int,
    *,
    season: IntArray | None = None,
    delta: FloatArray | float = 0.0,
    df: FloatArray | float = np.inf,
    family: IntArray | None = None,
) -> Moves:
    """Judge how m series changed from a `reference` wave to the last of T waves.

    Parameters
    ----------
    estimate : ndarray, shape (m, T)
        Estimates by wave, oldest first.
    cov : ndarray, shape (m, T, T)
        Their covariances; not diagonal where waves share respondents or sampling units.
    reference : int
        The wave compared with, 0 to T - 2.
    season : ndarray of int, shape (T,), optional
        Place of each wave in the cycle. Seasons are allowed for when the last wave's place and T leave two cycles.
    delta : float or ndarray, shape (m,)
        Changes up to this size are none to speak of.
    df : float or ndarray, shape (m,)
        Degrees of freedom of the standard errors.
    family : ndarray of int, shape (m,), optional
        Which series are of a kind: how many of them move, and how far, is learnt within a kind, so that scores that
        moved say nothing about slopes. All of a kind by default; what was usual before is learnt from all.

    Returns
    -------
    Moves
        Against the wave before, the evidence is the last wave beside a forecast from all earlier ones; otherwise the
        plain difference of the two waves.

    Notes
    -----
    A series is a level, perhaps with a season, plus the sampling error of known covariance. The level stays, walks in
    small steps, or made one step in the past; the weights of these are estimated from all series together (empirical
    Bayes) and then settled per series by its own likelihood. Whether there are seasons at all is asked of the whole
    report first: most of its series have one, or none has. It is believed as far as it foretells every series from the
    others [4]_. Asked of each series alone, seasons that nobody has cost a step its power, the more so the more series
    there are, and seasons that all have are missed in some. The move at the last wave is normal around 0; its size
    is estimated in the same manner. So one series that moves among many that stand still is believed, and the largest
    of many that stand still is shrunk towards no change.

    References
    ----------
    .. [1] Efron & Morris (1975). JASA 70(350), 311-319. doi:10.1080/01621459.1975.10479864
    .. [2] West & Harrison (1997). Bayesian Forecasting and Dynamic Models. Springer. doi:10.1007/b98971
    .. [3] Stephens (2017). False discovery rates: a new deal. Biostatistics 18(2), 275-294.
       doi:10.1093/biostatistics/kxw041
    .. [4] Geisser & Eddy (1979). JASA 74(365), 153-160. doi:10.1080/01621459.1979.10481632
    """
    waves = estimate.shape[1]
    scale = np.sqrt(np.einsum("mtt->mt", cov).mean(axis=1))
    y, noise = estimate / scale[:, None], cov / (scale**2)[:, None, None]
    pasts = _pasts(waves, season)
    before = _forecast(y, noise, pasts)
    weight = _weights(before.loglik, pasts)
    z = np.abs(before.surprise) / before.sd
    tail = np.asarray(df, dtype=np.float64).reshape(-1, 1)
    p_value = (weight * 2 * stdtr(np.minimum(tail, 1e9), -z)).sum(axis=1)
    if reference != waves - 2:
        apart = y[:, -1] - y[:, reference]
        error = np.sqrt(noise[:, -1, -1] + noise[:, reference, reference] - 2 * noise[:, -1, reference])
        p_value = 2 * stdtr(np.minimum(tail[:, 0], 1e9), -np.abs(apart) / error)
    kind = np.zeros(len(y), dtype=np.intp) if family is None else family
    mean, sd, joint = _posterior(y, noise, pasts, before, weight, reference, kind)
    edge = np.maximum(np.broadcast_to(np.asarray(delta, dtype=np.float64) / scale, scale.shape), NOTHING)[:, None, None]
    up, down = ((joint * ndtr((sign * mean - edge) / sd)).sum(axis=(1, 2)) for sign in (1, -1))
    centre = (joint * mean).sum(axis=(1, 2))
    spread = np.sqrt((joint * (sd**2 + mean**2)).sum(axis=(1, 2)) - centre**2)
    return Moves(
        mean=centre * scale, sd=spread * scale, p_up=up, p_down=down, p_value=np.minimum(p_value, 1.0),
        season=weight[:, pasts.seasonal].sum(axis=1), settled=weight[:, 0],
    )


def _pasts(waves: int, season: IntArray | None) -> _Pasts:
    """Lay out what may have happened up to the last wave but one; at the last wave the level is what it was."""
    time = np.minimum(np.arange(waves), waves - 2)
    walk = np.minimum(time[:, None], time[None, :]).astype(np.float64)
    steps = [np.outer(time >= s, time >= s).astype(np.float64) for s in range(1, waves - 1)]
    nothing = np.zeros((waves, waves))
    kinds: list[tuple[list[FloatArray], FloatArray, float]] = []
    if waves > 2:
        kinds += [([size**2 * walk for size in WALKS], nothing, WALKED)]
        kinds += [([STEP**2 * step for step in steps], nothing, STEPPED)]
    if season is not None:
        same = (season[:, None] == season[None, :]).astype(np.float64)
        kinds += [([nothing, WALKS[0] ** 2 * walk], size**2 * same, SEASONAL / len(SEASONS)) for size in SEASONS]
    share = np.array([1 - sum(part for *_, part in kinds), *(part for *_, part in kinds)])
    kinds = [([nothing], nothing, 0.0), *kinds]
    level = np.stack([kernel for group, *_ in kinds for kernel in group])
    cycle = np.stack([extra for group, extra, _ in kinds for _ in group])
    prior = np.concatenate([[part / len(group)] * len(group) for part, (group, *_) in zip(share, kinds, strict=True)])
    return _Pasts(level=level, whole=level + cycle, prior=prior, seasonal=cycle.any(axis=(1, 2)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Forecast:
    """Per series and past (m, H): log-likelihood of the past, surprise at the last wave and its sd; ``left`` (m,H,T,T).

    ``left`` is the inverse covariance of all waves with the flat mean taken out.
    """

    loglik: FloatArray
    surprise: FloatArray
    sd: FloatArray
    left: FloatArray


def _forecast(y: FloatArray, noise: FloatArray, pasts: _Pasts) -> _Forecast:
    """Foretell the last wave from the earlier ones, under every past."""
    whole = noise[:, None] + pasts.whole
    inverse = np.linalg.inv(whole)
    ones = inverse.sum(axis=-1)
    total = ones.sum(axis=-1)
    left = inverse - ones[..., :, None] * ones[..., None, :] / total[..., None, None]
    pulled = np.einsum("mhst,mt->mhs", left, y)
    # the last wave given the others: precision is left[T,T], surprise is what it pulls over that precision
    precision = left[..., -1, -1]
    surprise, sd = pulled[..., -1] / precision, 1 / np.sqrt(precision)
    logdet = np.linalg.slogdet(whole)[1] + np.log(total)
    quad = np.einsum("mhs,ms->mh", pulled, y)
    every = -0.5 * (logdet + quad)
    loglik = every + 0.5 * (np.log(sd**2) + (surprise / sd) ** 2)
    return _Forecast(loglik=loglik, surprise=surprise, sd=sd, left=left)


def _weights(loglik: FloatArray, pasts: _Pasts) -> FloatArray:
    """Return posterior weights (m, H) of the pasts by their log-likelihoods (m, H): with seasons and without, mixed."""
    with_seasons, told = _mixed(loglik, pasts.prior)
    if not pasts.seasonal.any():
        return with_seasons
    prior = np.where(pasts.seasonal, 0.0, pasts.prior)
    prior[0] += pasts.prior[pasts.seasonal].sum()
    without, told_without = _mixed(loglik, prior)
    seasons = 1 / (1 + np.exp(np.clip(told_without - told, -LARGEST, LARGEST)))
    mixed: FloatArray = without + seasons * (with_seasons - without)
    return mixed


def _mixed(loglik: FloatArray, prior: FloatArray) -> tuple[FloatArray, float]:
    """Estimate the shares of pasts among all series (MAP, EM) from log-likelihoods (m, H) and prior weights (H,).

    Returns posterior weights (m, H), and the log of how likely every series is by the shares among the others.
    """
    possible = np.where(prior > 0, loglik, -np.inf)
    top = possible.max(axis=1, keepdims=True)
    likely = np.exp(possible - top)
    share = prior
    for _ in range(ROUNDS):
        weight = likely * share
        weight /= weight.sum(axis=1, keepdims=True)
        share = (BELIEF * prior + weight.sum(axis=0)) / (BELIEF + len(likely))
    others = (BELIEF * prior + weight.sum(axis=0) - weight) / (BELIEF + len(likely) - 1)
    return weight, float((np.log((likely * others).sum(axis=1)) + top[:, 0]).sum())


def _posterior(
    y: FloatArray, noise: FloatArray, pasts: _Pasts, before: _Forecast, weight: FloatArray, reference: int,
    family: IntArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return mean, sd and weight (m, H, M) of the change under every past and every size of move."""
    sizes = np.square(MOVES)
    prior = np.array([STILL, *([(1 - STILL) / (len(MOVES) - 1)] * (len(MOVES) - 1))])
    spread = before.sd[..., None] ** 2 + sizes
    density = np.exp(-0.5 * before.surprise[..., None] ** 2 / spread) / np.sqrt(spread)
    by_size = (weight[..., None] * density).sum(axis=1)
    kinds = np.eye(int(family.max(initial=0)) + 1)[family]  # (m, F)
    share = np.broadcast_to(prior, by_size.shape)
    for _ in range(ROUNDS):
        found = by_size * share
        found /= found.sum(axis=1, keepdims=True)
        share = ((BELIEF * prior + kinds.T @ found) / (BELIEF + kinds.sum(axis=0)[:, None]))[family]
    joint = weight[..., None] * density * share[:, None, :]
    joint /= joint.sum(axis=(1, 2), keepdims=True)
    contrast = pasts.level[:, -1] - pasts.level[:, reference]  # (H, T), covariance of the earlier change with the level
    earlier = contrast[:, -1] - contrast[:, reference]  # (H,) its variance
    left, last = before.left, before.left[..., -1]
    pulled = np.einsum("mhst,mt->mhs", left, y)
    from_level = np.einsum("ht,mhts->mhs", contrast, left)
    own = np.einsum("mht,mt->mh", from_level, y)
    held = np.einsum("mht,ht->mh", from_level, contrast)
    touch = np.einsum("ht,mht->mh", contrast, last)
    precision = last[..., -1]
    gain = sizes / (1 + sizes * precision[..., None])
    # Sherman-Morrison: a move of variance q at the last wave takes q ll' / (1 + q l_T) from `left`, l its last column
    mean = own[..., None] + gain * pulled[..., -1:] * (1 - touch[..., None])
    variance = earlier[:, None] - held[..., None] + gain * (1 - touch[..., None]) ** 2
    return mean, np.sqrt(np.maximum(variance, (NOTHING / 10) ** 2)), joint
