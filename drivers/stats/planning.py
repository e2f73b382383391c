"""Answers needed to see a change between two waves, and what a wave of a given size would make of one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from drivers.errors import InputError

NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What a test of a change would say, if the true change has a known size.

    ``power`` chance that the change is called real; ``type_s`` chance that a change called real has the wrong sign;
    ``exaggeration`` (type M) expected size of a change called real over the true size.
    """

    power: float
    type_s: float
    exaggeration: float


def needed(change: float, before: float, after: float, *, power: float, alpha: float, deff: float = 1.0) -> float:
    """Return the answers needed in each of two waves to see a change.

    Parameters
    ----------
    change : float
        True difference between the waves, in the unit of the score; not 0.
    before, after : float
        Variance of one answer in either wave, in the square of that unit.
    power : float
        Wished chance that the change is called real.
    alpha : float
        Two-sided chance of calling a change real where there is none.
    deff : float
        Design effect: how many answers count like one independent answer.

    Returns
    -------
    float
        Answers per wave, not rounded.

    Notes
    -----
    ``deff (z_alpha + z_power)^2 (before + after) / change^2``: the normal approximation, which leaves out the chance
    of a significant change of the wrong sign (below .0001 from a power of .5 on).

    References
    ----------
    .. [1] Chow, Shao, Wang & Lokhnygina (2017). Sample Size Calculations in Clinical Research, 3rd ed.
       doi:10.1201/9781315183084
    """
    z = NORMAL.inv_cdf(1 - alpha / 2) + NORMAL.inv_cdf(power)
    return deff * z**2 * (before + after) / change**2


def detectable(n: float, before: float, after: float, *, power: float, alpha: float, deff: float = 1.0) -> float:
    """Return the smallest change that `n` answers in each wave show with the wished `power`.

    `before` and `after` are the variances of one answer, `alpha` and `deff` as in `needed`, of which this is the
    inverse.
    """
    z = NORMAL.inv_cdf(1 - alpha / 2) + NORMAL.inv_cdf(power)
    return z * math.sqrt(deff * (before + after) / n)


def design_of(effect: float, std_error: float, *, alpha: float = 0.05) -> Design:
    """Return power, type S and type M error of a two-sided test of a true effect.

    Parameters
    ----------
    effect : float
        True size; its sign is of no account, but it must not be 0.
    std_error : float
        Standard error of its estimate, in the same unit.
    alpha : float
        Level of the test.

    Returns
    -------
    Design
        In closed form, for a normal estimate.

    Raises
    ------
    InputError
        If the effect is 0: then nothing can be exaggerated, and half of what is called real has either sign.

    References
    ----------
    .. [1] Gelman & Carlin (2014). Beyond power calculations. Perspectives on Psychological Science 9(6), 641-651.
       doi:10.1177/1745691614551642
    .. [2] Lu, Qiu & Deng (2019). A note on type S/M errors in hypothesis testing. British J. of Mathematical and
       Statistical Psychology 72(1), 1-17. doi:10.1111/bmsp.12132
    """
    if effect == 0:
        raise InputError("A change of 0 cannot be seen, whatever the sample. Name the smallest change that matters.")
    ratio, z = abs(effect) / std_error, NORMAL.inv_cdf(1 - alpha / 2)
    right, wrong = NORMAL.cdf(ratio - z), NORMAL.cdf(-ratio - z)
    power = right + wrong
    size = NORMAL.pdf(z - ratio) + NORMAL.pdf(z + ratio) + ratio * (right - wrong)
    return Design(power=power, type_s=wrong / power, exaggeration=size / (ratio * power))
