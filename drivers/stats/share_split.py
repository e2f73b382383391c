"""Why a share of importance moved: how much drivers differ, what they count for, and the noise of the outcome."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.stats.score_split import shapley_between
from drivers.stats.shapley import lmg_draws

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShareSplit:
    """Shares ``before`` and ``after`` (S, p), and the parts of their change that go with each block.

    ``spread`` (S, p): variances and correlations of the drivers; ``slope``: their slopes; ``noise``: the variance of
    the outcome that they leave. The three add up to ``after - before``.
    """

    before: FloatArray
    after: FloatArray
    spread: FloatArray
    slope: FloatArray
    noise: FloatArray


def split_share(before: FloatArray, after: FloatArray, *, relative: bool = False) -> ShareSplit:
    """Share out the change of LMG shares between two waves among spread, slopes and noise.

    Parameters
    ----------
    before, after : ndarray, shape (S, p + 1, p + 1)
        Covariances of the drivers and the outcome, outcome last.
    relative : bool
        Whether shares are of what is explained (they add up to 1) in place of the outcome's variance (to R2).

    Returns
    -------
    ShareSplit
        Averaged over the orders in which the blocks can be moved (Shapley).

    Notes
    -----
    With relative shares the noise has no part: it scales all shares alike.

    References
    ----------
    .. [1] Groemping (2007). The American Statistician 61(2), 139-147. doi:10.1198/000313007X188252
    .. [2] Shorrocks (2013). Journal of Economic Inequality 11, 99-126. doi:10.1007/s10888-011-9214-z
    """
    ends = [_blocks(cov) for cov in (before, after)]

    def shares(spread: int, slope: int, noise: int) -> FloatArray:
        among, slopes, rest = ends[spread][0], ends[slope][1], ends[noise][2]
        cross = np.einsum("sij,sj->si", among, slopes)
        size = cross.shape[1]
        cov = np.empty((len(cross), size + 1, size + 1))
        cov[:, :size, :size], cov[:, :size, size], cov[:, size, :size] = among, cross, cross
        cov[:, size, size] = np.einsum("si,si->s", cross, slopes) + rest
        found = lmg_draws(cov)
        return found / found.sum(axis=1, keepdims=True) if relative else found

    spread, slope, noise = shapley_between(shares, 3)
    return ShareSplit(before=shares(0, 0, 0), after=shares(1, 1, 1), spread=spread, slope=slope, noise=noise)


def _blocks(cov: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return covariances of the drivers, slopes, and what they leave of the outcome's variance."""
    among, cross = cov[:, :-1, :-1], cov[:, :-1, -1]
    slopes = np.linalg.solve(among, cross[..., None])[..., 0]
    return among, slopes, cov[:, -1, -1] - np.einsum("si,si->s", cross, slopes)
