"""The part of the cells a model is fitted on, and what its design says about uncertainty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.cells.resample import Units, multipliers, resampling_units
from drivers.fit.small_sample import MOST_LOST, small_sample
from drivers.stats.design import linearized_meat
from drivers.stats.replicates import replicate_covariance

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """``cells`` the model uses; ``whole`` those the design is made of, and ``inside`` where the former are in it.

    Where strata or PSUs are declared, respondents left out of the model stay in the design with a score of 0, so
    that strata and PSUs keep their size; without a design they are simply not there.
    """

    cells: Cells
    whole: Cells
    inside: NDArray[np.intp]

    @property
    def weight(self) -> FloatArray:
        """Weights (m,) of the used cells, scaled to add up to the number of respondents."""
        total = self.cells.sum_w.sum()
        return self.cells.sum_w * (self.cells.n.sum() / total)


def take_sample(cells: Cells, used: NDArray[np.bool_]) -> Sample:
    """Return the sample of those `cells` where `used` (m,) holds."""
    if cells.stratum or cells.psu or cells.fpc:
        return Sample(cells=cells.select(used), whole=cells, inside=np.flatnonzero(used))
    chosen = cells.select(used)
    return Sample(cells=chosen, whole=chosen, inside=np.arange(len(chosen)))


def design_covariance(sample: Sample, influence: FloatArray, slopes: int) -> tuple[FloatArray, float]:
    """Return the covariance (t, t) of estimates under the declared design, and its degrees of freedom.

    Parameters
    ----------
    sample : Sample
        The cells used and the design around them.
    influence : ndarray, shape (m, t)
        How far one unit of the cells' own weight (``cells.sum_w``) moves each estimate.
    slopes : int
        Slopes among the estimates.

    Returns
    -------
    cov : ndarray, shape (t, t)
        Taylor-linearised (sandwich) covariance; HC0 times n/(n-1) when no design is declared. With replicate weights,
        theirs of the linearised estimates; `replicated` has that of estimates computed again.
    df : float
        PSUs minus strata minus slopes, as ``svyglm`` in R has it; at least 1.
    """
    whole, replication = sample.whole, sample.cells.replication
    if replication:
        moved = influence.T @ (replication.weights - sample.cells.sum_w[:, None])
        return (moved * replication.factor) @ moved.T, max(float(replication.df - slopes), 1.0)
    scores = np.zeros((len(whole), influence.shape[1]))
    scores[sample.inside] = influence
    meat = linearized_meat(
        scores, whole.sum_w, whole.sum_w2, whole.n,
        stratum=whole.keys[whole.stratum].to_numpy() if whole.stratum else None,
        psu=whole.keys[whole.psu].to_numpy() if whole.psu else None,
        fpc=whole.keys[whole.fpc].to_numpy(np.float64) if whole.fpc else None, lonely=whole.lonely,
    )
    return meat.meat, max(float(meat.df - slopes), 1.0)


def replicate_multipliers_of(sample: Sample) -> FloatArray | None:
    """Return replicate over full weights (R, G) of the resampling units of `sample`, None without replicate weights."""
    replication = sample.whole.replication
    return replication.multipliers(sample.whole.sum_w) if replication else None


def replicated(sample: Sample, estimate: FloatArray, again: FloatArray, slopes: int) -> tuple[FloatArray, float]:
    """Return the covariance (t, t) of estimates from their replicates, and its degrees of freedom.

    Parameters
    ----------
    sample : Sample
        Cells with replicate weights.
    estimate : ndarray, shape (t,)
        Estimates under the full weights.
    again : ndarray, shape (R, t)
        Under every replicate; NaN where it could not be fitted.
    slopes : int
        Slopes among the estimates.

    Returns
    -------
    cov : ndarray, shape (t, t)
        ``sum_r factor_r (th_r - th)(th_r - th)'``.
    df : float
        Independent replicates less one, less the slopes; at least 1.
    """
    replication = sample.cells.replication
    assert replication is not None
    variance = replicate_covariance(estimate, again, replication.factor)
    return variance.cov, max(float(replication.df - slopes), 1.0)


def design_notes(sample: Sample, units: Units, df: float, slopes: int) -> tuple[str, ...]:
    """Say where the declared design is too thin to carry its own errors.

    Parameters
    ----------
    sample : Sample
        The cells used and the design around them.
    units : Units
        Resampling units; they know the strata that hold a single one.
    df : float
        Degrees of freedom of the design, as `design_covariance` returns them.
    slopes : int
        Slopes of the model.

    Returns
    -------
    tuple of str
        One sentence per finding, with its count and its cure; none where the design is sound.
    """
    what = "PSU" if sample.whole.psu else "respondent"
    notes = []
    if units.lonely and sample.whole.lonely == "centre":
        notes.append(
            f"{units.lonely:,} strata hold a single {what}: standard errors and draws compare it with the mean of "
            "all, which makes them wider. Merge such strata with a neighbour."
        )
    elif units.lonely:
        notes.append(
            f"{units.lonely:,} strata hold a single {what}, which adds no error: it was declared as drawn with "
            'certainty (lonely_psu = "certain").'
        )
    if sample.cells.replication:
        drawn = "mixtures of" if sample.cells.replication.scheme in ("JK1", "JKn") else "estimates under"
        notes.append(f"Standard errors from {units.kind}; draws are {drawn} the replicates.")
    if sample.whole.psu and df <= slopes:
        free = len(units) - len(np.unique(units.stratum))
        left = "none" if free <= slopes else f"{free - slopes}"
        notes.append(
            f"{len(units):,} PSUs have {free} degrees of freedom, of which {slopes} slopes leave {left}, so robust "
            "errors and intervals are rough. Use fewer drivers, or declare smaller PSUs."
        )
    return tuple(notes)


def bootstrap_units(sample: Sample, seed: int) -> tuple[Units, NDArray[np.intp]]:
    """Return the resampling units of `sample`, drawn with `seed`, and the unit (m,) of every used cell."""
    units = resampling_units(sample.whole, np.random.default_rng([seed, 1]))
    return units, units.index[sample.inside]


def bootstrap_multipliers(sample: Sample, units: Units, draws: int, seed: int) -> Iterator[FloatArray]:
    """Yield blocks (s, G) of bootstrap multipliers, `draws` rows in all, of the `units` of `sample` under `seed`."""
    rng = np.random.default_rng([seed, 2])
    if sample.whole.replication:
        return sample.whole.replication.draws(sample.whole.sum_w, draws, rng)
    return multipliers(units, draws, rng, psu=bool(sample.whole.psu), spread=shrinkage(sample, units))


def shrinkage(sample: Sample, units: Units) -> float:
    """Return by how much resampled estimates vary too little, as a factor of their variance above 1.

    Parameters
    ----------
    sample : Sample
        Cells of (drivers..., outcome), k items.
    units : Units
        What is resampled.

    Returns
    -------
    float
        That of `drivers.fit.small_sample`. With PSUs, PSUs minus strata over that less the k - 1 slopes, at most 2.
    """
    cells, k = sample.cells, len(sample.cells.items)
    if not sample.whole.psu:
        return small_sample(cells, k).draws
    return 1 / (1 - min((k - 1) / max(len(units) - len(np.unique(units.stratum)), 1), MOST_LOST))
