"""How strong something left out would have to be to explain a slope away, and how strong observed drivers are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A cause left out that is ``times`` as strong as an observed driver.

    ``with_driver`` and ``with_outcome`` shares of what is left of the driver acted on and of the outcome that it
    explains; ``adjusted`` slope and ``t`` if it were there; NaN where nothing can be so strong.
    """

    times: float
    with_driver: float
    with_outcome: float
    adjusted: float
    t: float


def partial_r2(t: float, df: float) -> float:
    """Return the share of what others leave of the outcome that goes with a driver whose slope has `t` on `df`."""
    return t**2 / (t**2 + df)


def robustness_value(t: float, df: float, *, q: float = 1.0, alpha: float = 1.0, design: float = 1.0) -> float:
    """Return the robustness value of a slope.

    Parameters
    ----------
    t : float
        Its t value, from errors that assume the model.
    df : float
        Degrees of freedom left over.
    q : float
        Part of the slope to be explained away.
    alpha : float
        Level at which what is left must no longer differ from 0; 1 asks for the slope alone.
    design : float
        Standard error under the design over that of the model; what is published has 1.

    Returns
    -------
    float
        Share of what is left of the driver and of the outcome alike that something left out has to explain. 0 where
        the slope does not differ from 0 as it is.

    Raises
    ------
    InputError
        If there are too few degrees of freedom, or a level or part makes no sense.

    References
    ----------
    .. [1] Cinelli & Hazlett (2020). Making sense of sensitivity: extending omitted variable bias. JRSS B 82(1), 39-67.
       doi:10.1111/rssb.12348
    """
    if df <= 1 or not 0 < alpha <= 1 or q <= 0:
        raise InputError(f"A robustness value needs df > 1, 0 < alpha <= 1 and q > 0; got {df:g}, {alpha:g}, {q:g}.")
    from scipy.special import stdtrit

    f = q * abs(t) / math.sqrt(df)
    critical = design * abs(float(stdtrit(df - 1, alpha / 2))) / math.sqrt(df - 1) if alpha < 1 else 0.0
    over = f - critical
    if over <= 0:
        return 0.0
    if critical > 0 and f > 1 / critical:
        return (f**2 - critical**2) / (1 + f**2)
    return 0.5 * (math.sqrt(over**4 + 4 * over**2) - over**2)


def bias_of(se: float, df: float, with_driver: float, with_outcome: float) -> float:
    """Return how far a slope is off when something is left out.

    Parameters
    ----------
    se : float
        Standard error of the slope.
    df : float
        Degrees of freedom left over.
    with_driver, with_outcome : float
        Shares it explains of what is left of the driver, and of the outcome given the driver.

    Returns
    -------
    float
        Never negative; ``se sqrt(df) sqrt(R2_outcome R2_driver / (1 - R2_driver))``.
    """
    return se * math.sqrt(df) * math.sqrt(with_outcome * with_driver / (1 - with_driver))


def bound_by(slope: float, se: float, df: float, *, driver_r2: float, outcome_r2: float, times: float) -> Bound:
    """Bound what something left out can do that is so many times as strong as an observed driver.

    Parameters
    ----------
    slope, se, df : float
        Of the driver acted on: slope, standard error, degrees of freedom left over.
    driver_r2 : float
        Share of what others leave of the driver acted on that the observed driver explains.
    outcome_r2 : float
        Share of what all others leave of the outcome that the observed driver explains.
    times : float
        How many times as strong, towards both.

    Returns
    -------
    Bound
        The least favourable case.

    References
    ----------
    .. [1] Cinelli & Hazlett (2020). JRSS B 82(1), 39-67, section 4.4. doi:10.1111/rssb.12348
    """
    with_driver = times * driver_r2 / (1 - driver_r2)
    if not with_driver < 1 or times * driver_r2 >= 1:
        return Bound(times=times, with_driver=with_driver, with_outcome=math.nan, adjusted=math.nan, t=math.nan)
    shared = times * driver_r2**2 / ((1 - times * driver_r2) * (1 - driver_r2))
    if shared >= 1:
        return Bound(times=times, with_driver=with_driver, with_outcome=math.nan, adjusted=math.nan, t=math.nan)
    reach = (math.sqrt(times) + math.sqrt(shared)) / math.sqrt(1 - shared)
    with_outcome = min(reach**2 * outcome_r2 / (1 - outcome_r2), 1.0)
    adjusted = math.copysign(1.0, slope) * (abs(slope) - bias_of(se, df, with_driver, with_outcome))
    error = se * math.sqrt((1 - with_outcome) / (1 - with_driver)) * math.sqrt(df / (df - 1))
    return Bound(
        times=times, with_driver=with_driver, with_outcome=with_outcome, adjusted=adjusted,
        t=adjusted / error if error > 0 else math.nan,
    )  # fmt: skip


def partial_shares(cov: FloatArray, j: int, k: int) -> tuple[float, float]:
    """Return how strongly column `k` goes with column `j`, and with the last column, all others given.

    Parameters
    ----------
    cov : ndarray, shape (p + 1, p + 1)
        Covariance of columns and, last, the outcome.
    j, k : int
        Places of the driver acted on and of the one to compare with.

    Returns
    -------
    driver_r2 : float
        Partial R2 of column k with column j given the other columns, the outcome left aside.
    outcome_r2 : float
        Partial R2 of column k with the outcome given all columns.
    """
    inside = np.linalg.inv(cov[:-1, :-1])
    whole = np.linalg.inv(cov)
    return (
        float(inside[j, k] ** 2 / (inside[j, j] * inside[k, k])),
        float(whole[k, -1] ** 2 / (whole[k, k] * whole[-1, -1])),
    )
