"""Round tick marks with the words to print beside them."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import MaxNLocator

from drivers.plot.style import number, percent


def round_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return at most `most` + 1 round numbers between `low` and `high`."""
    ticks = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(round(tick, 10)) for tick in ticks if low - 1e-12 <= tick <= high + 1e-12]


def _digits(ticks: list[float]) -> int:
    """Return the decimals needed to print every tick exactly."""
    return next((d for d in range(6) if np.allclose(np.round(ticks, d), ticks, rtol=0, atol=1e-9)), 6)


def percent_ticks(low: float, high: float, most: int = 6) -> tuple[list[float], list[str]]:
    """Return at most `most` + 1 ticks for proportions between `low` and `high`, and their labels in percent."""
    ticks = round_ticks(low, high, most)
    digits = _digits([100 * tick for tick in ticks])
    return ticks, [percent(tick, digits) for tick in ticks]


def number_ticks(low: float, high: float, most: int = 6) -> tuple[list[float], list[str]]:
    """Return at most `most` + 1 ticks for numbers between `low` and `high`, and labels with a true minus sign."""
    ticks = round_ticks(low, high, most)
    digits = _digits(ticks)
    return ticks, [number(tick, digits) for tick in ticks]
