"""Surveys with expectations made in memory, and real ones as the published numbers were made from them."""

from pathlib import Path

import numpy as np
import pandas as pd

import drivers as dr
from drivers.survey.answers import Answers

EXPECTED = {"a": "ea", "b": "eb", "c": "ec"}

# perceived, expected: respondents, sum of the outcome (PERQ1, CUEX1 -> CUSA1 of 250 mobile customers)
T20 = """
2,5:1,6 3,10:1,6 4,4:1,4 4,6:1,6 4,7:1,5 5,3:1,7 5,4:1,5 5,5:3,20 5,8:2,16 5,9:1,8 5,10:1,7 6,1:1,7 6,3:1,7 6,5:1,7
6,6:4,27 6,7:2,15 6,8:5,35 6,9:1,6 6,10:1,7 7,4:1,8 7,5:6,43 7,6:5,35 7,7:17,124 7,8:16,122 7,9:5,41 7,10:2,15 8,3:1,8
8,4:1,9 8,5:4,31 8,6:9,69 8,7:27,216 8,8:29,236 8,9:9,69 8,10:7,52 9,5:2,16 9,6:1,9 9,7:8,63 9,8:18,160 9,9:9,78
9,10:4,33 10,3:1,8 10,5:3,27 10,7:4,32 10,8:10,93 10,9:2,17 10,10:19,182
"""


def table(n: int = 600, seed: int = 3) -> pd.DataFrame:
    """Three pairs of ratings 1..5, satisfaction, a direct item, weights, strata and groups."""
    rng = np.random.default_rng(seed)
    mood = rng.normal(size=(n, 1))
    got = np.clip(np.rint(3.4 + 0.5 * mood + rng.normal(0, 0.9, (n, 3))), 1, 5)
    wanted = np.clip(np.rint(4.0 + 0.2 * mood + rng.normal(0, 0.8, (n, 3))), 1, 5)
    y = np.clip(np.rint(0.3 + got @ [0.5, 0.3, 0.1] + 0.6 * rng.normal(size=n)), 1, 5)
    g = np.clip(np.rint(2.4 + (got - wanted) @ [0.2, 0.4, 0.1] + 0.7 * rng.normal(size=n)), 1, 5)
    said = np.column_stack([got, wanted, y, g]).astype(int)
    return pd.DataFrame(said, columns=[*"abc", "ea", "eb", "ec", "y", "g"]).assign(
        w=rng.uniform(0.5, 2.0, n).round(3), stratum=rng.integers(0, 4, n),
        channel=np.where(rng.random(n) < 0.4, "phone", "web"), quarter=np.where(np.arange(n) % 2, "2026-Q1", "2026-Q2"),
    )


def survey(**changes: object) -> dr.Survey:
    """The definition of `table`, with changes."""
    given = {
        "drivers": ("a", "b", "c"), "outcomes": ("y",), "scale": (1, 5), "expectations": EXPECTED,
        "segments": ("channel",), "wave": "quarter",
    }
    return dr.Survey(**{**given, **changes})


def answers(frame: pd.DataFrame | None = None, **changes: object) -> Answers:
    """Read `frame`, or `table()`, with the definition changed."""
    return dr.read(table() if frame is None else frame, survey(**changes))


def mobi(shared: Path, **changes: object) -> Answers:
    """250 mobile customers, items 1..10."""
    given = {"drivers": ("PERQ2", "PERQ3", "PERQ7", "PERV1"), "outcomes": ("CUSA1", "CUSA2"), "scale": (1, 10)}
    return dr.read(shared / "data" / "mobi.csv", dr.Survey(**{**given, **changes}))


def kiosk(shared: Path, items: tuple[str, ...] = tuple(f"{k:02d}" for k in range(1, 25)), **changes: object) -> Answers:
    """Self-service kiosks: p01..p24 against e01..e24 on 1..7, overall satisfaction on 1..5."""
    given = {
        "title": "Kiosks", "drivers": tuple(f"p{k}" for k in items), "outcomes": ("sat_overall",), "scale": (1, 7),
        "expectations": {f"p{k}": f"e{k}" for k in items}, "items": {"sat_overall": {"scale": (1, 5)}},
    }
    return dr.read(pd.read_csv(shared / "data" / "kiosk_servqual.csv"), dr.Survey(**{**given, **changes}))


def mobi_cells() -> pd.DataFrame:
    """Patterns of T20 with respondents and mean outcome."""
    rows = [[float(v) for v in entry.replace(":", ",").split(",")] for entry in T20.split()]
    return pd.DataFrame(rows, columns=["x", "y", "n", "sum"])
