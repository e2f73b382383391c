"""What a definition says about replicate weights: which columns a pattern means, and what each replicate counts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivers.stats.replicates import FloatArray, replicate_factors

if TYPE_CHECKING:
    from drivers.survey.schema import Survey


def fits(pattern: str, column: str) -> bool:
    """Return whether a `column` is meant by a `pattern`, in which * stands for digits."""
    return re.fullmatch(r"\d+".join(map(re.escape, pattern.split("*"))), column) is not None


def declared_factors(survey: Survey, count: int) -> FloatArray | None:
    """Return the factor of each replicate's squared deviation.

    Parameters
    ----------
    survey : Survey
        Declares scheme, scales and Fay's k.
    count : int
        Replicate weights that the data have.

    Returns
    -------
    ndarray, shape (count,), or None
        None where no replicate weights are declared.

    Raises
    ------
    InputError
        If there is a single replicate, or another number of them than of declared scales.
    """
    if not survey.replicate_weights or survey.replicate_scheme is None:
        return None
    scales = survey.replicate_scales
    return replicate_factors(
        survey.replicate_scheme, count, fay=survey.fay,
        scales=None if not scales else scales[0] if len(scales) == 1 else scales,
    )
