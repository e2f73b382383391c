"""A cumulative model for statsmodels that knows weights on cells; its parent would take every cell for a respondent."""

from __future__ import annotations

import warnings
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.base.model import LikelihoodModel
from statsmodels.miscmodels.ordinal_model import OrderedModel, OrderedResults, OrderedResultsWrapper

from drivers.errors import InputError
from drivers.stats.cumulative import IntArray, Link, cell_scores, log_density

FloatArray = NDArray[np.float64]

ROBUST_IS_OURS = (
    "statsmodels sees cells, not respondents, so its {what} would be wrong without a word. Use the fit's own: "
    "fit.robust_cov and fit.tidy()['robust_se'] for design-based errors, fit.draws for the bootstrap."
)


class CellOrderedResults(OrderedResults):  # type: ignore[misc]
    """Results of a `CellOrderedModel`: counts and information criteria are of respondents.

    Parameters
    ----------
    model : CellOrderedModel
        The model that was fitted.
    mlefit : LikelihoodModelResults
        What was found: parameters and their covariance.
    """

    def __init__(self, model: CellOrderedModel, mlefit: Any) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "df_resid differs")  # the parent counts cells until the next line
            super().__init__(model, mlefit)
        self.nobs = model.nobs

    def pred_table(self) -> pd.DataFrame:
        """Return weighted counts of answered (rows) against most likely (columns) category.

        Returns
        -------
        DataFrame
            With margins, labelled by the outcome's scale points; adds up to the respondents.
        """
        labels = np.asarray(self.model.labels)
        answered = pd.Series(labels[self.model.endog], name=self.model.endog_names)
        likeliest = pd.Series(labels[np.asarray(self.predict()).argmax(axis=1)], name="predicted")
        return pd.crosstab(answered, likeliest, values=self.model.weight, aggfunc="sum", margins=True).fillna(0.0)

    def bootstrap(
        self, nrep: int = 100, method: str = "nm", disp: int = 0, store: bool = True, rng: object = None
    ) -> NoReturn:
        """Refuse to resample cells as if they were respondents.

        Parameters
        ----------
        nrep : int
            Resamples asked for, as in statsmodels.
        method : str
            Optimiser, as in statsmodels.
        disp : int
            As in statsmodels.
        store : bool
            As in statsmodels.
        rng : object
            As in statsmodels.

        Raises
        ------
        InputError
            Always; the message names the draws of the fit.
        """
        raise InputError(ROBUST_IS_OURS.format(what="bootstrap"))


class CellOrderedModel(OrderedModel):  # type: ignore[misc]
    """Cumulative logit or probit on weighted cells, ``P(y <= k | x) = F(cut_k - x'b)``.

    Parameters
    ----------
    endog : Series
        The outcome (m,), an ordered categorical; every category is used.
    exog : DataFrame
        Drivers (m, p), no constant.
    weight : ndarray, shape (m,)
        Weight of each cell, scaled to add up to the respondents.
    people : float
        Respondents behind the cells, for degrees of freedom and information criteria.
    link : {"logit", "probit"}
        The distribution of the latent error.

    Notes
    -----
    Parameters are statsmodels' own: slopes (p,), the first cut, then the logarithms of the steps between cuts.
    Score and Hessian follow from those in slopes and cuts by the chain rule, the second-order term included.
    """

    def __init__(self, endog: pd.Series, exog: pd.DataFrame, weight: FloatArray, people: float, link: Link) -> None:
        super().__init__(endog, exog, distr=link)
        self.weight = np.asarray(weight, dtype=np.float64)
        self.link: Link = link
        self.nobs = float(people)
        self.df_resid = self.nobs - (self.k_vars + self.k_extra)
        self._category: IntArray = np.asarray(self.endog, dtype=np.intp)
        self._drivers = np.ascontiguousarray(self.exog, dtype=np.float64)

    def prob(self, low: FloatArray, upp: FloatArray) -> FloatArray:
        """Return P(low < error <= upp), the difference taken in the tail where both values are small.

        Parameters
        ----------
        low, upp : ndarray
            Ends of the interval on the latent scale.

        Returns
        -------
        ndarray
            Never negative.
        """
        right = low > 0
        difference = np.where(
            right, self.distr.sf(low) - self.distr.sf(upp), self.distr.cdf(upp) - self.distr.cdf(low)
        )
        return np.asarray(np.maximum(difference, 0.0), dtype=np.float64)

    def loglikeobs(self, params: FloatArray) -> FloatArray:
        """Return the weighted log-likelihood of each cell.

        Parameters
        ----------
        params : ndarray, shape (p + q,)
            Slopes, first cut, log steps.

        Returns
        -------
        ndarray, shape (m,)
            Adds up to the log-likelihood of the respondents.
        """
        chance = np.maximum(self.prob(*self._bounds(np.asarray(params))), 1e-300)
        return np.asarray(self.weight * np.log(chance), dtype=np.float64)

    def score_obs(self, params: FloatArray) -> FloatArray:
        """Return the gradient of each cell's weighted log-likelihood.

        Parameters
        ----------
        params : ndarray, shape (p + q,)
            Slopes, first cut, log steps.

        Returns
        -------
        ndarray, shape (m, p + q)
            Adds up to `score`.
        """
        theta, jacobian = self._slopes_and_cuts(np.asarray(params))
        p = self.k_vars
        scores = cell_scores(self._drivers, self._category, theta[:p], theta[p:], self.link)
        return np.asarray((scores * self.weight[:, None]) @ jacobian)

    def score(self, params: FloatArray) -> FloatArray:
        """Return the gradient of the log-likelihood.

        Parameters
        ----------
        params : ndarray, shape (p + q,)
            Slopes, first cut, log steps.

        Returns
        -------
        ndarray, shape (p + q,)
            Zero at the optimum.
        """
        theta, jacobian = self._slopes_and_cuts(np.asarray(params))
        _, gradient, _ = log_density(self._drivers, self._category, self.weight, theta, self.link)
        return np.asarray(gradient @ jacobian)

    def hessian(self, params: FloatArray) -> FloatArray:
        """Return the second derivatives of the log-likelihood.

        Parameters
        ----------
        params : ndarray, shape (p + q,)
            Slopes, first cut, log steps.

        Returns
        -------
        ndarray, shape (p + q, p + q)
            Exact, not by differences.
        """
        theta, jacobian = self._slopes_and_cuts(np.asarray(params))
        _, gradient, hessian = log_density(self._drivers, self._category, self.weight, theta, self.link)
        out = jacobian.T @ hessian @ jacobian
        first = self.k_vars + 1
        # a log step moves every cut above it, and each of those moves curves by the step itself
        out[range(first, len(out)), range(first, len(out))] += gradient @ jacobian[:, first:]
        return np.asarray(out)

    @property
    def start_params(self) -> FloatArray:
        """Parameters of the model without drivers, from the weighted shares of the categories."""
        share = np.bincount(self._category, weights=self.weight) / self.weight.sum()
        ends = self.distr.ppf(np.clip(share.cumsum(), 0.0, 1.0))
        return np.concatenate([np.zeros(self.k_vars), self.transform_reverse_threshold_params(ends)])

    def fit(
        self, start_params: FloatArray | None = None, method: str = "newton", maxiter: int = 100, disp: bool = False,
        cov_type: str = "nonrobust",
    ) -> OrderedResultsWrapper:
        """Fit by maximum likelihood.

        Parameters
        ----------
        start_params : ndarray, shape (p + q,), optional
            The model without drivers by default.
        method : str
            An optimiser of statsmodels.
        maxiter : int
            Most steps.
        disp : bool
            Print the optimiser's messages.
        cov_type : {"nonrobust"}
            Model-based errors.

        Returns
        -------
        OrderedResultsWrapper
            The results object of statsmodels.

        Raises
        ------
        InputError
            If robust errors are asked for: those need respondents, not cells.
        """
        if cov_type != "nonrobust":
            raise InputError(ROBUST_IS_OURS.format(what=f"cov_type={cov_type!r}"))
        start = self.start_params if start_params is None else start_params
        found = LikelihoodModel.fit(
            self, start_params=start, method=method, maxiter=maxiter, disp=disp, cov_type=cov_type
        )
        results = CellOrderedResults(self, found)
        results.hasconst = 0  # as the parent does; the thresholds are no constant
        return OrderedResultsWrapper(results)

    def _slopes_and_cuts(self, params: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return (slopes, cuts) (p + q,) and their derivative (p + q, p + q) in `params`."""
        p = self.k_vars
        steps = np.exp(params[p + 1 :])
        theta = np.concatenate([params[:p], np.concatenate([params[p : p + 1], steps]).cumsum()])
        jacobian = np.eye(len(params))
        jacobian[p:, p] = 1.0
        for place, step in enumerate(steps, start=p + 1):
            jacobian[place:, place] = step
        return theta, jacobian
