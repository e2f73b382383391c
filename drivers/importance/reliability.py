"""`reliability`: how well blocks of drivers hang together, for use in `sensitivity` and for building blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.errors import InputError, nearest
from drivers.fit.result import Fit
from drivers.stats.reliability import cronbach_alpha, guttman_lambda6, is_possible, omega, one_factor, spearman_brown

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reliability:
    """Reliability of sums of drivers; ``table`` is what `tidy` returns, ``notes`` say what could not be told."""

    table: pd.DataFrame
    level: float
    notes: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """Return one row per block.

        Columns: ``block``, ``items``, ``n_items``, ``alpha`` (raw) with ``low`` and ``high`` over the fit's draws,
        ``alpha_standardized`` (for two items the Spearman-Brown value), ``lambda6``, ``omega`` of one factor (NaN for
        two items) and ``mean_correlation``.
        """
        return self.table.copy()

    def to_dict(self) -> dict[str, object]:
        """Return the table as plain values for JSON."""
        return {"level": self.level, "blocks": self.table.to_dict("records"), "notes": list(self.notes)}

    def summary(self) -> str:
        """Return the table and its reading as text."""
        return "\n".join([
            f"Reliability of blocks, {self.level:.0%} intervals of alpha", "",
            self.table.drop(columns="items").round(3).to_string(index=False), "",
            "Alpha is the reliability of the plain sum if its items measure one thing alike, omega if they share one "
            "factor. Neither proves that they measure one thing.",
            *self.notes,
        ])


def reliability(fit: Fit, blocks: Mapping[str, Sequence[str]]) -> Reliability:
    """Tell the reliability of sums of drivers.

    Parameters
    ----------
    fit : Fit
        A fitted driver model; the covariances of its drivers and their draws are used.
    blocks : mapping of str to sequence of str
        Name of a block to its drivers, two or more each. A driver may be in several.

    Returns
    -------
    Reliability
        One row per block.

    Raises
    ------
    InputError
        If a block names an unknown driver, one twice, or fewer than two.

    References
    ----------
    .. [1] Cronbach (1951). Psychometrika 16(3), 297-334. doi:10.1007/BF02310555
    .. [2] McDonald (1999). Test Theory: A Unified Treatment. Erlbaum. doi:10.4324/9781410601087
    """
    names, notes, rows = fit.spec.drivers, [], []
    point = fit.point.x_cov[0, 0]
    draws = fit.draws.x_cov.reshape(-1, *point.shape)
    tail = (1 - fit.spec.level) / 2
    for block, members in blocks.items():
        places = _places(block, members, names)
        cov = point[np.ix_(places, places)]
        sd = np.sqrt(np.diag(cov))
        corr = cov / sd[:, None] / sd
        low, high = np.quantile(cronbach_alpha(draws[:, places][:, :, places]), [tail, 1 - tail])
        alike = float(corr[np.triu_indices(len(places), 1)].mean())
        if (corr < 0).any():
            notes.append(f"`{block}`: some of its items go against each other; declare the direction of their scales.")
        rows.append({
            "block": block, "items": tuple(members), "n_items": len(places), "alpha": float(cronbach_alpha(cov)),
            "low": low, "high": high,
            "alpha_standardized": float(spearman_brown(alike, len(places))),
            "lambda6": guttman_lambda6(corr) if is_possible(corr) else np.nan,
            "omega": _omega(block, corr, notes), "mean_correlation": alike,
        })
    return Reliability(table=pd.DataFrame(rows), level=fit.spec.level, notes=tuple(notes))


def _omega(block: str, corr: FloatArray, notes: list[str]) -> float:
    if len(corr) < 3 or not is_possible(corr):
        return float("nan")
    factor = one_factor(corr)
    if factor.at_bound:
        notes.append(
            f"`{block}`: {factor.at_bound} of {len(corr)} items would have no variance of their own in a one-factor "
            "model, so one factor does not describe the block; do not rely on its omega."
        )
    return omega(factor)


def _places(block: str, members: Sequence[str], names: tuple[str, ...]) -> list[int]:
    unknown = [name for name in members if name not in names]
    if unknown:
        raise InputError(f"Block `{block}`: {', '.join(nearest(name, names) for name in unknown)} is no driver here.")
    if len(set(members)) < len(members) or len(members) < 2:
        raise InputError(f"Block `{block}` names {len(members)} driver(s); give two or more, each once.")
    return [names.index(name) for name in members]
