"""`clones`: drivers that ask nearly the same, so that each has part of a share which belongs to both."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import CLONE_CUT, CLONE_GAIN, MOST_EXACT, NEAR_ZERO
from drivers.errors import CloneWarning, InputError
from drivers.fit.result import Fit
from drivers.importance.blocks import Blocks, blocks_of
from drivers.importance.hierarchy import refuse_products
from drivers.stats.measures import last
from drivers.stats.shapley import lmg
from drivers.work.pace import Told

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone:
    """``driver`` loses part of its share to ``other``: from ``alone`` (without `other` in the model) to ``share``.

    ``gain`` is what `other` adds to R2; all in parts of the outcome's variance. ``correlation`` is between the two; of
    groups, the largest between their members.
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


def clones(
    fit: Fit, *, groups: Mapping[str, Sequence[str]] | None = None, always: Sequence[str] = ()
) -> tuple[Clone, ...]:
    """Find drivers whose share is cut by another one that explains next to nothing more.

    Parameters
    ----------
    fit : Fit
        A fitted driver model; its estimate is used, not its draws.
    groups : mapping of str to sequence of str, optional
        Drivers that enter together, by the name of their group; then a group can be cut, or cut others, as a whole.
    always : sequence of str
        Drivers that are in every model; the fit's controls are always in.

    Returns
    -------
    tuple of Clone
        The largest cut first. A cut is reported above `CLONE_CUT`, at a gain in R2 below `CLONE_GAIN`, for drivers
        whose share without the other one is above `NEAR_ZERO`.

    Raises
    ------
    InputError
        If there are more than `MOST_EXACT` drivers, the fit has squares or products, or a name in `groups` or
        `always` is not right.

    Notes
    -----
    Ask the same twice, and each answer gets part of the importance; R2 does not move. With the two in one group the
    share comes back. Weak overlap among many drivers cuts shares too, but less each time.

    References
    ----------
    .. [1] Groemping (2007). The American Statistician 61(2), 139-147. doi:10.1198/000313007X188252
    """
    refuse_products(fit, "`clones`")
    blocks = blocks_of(fit.spec.drivers, groups, always, fit.spec.controls)
    return clones_of(fit.point.joint_covariance()[0, 0], blocks)


def refuse_many(count: int) -> None:
    """Refuse more rows than can each be left out once.

    Parameters
    ----------
    count : int
        Drivers, or groups of them, that get a share.

    Raises
    ------
    InputError
        If there are more than `MOST_EXACT`.
    """
    if count > MOST_EXACT:
        raise InputError(
            f"{count} drivers are too many to leave each out once; look for clones among at most {MOST_EXACT}, for "
            "example those with the largest correlations."
        )


def clones_of(cov: FloatArray, blocks: Blocks) -> tuple[Clone, ...]:
    """Find clones from a covariance matrix; with more than 20 rows that takes seconds, and tells its pace.

    Parameters
    ----------
    cov : ndarray, shape (p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.
    blocks : Blocks
        Rows, and always-in drivers.

    Returns
    -------
    tuple of Clone
        As `clones` says.

    Raises
    ------
    InputError
        If there are more than `MOST_EXACT` rows.
    """
    k = len(blocks.names)
    refuse_many(k)
    if k < 2:
        return ()
    whole = lmg(cov, groups=blocks.members, always=blocks.always)
    gains = last(cov, groups=blocks.members, always=blocks.always)
    told, found = Told(f"leaving out each of {k} drivers"), []
    for j in np.flatnonzero(gains < CLONE_GAIN):  # the others add something of their own
        rest = [i for i in range(k) if i != j]
        alone = _without(cov, blocks, int(j))
        for place, i in enumerate(rest):
            if alone[place] > NEAR_ZERO and whole[i] < (1 - CLONE_CUT) * alone[place]:
                found.append(Clone(
                    driver=blocks.names[i], other=blocks.names[j], alone=float(alone[place]), share=float(whole[i]),
                    gain=float(gains[j]), correlation=_correlation(cov, blocks.members[i], blocks.members[j]),
                ))
        told(int(j) + 1, k)
    return tuple(sorted(found, key=lambda clone: -clone.cut))


def _without(cov: FloatArray, blocks: Blocks, j: int) -> FloatArray:
    """LMG (k - 1,) of the other rows once row `j` is not there."""
    kept = [at for at in range(len(cov)) if at not in blocks.members[j]]
    place = {old: new for new, old in enumerate(kept)}
    rows = [[place[at] for at in row] for i, row in enumerate(blocks.members) if i != j]
    return lmg(cov[np.ix_(kept, kept)], groups=rows, always=[place[at] for at in blocks.always])


def _correlation(cov: FloatArray, one: Sequence[int], two: Sequence[int]) -> float:
    """Largest correlation, by size, between a driver of one row and a driver of the other."""
    scale = np.sqrt(np.diag(cov))
    between = [float(cov[i, j] / scale[i] / scale[j]) for i in one for j in two]
    return max(between, key=abs)


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
        If there are more than `MOST_EXACT` drivers.
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
        f"{len(found)} share(s) are cut by a near copy: {told}. Read such drivers as one: put them into one group, "
        f"`{found[0].driver}` with `{found[0].other}`, or leave one out."
    )
