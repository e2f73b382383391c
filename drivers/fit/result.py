"""`Fit`: a model and its draws. A bare point estimate is one draw, so everything downstream is written once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.defaults import DRAWS, LEVEL, SEED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from drivers.fit.predict import Prediction

FloatArray = NDArray[np.float64]
Model = Literal["linear", "ordinal", "logit"]
Link = Literal["identity", "logit", "probit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSpec:
    """What to explain, with what, and how. Names only; nothing learnt."""

    outcome: str
    drivers: tuple[str, ...]
    model: Model = "linear"
    link: Link = "identity"
    engine: str = "regression"
    draws: int = DRAWS
    seed: int = SEED
    level: float = LEVEL
    where: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draws:
    """Draws of one model; every array starts with (chain, draw).

    ``slopes`` (C, D, p) outcome points, or latent units, per driver point; ``intercept`` (C, D), 0 for ordinal;
    ``cuts`` (C, D, q) thresholds on the latent scale, q = 0 for linear; ``error_sd`` (C, D), fixed by the link
    for ordinal and logit; ``x_mean`` (C, D, p) and ``x_cov`` (C, D, p, p) of the drivers in the population.
    """

    slopes: FloatArray
    intercept: FloatArray
    cuts: FloatArray
    error_sd: FloatArray
    x_mean: FloatArray
    x_cov: FloatArray

    @property
    def explained(self) -> FloatArray:
        """Variance (C, D) of the part of the (latent) outcome that goes with the drivers."""
        explained: FloatArray = np.einsum("...i,...ij,...j->...", self.slopes, self.x_cov, self.slopes)
        return explained

    @property
    def r2(self) -> FloatArray:
        """Explained share (C, D); on the latent scale that is McKelvey and Zavoina's R2."""
        return self.explained / (self.explained + self.error_sd**2)

    def joint_covariance(self) -> FloatArray:
        """Return the covariance (C, D, p+1, p+1) of the drivers and the (latent) outcome, the outcome last."""
        with_outcome = np.einsum("...ij,...j->...i", self.x_cov, self.slopes)
        p = self.slopes.shape[-1]
        joint = np.empty((*self.slopes.shape[:-1], p + 1, p + 1))
        joint[..., :p, :p] = self.x_cov
        joint[..., :p, p] = joint[..., p, :p] = with_outcome
        joint[..., p, p] = self.explained + self.error_sd**2
        return joint


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Respondents ``read``, ``used`` and ``complete`` (every item answered), and ``dropped`` by reason."""

    read: int
    used: int
    complete: int
    dropped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """A fitted driver model.

    ``terms`` names the coefficients in ``estimate`` (t,): slopes first, then the intercept or the thresholds.
    ``model_cov`` (t, t) assumes the model; ``robust_cov`` (t, t) is the sandwich under the declared design, with
    ``df`` degrees of freedom (PSUs, or respondents, minus strata minus slopes). ``point`` is the estimate as one
    draw, ``draws`` the bootstrap. ``categories`` (q+1,) are the outcome's scale points, empty for linear. ``cells``
    are the answers the model was fitted on.
    """

    spec: FitSpec
    labels: Mapping[str, str]
    terms: tuple[str, ...]
    estimate: FloatArray
    model_cov: FloatArray
    robust_cov: FloatArray
    df: float
    point: Draws
    draws: Draws
    categories: FloatArray
    top: float | None
    cells: Cells
    usage: Usage
    n_eff: float
    loglik: float | None
    loglik_null: float | None
    diagnostics: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    provenance: Mapping[str, object] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Respondents used."""
        return self.usage.used

    @property
    def r2(self) -> float:
        """Explained share of the outcome's variance; latent (McKelvey-Zavoina) for ordinal and logit."""
        return float(self.point.r2[0, 0])

    @property
    def mcfadden(self) -> float | None:
        """1 - loglik / loglik of no drivers (McFadden 1974); None for linear, where densities above 1 spoil it."""
        if self.spec.model == "linear" or self.loglik is None or self.loglik_null is None:
            return None
        return 1 - self.loglik / self.loglik_null

    def label(self, name: str) -> str:
        """Return the words to print for a column."""
        return self.labels.get(name, name)

    def tidy(self) -> pd.DataFrame:
        """Return one row per term.

        Columns: ``term``, ``label``, ``estimate``, ``model_se``, ``robust_se`` (design-based where a design is
        declared), ``statistic`` and ``p_value`` from the robust error, ``low`` and ``high`` at the fit's level
        (t interval on ``df`` degrees of freedom).
        """
        from scipy.stats import t as student

        robust = np.sqrt(np.diag(self.robust_cov))
        reach = student.ppf((1 + self.spec.level) / 2, self.df) * robust
        statistic = self.estimate / robust
        return pd.DataFrame({
            "term": list(self.terms), "label": [self.label(term) for term in self.terms],
            "estimate": self.estimate, "model_se": np.sqrt(np.diag(self.model_cov)), "robust_se": robust,
            "statistic": statistic, "p_value": 2 * student.sf(np.abs(statistic), self.df),
            "low": self.estimate - reach, "high": self.estimate + reach,
        })

    def predict(
        self, rows: pd.DataFrame | Mapping[str, Sequence[float]] | None = None, *, draws: bool = False
    ) -> Prediction:
        """Predict category chances, mean and top box for given driver answers; see `drivers.fit.predict.predict`."""
        from drivers.fit.predict import predict

        return predict(self, rows, draws=draws)

    def to_statsmodels(self) -> Any:
        """Return the results object of statsmodels; see `drivers.fit.regression.statsmodels_results.to_statsmodels`."""
        from drivers.fit.regression.statsmodels_results import to_statsmodels

        return to_statsmodels(self)

    def to_dict(self) -> dict[str, object]:
        """Return the fit as plain values for JSON."""
        spec, usage = self.spec, self.usage
        return {
            "outcome": spec.outcome, "model": spec.model, "link": spec.link, "engine": spec.engine, "n": usage.used,
            "n_complete": usage.complete, "n_eff": self.n_eff, "r2": self.r2, "mcfadden": self.mcfadden,
            "loglik": self.loglik, "loglik_null": self.loglik_null, "level": spec.level,
            "terms": self.tidy().to_dict("records"), "notes": list(self.notes), "diagnostics": dict(self.diagnostics),
            "provenance": dict(self.provenance),
        }

    def summary(self) -> str:
        """Return the fit as a text table."""
        from drivers.fit.summary import summarise

        return summarise(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the slopes with their intervals."""
        from drivers.plot.slopes import plot_slopes

        return plot_slopes(self, ax=ax)
