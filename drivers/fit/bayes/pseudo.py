"""Weights and designs: posterior draws turned so that they spread as estimates do under the design."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.fit.regression.sample import Sample

FloatArray = NDArray[np.float64]

ROUNDING = 1e-9
"""Relative difference between weights that is put down to rounding."""

ROTATION_NOTE = (
    "Weights or a sampling design: draws of the pseudo-posterior (weights scaled to add up to the respondents) were "
    "turned to the design-based covariance (Williams and Savitsky), so intervals hold under the design."
)


def has_design(cells: Cells) -> bool:
    """Whether `cells` carry strata, PSUs, population sizes or replicate weights."""
    return bool(cells.stratum or cells.psu or cells.fpc or cells.replication)


def is_designed(sample: Sample) -> bool:
    """Whether the respondents of `sample` count unequally or were drawn by strata or PSUs: a posterior must allow."""
    cells: Cells = sample.cells
    if has_design(sample.whole):
        return True
    mean = cells.sum_w.sum() / cells.n.sum()
    same = np.isclose(cells.sum_w, mean * cells.n, rtol=ROUNDING, atol=0.0)
    alike = np.isclose(cells.sum_w2, mean**2 * cells.n, rtol=ROUNDING, atol=0.0)
    return not bool((same & alike).all())


def rotation(model_cov: FloatArray, design_cov: FloatArray) -> FloatArray:
    """Return the matrix that turns draws of one covariance into draws of another.

    Parameters
    ----------
    model_cov : ndarray, shape (t, t)
        Covariance of the draws, positive definite.
    design_cov : ndarray, shape (t, t)
        Covariance wanted, positive semi-definite.

    Returns
    -------
    ndarray, shape (t, t)
        ``A`` with ``A model_cov A' = design_cov``: the symmetric one, which moves draws least and does not depend on
        the order of parameters. It is the identity when the two are equal.

    Notes
    -----
    Williams and Savitsky use Cholesky factors, ``theta + (draw - theta) R2^-1 R1`` with ``R1'R1`` the design-based and
    ``R2'R2`` the model's covariance. Every choice of roots gives the same covariance.

    References
    ----------
    .. [1] Williams & Savitsky (2021). Uncertainty estimation for pseudo-Bayesian inference under complex sampling.
       International Statistical Review 89(1), 72-107. doi:10.1111/insr.12376
    """
    root = _root(model_cov)
    inverse = np.linalg.inv(root)
    return np.asarray(inverse @ _root(root @ design_cov @ root) @ inverse)


def with_prior(design_cov: FloatArray, information: FloatArray, prior: FloatArray) -> FloatArray:
    """Return the covariance of posterior draws under a design, the prior counted as one more source of information.

    Parameters
    ----------
    design_cov : ndarray, shape (t, t)
        Sandwich ``H^-1 J H^-1``, where J is the design-based covariance of the score.
    information : ndarray, shape (t, t)
        H, minus the Hessian of the log posterior at its mode.
    prior : ndarray, shape (t, t)
        The prior's part of H.

    Returns
    -------
    ndarray, shape (t, t)
        ``H^-1 (J + prior) H^-1``: the posterior's own covariance where J is what the model says, and the prior's where
        there are next to no data. The plain sandwich would call a parameter certain that the prior alone decides.
    """
    inverse = np.linalg.inv(information)
    return np.asarray(design_cov + inverse @ prior @ inverse)


def _root(matrix: FloatArray) -> FloatArray:
    """Return the symmetric square root of a positive semi-definite `matrix` (t, t)."""
    size, direction = np.linalg.eigh((matrix + matrix.T) / 2)
    return np.asarray((direction * np.sqrt(np.maximum(size, 0.0))) @ direction.T)
