"""What a customer is worth who stays with some probability, period after period."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError

FloatArray = NDArray[np.float64]


def lifetime_value(margin: float, stay: FloatArray, discount: float) -> FloatArray:
    """Return the lifetime value of a customer with constant margin and retention.

    Parameters
    ----------
    margin : float
        What a customer brings per period, in money.
    stay : ndarray
        Probability to stay from one period to the next.
    discount : float
        Discount rate per period: 0.1 for ten percent.

    Returns
    -------
    ndarray
        ``margin * stay / (1 + discount - stay)``, in money of today; margins to come, not today's.

    Raises
    ------
    InputError
        If the discount rate is not above 0, without which a customer who surely stays is worth more than any number.

    Notes
    -----
    The value curves upwards in `stay`: average it over people and over draws, never take it at an average.

    References
    ----------
    .. [1] Gupta, Lehmann & Stuart (2004). Valuing customers. J. of Marketing Research 41(1), 7-18.
       doi:10.1509/jmkr.41.1.7.25084
    """
    if not discount > 0:
        raise InputError(f"discount={discount:g} is not above 0; write 0.1 for ten percent per period.")
    value: FloatArray = margin * stay / (1 + discount - stay)
    return value
