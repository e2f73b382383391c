"""`sensitivity`: importance once more, if a halo coloured the answers or if items were measured with error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.straight_lines import StraightLines
from drivers.defaults import MAX_FAILED_DRAWS, SEED
from drivers.errors import InputError, nearest, quoted
from drivers.fit.result import Fit
from drivers.importance.blocks import Blocks, blocks_of
from drivers.importance.hierarchy import refuse_products
from drivers.importance.shares import lmg_of, lmg_of_draws
from drivers.importance.ties import ranks
from drivers.stats.halo import first_eigenvalue_share, largest_halo, remove_halo
from drivers.stats.reliability import disattenuate
from drivers.survey.plain_text import effective

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]
Stated = float | tuple[float, float]

HALOS: Final = (0.1, 0.2, 0.3)
"""Parts of the variance of every item that are assumed to be halo, beside none."""

MOST_SUBSETS: Final = 1 << 28
"""Subsets times draws walked per scenario, two to ten seconds; beyond it, orders of entry are sampled."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scenario:
    """Importance under one assumption.

    ``kind`` "observed", "halo" or "reliability"; ``amount`` the halo as a part of variance, NaN otherwise;
    ``estimate`` (k,) and ``shares`` (S, k) in parts of the corrected outcome's variance, NaN and empty where
    ``refused`` says why the answers cannot hold the assumption; ``failed`` draws that could not be corrected.
    ``mc_error`` is the largest Monte-Carlo standard error of a draw, 0 where every subset was visited.
    """

    name: str
    kind: str
    amount: float
    estimate: FloatArray
    shares: FloatArray
    failed: int = 0
    refused: str = ""
    mc_error: float = 0.0

    @property
    def usable(self) -> bool:
        """Whether draws are left to make intervals from."""
        return not self.refused and len(self.shares) > 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sensitivity:
    """Importance under several assumptions, the observed one first.

    ``drivers`` names the rows, groups of drivers first; ``items`` counts the drivers, which halo and error are of.
    ``first_eigenvalue`` share of the drivers' variance along one line, ``most_halo`` the largest part of every variance
    that can be halo, and ``straight`` lines, if counted, are what a halo would look like.
    """

    outcome: str
    drivers: tuple[str, ...]
    labels: Mapping[str, str]
    scenarios: tuple[Scenario, ...]
    first_eigenvalue: float
    most_halo: float
    straight: StraightLines | None
    n: int
    n_eff: float
    level: float
    items: int
    notes: tuple[str, ...] = ()

    def label(self, name: str) -> str:
        """Return the words to print for a driver or the outcome, by its `name`."""
        return self.labels.get(name, name)

    def tidy(self) -> pd.DataFrame:
        """Return one row per scenario and driver.

        Columns: ``scenario``, ``kind``, ``amount``, ``driver``, ``label``, ``share`` of the corrected outcome's
        variance with ``low`` and ``high``, ``relative`` the part of R2, ``rank``, ``p_first``, ``r2``, and
        ``refused``, the reason where a scenario has no numbers (NaN).
        """
        return pd.concat([self._rows(each) for each in self.scenarios], ignore_index=True)

    def _rows(self, each: Scenario) -> pd.DataFrame:
        p = len(self.drivers)
        missing = np.full(p, np.nan)
        low, high, chance = missing, missing, missing
        if each.usable:
            low, high = np.quantile(each.shares, [(1 - self.level) / 2, (1 + self.level) / 2], axis=0)
            chance = (ranks(each.shares) == 1).mean(axis=0)
        r2 = float(each.estimate.sum())
        return pd.DataFrame({
            "scenario": each.name, "kind": each.kind, "amount": each.amount, "driver": list(self.drivers),
            "label": [self.label(name) for name in self.drivers], "share": each.estimate, "low": low, "high": high,
            "relative": each.estimate / r2 if r2 > 0 else missing,
            "rank": missing if each.refused else ranks(each.estimate[None])[0].astype(np.float64),
            "p_first": chance, "r2": r2, "refused": each.refused,
        })

    def stability(self) -> pd.DataFrame:
        """Return one row per scenario: how far it changes what is reported.

        Columns: ``scenario``, ``r2``, ``first`` (driver with the largest share), ``same_first``, ``same_order``,
        ``pairs_turned`` (pairs of drivers in the other order), ``spread`` (largest less smallest share, in parts of
        R2), ``failed`` draws, and ``refused``.
        """
        base = self.scenarios[0].estimate
        rows = []
        for each in self.scenarios:
            r2, usable = each.estimate.sum(), not each.refused
            here, there = (np.sign(values[:, None] - values) for values in (each.estimate, base))
            turned = int((here * there < 0).sum() // 2) if usable else -1
            first = self.drivers[int(np.argmax(each.estimate))] if usable else ""
            rows.append({
                "scenario": each.name, "r2": r2, "first": first,
                "same_first": usable and int(np.argmax(each.estimate)) == int(np.argmax(base)),
                "same_order": turned == 0, "pairs_turned": turned if usable else np.nan,
                "spread": (each.estimate.max() - each.estimate.min()) / r2 if usable else np.nan,
                "failed": each.failed, "refused": each.refused,
            })
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """Return shares by scenario, their stability and the signs of a halo as text."""
        wide = self.tidy().pivot(index="driver", columns="scenario", values="relative")
        wide = wide.loc[list(self.drivers), [each.name for each in self.scenarios if not each.refused]]
        wide.index = pd.Index([self.label(name) for name in self.drivers], name="part of R2")
        steps = self.stability()
        stable = steps.loc[steps["refused"] == "", ["scenario", "r2", "first", "same_order", "pairs_turned"]].copy()
        stable["pairs_turned"] = stable["pairs_turned"].astype(int)
        stable["first"], stable["r2"] = stable["first"].map(self.label), stable["r2"].map("{:.1%}".format)
        lines = [
            f"Importance for {self.label(self.outcome)} under assumed halo and stated reliability, n {self.n:,}, "
            f"{effective(self.n, self.n_eff)}",
            "", wide.map("{:.1%}".format).to_string(), "", stable.to_string(index=False), "",
            f"Signs of a halo: {self.first_eigenvalue:.1%} of the drivers' variance lies along one line "
            f"({1 / self.items:.1%} without any correlation); at most {self.most_halo:.1%} of every variance "
            "can be halo. High R2 and flat shares together are what a halo looks like.",
            *([self.straight.summary()] if self.straight else []),
            *(f"{each.name}: {each.refused}" for each in self.scenarios if each.refused),
            "These are assumptions, not findings: one rating per driver cannot tell how large its halo is.",
            *self.notes,
        ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """Return all scenarios as plain values for JSON, None where there is no number."""
        def plain(table: pd.DataFrame) -> list[dict[str, object]]:
            return [{str(k): None if isinstance(v, float) and np.isnan(v) else v for k, v in row.items()}
                    for row in table.to_dict("records")]  # fmt: skip

        return {
            "outcome": self.outcome, "n": self.n, "n_eff": self.n_eff, "deff_weights": self.n / self.n_eff,
            "level": self.level, "first_eigenvalue_share": self.first_eigenvalue, "most_halo": self.most_halo,
            "straight_line_rate": self.straight.rate if self.straight else None, "shares": plain(self.tidy()),
            "stability": plain(self.stability()), "notes": list(self.notes),
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the shares across scenarios, one line per driver, on `ax` or a new figure."""
        from drivers.plot.sensitivity import plot_sensitivity

        return plot_sensitivity(self, ax=ax)


def sensitivity(
    fit: Fit,
    *,
    halo: Sequence[float] = HALOS,
    outcome_halo: float | None = None,
    reliability: Mapping[str, Stated] | None = None,
    straight: StraightLines | None = None,
    seed: int = SEED,
    groups: Mapping[str, Sequence[str]] | None = None,
    always: Sequence[str] = (),
) -> Sensitivity:
    """Split R2 again under an assumed halo, and under stated reliabilities of the items.

    Parameters
    ----------
    fit : Fit
        A fitted driver model and its draws.
    halo : sequence of float
        Parts of every driver's variance that are assumed to be one impression per person, each 0 to below 1.
    outcome_halo : float, optional
        Part of the outcome's variance that is halo; as `halo` by default.
    reliability : mapping of column to float or (low, high), optional
        Part of an item's variance that is no random error. A range stands for not knowing it: every draw takes another
        value from it, all alike likely, and the estimate its middle. Items left out count as free of error.
    straight : StraightLines, optional
        From `straight_lines(answers)`, to be reported beside.
    seed : int
        Seed of reliabilities given as a range.
    groups : mapping of str to sequence of str, optional
        Drivers that enter together, by the name of their group.
    always : sequence of str
        Drivers that are in every model; the fit's controls are always in.

    Returns
    -------
    Sensitivity
        Scenarios with intervals; a halo these answers cannot hold has none and says so. Where draws have more than
        `MOST_SUBSETS` subsets together, orders of entry are sampled, and the notes state the error.

    Raises
    ------
    InputError
        If a reliability or a halo is out of range, of an unknown column, or the stated reliabilities cannot be:
        nothing is smoothed. If the fit has squares or products, or a name in `groups` or `always` is not right.

    Notes
    -----
    Corrections are made on the covariances of every draw, so sampling error is carried along. Shares are parts of
    the corrected outcome's variance: that of the outcome without its halo, or without its own error.

    References
    ----------
    .. [1] Podsakoff, MacKenzie, Lee & Podsakoff (2003). Journal of Applied Psychology 88(5), 879-903.
       doi:10.1037/0021-9010.88.5.879
    .. [2] Westfall & Yarkoni (2016). PLoS ONE 11(3), e0152719. doi:10.1371/journal.pone.0152719
    """
    refuse_products(fit, "`sensitivity`")
    point = fit.point.joint_covariance()[0, 0]
    draws = fit.draws.joint_covariance().reshape(-1, *point.shape)
    blocks = blocks_of(fit.spec.drivers, groups, always, fit.spec.controls)
    notes: list[str] = []
    if fit.spec.controls:
        notes.append("Halo and reliabilities are those beyond the controls, which are held equal first.")
    if always:
        held = ", ".join(fit.label(fit.spec.drivers[j]) for j in blocks.always)
        notes.append(f"Always in the model: {held}. Shares and R2 here are beyond it.")
    seen = (blocks, fit.spec.seed)
    scenarios = [_scenario("as observed", "observed", float("nan"), point, draws, *seen)]
    for part in halo:
        scenarios.append(_with_halo(part, outcome_halo, point, draws, *seen))
    if reliability:
        middle, drawn = _stated(fit, reliability, len(draws), np.random.default_rng([seed, 4]))
        names = (*fit.spec.drivers, fit.spec.outcome)
        corrected, again = disattenuate(point, middle, names), disattenuate(draws, drawn)
        scenarios.append(
            _scenario("reliability as stated", "reliability", float("nan"), corrected, again, *seen)
        )
        free = [name for name in names if name not in reliability]
        notes += [f"Taken as measured without error: {', '.join(map(fit.label, free))}."] if free else []
    notes += _scenario_notes(scenarios, len(draws))
    sd = np.sqrt(np.diag(point)[:-1])
    return Sensitivity(
        outcome=fit.spec.outcome, drivers=blocks.names, labels=fit.labels, scenarios=tuple(scenarios),
        first_eigenvalue=first_eigenvalue_share(point[:-1, :-1] / sd[:, None] / sd), most_halo=largest_halo(point),
        straight=straight, n=fit.n, n_eff=fit.n_eff, level=fit.spec.level, items=len(fit.spec.drivers),
        notes=tuple(notes),
    )


def _scenario_notes(scenarios: Sequence[Scenario], asked: int) -> list[str]:
    """Say which of the `asked` draws could not be corrected, and how exact the others are."""
    notes = [
        f"{each.name}: {each.failed:,} of {asked:,} draws could not be corrected and are left out of its intervals; "
        "the assumption is close to what these answers can hold."
        for each in scenarios if each.failed > MAX_FAILED_DRAWS * asked and not each.refused
    ]  # fmt: skip
    error = max(each.mc_error for each in scenarios)
    if error:
        notes.append(f"Intervals rest on sampled orders of entry: Monte-Carlo error of a draw at most {error:.5f} R2.")
    return notes


def _scenario(
    name: str, kind: str, amount: float, point: FloatArray, draws: FloatArray, blocks: Blocks, seed: int
) -> Scenario:
    estimate, _ = lmg_of(point, blocks, seed)
    shares, error = lmg_of_draws(draws, blocks, seed, MOST_SUBSETS, point, estimate)
    kept = np.isfinite(shares).all(axis=1)
    return Scenario(
        name=name, kind=kind, amount=amount, estimate=estimate, shares=shares[kept],
        failed=int((~kept).sum()), mc_error=0.0 if error is None else float(error.max()),
    )


def _with_halo(
    part: float, outcome: float | None, point: FloatArray, draws: FloatArray, blocks: Blocks, seed: int
) -> Scenario:
    name = f"halo {part:g}"
    everywhere = remove_halo(draws, part, outcome)  # refuses a part that is no part, for all scenarios alike
    try:
        left = remove_halo(point, part, outcome)
    except InputError as refusal:
        missing = np.full(len(blocks.names), np.nan)
        return Scenario(
            name=name, kind="halo", amount=part, estimate=missing, shares=np.empty((0, len(missing))),
            failed=len(draws), refused=str(refusal),
        )
    return _scenario(name, "halo", part, left, everywhere, blocks, seed)


def stated_of(names: Sequence[str], reliability: Mapping[str, Stated], model: str) -> list[tuple[float, float]]:
    """Return the ends between which the reliability of every item is stated to lie.

    Parameters
    ----------
    names : sequence of str
        Drivers and, last, the outcome.
    reliability : mapping of str to float or (low, high)
        As stated; items left out are free of error.
    model : str
        Of the fit.

    Returns
    -------
    list of (float, float)
        Low and high of every name.

    Raises
    ------
    InputError
        If a name is unknown, a reliability out of range, or that of a latent outcome.
    """
    unknown = [name for name in reliability if name not in names]
    if unknown:
        raise InputError(
            f"{', '.join(nearest(name, names) for name in unknown)}: no driver or outcome of this fit. State "
            f"reliabilities of {quoted(names)}."
        )
    if model != "linear" and names[-1] in reliability:
        raise InputError(
            f"`{names[-1]}` is latent in {model} models, and its error is part of the model already; state "
            "reliabilities of drivers only."
        )
    ends = []
    for name in names:
        stated = reliability.get(name, 1.0)
        low, high = stated if isinstance(stated, tuple) else (stated, stated)
        if not 0 < low <= high <= 1:
            raise InputError(
                f"`{name}`: reliability {stated!r} is not above 0 and at most 1; give a number like 0.8, or a range "
                "like (0.7, 0.9)."
            )
        ends.append((low, high))
    return ends


def _stated(
    fit: Fit, reliability: Mapping[str, Stated], count: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return the middle (p + 1,) and the drawn reliabilities (count, p + 1), 1 where none is stated."""
    ends = stated_of((*fit.spec.drivers, fit.spec.outcome), reliability, fit.spec.model)
    drawn = np.column_stack([rng.uniform(low, high, count) for low, high in ends])
    return np.array([(low + high) / 2 for low, high in ends]), drawn
