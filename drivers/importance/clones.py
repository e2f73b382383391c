"""`clones`: drivers that ask nearly the same, so that each has part of a share which belongs to both."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import CLONE_CUT, CLONE_GAIN, NEAR_ZERO
from drivers.errors import CloneWarning, InputError
from drivers.fit.result import Fit
from drivers.importance.hierarchy import refuse_products
from drivers.stats.shapley import conditional_dominance, lmg, subset_sums

FloatArray = NDArray[np.float64]

MOST_DRIVERS: Final = 20
"""Every driver is left out once, each time with half of all subsets to visit; beyond this it takes too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone:
    """``driver`` loses part of its share to ``other``: from ``alone`` (without `other` in the model) to ``share``.

    ``gain`` is what `other` adds to R2; all in parts of the outcome's variance. ``correlation`` is between the two.
    """

    driver: str
    other: str
    alone: float
    share: float
    gain: float
    correlation: float

    @property
    def cut(self) -> float:
        """Part of the share that is lost, 0 to 1."""
        return 1 - self.share / self.alone


def clones(fit: Fit) -> tuple[Clone, ...]:
    """Find drivers whose share is cut by another one that explains next to nothing more.

    Parameters
    ----------
    fit : Fit
        A fitted driver model; its estimate is used, not its draws.

    Returns
    -------
    tuple of Clone
        The largest cut first. A cut is reported above `CLONE_CUT`, at a gain in R2 below `CLONE_GAIN`, for drivers
        whose share without the other one is above `NEAR_ZERO`.

    Raises
    ------
    InputError
        If there are more than `MOST_DRIVERS` drivers.

    Notes
    -----
    Ask the same twice, and each answer gets part of the importance; R2 does not move. With the two in one group the
    share comes back. Weak overlap among many drivers cuts shares too, but less each time.

    References
    ----------
    .. [1] Groemping (2007). The American Statistician 61(2), 139-147. doi:10.1198/000313007X188252
    """
    refuse_products(fit, "`clones`")
    return clones_of(fit.point.joint_covariance()[0, 0], fit.spec.drivers)


def clones_of(cov: FloatArray, names: tuple[str, ...]) -> tuple[Clone, ...]:
    """Find clones from a covariance matrix.

    Parameters
    ----------
    cov : ndarray, shape (p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.
    names : tuple of str, length p
        The drivers.

    Returns
    -------
    tuple of Clone
        As `clones` says.

    Raises
    ------
    InputError
        If there are more than `MOST_DRIVERS` drivers.
    """
    p = len(names)
    if p > MOST_DRIVERS:
        raise InputError(
            f"{p} drivers are too many to leave each out once; look for clones among at most {MOST_DRIVERS}, for "
            "example those with the largest correlations."
        )
    if p < 2:
        return ()
    whole = lmg(cov)
    scale = np.sqrt(np.diag(cov))
    found = []
    for j in range(p):
        rest = [i for i in range(p) if i != j]
        kept = [*rest, p]
        sums = subset_sums(cov[np.ix_(kept, kept)])
        alone = conditional_dominance(sums).mean(axis=-1)
        gain = float(whole.sum() - sums.r2)
        for place, i in enumerate(rest):
            if gain < CLONE_GAIN and alone[place] > NEAR_ZERO and whole[i] < (1 - CLONE_CUT) * alone[place]:
                found.append(Clone(
                    driver=names[i], other=names[j], alone=float(alone[place]), share=float(whole[i]), gain=gain,
                    correlation=float(cov[i, j] / scale[i] / scale[j]),
                ))
    return tuple(sorted(found, key=lambda clone: -clone.cut))


def warn_clones(fit: Fit) -> tuple[Clone, ...]:
    """Give one warning that names every clone and the cure.

    Parameters
    ----------
    fit : Fit
        A fitted driver model.

    Returns
    -------
    tuple of Clone
        What was warned of; empty without a warning.

    Raises
    ------
    InputError
        If there are more than `MOST_DRIVERS` drivers.
    """
    found = clones(fit)
    if found:
        warnings.warn(clone_text(found), CloneWarning, stacklevel=2)
    return found


def clone_text(found: Sequence[Clone]) -> str:
    """Say which shares are cut by near copies among those `found`, and the cure."""
    if not found:
        return "No share is cut by a near copy among the drivers."
    told = "; ".join(
        f"`{c.other}` cuts the share of `{c.driver}` from {c.alone:.1%} to {c.share:.1%} and adds {c.gain:.1%} "
        f"to R2 (correlation {c.correlation:.2f})" for c in found
    )  # fmt: skip
    return (
        f"{len(found)} share(s) are cut by a near copy: {told}. Read such drivers as one: put them into a group, "
        f"like `{found[0].driver}+{found[0].other}`, or leave one out."
    )
