"""The classic evaluation of a pair of Kano questions."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

CATEGORIES: Final = ("attractive", "one-dimensional", "must-be", "indifferent", "reverse", "questionable")

_A, _O, _M, _I, _R, _Q = range(6)
TABLE: Final = np.array([
    [_Q, _A, _A, _A, _O],
    [_R, _I, _I, _I, _M],
    [_R, _I, _I, _I, _M],
    [_R, _I, _I, _I, _M],
    [_R, _R, _R, _R, _Q],
])
"""Category by answer with the feature (rows) and without it (columns), 1 = like it to 5 = dislike it."""


def kano_category(having: FloatArray, lacking: FloatArray) -> NDArray[np.intp]:
    """Return the category of each pair of answers.

    Parameters
    ----------
    having, lacking : ndarray, shape (m,)
        Answers 1 (like it) to 5 (dislike it) with the feature and without it, NaN where there is none.

    Returns
    -------
    ndarray of int, shape (m,)
        Place in `CATEGORIES`, -1 where an answer is missing or no whole number of 1 to 5.

    References
    ----------
    .. [1] Kano, Seraku, Takahashi & Tsuji (1984). J. of the Japanese Society for Quality Control 14(2), 39-48.
    .. [2] Berger et al. (1993). Center for Quality of Management Journal 2(4), 3-36.
    """
    out = np.full(len(having), -1, dtype=np.intp)
    sound = np.isin(having, range(1, 6)) & np.isin(lacking, range(1, 6))
    out[sound] = TABLE[having[sound].astype(int) - 1, lacking[sound].astype(int) - 1]
    return out
