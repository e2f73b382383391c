"""How far slopes, R2 and shares lean on the prior: power scaling of prior and likelihood, from the draws there are."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import PRIOR_SENSITIVE
from drivers.fit.bayes.log_prior import log_likelihood, log_prior
from drivers.fit.result import Fit
from drivers.fit.thinned import thinned
from drivers.stats.power_scaling import power_sensitivity

FloatArray = NDArray[np.float64]

MOST_SHARED = 12
"""Shares, and correlations over segments, of more drivers than this are left out: slopes and R2 tell as much."""

MOST_EVALUATED = 40_000_000
"""Draws times cells whose likelihood is worked out; where there are more, fewer draws are looked at."""

FEWEST = 400
"""Draws looked at, at least."""

CONFLICT, DECIDES, FINE = "prior and answers disagree", "the prior decides", "the answers decide"


def prior_sensitivity(fit: Fit) -> pd.DataFrame:
    """Return how far each result moves when the prior, or the likelihood, counts for a little more or less.

    Parameters
    ----------
    fit : Fit
        A fit of engine "bayes".

    Returns
    -------
    DataFrame
        One row per result: ``quantity`` ("slope", "share", "r2"; "spread" of a slope or the level over segments,
        "correlation" of slopes over them, "pace" of a slope or the level from wave to wave; "group level" and "group
        spread" of a group, named in its place), ``driver``, ``prior`` and ``likelihood`` sensitivity per doubling of
        its power, and ``reading``: where the prior's is above `PRIOR_SENSITIVE`, prior and answers disagree if the
        likelihood's is too, and the prior decides if not.

    Raises
    ------
    InputError
        If the fit models whether drivers apply.

    Notes
    -----
    With weights or a design, draws turned to the design stand for the posterior, and the readings are approximate.

    References
    ----------
    .. [1] Kallioinen, Paananen, Buerkner & Vehtari (2024). Detecting and diagnosing prior and likelihood sensitivity
       with power-scaling. Statistics and Computing 34, 57. doi:10.1007/s11222-023-10366-5
    """
    cells = max(len(fit.cells.complete()), 1)
    fewer, _ = thinned(fit, max(MOST_EVALUATED // cells, FEWEST))
    names, values = _quantities(fewer)
    prior = power_sensitivity(values, log_prior(fewer))
    likelihood = power_sensitivity(values, log_likelihood(fewer))
    strong, told = prior > PRIOR_SENSITIVE, likelihood > PRIOR_SENSITIVE
    return pd.DataFrame({
        "quantity": [quantity for quantity, _ in names], "driver": [driver for _, driver in names], "prior": prior,
        "likelihood": likelihood, "reading": np.where(strong & told, CONFLICT, np.where(strong, DECIDES, FINE)),
    })


def _quantities(fit: Fit) -> tuple[list[tuple[str, str]], FloatArray]:
    draws, drivers = fit.draws, fit.spec.drivers
    s, p = draws.slopes.shape[0] * draws.slopes.shape[1], len(drivers)
    parts: list[tuple[str, tuple[str, ...], FloatArray]] = [("slope", drivers, draws.slopes.reshape(s, p))]
    if p <= MOST_SHARED:
        from drivers.stats.measures import MEASURES_DRAWS

        joint = draws.joint_covariance().reshape(s, p + 1, p + 1)
        parts.append(("share", drivers, MEASURES_DRAWS["lmg"](joint)))
    parts.append(("r2", ("",), draws.r2.reshape(s, 1)))
    if fit.segments is not None:
        for at, column in enumerate(fit.segments.columns):
            names = tuple(f"{name} over {column}" for name in (*drivers, "level"))
            both = [fit.segments.spread[:, :, at], fit.segments.level_spread[:, :, at, None]]
            parts.append(("spread", names, np.concatenate(both, axis=-1).reshape(s, p + 1)))
            if p <= MOST_SHARED:
                pairs = tuple(f"{drivers[i]} and {drivers[j]} over {column}" for i in range(p) for j in range(i))
                parts.append(("correlation", pairs, fit.segments.correlation[:, :, at].reshape(s, len(pairs))))
    if fit.waves is not None:
        parts.append(("pace", (*drivers, "level"), fit.waves.pace.reshape(s, p + 1)))
    if fit.spreads is not None:
        names = fit.spreads.names
        parts.append(("group level", names, fit.spreads.level.reshape(s, len(names))))
        parts.append(("group spread", names, np.log(fit.spreads.spread).reshape(s, len(names))))
    return [(kind, name) for kind, names, _ in parts for name in names], np.concatenate(
        [values for *_, values in parts], axis=1
    )
