"""`worth_knowing`: whether to ask more people, or to pilot one driver, before the budget is spent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.errors import InputError
from drivers.fit.result import Fit
from drivers.scenario.plan_result import Plan
from drivers.scenario.plan_text import gained
from drivers.stats.information import of_a_sample, of_everything, of_some
from drivers.survey.plain_text import wrapped

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Worth:
    """What knowing more before choosing would bring, on average, in the units of the ``plan``.

    ``everything`` every gain exactly; ``slopes`` all slopes, which no survey can beat; ``drivers`` one slope each;
    ``samples`` so many times the answers at hand more. ``bounded`` numbers that the noise of draws had put above what
    bounds them, and that were set to it.
    """

    plan: Plan
    everything: float
    slopes: float
    drivers: tuple[tuple[str, float], ...]
    samples: tuple[tuple[float, float], ...]
    n: int
    bounded: int

    def tidy(self) -> pd.DataFrame:
        """Return one row per thing that could be known: ``what``, ``kind`` and ``gain`` over choosing now."""
        label = self.plan.label
        rows: list[tuple[str, str, float]] = [("every gain exactly", "perfect", self.everything),
                                              ("all slopes exactly", "partial", self.slopes)]  # fmt: skip
        rows += [(f"slope of {label(name)} exactly", "partial", gain) for name, gain in self.drivers]
        rows += [(f"{more * self.n:,.0f} more answers", "sample", gain) for more, gain in self.samples]
        return pd.DataFrame(rows, columns=["what", "kind", "gain"])

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain values for JSON."""
        rows = self.tidy()
        rows["what"] = rows["what"].astype(object)
        return {"measure": self.plan.measure, "bounded": self.bounded, "rows": rows.to_dict("records")}

    def summary(self) -> str:
        """Return the table with its reading."""
        rows = self.tidy()
        shown = pd.DataFrame({
            "before choosing, know": rows["what"],
            f"gain more, {gained(self.plan, 1.0, unit=True).partition(' ')[2]}": [
                gained(self.plan, value) for value in rows["gain"]
            ],
        })
        best = max(self.drivers, key=lambda pair: pair[1])
        words = [
            f"If one driver is to be piloted, {self.plan.label(best[0])} is worth most." if best[1] > 0
            else "No single driver is worth a pilot: the plan would stay what it is.",
            "What answers cost has to be less than what they bring. Samples count sampling error alone, so they are "
            "upper limits: more answers do not make an association an effect.",
        ]
        if self.bounded:
            words.append(f"{self.bounded} number(s) were set to the bound they cannot pass (noise of the draws).")
        return "\n".join([shown.to_string(index=False), "", *wrapped(words)])


def worth_knowing(plan: Plan, fit: Fit, *, more: Sequence[float] = (0.5, 1.0, 3.0)) -> Worth:
    """Tell what it is worth to know more before a plan is chosen.

    Parameters
    ----------
    plan : Plan
        From `drivers.scenario.plan.plan`.
    fit : Fit
        The fit it was made from.
    more : sequence of float
        Answers that could be added, as multiples of those at hand: 1 doubles them.

    Returns
    -------
    Worth
        Gains over choosing now.

    Raises
    ------
    InputError
        If the fit is not the plan's, or a number of answers is not above 0.

    Notes
    -----
    Choices compared are the plans that are best in some draw. ``EVSI <= EVPPI <= EVPI`` holds for what is estimated;
    where noise of the draws breaks it, the bound is given.

    References
    ----------
    .. [1] Strong, Oakley & Brennan (2014). Medical Decision Making 34(3), 311-326. doi:10.1177/0272989X13505910
    .. [2] Strong, Oakley, Brennan & Breeze (2015). Medical Decision Making 35(5), 570-583.
       doi:10.1177/0272989X15575286
    """
    slopes = fit.draws.slopes.reshape(-1, fit.draws.slopes.shape[-1])
    if len(slopes) != len(plan.value) or fit.spec.outcome != plan.outcome:
        raise InputError("This is not the fit the plan was made from: worth_knowing(plan(fit, ...), fit).")
    for times in more:
        if not (math.isfinite(times) and times > 0):
            raise InputError(f"more={times:g} is not a number above 0; 1 doubles the answers.")
    choices = plan.candidates()
    gains = plan.value[:, np.arange(len(plan.steps)), choices].sum(axis=2)
    rng = np.random.default_rng([fit.spec.seed, 25])
    error = np.atleast_2d(np.cov(slopes.T))
    everything = of_everything(gains)
    raw = [of_some(gains, slopes)]
    raw += [of_some(gains, slopes[:, [j]]) for j in range(slopes.shape[1])]
    raw += [of_a_sample(gains, slopes, error / times, rng) for times in more]
    whole = min(raw[0], everything)
    kept = [whole, *(min(value, whole) for value in raw[1:])]
    p = slopes.shape[1]
    return Worth(
        plan=plan, everything=everything, slopes=whole,
        drivers=tuple(zip(fit.spec.drivers, kept[1 : p + 1], strict=True)),
        samples=tuple(zip(map(float, more), kept[p + 1 :], strict=True)), n=fit.n,
        bounded=sum(a < b - 1e-12 for a, b in zip(kept, raw, strict=True)),
    )  # fmt: skip
