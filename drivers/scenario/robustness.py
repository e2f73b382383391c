"""How robust the slope behind a what-if is to what was left out, beside the strongest driver that was not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivers.fit.result import Fit
from drivers.stats.omitted import Bound, bound_by, partial_r2, partial_shares, robustness_value

ALPHA = 0.05
TIMES = (1.0, 2.0, 3.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """Robustness of one driver's ``slope`` (latent units for ordinal and logit models).

    ``r2`` partial share of the outcome that goes with it; ``value`` the robustness value: what something left out has
    to explain, of what is left of driver and outcome alike, to explain the slope away; ``value_5`` the same until it no
    longer differs from 0 at 5 %. ``benchmark`` the observed driver whose like would move the slope most, and ``bounds``
    for something once, twice and three times as strong.
    """

    driver: str
    slope: float
    std_error: float
    r2: float
    value: float
    value_5: float
    benchmark: str | None
    bounds: tuple[Bound, ...]

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON."""
        return {
            "driver": self.driver, "slope": self.slope, "partial_r2": self.r2, "rv": self.value,
            "rv_alpha_05": self.value_5, "benchmark": self.benchmark,
            "bounds": [
                {"times": one.times, "adjusted": None if math.isnan(one.adjusted) else one.adjusted}
                for one in self.bounds
            ],
        }  # fmt: skip


def robustness_of(fit: Fit, drivers: Sequence[str]) -> tuple[Robustness, ...]:
    """Return how robust the slopes of some drivers are to something left out.

    Parameters
    ----------
    fit : Fit
        The fit.
    drivers : sequence of str
        Drivers acted on.

    Returns
    -------
    tuple of Robustness
        From standard errors that assume the model; the one at 5 % from those of the design. In ordinal and logit
        models slope and shares are those of the latent outcome, in which the theory holds approximately.

    References
    ----------
    .. [1] Cinelli & Hazlett (2020). Making sense of sensitivity: extending omitted variable bias. JRSS B 82(1), 39-67.
       doi:10.1111/rssb.12348
    """
    df = max(float(fit.n - len(fit.terms)), 2.0)
    model, robust = np.sqrt(np.diag(fit.model_cov)), np.sqrt(np.diag(fit.robust_cov))
    wide = fit.point.x_cov if fit.point.controls is None else fit.point.controls.cov
    size = len(fit.spec.drivers)
    padded = np.eye(wide.shape[-1] + 1)
    padded[:-1, :-1] = wide[0, 0]
    found = []
    for name in drivers:
        j = fit.spec.drivers.index(name)
        slope, se = float(fit.estimate[j]), float(model[j])
        t, design = slope / se, max(float(robust[j] / se), 1.0)
        worst: tuple[float, str, tuple[Bound, ...]] | None = None
        for k in (k for k in range(size) if k != j):
            driver_r2, _ = partial_shares(padded, j, k)
            outcome_r2 = partial_r2(float(fit.estimate[k] / model[k]), df)
            bounds = tuple(
                bound_by(slope, se, df, driver_r2=driver_r2, outcome_r2=outcome_r2, times=times) for times in TIMES
            )
            moved = abs(slope - bounds[0].adjusted) if not math.isnan(bounds[0].adjusted) else math.inf
            if worst is None or moved > worst[0]:
                worst = (moved, fit.spec.drivers[k], bounds)
        found.append(Robustness(
            driver=name, slope=slope, std_error=se, r2=partial_r2(t, df), value=robustness_value(t, df),
            value_5=robustness_value(t, df, alpha=ALPHA, design=design), benchmark=worst[1] if worst else None,
            bounds=worst[2] if worst else (),
        ))  # fmt: skip
    return tuple(found)
