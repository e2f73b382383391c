"""Importances made by hand, so that the words about them can be tested without any model."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from drivers.importance.result import Importance
from drivers.survey.schema import Survey

DRAWS = 2000


@pytest.fixture
def made_importance() -> Callable[..., Importance]:
    """Return a builder: shares and slopes with given spreads, normal draws with a fixed seed."""

    def build(
        shares: Sequence[float],
        *,
        spread: float = 0.01,
        slopes: Sequence[float] | None = None,
        slope_spread: float = 0.02,
        labels: Sequence[str] | None = None,
        outcome_label: str = "Satisfaction",
    ) -> Importance:
        rng = np.random.default_rng(7)
        estimate = np.array(shares, dtype=float)
        slope = np.array(slopes if slopes is not None else np.linspace(0.4, 0.1, len(shares)))
        draws = np.abs(estimate + spread * rng.standard_normal((1, DRAWS, len(shares))))
        names = tuple(f"d{i}" for i in range(len(shares)))
        words = labels or [f"Driver {chr(65 + i)}" for i in range(len(shares))]
        return Importance(
            outcome="y",
            drivers=names,
            labels={"y": outcome_label, **dict(zip(names, words, strict=True))},
            model="linear",
            link="identity",
            engine="regression",
            measure="lmg",
            estimate=estimate,
            shares=draws,
            r2_estimate=float(estimate.sum()),
            r2=draws.sum(axis=2),
            slope_estimate=slope,
            slopes=slope + slope_spread * rng.standard_normal((1, DRAWS, len(shares))),
            n=1500,
            n_complete=1320,
            n_eff=1204.5,
        )

    return build


@pytest.fixture
def made_survey() -> Callable[..., Survey]:
    """Return a builder of the survey that goes with `made_importance`."""

    def build(drivers: int, *, items: dict[str, dict[str, object]] | None = None) -> Survey:
        return Survey.model_validate(
            {
                "title": "Made by hand",
                "scale": [1, 5],
                "drivers": [f"d{i}" for i in range(drivers)],
                "outcomes": ["y"],
                "items": items or {},
            }
        )

    return build
