"""Results made by hand, so that charts are tested without fitting anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
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
    relative: list[float],
    r2: float = 0.45,
    *,
    names: Mapping[str, str] | None = None,
    slopes: list[float] | None = None,
    outcome: str = "Overall satisfaction",
    n: int = 1523,
    precision: float = 150.0,
    draws: int = 400,
    seed: int = 1,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A result as charts see it: rows and what they are about."""

    frame: pd.DataFrame
    by: tuple[str, ...] | str
    outcome: str = "Overall satisfaction"
    level: float = 0.9
    model: str = "linear"

    def label(self, name: str) -> str:
        return name

    def tidy(self) -> pd.DataFrame:
        return self.frame

    @property
    def table(self) -> pd.DataFrame:
        return self.frame


def make_scores(by: tuple[str, ...], measure: str) -> Table:
    """Return six waves of one score, one channel of one wave hidden."""
    rng, rows = np.random.default_rng(3), []
    middle, spread = {"top2": (0.7, 0.03), "nps": (20, 5), "mean": (3.9, 0.1)}[measure]
    channels = ("Store in town", "Phone", "Web chat on the shop's own site", "Email") if "channel" in by else ("",)
    for k in range(6):
        for channel in channels:
            shown = not (k == 2 and channel == "Email")
            y = middle + rng.normal(0, spread)
            estimate, low, high = (y, y - spread, y + spread) if shown else (np.nan,) * 3
            row = {"item": "satisfaction", "label": "Overall satisfaction", "measure": measure,
                   "quarter": f"2026-Q{k + 1}", "estimate": estimate, "low": low, "high": high,
                   "n": 310 + k if shown else 3, "n_eff": 250.0, "deff": 1.2, "shown": shown}  # fmt: skip
            rows.append(row | ({"channel": channel} if channel else {}))
    return Table(frame=pd.DataFrame(rows), by=by)


def make_segments(drivers: int) -> Table:
    """Return slopes in six channels, one of them too small."""
    rng, rows = np.random.default_rng(4), []
    bases = {"Store in town": 620, "Phone": 410, "Web chat": 260, "Email": 17, "Marketplace": 90, "Partner shop": 55}
    for driver in LONG[:drivers]:
        for segment, n in bases.items():
            slope = rng.normal(0.25, 0.2) if n >= 25 else np.nan
            rows.append({"segment_column": "channel", "segment": segment, "driver": driver, "label": driver,
                         "slope": slope, "low": slope - 0.12, "high": slope + 0.12, "n": n, "n_eff": 0.8 * n,
                         "shown": n >= 25})  # fmt: skip
    return Table(frame=pd.DataFrame(rows), by="channel")


@pytest.fixture
def scores() -> Callable[[tuple[str, ...], str], Table]:
    return make_scores


@pytest.fixture
def segments() -> Callable[[int], Table]:
    return make_segments
