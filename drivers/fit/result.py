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
from drivers.fit.product import Product as Product

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from drivers.fit.bayes.priors import PriorChoice
    from drivers.fit.predict import Prediction
    from drivers.fit.segment_draws import SegmentDraws
    from drivers.fit.small_sample import SmallSample
    from drivers.fit.spread_draws import SpreadDraws
    from drivers.fit.step_draws import StepDraws
    from drivers.fit.wave_draws import WaveDraws
    from drivers.survey.item import Item

FloatArray = NDArray[np.float64]
Model = Literal["linear", "ordinal", "logit"]
Link = Literal["identity", "logit", "probit"]
Missing = Literal["fiml", "impute", "complete"]
NotApplicable = Literal["missing", "exposure"]
Steps = Literal["normal", "student_t"]
Method = Literal["auto", "exact", "laplace", "nuts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSpec:
    """What to explain, with what, and how. Names only; nothing learnt."""

    outcome: str
    drivers: tuple[str, ...]
    model: Model = "linear"
    link: Link = "identity"
    engine: str = "regression"
    method: Method = "auto"
    prior: PriorChoice | None = None
    draws: int = DRAWS
    seed: int = SEED
    level: float = LEVEL
    where: Mapping[str, object] = field(default_factory=dict)
    controls: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    missing: Missing = "fiml"
    not_applicable: NotApplicable = "missing"
    imputations: int | None = None
    shift_missing: Mapping[str, float] = field(default_factory=dict)
    by: tuple[str, ...] = ()
    population: Mapping[object, float] | Literal["weights"] | None = None
    walk: Steps | None = None
    wave: str | None = None
    season: bool = False
    spread_by: str | None = None
    monotone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exposure:
    """What goes with e drivers applying at all; every array starts with (chain, draw).

    ``effect`` (C, D, e) outcome points, or latent units, between those to whom the driver applies and who give it the
    average answer, and those to whom it does not apply; ``share`` (C, D, e) of the population to whom it applies;
    ``cov`` (C, D, p+e, p+e) of the p drivers, with the average answer where one does not apply, and of e indicators
    that are 1 where it does not apply.
    """

    effect: FloatArray
    share: FloatArray
    cov: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ControlDraws:
    """Slopes (C, D, k) of k columns beside the drivers; ``cov`` of all columns up to them and indicators behind them.

    Columns are drivers, controls, products, indicators of not applying. Every array starts with (chain, draw).
    ``mean`` (C, D, k) of controls in the population, at which intercept and thresholds are told; None for products.
    """

    slopes: FloatArray
    cov: FloatArray
    mean: FloatArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MissingInformation:
    """How missing answers were dealt with and what they cost, per term (t,).

    ``fmi`` fraction of missing information: how much smaller the estimate's model variance would be, as a fraction of
    it, had everybody answered. ``df`` degrees of freedom of each term's t interval.
    """

    method: Missing
    fmi: FloatArray
    df: FloatArray
    imputations: int = 0
    sweeps: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Draws:
    """Draws of one model; every array starts with (chain, draw).

    ``slopes`` (C, D, p) outcome points, or latent units, per driver point; ``intercept`` (C, D), 0 for ordinal;
    ``cuts`` (C, D, q) thresholds on the latent scale, q = 0 for linear; ``error_sd`` (C, D), fixed by the link
    for ordinal and logit; ``x_mean`` (C, D, p) and ``x_cov`` (C, D, p, p) of the drivers in the population.
    ``exposure`` is there where some drivers do not apply to everybody and the model says so; intercept and thresholds
    are then those of people to whom all drivers apply. ``controls`` is there where covariates are held equal; intercept
    and thresholds are then those of people with the average of every control. ``products`` is there where squares and
    products of drivers are in the model.
    """

    slopes: FloatArray
    intercept: FloatArray
    cuts: FloatArray
    error_sd: FloatArray
    x_mean: FloatArray
    x_cov: FloatArray
    exposure: Exposure | None = None
    controls: ControlDraws | None = None
    products: ControlDraws | None = None

    def __repr__(self) -> str:
        """Give the size in place of the arrays."""
        chains, draws, drivers = self.slopes.shape
        return f"<Draws: {chains} chain(s) x {draws:,} draws x {drivers} drivers>"

    @property
    def explained(self) -> FloatArray:
        """Variance (C, D) of the part of the (latent) outcome that goes with drivers, controls, and applying."""
        slopes, cov = self._design()
        explained: FloatArray = np.einsum("...i,...ij,...j->...", slopes, cov, slopes)
        return explained

    def _design(self) -> tuple[FloatArray, FloatArray]:
        slopes, cov = [self.slopes], self.x_cov
        if self.controls is not None:
            slopes, cov = [*slopes, self.controls.slopes], self.controls.cov
        if self.products is not None:
            slopes, cov = [*slopes, self.products.slopes], self.products.cov
        if self.exposure is not None:
            slopes, cov = [*slopes, -self.exposure.effect], self.exposure.cov
        return np.concatenate(slopes, axis=-1), cov

    @property
    def r2(self) -> FloatArray:
        """Explained share (C, D); on the latent scale that is McKelvey and Zavoina's R2."""
        return self.explained / (self.explained + self.error_sd**2)

    @property
    def control_r2(self) -> FloatArray:
        """Part (C, D) of the outcome's variance that goes with the controls alone; the drivers' R2 is beyond it."""
        if self.controls is None:
            return np.zeros(self.error_sd.shape)
        joint, p = self.whole_covariance(), self.slopes.shape[-1]
        inside = slice(p, p + self.controls.slopes.shape[-1])
        cross = joint[..., inside, -1]
        slopes = np.linalg.solve(joint[..., inside, inside], cross[..., None])[..., 0]
        part: FloatArray = (slopes * cross).sum(axis=-1) / joint[..., -1, -1]
        return part

    def joint_covariance(self) -> FloatArray:
        """Return the covariance (C, D, p+1, p+1) of the drivers and the (latent) outcome, the outcome last.

        Of the drivers alone, the average answer standing in where one does not apply; `full_covariance` has
        the indicators too. Controls are taken out of the drivers, and out of their covariances with the outcome, while
        the outcome keeps its whole variance: R2 of these matrices is what drivers explain beyond the controls.
        """
        full = self.full_covariance()
        kept = [*range(self.slopes.shape[-1]), full.shape[-1] - 1]
        return full if len(kept) == full.shape[-1] else full[..., kept, :][..., kept]

    def full_covariance(self) -> FloatArray:
        """Return the covariance of drivers, squares and products, indicators of not applying, and the outcome.

        Of shape (C, D, p+q+e+1, p+q+e+1). Controls are taken out as in `joint_covariance`.
        """
        joint = self.whole_covariance()
        if self.controls is None:
            return joint
        from drivers.stats.blocks import given

        p = self.slopes.shape[-1]
        left = given(joint, range(p, p + self.controls.slopes.shape[-1]))
        left[..., -1, -1] = joint[..., -1, -1]
        return left

    def whole_covariance(self) -> FloatArray:
        """Return the covariance (C, D, ...) of all columns, controls among them, and the (latent) outcome, the last."""
        slopes, cov = self._design()
        size = slopes.shape[-1]
        joint = np.empty((*slopes.shape[:-1], size + 1, size + 1))
        joint[..., :size, :size] = cov
        joint[..., :size, size] = joint[..., size, :size] = np.einsum("...ij,...j->...i", cov, slopes)
        joint[..., size, size] = self.explained + self.error_sd**2
        return joint


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Respondents ``read``, ``used`` and ``complete`` (every item answered), and ``dropped`` by reason."""

    read: int
    used: int
    complete: int
    dropped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Fit:
    """A fitted driver model.

    ``terms`` names the coefficients in ``estimate`` (t,): slopes first (drivers, controls, ``products`` of drivers),
    then the intercept or the thresholds.
    ``model_cov`` (t, t) assumes the model; ``robust_cov`` (t, t) is the sandwich under the declared design, with
    ``df`` degrees of freedom (PSUs, or respondents, minus strata minus slopes). ``point`` is the estimate as one
    draw, ``draws`` the bootstrap. ``categories`` (q+1,) are the outcome's scale points, empty for linear. ``cells``
    are the answers the model was fitted on, gaps included. ``missing`` says what gaps cost, None without any;
    ``exposed`` names the drivers whose not applying is part of the model, in the order of ``draws.exposure``.
    ``segments`` is there where slopes vary by segment (`by`); ``draws`` are then those of the population. ``sampler``
    holds (C, D) statistics of Markov chains (divergences, energy, depth), where they drew.
    ``items`` are the resolved definitions of drivers and outcome: scale, direction, label.
    ``waves`` is there where slopes walk from wave to wave (`walk`); ``draws`` are then those of the latest wave. With
    both, ``segments`` are those of the latest wave, and segment g in wave t has what the two add to ``draws``.
    ``spreads`` is there where groups differ in latent spread (`spread_by`); ``draws`` are those of the average group.
    ``steps`` is there where steps of drivers need not be equal (`monotone`); ``draws`` have moments of their scales.
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
    missing: MissingInformation | None = None
    exposed: tuple[str, ...] = ()
    products: tuple[Product, ...] = ()
    items: Mapping[str, Item] = field(default_factory=dict)
    segments: SegmentDraws | None = None
    sampler: Mapping[str, FloatArray] = field(default_factory=dict)
    waves: WaveDraws | None = None
    spreads: SpreadDraws | None = None
    steps: StepDraws | None = None

    def __repr__(self) -> str:
        """Name the model in a line; `summary()` is the whole."""
        spec = self.spec
        formula = f"{spec.outcome} ~ {' + '.join(spec.drivers)}"
        return f"<Fit {formula}; {spec.model}, {spec.engine}, n {self.n:,}, R2 {self.r2:.3f}>"

    @property
    def n(self) -> int:
        """Respondents used."""
        return self.usage.used

    @property
    def r2(self) -> float:
        """Explained share of the outcome's variance; latent (McKelvey-Zavoina) for ordinal and logit."""
        return float(self.draws.r2.mean()) if self.spec.engine == "bayes" else float(self.point.r2[0, 0])

    @property
    def mcfadden(self) -> float | None:
        """1 - loglik / loglik of no drivers (McFadden 1974); None for linear, where densities above 1 spoil it."""
        if self.spec.model == "linear" or self.loglik is None or self.loglik_null is None:
            return None
        return 1 - self.loglik / self.loglik_null

    @property
    def small_sample(self) -> SmallSample:
        """What few people, or few heavy ones, take from robust errors; nothing where a design has its own units."""
        from drivers.fit.small_sample import SmallSample, small_sample

        if self.cells.psu or self.cells.replication or self.spec.engine == "bayes":
            return SmallSample(robust=1.0, draws=1.0, df=np.inf)
        return small_sample(self.cells, len(self.terms) - max(self.point.cuts.shape[-1] - 1, 0))

    def label(self, name: str) -> str:
        """Return the words to print for the column `name`; the name itself where it has no label."""
        return self.labels.get(name, name)

    def tidy(self) -> pd.DataFrame:
        """Return one row per term.

        Columns: ``term``, ``label``, ``estimate``, ``model_se``, ``robust_se`` (design-based where a design is
        declared), ``statistic`` the estimate over it, ``p_value`` and the t interval ``low`` to ``high`` at the fit's
        level from that error times the root of ``small_sample.robust``, ``fmi`` the fraction of missing information
        (NaN for complete cases, which cannot tell).
        """
        if self.spec.engine == "bayes":
            from drivers.fit.bayes.table import posterior_table

            return posterior_table(self)
        from scipy.special import stdtr, stdtrit  # scipy.stats would take a second of processor time to load

        robust, df = np.sqrt(np.diag(self.robust_cov)), np.full(len(self.estimate), self.df)
        if self.missing is not None:
            df = self.missing.df
        error = robust * np.sqrt(self.small_sample.robust)
        df = np.minimum(df, self.small_sample.df)
        reach = stdtrit(df, (1 + self.spec.level) / 2) * error
        statistic = self.estimate / robust
        return pd.DataFrame({
            "term": list(self.terms), "label": [self.label(term) for term in self.terms],
            "estimate": self.estimate, "model_se": np.sqrt(np.diag(self.model_cov)), "robust_se": robust,
            "statistic": statistic, "p_value": 2 * stdtr(df, -np.abs(self.estimate / error)),
            "low": self.estimate - reach, "high": self.estimate + reach,
            "fmi": np.zeros(len(self.terms)) if self.missing is None else self.missing.fmi,
        })

    def predict(
        self, rows: pd.DataFrame | Mapping[str, Sequence[float]] | None = None, *, draws: bool = False
    ) -> Prediction:
        """Predict category chances, mean and top box for given driver answers; see `drivers.fit.predict.predict`.

        `rows` has one column per driver, in scale points (the fit's own complete cells by default); with `draws` every
        draw predicts instead of the point estimate alone.
        """
        from drivers.fit.predict import predict

        return predict(self, rows, draws=draws)

    def to_statsmodels(self) -> Any:
        """Return the results object of statsmodels; see `drivers.fit.regression.statsmodels_results.to_statsmodels`."""
        from drivers.fit.regression.statsmodels_results import to_statsmodels

        return to_statsmodels(self)

    def to_datatree(self) -> xr.DataTree:
        """Return a posterior as an ArviZ tree; see `drivers.fit.bayes.datatree.to_datatree`."""
        from drivers.fit.bayes.datatree import to_datatree

        return to_datatree(self)

    def to_pymc(self) -> Any:
        """Return the model of a posterior as a `pymc.Model`; see `drivers.fit.bayes.to_pymc.to_pymc`."""
        from drivers.fit.bayes.to_pymc import to_pymc

        return to_pymc(self)

    def to_dict(self) -> dict[str, object]:
        """Return the fit as plain values for JSON."""
        spec, usage = self.spec, self.usage
        return {
            "outcome": spec.outcome, "model": spec.model, "link": spec.link, "engine": spec.engine, "n": usage.used,
            "n_complete": usage.complete, "n_eff": self.n_eff, "deff_weights": self.n / self.n_eff, "r2": self.r2,
            "mcfadden": self.mcfadden, "loglik": self.loglik, "loglik_null": self.loglik_null, "level": spec.level,
            "missing": "none" if self.missing is None else self.missing.method, "not_applicable": spec.not_applicable,
            "terms": [
                {key: None if isinstance(value, float) and np.isnan(value) else value for key, value in row.items()}
                for row in self.tidy().to_dict("records")
            ],
            "notes": list(self.notes), "diagnostics": dict(self.diagnostics),
            "provenance": dict(self.provenance),
        }

    def summary(self) -> str:
        """Return the fit as a text table."""
        from drivers.fit.summary import summarise

        return summarise(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the slopes with their intervals on `ax`, or on a new figure without it."""
        from drivers.plot.slopes import plot_slopes

        return plot_slopes(self, ax=ax)
