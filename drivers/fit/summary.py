"""A fit as text, the way a statistician expects to read it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from drivers.fit.result import Fit
from drivers.stats.digits import digits_of_small
from drivers.survey.plain_text import effective, percent_level, short_labels, wrapped

NAMES = {
    ("linear", "identity"): "Linear regression",
    ("ordinal", "probit"): "Cumulative probit",
    ("ordinal", "logit"): "Cumulative logit",
    ("logit", "logit"): "Binary logit",
    ("logit", "probit"): "Binary probit",
}


def summarise(fit: Fit) -> str:
    """Return head, coefficient table and notes of a fit.

    Parameters
    ----------
    fit : Fit
        The fit.

    Returns
    -------
    str
        Plain text, at most 100 columns wide unless labels that look alike need more.
    """
    spec, usage = fit.spec, fit.usage
    scale = "R2" if spec.model == "linear" else "latent R2 (McKelvey-Zavoina)"
    target = fit.label(spec.outcome)
    if spec.model == "logit" and fit.top is not None:
        target += f" >= {fit.top:g}"
    if fit.steps is not None:
        form = f", steps of {', '.join(map(fit.label, fit.steps.drivers))} not equal"
    else:
        form = "" if fit.spreads is None else f", unequal spread by {fit.label(fit.spreads.column)}"
    only_complete = fit.missing is not None and fit.missing.method == "complete"
    head = [
        f"{NAMES[spec.model, spec.link]}{form}: {target}{', complete cases only' if only_complete else ''}",
        f"{usage.used:,} respondents of {usage.read:,} read, {usage.complete:,} with every answer; "
        f"{effective(fit.n, fit.n_eff)}",
        f"{scale} {fit.r2:.4f}",
    ]
    if fit.loglik is not None:
        line = f"log-likelihood {fit.loglik:.3f}"
        if spec.model != "linear" and fit.loglik_null is not None:
            line += f", without drivers {fit.loglik_null:.3f}, McFadden {fit.mcfadden:.4f}"
        head.append(line)
    if spec.engine == "bayes":
        from drivers.fit.bayes.table import summarise_posterior

        return summarise_posterior(fit, head)
    table = fit.tidy()
    digits = [digits_of_small(se, 4) for se in table["robust_se"]]
    shown = pd.DataFrame({
        "estimate": [f"{value:.{d}f}" for value, d in zip(table["estimate"], digits, strict=True)],
        "model se": [f"{value:.{d}f}" for value, d in zip(table["model_se"], digits, strict=True)],
        "robust se": [f"{value:.{d}f}" for value, d in zip(table["robust_se"], digits, strict=True)],
        "t": table["statistic"].map("{:.2f}".format),
        "p": table["p_value"].map(lambda p: "<.0001" if p < 1e-4 else f"{p:.4f}"[1:] if p < 1 else "1"),
        f"{percent_level(spec.level)} interval": [
            f"{a:.{d}f} to {b:.{d}f}" for a, b, d in zip(table["low"], table["high"], digits, strict=True)
        ],
    })
    shown.index = pd.Index(short_labels(list(table["label"])))
    small = fit.small_sample
    widening = np.sqrt(small.robust) - 1
    wider = f", made {widening:.0%} wider for p and intervals because few people carry it" if widening >= 0.005 else ""
    least = "" if fit.missing is None or np.ptp(fit.missing.df) < 1 else "at least "
    unit = "points" if spec.model == "linear" else "latent units"
    foot = [
        f"Slopes: {unit} of the outcome per point of the driver, the other drivers held equal; association, not "
        "effect.",
        f"Robust se: sandwich under the declared design, {least}{min(fit.df, small.df):,.0f} degrees of freedom; t, p "
        f"and intervals use it{wider}. "
        f"{fit.draws.slopes.shape[1]:,} bootstrap draws of {fit.diagnostics.get('resampled', 'cells')}, seed "
        f"{spec.seed}.",
    ]
    if fit.missing is not None and not only_complete:
        slopes = zip(table["label"], table["fmi"], fit.terms, strict=True)
        told = ", ".join(f"{label} {fmi:.0%}" for label, fmi, term in slopes if term in fit.spec.drivers)
        foot.append(f"Fraction of missing information per slope: {told}.")
    return "\n".join([*wrapped(head), "", shown.to_string(justify="right"), "", *wrapped([*foot, *fit.notes])])
