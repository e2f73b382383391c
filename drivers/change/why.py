"""Why a score moved between two waves, and why shares of importance did, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.change.models import Models, WaveMoments, wave_moments
from drivers.errors import InputError
from drivers.stats.blocks import given
from drivers.stats.score_split import line_of, split_score
from drivers.stats.share_split import split_share

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from drivers.survey.schema import Survey

FloatArray = NDArray[np.float64]

WHY_DRAWS = 500
"""Draws behind the intervals of parts."""

MOST_WALKS = 300_000_000
"""Subsets of drivers visited for the parts of shares; with many drivers fewer draws are made."""

FEWEST_DRAWS = 50
"""With fewer draws of shares than this, their parts have no intervals."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Waterfall:
    """Why the mean of the ``outcome`` moved from one wave to another.

    ``table`` has one row per part: `part` is "performance" (ratings moved), "sensitivity" (a rating counts for more or
    less), "mix" (others were asked) or "unexplained"; `driver` is empty for sums. ``before`` and ``after`` are means.
    """

    outcome: str
    label: str
    wave_before: str
    wave_after: str
    before: float
    after: float
    n_before: int
    n_after: int
    level: float
    anchor: Mapping[str, float]
    mix: tuple[str, ...]
    table: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def change(self) -> float:
        """Change of the mean, outcome points: the sum of the parts."""
        return self.after - self.before

    def part(self, name: str, driver: str = "") -> pd.Series:
        """Return the row of the part `name`, of one `driver` or of all together."""
        rows = self.table[(self.table["part"] == name) & (self.table["driver"] == driver)]
        found: pd.Series = rows.iloc[0]
        return found

    def tidy(self) -> pd.DataFrame:
        """Return one row per part.

        Columns: ``part``, ``driver`` and ``label`` (empty for the sum over drivers), ``estimate`` in outcome points
        with ``low`` and ``high``, ``p_up`` the part of draws above 0. The part "change" is the whole.
        """
        return self.table.copy()

    def summary(self) -> str:
        """Return the parts as a text table."""
        shown = self.table[["part", "label", "estimate", "low", "high"]].round(3).to_string(index=False)
        head = f"{self.label}, mean: {self.before:.3f} in {self.wave_before}, {self.after:.3f} in {self.wave_after}"
        return "\n".join([head, "", shown, *self.notes])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the parts as a waterfall with intervals on `ax`, or on a new figure without it."""
        from drivers.plot.waterfall import plot_waterfall

        return plot_waterfall(self, ax=ax)

    def to_dict(self) -> dict[str, Any]:
        """Return the waterfall as plain values for JSON."""
        return {
            "outcome": self.outcome, "wave_before": self.wave_before, "wave_after": self.wave_after,
            "before": self.before, "after": self.after, "n_before": self.n_before, "n_after": self.n_after,
            "level": self.level, "anchor": dict(self.anchor), "mix": list(self.mix),
            "parts": self.table.to_dict("records"), "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShareMove:
    """Why shares of importance (LMG, parts of the outcome's variance) moved from one wave to another.

    ``table`` has one row per driver with its share before and after and the parts of the change that go with how much
    people differ (``spread``), with slopes (``slope``) and with what drivers leave unexplained (``noise``).
    """

    outcome: str
    label: str
    wave_before: str
    wave_after: str
    level: float
    table: pd.DataFrame
    notes: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """Return one row per driver.

        Columns: ``driver``, ``label``, ``before``, ``after``, ``change``, ``spread``, ``slope``, ``noise``, and for
        each of the last four ``_low`` and ``_high``, all as parts of the outcome's variance.
        """
        return self.table.copy()

    def summary(self) -> str:
        """Return the parts as a text table."""
        columns = ["label", "before", "after", "change", "spread", "slope", "noise"]
        head = f"{self.label}: shares of its differences, {self.wave_before} to {self.wave_after}"
        return "\n".join([head, "", self.table[columns].round(3).to_string(index=False), *self.notes])

    def to_dict(self) -> dict[str, Any]:
        """Return the shares as plain values for JSON."""
        return {
            "outcome": self.outcome, "wave_before": self.wave_before, "wave_after": self.wave_after,
            "level": self.level, "drivers": self.table.to_dict("records"), "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pair:
    """Moments of two waves and draws of both: means (S, k) and covariances (S, k, k); the estimate is the first."""

    before: WaveMoments
    after: WaveMoments
    means: tuple[FloatArray, FloatArray]
    covs: tuple[FloatArray, FloatArray]
    n: tuple[int, int]


def pair_of(models: Models, places: tuple[int, int], seed: int, draws: int = WHY_DRAWS) -> Pair:
    """Estimate the moments of two waves and draw them together.

    Parameters
    ----------
    models : Models
        Drivers and cells.
    places : (int, int)
        The earlier and the later wave.
    seed : int
        Seed of the draws.
    draws : int
        How many.

    Returns
    -------
    Pair
        Draws are normal around the estimate with the covariance of the design; units in both waves move both.
        Draws without a proper covariance are left out.

    Raises
    ------
    InputError
        If columns of the mix are exact mixes of each other in a wave.
    """
    before, after = (wave_moments(models, place) for place in places)
    rng = np.random.default_rng([seed, 5])
    label = np.concatenate([before.parts.label, after.parts.label])
    own = np.arange(len(label)) + label.max(initial=-1) + 1
    unit = np.unique(np.where(label < 0, own, label), return_inverse=True)[1]
    noise = rng.standard_normal((draws, int(unit.max(initial=-1)) + 1))
    found = []
    start, n = 0, []
    for place, wave in zip(places, (before, after), strict=True):
        here = unit[start : start + len(wave.parts.label)]
        start += len(here)
        rows = models.linked.of(place, models.used & ~np.isnan(models.linked.cells.values[:, -1]))
        n.append(round(models.linked.cells.n[rows].sum()))
        k = len(wave.moments.mean)
        spread = np.sqrt(n[-1] / max(n[-1] - k, n[-1] / 2))
        moved = np.vstack([np.zeros((1, wave.parts.parts.shape[1])), noise[:, here] @ wave.parts.parts * spread])
        cov = np.repeat(wave.moments.cov[None], draws + 1, axis=0)
        upper = np.triu_indices(k)
        cov[:, upper[0], upper[1]] += moved[:, k:]
        cov[:, upper[1], upper[0]] = cov[:, upper[0], upper[1]]
        found.append((wave.moments.mean + moved[:, :k], cov))
    good = _proper(found[0][1]) & _proper(found[1][1])
    if not good[0]:
        raise InputError(
            "Drivers and the columns of the mix are exact mixes of each other in a wave, so the change cannot be "
            "shared out. Leave a segment column out: mix=[...]."
        )
    (mean_a, cov_a), (mean_b, cov_b) = ((mean[good], cov[good]) for mean, cov in found)
    return Pair(before=before, after=after, means=(mean_a, mean_b), covs=(cov_a, cov_b), n=(n[0], n[1]))


def _proper(cov: FloatArray) -> NDArray[np.bool_]:
    """Return which covariances (S, k, k) are positive definite by a clear margin."""
    spread = np.sqrt(np.maximum(np.einsum("sii->si", cov), 0.0))
    good: NDArray[np.bool_] = (spread > 0).all(axis=1)
    scaled = cov[good] / (spread[good][:, :, None] * spread[good][:, None, :])
    good[good] = np.linalg.eigvalsh(scaled)[:, 0] > 1e-9
    return good


def anchors(survey: Survey, models: Models, pair: Pair, given_anchor: Mapping[str, float] | None) -> dict[str, float]:
    """Return the rating from which each driver is counted: as `given_anchor`, else the middle of its scale.

    `survey` knows the scales, `models` the drivers; on an open scale the average of the earlier wave of `pair` stands
    in.
    """
    found = {}
    for j, name in enumerate(models.drivers):
        scale = survey.item(name).scale
        middle = sum(scale) / 2 if isinstance(scale, tuple) else float(pair.before.moments.mean[j])
        found[name] = float((given_anchor or {}).get(name, middle))
    return found


def waterfall(
    models: Models, pair: Pair, waves: tuple[str, str], labels: Mapping[str, str], anchor: Mapping[str, float],
    level: float,
) -> Waterfall:
    """Share out the change of the outcome's mean.

    Parameters
    ----------
    models : Models
        Drivers and mix.
    pair : Pair
        Both waves.
    waves : (str, str)
        Their names.
    labels : mapping of str to str
        Words to print.
    anchor : mapping of str to float
        The rating from which each driver is counted.
    level : float
        Level of the intervals.

    Returns
    -------
    Waterfall
        Parts add up to the change of the mean exactly.
    """
    p, at = len(models.drivers), np.array([anchor[name] for name in models.drivers])
    lines = [line_of(mean, cov, p, at) for mean, cov in zip(pair.means, pair.covs, strict=True)]
    split = split_score(lines[0], lines[1], at)
    rows = [_part("change", "", "", split.total, level)]
    for name, found in (("performance", split.performance), ("sensitivity", split.sensitivity)):
        rows.append(_part(name, "", "all drivers", found.sum(axis=-1), level))
        rows += [_part(name, d, labels[d], found[:, j], level) for j, d in enumerate(models.drivers)]
    rows += [_part("mix", "", "", split.mix, level), _part("unexplained", "", "", split.unexplained, level)]
    before, after = (float(mean[0, -1]) for mean in pair.means)
    return Waterfall(
        outcome=models.outcome, label=labels[models.outcome], wave_before=waves[0], wave_after=waves[1],
        before=before, after=after, n_before=pair.n[0], n_after=pair.n[1], level=level, anchor=dict(anchor),
        mix=models.mix.columns, table=pd.DataFrame(rows),
    )


def _part(part: str, driver: str, label: str, draws: FloatArray, level: float) -> dict[str, object]:
    """Return one part of a change: the first of the `draws` as its estimate, the others as its interval."""
    enough = len(draws) > FEWEST_DRAWS
    low, high = np.quantile(draws[1:], [(1 - level) / 2, (1 + level) / 2]) if enough else (np.nan, np.nan)
    return {
        "part": part, "driver": driver, "label": label, "estimate": float(draws[0]), "low": float(low),
        "high": float(high), "p_up": float((draws[1:] > 0).mean()) if enough else np.nan,
    }


def share_move(
    models: Models, pair: Pair, waves: tuple[str, str], labels: Mapping[str, str], level: float
) -> ShareMove:
    """Share out the change of every driver's LMG share.

    Parameters
    ----------
    models : Models
        Drivers and controls.
    pair : Pair
        Both waves.
    waves : (str, str)
        Their names.
    labels : mapping of str to str
        Words to print.
    level : float
        Level of the intervals.

    Returns
    -------
    ShareMove
        Shares beyond the controls, among those who answered the outcome.
    """
    p, k = len(models.drivers), pair.covs[0].shape[1]
    draws = min(len(pair.covs[0]) - 1, MOST_WALKS // (8 * 2**p))
    count = 1 + (draws if draws >= FEWEST_DRAWS else 0)
    kept = [*range(p), *range(p, p + len(models.terms)), k - 1]
    covs = []
    for cov in pair.covs:
        part = cov[:count][:, kept][:, :, kept]
        if models.terms:
            left = given(part, range(p, p + len(models.terms)))
            left[..., -1, -1] = part[..., -1, -1]
            part = left
        covs.append(np.ascontiguousarray(part))
    split = split_share(covs[0], covs[1])
    rows = []
    for j, name in enumerate(models.drivers):
        row: dict[str, object] = {
            "driver": name, "label": labels[name], "before": split.before[0, j], "after": split.after[0, j]
        }
        for part_name, found in (
            ("change", split.after - split.before), ("spread", split.spread), ("slope", split.slope),
            ("noise", split.noise),
        ):
            told = _part(part_name, name, "", found[:, j], level)
            row |= {part_name: told["estimate"], f"{part_name}_low": told["low"], f"{part_name}_high": told["high"]}
        rows.append(row)
    notes = () if count > 1 else (f"{p} drivers: parts of shares without intervals, which would take too long.",)
    return ShareMove(
        outcome=models.outcome, label=labels[models.outcome], wave_before=waves[0], wave_after=waves[1], level=level,
        table=pd.DataFrame(rows), notes=notes,
    )
