"""How much better than no drivers: pseudo-R2 of likelihood models, from log-likelihoods."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError, quoted

FloatArray = NDArray[np.float64]
FitIndex = Literal["mcfadden", "estrella", "cox_snell", "nagelkerke"]

FIT_INDICES: tuple[FitIndex, ...] = get_args(FitIndex)


def fit_index(
    loglik: FloatArray, null: float | FloatArray, n: float | FloatArray, index: FitIndex = "mcfadden"
) -> FloatArray:
    """Measure the fit of models against the model without drivers.

    Parameters
    ----------
    loglik : ndarray, any shape
        Log-likelihoods of models fitted to the same answers.
    null : float or ndarray
        Log-likelihood of the model without drivers; in the shape of `loglik` or broadcast to it, as `n`.
    n : float or ndarray
        Number of respondents. Weights must add up to it, and `loglik` and `null` be theirs. Rows of a grouped table are
        not respondents: with them every index but McFadden's has another value, and his too if binomial constants are
        in the log-likelihoods.
    index : {"mcfadden", "estrella", "cox_snell", "nagelkerke"}
        Which one. Their values are not comparable with each other.

    Returns
    -------
    ndarray, shape of `loglik`
        0 for the model without drivers. 1 for a perfect one, except Cox and Snell's, which ends below 1.

    Raises
    ------
    InputError
        If the index is unknown, or the model without drivers already fits perfectly.

    References
    ----------
    McFadden (1974). In Frontiers in Econometrics, 105-142. Academic Press.
    Estrella (1998). Journal of Business & Economic Statistics 16(2), 198-205. doi:10.1080/07350015.1998.10524753
    Cox & Snell (1989). Analysis of Binary Data, 2nd ed. Chapman & Hall.
    Nagelkerke (1991). Biometrika 78(3), 691-692. doi:10.1093/biomet/78.3.691
    """
    if index not in FIT_INDICES:
        raise InputError(f"index={index!r} is not known; choose one of {quoted(FIT_INDICES)}.")
    if not np.all(np.asarray(null) < 0):
        raise InputError("Without drivers the fit is perfect already: the outcome does not vary. Choose another one.")
    loglik = np.asarray(loglik, dtype=np.float64)
    if index == "mcfadden":
        return 1 - loglik / null
    if index == "estrella":
        return 1 - (loglik / null) ** (-2 * null / n)
    cox_snell: FloatArray = -np.expm1(2 * (null - loglik) / n)
    return cox_snell if index == "cox_snell" else cox_snell / -np.expm1(2 * null / n)
