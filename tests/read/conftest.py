"""One small survey that every reader must understand alike, and the definition that goes with it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from drivers.survey.schema import Survey


@pytest.fixture(scope="session")
def visits() -> pd.DataFrame:
    """600 visits: ratings 1..5 with blanks and 8 = not applicable, minutes, weights, a channel, two waves."""
    rng = np.random.default_rng(7)
    n = 600
    mood = rng.normal(size=n)

    def rating(load: float) -> np.ndarray:
        return np.clip(np.round(3.2 + load * mood + rng.normal(size=n)), 1, 5)

    table = pd.DataFrame({
        "visit_id": np.arange(n),
        "price": rating(0.8),
        "service": rating(0.5),
        "minutes": np.round(rng.gamma(3, 4, size=n), 1),
        "satisfaction": rating(0.9),
        "weight": np.round(rng.uniform(0.5, 2, size=n), 3),
        "channel": rng.choice(["store", "phone"], size=n),
        "quarter": rng.choice([20261, 20262], size=n),
    })
    table.loc[rng.random(n) < 0.1, "price"] = np.nan
    table.loc[rng.random(n) < 0.2, "service"] = 8
    return table


@pytest.fixture(scope="session")
def survey() -> Survey:
    return Survey(
        drivers=("price", "service", "minutes"),
        outcomes=("satisfaction",),
        scale=(1, 5),
        not_applicable=(8,),
        weight="weight",
        wave="quarter",
        segments=("channel",),
        id="visit_id",
        items={"minutes": {"scale": "open", "direction": "lower", "not_applicable": []}},
    )


@pytest.fixture
def written(tmp_path: Path):
    """`written("a.csv", "text", "utf-8")` puts text into a file and returns its path."""

    def write(name: str, text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write
