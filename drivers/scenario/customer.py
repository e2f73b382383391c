"""`Customer`: the last link, from satisfaction over staying to money, with an uncertainty of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError
from drivers.fit.result import Fit
from drivers.stats.customer_value import lifetime_value

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """``logit P(stay) = stay + slope (satisfaction - centre)``, and what staying is worth.

    ``margin`` money per customer and period; ``discount`` rate per period; ``customers`` how many there are.
    ``stay`` and ``slope`` are estimates with a standard error each, not correlated: take as ``centre`` the average
    satisfaction they were estimated at. ``source`` says where they come from.
    """

    margin: float
    discount: float
    stay: tuple[float, float]
    slope: tuple[float, float]
    centre: float
    customers: float = 1.0
    source: str = "as stated"

    def __post_init__(self) -> None:
        lifetime_value(self.margin, np.array(0.5), self.discount)
        for name, (value, error) in (("stay", self.stay), ("slope", self.slope)):
            if not (math.isfinite(value) and error >= 0):
                raise InputError(f"{name}=({value:g}, {error:g}): write the estimate and its standard error.")
        for name, amount in (("margin", self.margin), ("customers", self.customers)):
            if not amount > 0:
                raise InputError(f"{name}={amount:g} is not above 0.")

    def values(self, points: FloatArray, draws: int, seed: int) -> FloatArray:
        """Return values (`draws`, k) of all customers if all answered each of k `points`; `seed` draws the link."""
        rng = np.random.default_rng([seed, 23])
        stay = self.stay[0] + self.stay[1] * rng.standard_normal((draws, 1))
        slope = self.slope[0] + self.slope[1] * rng.standard_normal((draws, 1))
        chance = 1 / (1 + np.exp(-(stay + slope * (points - self.centre))))
        return self.customers * lifetime_value(self.margin, chance, self.discount)

    def gain(self, change: FloatArray, point: FloatArray, fit: Fit) -> tuple[FloatArray, float]:
        """Return the gain (S,) of a `change` (S, k) in the shares of categories of `fit`, and at the estimate `point`.

        Every draw has a link of its own.
        """
        values = self.values(fit.categories, len(change), fit.spec.seed)
        return (change * values).sum(axis=1), float(point @ values.mean(axis=0))


def customer_of(
    link: Fit, *, margin: float, discount: float, customers: float = 1.0
) -> Customer:
    """Take the link from satisfaction to staying from answers that have both.

    Parameters
    ----------
    link : Fit
        ``dr.fit(answers, outcome="stayed", drivers=["satisfaction"], model="logit")``: who stayed (1) or left (0).
    margin, discount, customers : float
        As in `Customer`.

    Returns
    -------
    Customer
        With the estimate and standard error of the fit's draws at the average satisfaction.

    Raises
    ------
    InputError
        If the fit is no binary one with a logit link and one driver.
    """
    if link.spec.model != "logit" or link.spec.link != "logit" or len(link.spec.drivers) != 1:
        raise InputError(
            "The link is the fit of a yes/no column (who stayed) on satisfaction alone: "
            'dr.fit(answers, outcome="stayed", drivers=["satisfaction"], model="logit").'
        )
    slope, cut = link.draws.slopes[..., 0].ravel(), link.draws.cuts[..., 0].ravel()
    centre = float((slope * cut).mean() - slope.mean() * cut.mean()) / float(slope.var()) if slope.var() > 0 else 0.0
    stay = slope * centre - cut  # at this point level and slope do not go together
    return Customer(
        margin=margin, discount=discount, customers=customers, centre=centre, stay=(float(stay.mean()),
        float(stay.std())), slope=(float(slope.mean()), float(slope.std())),
        source=f"{link.label(link.spec.outcome)} on {link.label(link.spec.drivers[0])}, n {link.n:,}",
    )  # fmt: skip
