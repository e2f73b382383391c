"""Every prior of the package in one table, on scales people can judge: standard deviations of drivers and outcome."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import PRIOR_CUT, PRIOR_LEVEL_SPREAD, PRIOR_R2, PRIOR_R2_PRECISION, PRIOR_SLOPE, PRIOR_SPREAD
from drivers.errors import InputError
from drivers.fit.bayes.group_priors import GroupPriors
from drivers.fit.bayes.walk import WalkPriors

FloatArray = NDArray[np.float64]
Units = Literal["standard", "own"]
Correlations = Literal["jeffreys", "uniform"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """A normal (``df`` infinite) or Student-t prior; flat when ``scale`` is infinite."""

    location: float = 0.0
    scale: float = 1.0
    df: float = math.inf

    def __post_init__(self) -> None:
        if not (self.scale > 0 and self.df > 0 and math.isfinite(self.location)):
            raise InputError(f"{self!r} is not a prior: `scale` and `df` must be above 0, `location` a number.")

    @property
    def proper(self) -> bool:
        """Whether it is a distribution, so that something can be drawn from it."""
        return math.isfinite(self.scale)

    def words(self) -> str:
        """Return the prior as it is usually written."""
        if not self.proper:
            return "flat"
        if math.isinf(self.df):
            return f"normal({self.location:g}, {self.scale:g})"
        return f"student_t({self.df:g}, {self.location:g}, {self.scale:g})"

    def draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> FloatArray:
        """Return draws from the prior.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.
        size : tuple of int
            Shape wanted.

        Returns
        -------
        ndarray
            Independent draws.

        Raises
        ------
        InputError
            If the prior is flat.
        """
        if not self.proper:
            raise InputError("A flat prior implies nothing that could be drawn. Use a proper one, e.g. normal(0, 0.5).")
        drawn = rng.standard_normal(size) if math.isinf(self.df) else rng.standard_t(self.df, size)
        return self.location + self.scale * drawn


def normal(location: float, scale: float) -> Prior:
    """Return a normal prior with mean `location` and standard deviation `scale`."""
    return Prior(location=location, scale=scale)


def student_t(df: float, location: float, scale: float) -> Prior:
    """Return a Student-t prior with `df` degrees of freedom, centre `location` and `scale`."""
    return Prior(location=location, scale=scale, df=df)


def flat() -> Prior:
    """Return a flat prior, to reproduce published results; it is never a default."""
    return Prior(scale=math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentPriors:
    """Priors of how segments differ, in standard units.

    ``spread`` is the scale of the half-normal standard deviation of a slope over segments, ``level_spread`` that of
    their level, and ``lkj`` the parameter of the LKJ density of correlations between slopes (2 leans to none).
    """

    spread: float = PRIOR_SPREAD
    level_spread: float = PRIOR_LEVEL_SPREAD
    lkj: float = 2.0

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) and value > 0 for value in (self.spread, self.level_spread, self.lkj)):
            raise InputError(f"{self!r}: all three must be above 0.")

    def times(self, unit: float) -> SegmentPriors:
        """Return them where a latent standard deviation is `unit` wide."""
        return SegmentPriors(spread=self.spread * unit, level_spread=self.level_spread * unit, lkj=self.lkj)

    def words(self) -> str:
        """Return them as they are usually written."""
        return (
            f"spread of a slope over segments half normal(0, {self.spread:g}), of their level half normal(0, "
            f"{self.level_spread:g}), correlations LKJ({self.lkj:g})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SlopePriors:
    """Independent priors of slopes and of what stands beside them, for posteriors by Laplace's method or by chains.

    With ``units="standard"`` they are on the scale of standard deviations: ``slopes`` per standard deviation of the
    driver, in standard deviations of the latent error (ordinal and logit) or of the outcome (linear); ``cuts`` are the
    thresholds of a respondent with average answers, in latent standard deviations: as many draws as there are
    thresholds, put in order; a logit model's intercept is minus its one threshold. ``intercept`` (linear) is the
    outcome of that respondent, in standard deviations from the sample's mean, ``error_sd`` the residual standard
    deviation, of which only the positive half counts. With ``units="own"`` all are in the units of the data.
    ``segments`` are those of hierarchical models, which need standard units; ``groups`` those of unequal spread.
    """

    slopes: Prior = Prior(scale=PRIOR_SLOPE)
    cuts: Prior = Prior(scale=PRIOR_CUT)
    intercept: Prior = Prior(scale=2.5, df=3)
    error_sd: Prior = Prior(scale=1.0, df=3)
    units: Units = "standard"
    segments: SegmentPriors = SegmentPriors()
    walk: WalkPriors = field(default_factory=WalkPriors)
    groups: GroupPriors = field(default_factory=GroupPriors)

    def __post_init__(self) -> None:
        if self.units not in ("standard", "own"):
            raise InputError(f"units={self.units!r} is not known; choose `standard` or `own`.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CovariancePrior:
    """Conjugate prior of the covariance of drivers and outcome together, for exact posteriors of linear models.

    ``"jeffreys"``: density proportional to det(Sigma)^-(d+1)/2 for d items, means flat. It does not depend on units
    and adds no answers of its own. For the regression it is flat in the slopes and (sigma^2)^-(p+2)/2 in the residual
    variance, which so has n - 1 degrees of freedom where least squares has n - p - 1: with few answers per driver
    slopes come out surer by the root of the two's ratio. It is improper, so it implies nothing by itself.
    ``"uniform"``: inverse Wishart with d + 1 degrees of freedom, under which the correlation of any two items is
    uniform between -1 and 1, and which weighs as much as one answer. ``variances`` are its guesses at the variances of
    drivers and outcome, in this order; the sample's by default.
    """

    correlations: Correlations = "jeffreys"
    variances: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if self.correlations not in ("jeffreys", "uniform"):
            raise InputError(f"correlations={self.correlations!r} is not known; choose `jeffreys` or `uniform`.")
        if self.variances is not None and (self.correlations == "jeffreys" or min(self.variances, default=0) <= 0):
            raise InputError('`variances` go with correlations="uniform", one above 0 for each driver and the outcome.')

    def wishart(self, variance: FloatArray) -> tuple[float, FloatArray]:
        """Return degrees of freedom and scale matrix (d, d) of the inverse Wishart.

        Parameters
        ----------
        variance : ndarray, shape (d,)
            Variances of the items in the sample.

        Returns
        -------
        df : float
            0 for Jeffreys' prior.
        scale : ndarray, shape (d, d)
            Diagonal.

        Raises
        ------
        InputError
            If there are guesses for another number of items.
        """
        if self.correlations == "jeffreys":
            return 0.0, np.zeros((len(variance), len(variance)))
        if self.variances is not None and len(self.variances) != len(variance):
            raise InputError(f"`variances` has {len(self.variances)} numbers for {len(variance)} items.")
        return len(variance) + 1.0, np.diag(self.variances or variance)


@dataclass(frozen=True, slots=True, kw_only=True)
class R2Prior:
    """Prior of a linear model on what its drivers explain together, for exact posteriors.

    R2 has a beta distribution with this ``mean`` and this ``precision``, the sum of its two shapes: .5 and 2, the
    default, make every R2 from 0 to 1 equally likely. With a single driver that would all but deny a slope of zero, so
    there the precision is 1 unless another is given, which makes its slope a Cauchy variable. No direction is
    preferred: given R2, slopes lie anywhere alike on the ellipsoid of that R2, which has the shape of the drivers'
    scatter in the sample, so it does not depend on units. Drivers and controls are one set; R2 is theirs together.

    Everything else is proper and weighs as one answer: the residual variance has a scaled inverse chi-square prior with
    one degree of freedom around (1 - ``mean``) of the outcome's variance, averages are normal around their guesses with
    the items' own spread, the drivers' covariance is inverse Wishart with uniform correlations. ``averages`` and
    ``variances`` are the guesses, of drivers and outcome, in this order; the sample's by default. That of the outcome's
    average is for a respondent with the sample's average answers.
    """

    mean: float = PRIOR_R2
    precision: float | None = None
    averages: tuple[float, ...] | None = None
    variances: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if not (0 < self.mean < 1 and (self.precision is None or 0 < self.precision < math.inf)):
            raise InputError(
                f"R2 with mean {self.mean:g} and precision {self.precision} has no distribution: the mean has to lie "
                "between 0 and 1, the precision above 0."
            )
        if self.variances is not None and min(self.variances, default=0) <= 0:
            raise InputError("`variances` has to have one number above 0 for each driver and the outcome.")

    def shapes(self, slopes: int) -> tuple[float, float]:
        """Return the two shapes of the beta distribution for a model with so many `slopes`.

        Unless a precision was given, the first is at most half the slopes: above that slopes around zero are denied.
        """
        precision = self.precision or min(PRIOR_R2_PRECISION, slopes / (2 * self.mean))
        return self.mean * precision, (1 - self.mean) * precision

    def guesses(self, average: FloatArray, variance: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the guesses at averages (d,) and variances (d,) of drivers and outcome.

        Parameters
        ----------
        average, variance : ndarray, shape (d,)
            Those of the sample.

        Returns
        -------
        averages : ndarray, shape (d,)
            In the items' own points.
        variances : ndarray, shape (d,)
            In squared points.

        Raises
        ------
        InputError
            If there are guesses for another number of items.
        """
        given = {"averages": self.averages, "variances": self.variances}
        for name, numbers in given.items():
            if numbers is not None and len(numbers) != len(average):
                raise InputError(f"`{name}` has {len(numbers)} numbers for {len(average)} items.")
        return (
            average if self.averages is None else np.array(self.averages, dtype=np.float64),
            variance if self.variances is None else np.array(self.variances, dtype=np.float64),
        )

    def words(self, slopes: int) -> str:
        """Return the prior of R2 as it is usually written, for a model with so many `slopes`."""
        a, b = self.shapes(slopes)
        alike = ", every R2 from 0 to 1 equally likely" if a == b == 1 else ""
        return f"R2 beta({a:.3g}, {b:.3g}){alike}"


PriorChoice = SlopePriors | CovariancePrior | R2Prior

PRIORS: Mapping[tuple[str, str], PriorChoice] = {
    ("linear", "exact"): R2Prior(),
    ("linear", "laplace"): SlopePriors(),
    ("linear", "nuts"): SlopePriors(),
    ("ordinal", "laplace"): SlopePriors(),
    ("ordinal", "nuts"): SlopePriors(),
    ("logit", "laplace"): SlopePriors(),
    ("logit", "nuts"): SlopePriors(),
}
"""The default prior of each model and method."""


def describe(prior: PriorChoice, model: str, slopes: int = 2) -> str:
    """Return a prior in one sentence.

    Parameters
    ----------
    prior : SlopePriors, CovariancePrior or R2Prior
        The prior.
    model : {"linear", "ordinal", "logit"}
        The model it serves.
    slopes : int
        How many it has, which the default prior of R2 allows for.

    Returns
    -------
    str
        What is printed with every result.
    """
    if isinstance(prior, R2Prior):
        return (
            f"Prior: {prior.words(slopes)}, whichever slopes make it up; residual spread, averages and the drivers' "
            "covariance with one answer's weight."
        )
    if isinstance(prior, CovariancePrior):
        if prior.correlations == "jeffreys":
            return (
                "Prior: Jeffreys on the covariance of drivers and outcome (slopes flat, no answers added; improper, so "
                "the data alone decide)."
            )
        return "Prior: every correlation between two items uniform from -1 to 1 (inverse Wishart, one answer's weight)."
    if model == "linear":
        where = "standard deviations of the outcome" if prior.units == "standard" else "the outcome's own points"
        beside = f"intercept {prior.intercept.words()}, residual spread half {prior.error_sd.words()}"
    else:
        where = "latent standard deviations" if prior.units == "standard" else "latent units"
        beside = f"{'intercept minus' if model == 'logit' else 'thresholds in order,'} {prior.cuts.words()}"
    per = "standard deviation" if prior.units == "standard" else "point"
    return f"Prior: slopes {prior.slopes.words()} per {per} of the driver, {beside}; in {where}."
