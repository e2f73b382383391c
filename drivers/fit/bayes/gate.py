"""Whether the draws of Markov chains may be trusted: R-hat, effective draws, divergences and energy, with a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import BFMI, FEWEST_ESS, RHAT

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChainCheck:
    """``table`` has one row per parameter: ``parameter``, ``rhat``, ``ess_bulk``, ``ess_tail``.

    ``divergences`` counts draws at which the integrator left its path, ``bfmi`` (C,) is each chain's fraction of
    missing information on the energy, and ``deepest`` the part of draws that ended at the greatest depth allowed.
    """

    table: pd.DataFrame
    divergences: int
    bfmi: FloatArray
    deepest: float
    chains: int
    draws: int

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong, each naming the parameter that shows it most; none where draws can be trusted."""
        out = []
        worst = self._worst("rhat", largest=True)
        if worst is not None and not worst[1] < RHAT:
            out.append(f"chains disagree about {worst[0]}: R-hat {worst[1]:.3f}, limit {RHAT:g}")
        for name, where in (("ess_bulk", "in the middle"), ("ess_tail", "in the tails")):
            worst = self._worst(name, largest=False)
            if worst is not None and not worst[1] >= FEWEST_ESS:
                out.append(f"{worst[0]} has {worst[1]:,.0f} effective draws {where}, fewest allowed {FEWEST_ESS:,}")
        if self.divergences:
            out.append(f"{self.divergences:,} of {self.chains * self.draws:,} draws diverged")
        if not (self.bfmi > BFMI).all():
            out.append(f"energy is explored too slowly: BFMI {np.nanmin(self.bfmi):.2f}, limit {BFMI:g}")
        return tuple(out)

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    @property
    def suspect(self) -> str:
        """The parameter that mixes worst."""
        worst = self._worst("ess_bulk", largest=False)
        return "no parameter" if worst is None else worst[0]

    def to_dict(self) -> dict[str, object]:
        """Return the worst of each as plain values."""
        number = self.table[["rhat", "ess_bulk", "ess_tail"]]
        return {
            "rhat": float(number["rhat"].max()), "ess": float(number["ess_bulk"].min()),
            "ess_tail": float(number["ess_tail"].min()), "divergences": self.divergences,
            "bfmi": float(self.bfmi.min()), "deepest": self.deepest, "slowest": self.suspect,
        }

    def _worst(self, column: str, *, largest: bool) -> tuple[str, float] | None:
        values = self.table[column]
        if not len(values):
            return None
        if values.isna().any():
            at = int(np.flatnonzero(values.isna())[0])
        else:
            at = int(np.argmax(values) if largest else np.argmin(values))
        return str(self.table["parameter"].iloc[at]), float(values.iloc[at])


def check_chains(
    draws: Mapping[str, FloatArray], stats: Mapping[str, FloatArray],
    places: Mapping[str, tuple[tuple[object, ...], ...]] | None = None,
) -> ChainCheck:
    """Diagnose chains.

    Parameters
    ----------
    draws : mapping
        Arrays (C, D, ...) by name of the parameter.
    stats : mapping
        ``diverging``, ``energy`` and ``maxdepth_reached`` (C, D).
    places : mapping, optional
        Coordinates along every further dimension of a parameter, for its name in messages; numbers otherwise.

    Returns
    -------
    ChainCheck
        Parameters that are constant (a correlation of something with itself) are left out.

    References
    ----------
    .. [1] Vehtari, Gelman, Simpson, Carpenter & Buerkner (2021). Rank-normalization, folding, and localization.
       Bayesian Analysis 16(2), 667-718. doi:10.1214/20-BA1221
    .. [2] Betancourt (2016). Diagnosing suboptimal cotangent disintegrations. arXiv:1604.00695
    """
    from arviz_stats.base import array_stats

    rows = []
    for name, values in draws.items():
        flat = values.reshape(*values.shape[:2], -1)
        labels = _labels(name, values.shape[2:], (places or {}).get(name))
        steady = flat.reshape(-1, flat.shape[-1])
        moving = np.flatnonzero(~(np.ptp(steady, axis=0) <= 1e-12 * np.abs(steady).max(axis=0, initial=1.0)))
        for j in moving:
            one = flat[:, :, j]
            rows.append((
                labels[j], float(array_stats.rhat(one, method="rank")), float(array_stats.ess(one, method="bulk")),
                float(array_stats.ess(one, method="tail", prob=(0.05, 0.95))),
            ))
    energy = np.asarray(stats["energy"], dtype=np.float64)
    spread = energy.var(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        bfmi = (np.diff(energy, axis=1) ** 2).mean(axis=1) / spread
    return ChainCheck(
        table=pd.DataFrame(rows, columns=["parameter", "rhat", "ess_bulk", "ess_tail"]),
        divergences=int(np.asarray(stats["diverging"]).sum()), bfmi=bfmi,
        deepest=float(np.asarray(stats["maxdepth_reached"]).mean()), chains=energy.shape[0], draws=energy.shape[1],
    )


def _labels(name: str, shape: tuple[int, ...], places: tuple[tuple[object, ...], ...] | None) -> list[str]:
    if not shape:
        return [f"`{name}`"]
    axes = places if places is not None and len(places) == len(shape) else tuple(tuple(range(k)) for k in shape)
    return [
        f"`{name}[{', '.join(str(axis[i]) for axis, i in zip(axes, index, strict=True))}]`"
        for index in np.ndindex(shape)
    ]
