"""What a prior says before any answer is in: about R2, the top box, and each driver's share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import POSTERIOR_DRAWS, SEED
from drivers.errors import InputError
from drivers.fit.bayes.priors import PRIORS, CovariancePrior, PriorChoice, R2Prior, SlopePriors, describe
from drivers.fit.regression.ordered import LATENT_SD
from drivers.fit.result import Draws, Fit, FitSpec, Link, Model
from drivers.stats.inverse_wishart import inverse_wishart

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

MOST_SHARED = 12
"""Shares of more drivers are not worked out for the sentence of every fit; `prior_of` has them."""

WITH_CONTROLS = (
    "R2 is that of drivers and controls together; shares are told as if drivers were alone, and are smaller with "
    "controls beside them."
)

LARGEST_R2 = 1 - 1e-12
"""Draws of R2 closer to 1 than this are that: a residual variance of exactly 0 has no logarithm."""

STAND_IN = (
    "The Jeffreys prior is improper and implies nothing by itself; shown is its nearest proper neighbour, uniform "
    "correlations with the weight of one answer."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImpliedPrior:
    """Draws from a prior: ``r2`` (S,), ``shares`` (S, p) of LMG and ``top`` (S,) share in the top box, None if linear.

    ``bars`` (S, K) are the shares of all categories, None if linear; ``stated`` is the prior in words, ``labels`` are
    those of the drivers, and ``notes`` say what the simulation takes for granted.
    """

    drivers: tuple[str, ...]
    r2: FloatArray
    shares: FloatArray
    top: FloatArray | None
    stated: str
    notes: tuple[str, ...] = ()
    bars: FloatArray | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    def label(self, name: str) -> str:
        """Return the words to print for a driver, by its `name`."""
        return self.labels.get(name, name)

    def tidy(self) -> pd.DataFrame:
        """Return one row per quantity: ``quantity`` ("r2", "top_box", "share"), ``driver``, ``mean``, and quantiles.

        ``low``, ``median`` and ``high`` are the 5 %, 50 % and 95 % quantiles.
        """
        drawn = [("r2", "", self.r2), *([("top_box", "", self.top)] if self.top is not None else [])]
        drawn += [("share", name, self.shares[:, j]) for j, name in enumerate(self.drivers)]
        rows = []
        for quantity, driver, values in drawn:
            low, median, high = np.quantile(values, [0.05, 0.5, 0.95])
            rows.append({
                "quantity": quantity, "driver": driver, "mean": float(values.mean()), "low": float(low),
                "median": float(median), "high": float(high),
            })
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """Return the prior and what it implies as text."""
        table = self.tidy()
        words = {"r2": "explained together (R2)", "top_box": "share in the top box", "share": "share of "}
        shown = pd.DataFrame({
            "before any answer": table["quantity"].map(words) + table["driver"].map(self.label),
            **{name: table[name].map("{:.1%}".format) for name in ("mean", "low", "median", "high")},
        })
        return "\n".join([self.stated, "", shown.to_string(index=False), "", *self.notes])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw what the prior implies for R2, the top box and every share, on `ax` or a new figure."""
        from drivers.plot.implied import plot_implied

        return plot_implied(self, ax=ax)


def implied_prior(
    x_cov: FloatArray, prior: PriorChoice | None = None, *, model: Model = "ordinal", link: Link = "probit",
    categories: int = 5, top: int = 2, drivers: Sequence[str] | None = None, draws: int = POSTERIOR_DRAWS,
    seed: int = SEED, labels: Mapping[str, str] | None = None,
) -> ImpliedPrior:
    """Draw from a prior what it implies, before a model is fitted.

    Parameters
    ----------
    x_cov : ndarray, shape (p, p)
        Covariance of the drivers; with priors on standard units only the correlations matter.
    prior : SlopePriors, R2Prior or CovariancePrior, optional
        The default prior of the model otherwise.
    model : {"linear", "ordinal", "logit"}
        The model the prior serves.
    link : {"identity", "probit", "logit"}
        The latent distribution of ordinal and logit models.
    categories : int
        Points of an ordinal outcome.
    top : int
        How many of them make the top box.
    drivers : sequence of str, optional
        Names; "driver 1" and so on otherwise.
    draws : int
        Draws from the prior.
    seed : int
        Seed.
    labels : mapping, optional
        Words to print for drivers.

    Returns
    -------
    ImpliedPrior
        Shares of explained variance (LMG, on the latent scale where there is one), R2 and the top box.

    Raises
    ------
    InputError
        If a prior is flat, or the top box is not a part of the scale.
    """
    from drivers.stats.measures import MEASURES_DRAWS

    if model == "ordinal" and not 0 < top < categories:
        raise InputError(f"top={top!r} of {categories} categories is no top box; choose 1 to {categories - 1}.")
    cov = np.atleast_2d(np.asarray(x_cov, dtype=np.float64))
    p = len(cov)
    names = tuple(drivers) if drivers is not None else tuple(f"driver {j + 1}" for j in range(p))
    choice = prior or PRIORS[model, "exact" if model == "linear" else "laplace"]
    below = 1 if model == "logit" else categories - top
    joint, above = _drawn(cov, choice, model, link, 1 if model == "logit" else categories - 1, draws, seed)
    r2 = 1 - 1 / (np.linalg.inv(joint)[:, -1, -1] * joint[:, -1, -1])
    notes: tuple[str, ...] = ()
    if isinstance(choice, CovariancePrior):
        notes = (STAND_IN,) if choice.correlations == "jeffreys" else ()
    elif isinstance(choice, R2Prior):
        notes = ("Drivers correlate as in the sample.",)
    else:
        notes = ("Drivers correlate as in the sample; for the top box they are taken as normal.",)
    return ImpliedPrior(
        drivers=names, r2=r2, shares=MEASURES_DRAWS["lmg"](joint), top=None if above is None else above[:, below - 1],
        stated=describe(choice, model, p), notes=notes, labels=dict(labels or {}),
        bars=None if above is None else -np.diff(np.column_stack([np.ones(draws), above, np.zeros(draws)]), axis=1),
    )


def prior_of(fit: Fit, draws: int = POSTERIOR_DRAWS, seed: int = SEED) -> ImpliedPrior:
    """Return what the prior of a fitted posterior implied before its answers came in.

    Parameters
    ----------
    fit : Fit
        A fit of engine "bayes".
    draws : int
        Draws from the prior.
    seed : int
        Seed.

    Returns
    -------
    ImpliedPrior
        With the drivers' correlations as they are in the sample.

    Raises
    ------
    InputError
        If the fit has no prior, or a flat one.
    """
    if fit.spec.engine != "bayes":
        raise InputError('A regression fit has no prior. Fit with engine="bayes".')
    prior = fit.spec.prior or PRIORS[fit.spec.model, str(fit.diagnostics["method"])]
    size = max(len(fit.categories), 2)
    above = 1 if fit.top is None else int((fit.categories >= fit.top).sum())
    found = implied_prior(
        fit.point.x_cov[0, 0], prior, model=fit.spec.model, link=fit.spec.link, categories=size,
        top=min(max(above, 1), size - 1), drivers=fit.spec.drivers, draws=draws, seed=seed, labels=fit.labels,
    )
    if isinstance(prior, R2Prior) and fit.draws.controls is not None:
        return replace(found, notes=(*found.notes, WITH_CONTROLS))
    return found


def implied_note(point: Draws, prior: PriorChoice, spec: FitSpec, categories: int | None) -> str:
    """Say in one sentence what a prior implies for R2, for the top box where there are categories, and for shares.

    Parameters
    ----------
    point : Draws
        Holds the sample's covariance of the drivers.
    prior : SlopePriors, R2Prior or CovariancePrior
        The prior.
    spec : FitSpec
        Model and link.
    categories : int or None
        Categories of the outcome; None for a linear model.

    Returns
    -------
    str
        The 5 % and 95 % quantiles over 1,000 draws; of shares those of any driver, for up to `MOST_SHARED` drivers.
    """
    if not _proper(prior, spec.model):
        return "It is flat in part, so it implies nothing that could be drawn."
    q = 1 if categories is None else categories - 1
    joint, above = _drawn(point.x_cov[0, 0], prior, spec.model, spec.link, q, 1000, SEED)
    r2 = 1 - 1 / (np.linalg.inv(joint)[:, -1, -1] * joint[:, -1, -1])
    low, high = np.quantile(r2, [0.05, 0.95])
    text = f"Before any answer it puts R2 between {low:.0%} and {high:.0%}"
    if above is not None:
        low, high = np.quantile(above[:, max(q - 1, 1) - 1], [0.05, 0.95])
        box = "top box" if q == 1 else "top-2-box"
        text += f", the {box} between {low:.0%} and {high:.0%}"
    if joint.shape[1] - 1 <= MOST_SHARED:
        from drivers.stats.measures import MEASURES_DRAWS

        low, high = np.quantile(MEASURES_DRAWS["lmg"](joint), [0.05, 0.95])
        text += f", and a driver's share between {low:.0%} and {high:.0%}"
    return f"{text} (90 %)."


def r2_slopes(cov: FloatArray, prior: R2Prior, draws: int, rng: np.random.Generator) -> FloatArray:
    """Draw slopes from a prior of R2, for an outcome whose variance is 1.

    Parameters
    ----------
    cov : ndarray, shape (p, p)
        Covariance of the drivers.
    prior : R2Prior
        The prior.
    draws : int
        Draws S.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray, shape (S, p)
        In standard deviations of the outcome per point of the driver.
    """
    r2 = np.minimum(rng.beta(*prior.shapes(len(cov)), draws), LARGEST_R2)
    direction = rng.standard_normal((len(cov), draws))
    direction *= np.sqrt(r2) / np.linalg.norm(direction, axis=0)
    return np.asarray(np.linalg.solve(np.linalg.cholesky(cov).T, direction).T)


def _proper(prior: PriorChoice, model: str) -> bool:
    if not isinstance(prior, SlopePriors):
        return True
    beside = prior.error_sd if model == "linear" else prior.cuts
    return prior.slopes.proper and beside.proper


def _drawn(
    cov: FloatArray, prior: PriorChoice, model: str, link: str, q: int, draws: int, seed: int
) -> tuple[FloatArray, FloatArray | None]:
    """Return covariances (S, p+1, p+1) of drivers and (latent) outcome, and the shares (S, q) above every cut."""
    from scipy.special import ndtr

    rng = np.random.default_rng([seed, 13])
    p = len(cov)
    if isinstance(prior, CovariancePrior):
        return inverse_wishart(p + 2.0, np.eye(p + 1), draws, rng), None
    if isinstance(prior, R2Prior):
        slopes = r2_slopes(cov, prior, draws, rng)
        joint = np.empty((draws, p + 1, p + 1))
        joint[:, :p, :p], joint[:, :p, p], joint[:, p, p] = cov, slopes @ cov, 1.0
        joint[:, p, :p] = joint[:, :p, p]
        return joint, None
    standard = prior.units == "standard"
    spread = np.sqrt(np.diag(cov))
    scatter = cov / np.outer(spread, spread) if standard else cov
    slopes = prior.slopes.draw(rng, (draws, p))
    unit = 1.0 if standard or model == "linear" else LATENT_SD[link]
    error = np.abs(prior.error_sd.draw(rng, (draws,))) if model == "linear" else np.full(draws, unit)
    explained = np.einsum("si,ij,sj->s", slopes, scatter, slopes)
    joint = np.empty((draws, p + 1, p + 1))
    joint[:, :p, :p] = scatter
    joint[:, :p, p] = joint[:, p, :p] = slopes @ scatter
    joint[:, p, p] = explained + error**2
    if model == "linear":
        return joint, None
    cuts = np.sort(prior.cuts.draw(rng, (draws, q)), axis=1)
    return joint, np.asarray(ndtr(-cuts / np.sqrt(joint[:, [p], p])))
