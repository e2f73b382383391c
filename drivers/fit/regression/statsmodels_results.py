"""A fit as a results object of statsmodels, for its summary, tests of hypotheses and predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from drivers.errors import InputError
from drivers.fit.result import Fit


def to_statsmodels(fit: Fit) -> Any:
    """Return the results object of statsmodels for a fit; its errors are the model-based ones.

    Parameters
    ----------
    fit : Fit
        A regression fit.

    Returns
    -------
    OrderedResultsWrapper, GLMResultsWrapper or RegressionResultsWrapper
        For ordinal, logit and linear models. Counts, degrees of freedom and information criteria are of respondents,
        weights scaled to add up to them. It knows nothing of weights as probabilities, strata or PSUs: for errors
        under the design use ``fit.robust_cov``. Tests on residuals (Omnibus, Durbin-Watson) are of cells.

    Raises
    ------
    InputError
        For a posterior, or a fit that used incomplete answers (FIML or imputation): no model of statsmodels does that.
    """
    cells, spec = fit.cells, fit.spec
    if spec.engine == "bayes":
        raise InputError("statsmodels has no posteriors; fit with engine='regression' to hand a fit over to it.")
    if np.isnan(cells.values).any():
        raise InputError(
            f"{fit.n - fit.usage.complete:,} of the {fit.n:,} respondents left an answer out, and the fit used what "
            "they did answer (FIML or imputation); the models of statsmodels have no such thing. Use fit.tidy() and "
            "fit.summary(), or fit the complete answers only: missing='complete'."
        )
    x = pd.DataFrame(cells.values[:, :-1], columns=list(cells.items[:-1]))
    people = float(cells.n.sum())
    weight = cells.sum_w * (people / cells.sum_w.sum())
    y = cells.column(spec.outcome)
    if spec.model == "linear":
        from drivers.fit.regression.statsmodels_linear import CellWLS

        design = x.assign(**{"(Intercept)": 1.0})
        return CellWLS(pd.Series(y, name=spec.outcome), design, weight, people).fit()
    if spec.model == "logit":
        return _binary(fit, x, y, weight)
    from drivers.fit.regression.statsmodels_model import CellOrderedModel

    answered = pd.Series(pd.Categorical(y, categories=fit.categories, ordered=True), name=spec.outcome)
    model = CellOrderedModel(answered, x, weight, people, "probit" if spec.link == "probit" else "logit")
    p = len(x.columns)
    cuts = fit.estimate[p:]
    start = np.concatenate([fit.estimate[: p + 1], np.log(np.diff(cuts))])
    return model.fit(start_params=start)


def _binary(fit: Fit, x: pd.DataFrame, y: Any, weight: Any) -> Any:
    """Fit a GLM on cells by Newton on the observed information, as the fit's own errors are."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.families.links import Logit, Probit
    from statsmodels.genmod.generalized_linear_model import GLM

    top = pd.Series((y >= fit.top).astype(float), name=f"{fit.spec.outcome} >= {fit.top:g}")
    family = Binomial(link=Probit() if fit.spec.link == "probit" else Logit())
    model = GLM(top, x.assign(**{"(Intercept)": 1.0}), family=family, freq_weights=weight)
    results = model.fit(start_params=fit.estimate, method="newton", max_start_irls=0, disp=False)
    results._results.nobs = float(weight.sum())  # else the cells, in the summary and in its pseudo R2
    return results
