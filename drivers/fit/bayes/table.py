"""A posterior as a table and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.survey.plain_text import percent_level, short_labels, wrapped

if TYPE_CHECKING:
    from drivers.fit.result import Fit

FloatArray = NDArray[np.float64]


def term_draws(fit: Fit) -> FloatArray:
    """Return the draws (S, t) of the terms of `fit`, in the order of ``fit.terms``.

    Intercept and thresholds are those of people for whom every control is 0, as in the table of a regression; the fit's
    draws hold them at the average of every control, from where they are moved back by the sample's averages.
    """
    draws = fit.draws
    parts = [draws.slopes]
    tail = draws.cuts if fit.spec.model == "ordinal" else draws.intercept[..., None]
    if draws.controls is not None:
        p, k = draws.slopes.shape[-1], draws.controls.slopes.shape[-1]
        column, weight = fit.cells.values[:, p : p + k], fit.cells.sum_w[:, None] * np.ones(k)
        there = ~np.isnan(column)
        average = np.where(there, column * weight, 0).sum(axis=0) / (weight * there).sum(axis=0)
        shift = (draws.controls.slopes @ average)[..., None]
        tail = tail + shift if fit.spec.model == "ordinal" else tail - shift
        parts.append(draws.controls.slopes)
    if draws.exposure is not None:
        parts.append(draws.exposure.effect)
    parts.append(tail)
    whole = np.concatenate(parts, axis=-1)
    return whole.reshape(-1, whole.shape[-1])


def posterior_table(fit: Fit) -> pd.DataFrame:
    """Return one row per term of a posterior.

    Parameters
    ----------
    fit : Fit
        A fit of engine "bayes".

    Returns
    -------
    DataFrame
        The columns of a regression's table. ``estimate`` is the posterior mean; ``model_se`` the posterior standard
        deviation if the model holds and weights are taken as they are; ``robust_se`` that of the draws turned to the
        design, or where there is no design the sandwich error, as a check of the model. ``statistic`` and ``p_value``
        are missing, a posterior has none; ``p_positive`` is the probability of a value above 0. ``low`` and ``high``
        are quantiles of the draws at the fit's level.
    """
    drawn = term_draws(fit)
    low, high = np.quantile(drawn, [(1 - fit.spec.level) / 2, (1 + fit.spec.level) / 2], axis=0)
    none = np.full(len(fit.terms), np.nan)
    return pd.DataFrame({
        "term": list(fit.terms), "label": [fit.label(term) for term in fit.terms], "estimate": fit.estimate,
        "model_se": np.sqrt(np.diag(fit.model_cov)), "robust_se": np.sqrt(np.diag(fit.robust_cov)), "statistic": none,
        "p_value": none, "p_positive": (drawn > 0).mean(axis=0), "low": low, "high": high,
        "fmi": np.zeros(len(fit.terms)) if fit.missing is None else fit.missing.fmi,
    })


def summarise_posterior(fit: Fit, head: list[str]) -> str:
    """Return `head`, the terms and the notes of the posterior `fit` as text, at most 100 columns wide."""
    spec, table = fit.spec, fit.tidy()
    drawn = term_draws(fit)
    shown = pd.DataFrame({
        "mean": table["estimate"].map("{:.4f}".format),
        "median": [f"{value:.4f}" for value in np.median(drawn, axis=0)],
        "sd": [f"{value:.4f}" for value in drawn.std(axis=0, ddof=1)],
        f"{percent_level(spec.level)} interval": [
            f"{a:.4f} to {b:.4f}" for a, b in zip(table["low"], table["high"], strict=True)
        ],
        "P(above 0)": table["p_positive"].map("{:.3f}".format),
    })
    shown.index = pd.Index(short_labels(list(table["label"])))
    unit = "points" if spec.model == "linear" else "latent units"
    foot = [
        f"Slopes: {unit} of the outcome per point of the driver, the other drivers held equal; association, not "
        "effect.",
        f"Intervals are quantiles of {len(drawn):,} posterior draws, seed {spec.seed}.",
    ]
    return "\n".join([*wrapped(head), "", shown.to_string(justify="right"), "", *wrapped([*foot, *fit.notes])])
