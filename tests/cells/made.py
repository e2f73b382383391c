"""Cells and answers made by hand for tests: one row per respondent, or collapsed."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

import drivers as dr
from drivers.cells.collapse import Cells
from drivers.survey.answers import Answers


def cells_of(
    values: np.ndarray, *, weight: np.ndarray | None = None, stratum: Sequence[object] | None = None,
    psu: Sequence[object] | None = None,
) -> Cells:
    """One cell per row."""
    m, k = values.shape
    load = np.ones(m) if weight is None else np.asarray(weight, dtype=float)
    keys = {name: list(key) for name, key in (("stratum", stratum), ("psu", psu)) if key is not None}
    return Cells(
        items=tuple(f"x{j}" for j in range(k)), values=np.array(values, dtype=float),
        reasons=np.zeros((m, k), dtype=np.int8), keys=pd.DataFrame(keys, index=range(m)), n=np.ones(m), sum_w=load,
        sum_w2=load**2, stratum="stratum" if stratum is not None else None, psu="psu" if psu is not None else None,
    )


def ratings(
    n: int, seed: int, *, slopes: Sequence[float] = (0.5, 0.3, 0.0), correlation: float = 0.5, noise: float = 0.8,
    scale: tuple[float, float] = (1, 5),
) -> pd.DataFrame:
    """Correlated ratings a, b, c, ... and an outcome y on the same scale, rounded and cut to it."""
    rng = np.random.default_rng(seed)
    p, middle = len(slopes), sum(scale) / 2
    spread = (scale[1] - scale[0]) / 4
    common = rng.normal(size=(n, 1))
    x = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * rng.normal(size=(n, p))
    x = np.clip(np.round(middle + spread * x), *scale)
    latent = middle + (x - middle) @ np.asarray(slopes) + noise * spread * rng.normal(size=n)
    table = pd.DataFrame(x, columns=[chr(ord("a") + j) for j in range(p)])
    return table.assign(y=np.clip(np.round(latent), *scale))


def answers_of(table: pd.DataFrame, *, outcome: str = "y", **roles: object) -> Answers:
    """Read a table of `ratings`, 1..5; columns that hold no role are drivers."""
    used = {outcome}
    for role in roles.values():
        used |= {role} if isinstance(role, str) else set(role) if isinstance(role, tuple) else set()
    names = tuple(column for column in table.columns if column not in used)
    roles = {"scale": (1, 5), **roles}
    return dr.read(table, dr.Survey(drivers=names, outcomes=(outcome,), **roles))
