"""Results made by hand, so that charts are tested without fitting anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from drivers.importance.result import Importance

LONG = (
    "Overall cleanliness of the store incl. fitting rooms & toilets",
    "Friendliness and helpfulness of staff at the service counter",
    "Speed of service from joining the queue until walking out ok",
    "Value for money compared with what other shops in town charge",
    "Ease of finding products using signs, maps, staff or the app.",
    "Communication about delays, returns, repairs and open orders",
    "Product quality as experienced in the first weeks of using it",
    "Choice of payment methods, including gift cards & instalment",
    "Availability of parking, bicycle racks, and public transport",
    "Opening hours on working days, Saturdays and public holidays",
    "Clarity of price labels, special offers, and loyalty points.",
    "Comfort of waiting area: seats, temperature, noise and light",
    "Handling of complaints: fairness, speed, and being listened to",
    "Range of products in stock on the day of the visit (no order)",
    "Trust that personal data are kept safe and are not passed on",
)


def make_importance(
    relative: list[float], r2: float = 0.45, *, names: Mapping[str, str] | None = None,
    slopes: list[float] | None = None, outcome: str = "Overall satisfaction", n: int = 1523, precision: float = 150.0,
    draws: int = 400, seed: int = 1,
) -> Importance:
    """Return shares whose draws are Dirichlet around `relative`, times an R2 that varies a little."""
    rng = np.random.default_rng(seed)
    part = np.asarray(relative, float) / np.sum(relative)
    p = len(part)
    drivers = tuple(names or {f"driver_{j + 1}": "" for j in range(p)})
    labels = dict(names or {d: d.replace("_", " ").capitalize() for d in drivers}) | {"outcome": outcome}
    explained = np.clip(rng.normal(r2, 0.02, (1, draws)), 0.001, 0.999)
    slope = np.asarray(slopes if slopes is not None else 0.8 * np.sqrt(part), float)
    return Importance(
        outcome="outcome", drivers=drivers, labels=labels, model="linear", link="identity", engine="regression",
        measure="lmg", estimate=part * r2, shares=rng.dirichlet(part * precision, (1, draws)) * explained[..., None],
        r2_estimate=r2, r2=explained, slope_estimate=slope, slopes=slope + rng.normal(0, 0.05, (1, draws, p)),
        n=n, n_complete=n - 40, n_eff=0.81 * n,
    )  # fmt: skip


@pytest.fixture
def made() -> Callable[..., Importance]:
    return make_importance


@pytest.fixture
def four() -> Importance:
    """Four drivers, one of them near zero."""
    names = {"product_quality": "Product quality", "service_speed": "Service speed", "value": "Value",
             "communication": "Communication"}  # fmt: skip
    return make_importance([0.42, 0.3, 0.26, 0.02], names=names)


@pytest.fixture
def fifteen() -> Importance:
    """Fifteen drivers with names of sixty characters."""
    return make_importance(list(range(15, 0, -1)), 0.55, names={f"q{j}": name for j, name in enumerate(LONG)})
