"""What the answers taught: each result under the prior alone beside the same under the posterior."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import INNER_LEVEL, POSTERIOR_DRAWS, SEED
from drivers.errors import InputError
from drivers.fit.bayes.implied import ImpliedPrior, prior_of, r2_slopes
from drivers.fit.bayes.log_prior import prior_used
from drivers.fit.bayes.priors import R2Prior, SlopePriors
from drivers.fit.regression.ordered import LATENT_SD
from drivers.fit.result import Fit
from drivers.stats.measures import MEASURES_DRAWS
from drivers.survey.plain_text import percent_level, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]
Quantity = Literal["share", "slope"]

ENDS = ("low", "inner_low", "median", "inner_high", "high")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learnt:
    """``table`` is what `tidy` returns; ``stated`` is the prior in words."""

    outcome: str
    labels: Mapping[str, str]
    model: str
    link: str
    level: float
    n: int
    n_eff: float
    table: pd.DataFrame
    stated: str
    notes: tuple[str, ...] = ()

    def label(self, name: str) -> str:
        """Return the words to print for a column, by its `name`."""
        return self.labels.get(name, name)

    def tidy(self) -> pd.DataFrame:
        """Return one row per result.

        Columns: ``quantity`` ("r2", "share", "slope"), ``driver``, quantiles ``low``, ``inner_low``, ``median``,
        ``inner_high`` and ``high`` of the posterior and, with ``prior_`` before them, of the prior, and ``narrower``,
        the part of the prior's standard deviation that the answers took away.
        """
        return self.table.copy()

    def summary(self) -> str:
        """Return prior and posterior of every result as text."""
        table = self.table
        words = {"r2": "R2", "share": "share of ", "slope": "slope of "}
        told = []
        for quantity, *ends in table[["quantity", "prior_low", "prior_high", "low", "high"]].itertuples(index=False):
            form = "{:.2f} to {:.2f}" if quantity == "slope" else "{:.0%} to {:.0%}"
            told.append((form.format(ends[0], ends[1]), form.format(ends[2], ends[3])))
        shown = pd.DataFrame({
            "": table["quantity"].map(words) + table["driver"].map(self.label), "prior": [one for one, _ in told],
            "posterior": [two for _, two in told], "narrower": table["narrower"].map("{:.0%}".format),
        })
        head = f"Prior and posterior of {self.label(self.outcome)}, {percent_level(self.level)} intervals"
        return "\n".join([head, "", shown.to_string(index=False), "", *wrapped([self.stated, *self.notes])])

    def plot(self, ax: Axes | None = None, *, kind: Quantity = "share") -> Axes:
        """Draw prior against posterior of R2 and shares, or of slopes (`kind`), on `ax` or a new figure."""
        from drivers.plot.learnt import plot_learnt

        return plot_learnt(self, ax=ax, kind=kind)


def learnt(fit: Fit, draws: int = POSTERIOR_DRAWS, seed: int = SEED) -> Learnt:
    """Set what was thought before the answers beside what is thought after them.

    Parameters
    ----------
    fit : Fit
        A fit of engine "bayes".
    draws : int
        Draws from the prior.
    seed : int
        Seed of them.

    Returns
    -------
    Learnt
        R2 and each driver's share (LMG); slopes too where their prior is one of slopes.

    Raises
    ------
    InputError
        If the fit has no prior, or a flat one.
    """
    if fit.draws.exposure is not None:
        raise InputError("not_applicable='exposure' has no prior to set beside it; fit with not_applicable='missing'.")
    before = prior_of(fit, draws, seed)
    p, drivers = len(fit.spec.drivers), fit.spec.drivers
    joint = fit.draws.joint_covariance().reshape(-1, p + 1, p + 1)
    after = MEASURES_DRAWS["lmg"](joint)
    rows = [_row(fit, "r2", "", before.r2, fit.draws.r2.ravel())]
    rows += [_row(fit, "share", name, before.shares[:, j], after[:, j]) for j, name in enumerate(drivers)]
    slopes = fit.draws.slopes.reshape(-1, p)
    drawn = _slopes(fit, draws, np.random.default_rng([seed, 23]))
    if drawn is not None:
        rows += [_row(fit, "slope", name, drawn[:, j], slopes[:, j]) for j, name in enumerate(drivers)]
    return Learnt(
        outcome=fit.spec.outcome, labels=fit.labels, model=fit.spec.model, link=fit.spec.link, level=fit.spec.level,
        n=fit.n, n_eff=fit.n_eff, table=pd.DataFrame(rows), stated=before.stated,
        notes=_notes(fit, before),
    )


def _slopes(fit: Fit, draws: int, rng: np.random.Generator) -> FloatArray | None:
    """Return draws (S, p) of slopes from the prior, in the fit's units; None where its prior is not one of slopes."""
    prior, p = prior_used(fit), len(fit.spec.drivers)
    cells = fit.cells.complete()
    spread = np.sqrt(np.cov(cells.values[:, -1], aweights=cells.sum_w, ddof=0))
    if isinstance(prior, R2Prior):
        return r2_slopes(fit.point.x_cov[0, 0], prior, draws, rng) * spread
    if not isinstance(prior, SlopePriors):
        return None
    unit = np.ones(p)
    if prior.units == "standard":
        own = spread if fit.spec.model == "linear" else LATENT_SD[fit.spec.link]
        unit = own / np.sqrt(np.diag(fit.point.x_cov[0, 0]))
    return prior.slopes.draw(rng, (draws, p)) * unit


def _notes(fit: Fit, before: ImpliedPrior) -> tuple[str, ...]:
    prior = prior_used(fit)
    parts = [name for name, drawn in (("segment", fit.segments), ("wave", fit.waves)) if drawn is not None]
    if parts:  # the posterior beside it is that of the population in the latest wave
        return ("Drivers correlate as in the sample.", f"The prior is that of the average {' and '.join(parts)}.")
    if isinstance(prior, R2Prior):
        return ("Slopes of the prior are told for the outcome's spread in the sample.", *before.notes)
    return ("Drivers correlate as in the sample.",) if isinstance(prior, SlopePriors) else before.notes


def _row(fit: Fit, quantity: str, driver: str, before: FloatArray, after: FloatArray) -> dict[str, object]:
    tail, inner = (1 - fit.spec.level) / 2, (1 - INNER_LEVEL) / 2
    at = [tail, inner, 0.5, 1 - inner, 1 - tail]
    return {
        "quantity": quantity, "driver": driver, **dict(zip(ENDS, np.quantile(after, at), strict=True)),
        **{f"prior_{end}": value for end, value in zip(ENDS, np.quantile(before, at), strict=True)},
        "narrower": 1 - float(after.std() / before.std()),
    }
