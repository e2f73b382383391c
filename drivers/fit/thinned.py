"""A fit with fewer of its draws, for what would take long with all of them."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drivers.fit.result import Fit


def thinned(fit: Fit, most: int) -> tuple[Fit, NDArray[np.intp]]:
    """Keep some draws.

    Parameters
    ----------
    fit : Fit
        A fit of S draws, all chains together.
    most : int
        Draws wanted at most.

    Returns
    -------
    fit : Fit
        With those draws as one chain.
    kept : ndarray of int, shape (s,)
        Their places among all S, evenly spread.
    """
    lead = fit.draws.slopes.shape[:2]
    size = lead[0] * lead[1]
    kept = np.unique(np.linspace(0, size - 1, min(most, size)).round().astype(np.intp))
    if len(kept) == size:
        return fit, kept
    return replace(
        fit, draws=_taken(fit.draws, lead, kept), segments=_taken(fit.segments, lead, kept),
        waves=_taken(fit.waves, lead, kept), spreads=_taken(fit.spreads, lead, kept),
        steps=_taken(fit.steps, lead, kept), sampler={},
    ), kept


def _taken[T](record: T, lead: tuple[int, ...], kept: NDArray[np.intp]) -> T:
    """Return a record of arrays (C, D, ...) with the draws `kept`, as one chain; other arrays stay as they are."""
    if record is None:
        return record
    changed: dict[str, object] = {}
    for field in fields(record):  # type: ignore[arg-type]
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray) and value.shape[:2] == lead:
            changed[field.name] = value.reshape(lead[0] * lead[1], *value.shape[2:])[kept][None]
        elif is_dataclass(value):
            changed[field.name] = _taken(value, lead, kept)
    return replace(record, **changed)  # type: ignore[type-var]
