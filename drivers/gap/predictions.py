"""Which of two models predicts answers left out better, with the error that the survey's design gives that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivers.defaults import DECISIVE_ERRORS
from drivers.fit.regression.sample import Sample, design_covariance
from drivers.stats.leave_one_out import LeftOut


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """``difference`` of two models' log density of answers left out, in respondents, and its standard ``error``."""

    difference: float
    error: float

    @property
    def decisive(self) -> bool:
        """Whether the first model predicts better by more than `DECISIVE_ERRORS` standard errors."""
        return self.difference > DECISIVE_ERRORS * self.error and self.error > 0

    @property
    def open(self) -> bool:
        """Whether neither predicts better by so much."""
        return abs(self.difference) <= DECISIVE_ERRORS * self.error or self.error == 0


def compare_predictions(sample: Sample, one: LeftOut, other: LeftOut) -> Compared:
    """Return how much better `one` predicts than `other`.

    Parameters
    ----------
    sample : Sample
        The cells both were fitted on, with their design.
    one, other : LeftOut
        Two models of the same answers.

    Returns
    -------
    Compared
        Positive where `one` is better. The error is that of a total under the design: weights, strata and sampling
        units enter it as they enter the error of a slope.

    References
    ----------
    .. [1] Vehtari, Gelman & Gabry (2017). Statistics and Computing 27, 1413-1432. doi:10.1007/s11222-016-9696-4
    """
    apart, cells = one.density - other.density, sample.cells
    centre = float(cells.sum_w @ apart / cells.sum_w.sum())
    scale = float(cells.n.sum() / cells.sum_w.sum())
    cov, _ = design_covariance(sample, scale * (apart - centre)[:, None], 0)
    return Compared(difference=one.elpd - other.elpd, error=float(np.sqrt(max(cov[0, 0], 0.0))))
