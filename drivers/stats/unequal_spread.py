"""What groups that differ in latent level and spread would answer, people being alike in everything else."""

import numpy as np
from numpy.typing import NDArray

from drivers.stats.cumulative import Link, category_probabilities

FloatArray = NDArray[np.float64]


def group_chances(
    eta: FloatArray, weight: FloatArray, cuts: FloatArray, level: FloatArray, spread: FloatArray, link: Link
) -> FloatArray:
    """Average the chance of every category over the same people, as members of each group in turn.

    Parameters
    ----------
    eta : ndarray, shape (s, m)
        Latent mean x'b of m people in each of s draws, levels of groups not in it.
    weight : ndarray, shape (m,)
        What each counts.
    cuts : ndarray, shape (s, q)
        Increasing thresholds.
    level : ndarray, shape (s, G)
        Latent level of every group.
    spread : ndarray, shape (s, G)
        Standard deviation of the latent error in every group, in units of the link's.
    link : {"logit", "probit"}
        The distribution of the latent error.

    Returns
    -------
    ndarray, shape (s, G, q + 1)
        ``sum_i w_i P(y = k | x_i, g) / sum_i w_i`` with ``P(y <= k | x, g) = F((cut_k - level_g - x'b) / spread_g)``.

    Notes
    -----
    With unequal spread the order of levels need not be that of means: cut points 1.5, 2.5, 3.5, 4.5 turn a latent
    N(4, 1) into answers 1 to 5 of mean 3.927, and N(4.5, 2.5^2) into answers of mean 3.828 [1]_.

    References
    ----------
    .. [1] Liddell & Kruschke (2018). Analyzing ordinal data with metric models. Journal of Experimental Social
       Psychology 79, 328-348. doi:10.1016/j.jesp.2018.08.009
    """
    part = weight / weight.sum()
    out = np.empty((len(eta), level.shape[1], cuts.shape[1] + 1))
    for g in range(level.shape[1]):
        inverse = 1 / spread[:, [g]]
        out[:, g] = np.einsum("m,smk->sk", part, category_probabilities((eta + level[:, [g]]) * inverse,
                                                                        cuts * inverse, link))
    return out
