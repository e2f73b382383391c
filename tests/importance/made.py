"""Importances and fits made by hand, so that what is read off draws is tested without resampling anything."""

import numpy as np

from drivers.importance.result import Importance


def importance_of(shares, estimate=None, r2=None, level=0.9, drivers=None):
    """An importance whose draws are `shares` (draws, p)."""
    shares = np.asarray(shares, dtype=float)
    p = shares.shape[1]
    estimate = shares.mean(axis=0) if estimate is None else np.asarray(estimate, dtype=float)
    names = tuple(drivers or "abcdefghijklmnopqrstuvwxyz"[:p])
    r2 = shares.sum(axis=1) if r2 is None else np.asarray(r2, dtype=float)
    return Importance(
        outcome="y", drivers=names, labels={name: name.upper() for name in (*names, "y")}, model="linear",
        link="identity", engine="regression", measure="lmg", estimate=estimate, shares=shares[None],
        r2_estimate=float(estimate.sum()), r2=r2[None], slope_estimate=np.ones(p), slopes=np.ones((1, len(shares), p)),
        n=500, n_complete=490, n_eff=400.0, level=level,
    )  # fmt: skip
