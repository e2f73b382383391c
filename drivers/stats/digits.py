"""How many decimals an interval needs, so that it never reads "6 to 6"."""

from __future__ import annotations

import math

EXTRA = 2
"""Decimals that may be added at most: an interval narrower than that has ends that are equal for any reader."""


def digits_apart(low: float, high: float, digits: int = 0) -> int:
    """Return the fewest decimals, from `digits` up, at which the ends of an interval print differently.

    Parameters
    ----------
    low, high : float
        Ends of the interval, in the unit printed (for percents, 100 times the proportion).
    digits : int
        Decimals to start from.

    Returns
    -------
    int
        At most `EXTRA` more than `digits`; `digits` itself where even those do not tell the ends apart.
    """
    for more in range(digits, digits + EXTRA + 1):
        if round(low, more) != round(high, more):
            return more
    return digits


def digits_of_small(largest: float, digits: int) -> int:
    """Return the decimals at which `largest` keeps two significant figures, `digits` at least: 0.0043 needs 4."""
    size = abs(largest)
    return digits if not 0 < size < math.inf else max(digits, 1 - math.floor(math.log10(size)))
