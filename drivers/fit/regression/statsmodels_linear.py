"""Least squares for statsmodels on weighted cells, with degrees of freedom and likelihood of respondents, not cells."""

from __future__ import annotations

from typing import NoReturn, TypedDict, Unpack

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.regression.linear_model import WLS, RegressionResults, RegressionResultsWrapper

from drivers.errors import InputError
from drivers.fit.regression.statsmodels_model import ROBUST_IS_OURS

FloatArray = NDArray[np.float64]


class _RobustOptions(TypedDict, total=False):
    """Further options of statsmodels' robust covariances."""

    maxlags: int
    weights_func: object
    kernel: object
    use_correction: bool | str
    df_correction: bool
    groups: object
    time: object
    scaling_factor: float
    adjust_df: bool


class CellLinearResults(RegressionResults):  # type: ignore[misc]
    """Results of a `CellWLS`: model-based errors of respondents; robust ones would need respondents and are refused."""

    @property
    def nobs(self) -> float:
        """Respondents, not cells."""
        return float(self.model.people)

    def _HCCM(self, scale: FloatArray) -> NoReturn:
        raise InputError(ROBUST_IS_OURS.format(what="heteroscedasticity-robust covariance"))

    def get_robustcov_results(
        self, cov_type: str = "HC1", use_t: bool | None = None, **options: Unpack[_RobustOptions]
    ) -> NoReturn:
        """Refuse robust errors, which would count cells.

        Parameters
        ----------
        cov_type : str
            The covariance asked for, as in statsmodels.
        use_t : bool, optional
            As in statsmodels.
        **options
            As in statsmodels.

        Raises
        ------
        InputError
            Always; the message names the fit's own robust errors.
        """
        raise InputError(ROBUST_IS_OURS.format(what=f"cov_type={cov_type!r}"))


class CellWLS(WLS):  # type: ignore[misc]
    """Weighted least squares on cells.

    Parameters
    ----------
    endog : Series
        Outcome (m,).
    exog : DataFrame
        Drivers and constant (m, p + 1).
    weights : ndarray, shape (m,)
        Weight of each cell, scaled to add up to the respondents.
    people : float
        Respondents behind the cells.
    """

    def __init__(self, endog: pd.Series, exog: pd.DataFrame, weights: FloatArray, people: float) -> None:
        super().__init__(endog, exog, weights=weights)
        self.people = float(people)
        self.df_resid = self.people - exog.shape[1]  # of full rank: the fit refuses drivers that mix exactly

    def loglike(self, params: FloatArray) -> float:
        """Return the normal log-likelihood at the residual variance of `params`, each respondent counting their weight.

        Parameters
        ----------
        params : ndarray, shape (p + 1,)
            Slopes and intercept.

        Returns
        -------
        float
            As `drivers.fit` prints it.
        """
        squares = float(np.sum((self.wendog - self.wexog @ np.asarray(params)) ** 2))
        return float(-0.5 * self.people * (np.log(2 * np.pi * squares / self.people) + 1))

    def fit(self) -> RegressionResultsWrapper:
        """Fit by least squares.

        Returns
        -------
        RegressionResultsWrapper
            The results object of statsmodels, with model-based errors.
        """
        plain = super().fit()
        results = CellLinearResults(self, plain._results.params, normalized_cov_params=plain.normalized_cov_params)
        return RegressionResultsWrapper(results)
