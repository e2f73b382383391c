"""`Surface`: one driver's response surface with its shape; `Surfaces`: those of all drivers asked for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import MIN_BASE_CELL, SAME_SIDE
from drivers.gap.constraints import Constraint
from drivers.gap.plain import plain, records
from drivers.stats.surface import TERMS
from drivers.stats.surface import Axes as SurfaceAxes
from drivers.survey.plain_text import percent_level

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

AXES = ("x0", "y0", "p10", "p11", "p20", "p21")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surface:
    """The surface z = b0 + b1 P + b2 E + b3 P^2 + b4 P E + b5 E^2, P and E in points from the middle of the scale.

    ``b`` (5,) with design-based ``b_cov`` and ``b_model_cov`` (5, 5), ``b_draws`` (S, 5); ``a`` (5,) = a1..a5 with
    ``a_low``/``a_high``; ``axes`` of the estimate and ``axes_draws`` by draw; ``intercept`` b0 (0 for ordinal, other
    drivers at their average); ``points`` (m, 3) perceived, expected, respondents; ``off_diagonal`` respondents whose
    two answers differ; ``constraints`` simpler models (of all drivers, where fitted together).
    """

    driver: str
    label: str
    ends: tuple[float, float]
    b: FloatArray
    b_cov: FloatArray
    b_model_cov: FloatArray
    b_draws: FloatArray
    a: FloatArray
    a_low: FloatArray
    a_high: FloatArray
    axes: SurfaceAxes
    axes_draws: SurfaceAxes
    intercept: float
    df: float
    points: FloatArray
    n: int
    n_eff: float
    off_diagonal: float
    level: float
    constraints: tuple[Constraint, ...]

    @property
    def middle(self) -> float:
        """Middle of the scale, where P and E are 0."""
        return sum(self.ends) / 2

    @property
    def turned(self) -> bool:
        """Whether the slopes of the axes are defined: draws agree on the sign of b4, by which they are divided."""
        return _agree(self.b_draws[:, 3])

    @property
    def steady(self) -> bool:
        """Whether there is a stationary point: draws agree on the sign of 4 b3 b5 - b4^2, too (0 along a ridge)."""
        return self.turned and _agree(self.axes_draws.determinant)

    def values(self, perceived: FloatArray, expected: FloatArray) -> FloatArray:
        """Return the fitted outcome at `perceived` and `expected` answers (same shape), in outcome or latent units."""
        x, y = perceived - self.middle, expected - self.middle
        b = self.b
        return np.asarray(self.intercept + b[0] * x + b[1] * y + b[2] * x * x + b[3] * x * y + b[4] * y * y)

    def tidy(self) -> pd.DataFrame:
        """Return one row per b1..b5, a1..a5, stationary point and axis.

        Columns: ``driver``, ``term``, ``estimate``, ``std_error``, ``low``, ``high``. Intervals of ratios (x0 to p21)
        are quantiles of draws, their standard errors are left out.
        """
        from scipy.special import stdtrit

        reach = stdtrit(self.df, (1 + self.level) / 2) * np.sqrt(np.diag(self.b_cov))
        tails = [(1 - self.level) / 2, (1 + self.level) / 2]
        rows: list[dict[str, object]] = [
            {"term": t, "estimate": v, "std_error": float(np.sqrt(s)), "low": v - r, "high": v + r}
            for t, v, s, r in zip(TERMS, self.b, np.diag(self.b_cov), reach, strict=True)
        ]
        from drivers.stats.surface import SHAPE

        errors = np.sqrt(np.diag(SHAPE @ self.b_cov @ SHAPE.T))
        rows += [
            {"term": f"a{k + 1}", "estimate": self.a[k], "std_error": errors[k], "low": self.a_low[k],
             "high": self.a_high[k]} for k in range(5)
        ]  # fmt: skip
        for name in AXES:
            low, high = np.nanquantile(getattr(self.axes_draws, name), tails)
            rows.append({"term": name, "estimate": float(getattr(self.axes, name)), "std_error": np.nan,
                         "low": low, "high": high})  # fmt: skip
        return pd.DataFrame(rows).assign(driver=self.driver)[
            ["driver", "term", "estimate", "std_error", "low", "high"]
        ]

    def density(self) -> pd.DataFrame:
        """Return respondents by perceived (rows) and expected (columns) answer, blank where fewer than the base."""
        table = pd.DataFrame(self.points, columns=["perceived", "expected", "n"])
        wide = table.pivot_table(index="perceived", columns="expected", values="n", aggfunc="sum")
        return wide.where(wide >= MIN_BASE_CELL)

    def to_dict(self) -> dict[str, object]:
        """Return the surface as plain values for JSON."""
        found: dict[str, object] = {"driver": self.driver, "b0": self.intercept}
        found |= {name: float(value) for name, value in zip(TERMS, self.b, strict=True)}
        found |= {f"a{k + 1}": float(value) for k, value in enumerate(self.a)}
        found["intervals"] = {
            f"a{k + 1}": [float(self.a_low[k]), float(self.a_high[k])] for k in range(5)
        }
        known = AXES if self.steady else ("p11", "p21") if self.turned else ()
        found["axes"] = {name: plain(float(getattr(self.axes, name))) if name in known else None for name in AXES}
        return found | {"n": self.n, "off_diagonal": round(self.off_diagonal)}

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the surface as filled contours with the hull of the data on `ax`, or on a new figure."""
        from drivers.plot.surface import plot_surface

        return plot_surface(self, ax=ax)

    def reading(self) -> str:
        """Say in a sentence what the slopes at the middle of the scale, and the bend across, allow to say."""
        tails = [(1 - self.level) / 2, (1 + self.level) / 2]
        low, high = np.quantile(self.b_draws[:, :2], tails, axis=0)
        got = "up" if low[0] > 0 else "down" if high[0] < 0 else "neither up nor down for sure"
        asked = (
            "and higher where less had been expected" if high[1] < 0
            else "and higher, not lower, where more had been expected" if low[1] > 0
            else "while what had been expected makes no difference that can be told"
        )
        bend = " Away from agreement it bends down." if self.a_high[3] < 0 else ""
        return (
            f"{self.label}, at the middle of the scale: the outcome goes {got} with what was perceived, {asked}.{bend}"
        )


def _agree(draws: FloatArray) -> bool:
    return bool(abs(np.sign(draws).mean()) >= 2 * SAME_SIDE - 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surfaces:
    """Response surfaces of an outcome, by driver; ``together`` says whether they come from one model."""

    outcome: str
    label: str
    surfaces: tuple[Surface, ...]
    model: str
    engine: str
    level: float
    together: bool
    notes: tuple[str, ...] = ()

    def __getitem__(self, driver: str) -> Surface:
        """Return the surface of a `driver`."""
        return next(each for each in self.surfaces if each.driver == driver)

    def tidy(self) -> pd.DataFrame:
        """Return one row per driver and term, see `Surface.tidy`."""
        return pd.concat([each.tidy() for each in self.surfaces], ignore_index=True)

    def constraints(self) -> pd.DataFrame:
        """Return one row per driver and model of the surface: full, additive, gap, squared gap.

        Columns: ``driver`` ("all" where fitted together), ``model``, ``terms``, ``r2``, ``elpd`` (log density of
        answers left out), ``worse`` (full less this) with ``error``, ``aic``, ``f`` with ``df`` and ``p_value`` against
        the full model, ``verdict``.
        """
        shown = self.surfaces[:1] if self.together else self.surfaces
        return pd.DataFrame([
            {"driver": "all" if self.together else each.driver, **asdict(c), "verdict": c.verdict}
            for each in shown for c in each.constraints
        ])  # fmt: skip

    def summary(self) -> str:
        """Return shapes and simpler models as text tables."""
        rows = []
        for s in self.surfaces:
            row: dict[str, object] = {"": s.label}
            row |= {f"a{k + 1}": f"{s.a[k]:+.2f} ({s.a_low[k]:+.2f} to {s.a_high[k]:+.2f})" for k in range(5)}
            rows.append({**row, "off diagonal": f"{s.off_diagonal:,.0f} of {s.n:,}"})
        c = self.constraints()
        c["r2"] = c["r2"].map("{:.3f}".format)
        c["worse by"] = [f"{d:.1f} +/- {e:.1f}" for d, e in zip(c["worse"], c["error"], strict=True)]
        unit = "points" if self.model == "linear" else "latent units"
        return "\n".join([
            f"Response surfaces of {self.label} over perceived and expected ({unit}), "
            f"{percent_level(self.level)} intervals", "", pd.DataFrame(rows).to_string(index=False), "",
            c[["driver", "model", "r2", "worse by", "verdict"]].to_string(index=False), "",
            *(s.reading() for s in self.surfaces), "",
            "a1, a2: slope and bend where both answers agree; a3, a4: where one goes up as the other goes down; "
            "a4 < 0 alone is not congruence.",
            *(f"{s.label}: no stationary point {'' if s.turned else 'and no principal axis '}is given; draws do not "
              f"agree on the sign of {'4 b3 b5 - b4^2' if s.turned else 'b4'}."
              for s in self.surfaces if not s.steady), *self.notes,
        ])  # fmt: skip

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the first surface on `ax`, or on a new figure; each surface has a plot of its own."""
        return self.surfaces[0].plot(ax=ax)

    def to_dict(self) -> dict[str, object]:
        """Return the surfaces as plain values for JSON."""
        return {
            "outcome": self.outcome, "model": self.model, "engine": self.engine, "level": self.level,
            "together": self.together, "surfaces": [each.to_dict() for each in self.surfaces],
            "constraints": [
                {**row, "df": [plain(v) for v in each.df]}
                for row, each in zip(
                    records(self.constraints().drop(columns="df")),
                    [c for s in (self.surfaces[:1] if self.together else self.surfaces) for c in s.constraints],
                    strict=True,
                )
            ],
            "notes": list(self.notes),
        }  # fmt: skip
