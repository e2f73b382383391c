"""Draws of a flat model in its coordinates, turned to weights and design where there are any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.fit.bayes.flat import FlatDraws
from drivers.fit.bayes.pseudo import ROTATION_NOTE, is_designed, rotation, with_prior
from drivers.fit.regression.sample import Sample, bootstrap_units, design_covariance, design_notes

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turned:
    """``phi`` (s, t) draws that allow for the design; ``cov`` (t, t) of the mode under the design, with ``df``.

    ``designed`` whether there are weights or a design, so that draws were turned; ``notes`` what to say of it.
    """

    phi: FloatArray
    cov: FloatArray
    df: float
    designed: bool
    notes: tuple[str, ...]


def turn(
    found: FlatDraws, scores: FloatArray, prior: FloatArray, sample: Sample, slopes: int, seed: int
) -> Turned:
    """Turn draws around their mode to the covariance that estimates have under the declared design.

    Parameters
    ----------
    found : FlatDraws
        Draws of the pseudo-posterior, with its mode and information.
    scores : ndarray, shape (m, t)
        Gradient of each cell's log-probability at the mode, per unit of weight.
    prior : ndarray, shape (t, t)
        The prior's part of the information.
    sample : Sample
        The cells and the design.
    slopes : int
        Slopes among the parameters.
    seed : int
        Seed of the resampling units, which only notes need.

    Returns
    -------
    Turned
        The draws as they were where respondents count equally and no design is declared.

    References
    ----------
    .. [1] Williams & Savitsky (2021). Uncertainty estimation for pseudo-Bayesian inference under complex sampling.
       International Statistical Review 89(1), 72-107. doi:10.1111/insr.12376
    """
    inverse = np.linalg.inv(found.information)
    scale = sample.weight.sum() / sample.cells.sum_w.sum()
    cov, df = design_covariance(sample, scores @ inverse * scale, slopes)
    units, _ = bootstrap_units(sample, seed)
    notes = design_notes(sample, units, df, slopes)
    if not is_designed(sample):
        return Turned(phi=found.phi, cov=cov, df=df, designed=False, notes=notes)
    wanted = with_prior(cov, found.information, prior)
    turned = found.mode + (found.phi - found.mode) @ rotation(inverse, wanted).T
    return Turned(phi=turned, cov=cov, df=df, designed=True, notes=(ROTATION_NOTE, *notes))
