"""Is a simpler surface enough? Additive, gap and squared-gap models against the full one, by leaving answers out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.fit.outcome import Outcome
from drivers.fit.regression.sample import Sample
from drivers.gap.predictions import Compared, compare_predictions
from drivers.stats.cumulative import fit_cumulative, null_loglik
from drivers.stats.leave_one_out import LeftOut, loo_linear, loo_ordinal

FloatArray = NDArray[np.float64]

MODELS: Final = ("full", "additive", "gap", "squared gap")


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A model of the surface: ``r2`` (McFadden's for ordinal), ``terms`` beside the intercept, and how it predicts.

    ``elpd`` is the log density of answers left out; ``worse`` that of the full model less this one's, with ``error``;
    ``f`` and ``p_value`` test its restrictions against the full model (F for linear, likelihood ratio over its degrees
    of freedom for ordinal), with ``df``. The test takes answers as a plain random sample.
    """

    model: str
    terms: int
    r2: float
    elpd: float
    worse: float
    error: float
    aic: float
    f: float
    df: tuple[float, float]
    p_value: float

    @property
    def verdict(self) -> str:
        """What the comparison allows to say."""
        if self.model == "full":
            return "all five terms"
        if Compared(difference=self.worse, error=self.error).open:
            return "predicts as well as the full surface"
        return "predicts worse than the full surface" if self.worse > 0 else "predicts better than the full surface"


def constraint_columns(x: FloatArray, y: FloatArray) -> dict[str, FloatArray]:
    """Return the columns of each model of `MODELS` from `x` and `y` (m, drivers), less the middle of their scale."""
    return {
        "full": np.column_stack([x, y, x * x, x * y, y * y]), "additive": np.column_stack([x, y]), "gap": x - y,
        "squared gap": (x - y) ** 2,
    }


def compare_constraints(sample: Sample, x: FloatArray, y: FloatArray, coded: Outcome | None) -> tuple[Constraint, ...]:
    """Compare the models of one or several surfaces.

    Parameters
    ----------
    sample : Sample
        Complete cells, the outcome last.
    x, y : ndarray, shape (m, d)
        Perceived and expected of d drivers, less the middle of their scale.
    coded : Outcome or None
        Categories of an ordinal outcome.

    Returns
    -------
    tuple of Constraint
        In the order of `MODELS`. Leaving one answer out is exact for linear models and one Newton step for ordinal.

    References
    ----------
    .. [1] Edwards & Parry (1993). Academy of Management Journal 36(6), 1577-1613. doi:10.2307/256822
    .. [2] Vehtari, Gelman & Gabry (2017). Statistics and Computing 27, 1413-1432. doi:10.1007/s11222-016-9696-4
    """
    columns = constraint_columns(x, y)
    z, weight, n = sample.cells.values[:, -1], sample.weight, sample.cells.n
    if coded is None:
        fitted = {name: (_sum_of_squares(part, z, weight), loo_linear(part, z, weight, n))
                  for name, part in columns.items()}  # fmt: skip
        none = _sum_of_squares(np.empty((len(z), 0)), z, weight)
        return _linear(sample, columns, fitted, none)
    category = np.searchsorted(coded.categories, z).astype(np.intp)
    ordinal: dict[str, tuple[float, LeftOut]] = {}
    for name, part in columns.items():
        fit = fit_cumulative(np.ascontiguousarray(part), category, weight, "probit")
        ordinal[name] = (fit.loglik, loo_ordinal(np.ascontiguousarray(part), category, weight, n, fit, "probit"))
    return _ordinal(sample, columns, ordinal, null_loglik(category, weight))


def _sum_of_squares(columns: FloatArray, z: FloatArray, weight: FloatArray) -> float:
    root = np.sqrt(weight)
    x = np.column_stack([np.ones(len(z)), columns]) * root[:, None]
    left = root * z - x @ np.linalg.lstsq(x, root * z, rcond=None)[0]
    return float(left @ left)


def _linear(
    sample: Sample, columns: dict[str, FloatArray], fitted: dict[str, tuple[float, LeftOut]], none: float
) -> tuple[Constraint, ...]:
    from scipy.special import fdtrc

    full, best = fitted["full"]
    size = float(sample.cells.n.sum())
    free = size - columns["full"].shape[1] - 1
    found = []
    for name, (squares, left) in fitted.items():
        terms = columns[name].shape[1]
        lost = columns["full"].shape[1] - terms
        f = (squares - full) / lost / (full / free) if lost else float("nan")
        apart = compare_predictions(sample, best, left)
        found.append(Constraint(
            model=name, terms=terms, r2=1 - squares / none, elpd=left.elpd, worse=apart.difference, error=apart.error,
            aic=size * float(np.log(squares / size)) + 2 * (terms + 2), f=float(f), df=(float(lost), free),
            p_value=float(fdtrc(lost, free, f)) if lost else float("nan"),
        ))
    return tuple(found)


def _ordinal(
    sample: Sample, columns: dict[str, FloatArray], fitted: dict[str, tuple[float, LeftOut]], none: float
) -> tuple[Constraint, ...]:
    from scipy.special import chdtrc

    full, best = fitted["full"]
    found = []
    for name, (loglik, left) in fitted.items():
        terms = columns[name].shape[1]
        lost = columns["full"].shape[1] - terms
        chi = max(2 * (full - loglik), 0.0)
        apart = compare_predictions(sample, best, left)
        found.append(Constraint(
            model=name, terms=terms, r2=1 - loglik / none, elpd=left.elpd, worse=apart.difference, error=apart.error,
            aic=2 * terms - 2 * loglik, f=chi / lost if lost else float("nan"), df=(float(lost), float("inf")),
            p_value=float(chdtrc(lost, chi)) if lost else float("nan"),
        ))
    return tuple(found)
