"""Does falling short cost more than exceeding brings? Slopes below and above a reference, on the latent scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import ANSWERS_PER_SLOPE, LEVEL, MIN_BASE_MODEL, POSTERIOR_DRAWS, SEED, VERY_LIKELY
from drivers.errors import InputError, SurveyError, TooFewAnswersError
from drivers.fit.result import Model
from drivers.gap.pairs import Pair, pairs_of
from drivers.gap.plain import records
from drivers.gap.terms import (
    Complete,
    TermOptions,
    check_outcome,
    coded_outcome,
    complete_cells,
    fit_terms,
    with_terms,
)
from drivers.stats.shrunken_ratio import ShrunkenPairs, shrunken_pairs
from drivers.survey.answers import Answers
from drivers.survey.plain_text import percent_level

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]
Reference = float | str
FIT_DRAWS = 100
"""Bootstrap draws of the fit: slopes and their design-based covariance are all that is used of it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asymmetry:
    """Slopes below and above a reference. Arrays over p drivers.

    ``below``/``above`` (p,) slopes as estimated, latent units (or points) per driver point, with errors ``below_se``,
    ``above_se``; ``pairs`` draws of both, shrunken to a common ratio; ``reach_below``/``reach_above`` (p,) points from
    the reference to either end of the scale; ``n_below``/``n_above`` respondents beyond the reference, ``at_top`` the
    share of the outcome's top answer; ``others`` one row per driver and other reference.
    """

    drivers: tuple[str, ...]
    labels: Mapping[str, str]
    outcome: str
    model: str
    reference: str
    below: FloatArray
    above: FloatArray
    below_se: FloatArray
    above_se: FloatArray
    pairs: ShrunkenPairs
    reach_below: FloatArray
    reach_above: FloatArray
    n_below: FloatArray
    n_above: FloatArray
    at_top: float
    others: pd.DataFrame
    n: int
    n_eff: float
    level: float
    notes: tuple[str, ...] = ()

    def label(self, name: str) -> str:
        """Return the words to print for the driver `name`."""
        return self.labels.get(name, name)

    def impact(self) -> FloatArray:
        """Return impact asymmetry (S, p): (reward - penalty) / (|reward| + |penalty|) over the whole scale."""
        reward, penalty = self.pairs.upper * self.reach_above, self.pairs.lower * self.reach_below
        size = np.abs(reward) + np.abs(penalty)
        return np.asarray((reward - penalty) / np.where(size > 0, size, 1.0))

    def tidy(self) -> pd.DataFrame:
        """Return one row per driver.

        Columns: ``driver``, ``label``; ``penalty`` and ``reward`` (slopes below and above the reference, shrunken
        medians) with ``_low``/``_high``; ``below``, ``above`` as estimated; ``ratio`` penalty over reward with
        ``ratio_low``/``ratio_high`` (empty where the reward may be 0) and ``p_loss`` P(penalty > reward);
        ``impact`` asymmetry, -1 (all penalty) to 1 (all reward), with ``impact_low``/``impact_high`` and ``p_reward``
        P(impact > 0); ``n_below``, ``n_above``; ``verdict``: "dissatisfier", "satisfier" or "cannot be separated".
        """
        tails = [(1 - self.level) / 2, 0.5, (1 + self.level) / 2]
        table = pd.DataFrame({"driver": list(self.drivers), "label": [self.label(d) for d in self.drivers]})
        lower, upper, impact = self.pairs.lower, self.pairs.upper, self.impact()
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(upper > 0, lower / upper, np.nan)
        sound = (upper > 0).mean(axis=0) >= VERY_LIKELY
        for name, draws in (("penalty", lower), ("reward", upper), ("impact", impact)):
            table[f"{name}_low"], table[name], table[f"{name}_high"] = np.quantile(draws, tails, axis=0)
        found = np.nanquantile(np.where(sound, ratio, 0.0), tails, axis=0)
        for name, values in zip(("ratio_low", "ratio", "ratio_high"), found, strict=True):
            table[name] = np.where(sound, values, np.nan)
        table["below"], table["above"] = self.below, self.above
        table["p_loss"], table["p_reward"] = (lower > upper).mean(axis=0), (impact > 0).mean(axis=0)
        table["n_below"], table["n_above"] = self.n_below.round(), self.n_above.round()
        table["verdict"] = [_verdict(p) for p in table["p_reward"]]
        return table

    def common(self) -> dict[str, float]:
        """Return the common ratio of penalty to reward: median, interval and P(ratio > 1)."""
        low, middle, high = np.quantile(self.pairs.common, [(1 - self.level) / 2, 0.5, (1 + self.level) / 2])
        return {"ratio": float(middle), "low": float(low), "high": float(high),
                "p_above_one": float((self.pairs.common > 1).mean())}  # fmt: skip

    def summary(self) -> str:
        """Return penalties, rewards and their reading as text."""
        t, common = self.tidy(), self.common()
        shown = pd.DataFrame({"": t["label"]})
        for name in ("penalty", "reward", "impact"):
            shown[name] = [f"{v:+.2f} ({a:+.2f} to {b:+.2f})" for v, a, b in
                           zip(t[name], t[f"{name}_low"], t[f"{name}_high"], strict=True)]  # fmt: skip
        shown["P(impact>0)"] = t["p_reward"].map("{:.2f}".format)
        shown["n below"], shown["n above"] = t["n_below"].map("{:,.0f}".format), t["n_above"].map("{:,.0f}".format)
        shown["reading"] = t["verdict"]
        return "\n".join([
            f"Penalty and reward for {self.label(self.outcome)}, slopes below and above {self.reference}, "
            f"{self.model} model, {percent_level(self.level)} intervals",
            f"n {self.n:,}, effective n {self.n_eff:,.0f}; {self.at_top:.0%} gave the top answer", "",
            shown.to_string(index=False), "",
            f"Common ratio of penalty to reward {common['ratio']:.2f} ({common['low']:.2f} to {common['high']:.2f}), "
            f"P(above 1) {common['p_above_one']:.2f}; drivers are shrunken towards it.",
            "Satisfier or dissatisfier is said from a probability of 95 %; neither says what customers take for "
            "granted, which only paired questions (Kano) ask.", *self.notes,
        ])  # fmt: skip

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw penalty and reward of every driver on `ax`, or on a new figure."""
        from drivers.plot.asymmetry import plot_asymmetry

        return plot_asymmetry(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """Return the result as plain values for JSON."""
        return {
            "outcome": self.outcome, "model": self.model, "reference": self.reference, "n": self.n,
            "n_eff": self.n_eff, "at_top": self.at_top, "common": self.common(), "drivers": records(self.tidy()),
            "other_references": records(self.others), "notes": list(self.notes),
        }


def _verdict(p: float) -> str:
    if p >= VERY_LIKELY:
        return "satisfier"
    return "dissatisfier" if p <= 1 - VERY_LIKELY else "cannot be separated"


def asymmetry(
    answers: Answers, outcome: str | None = None, drivers: Sequence[str] | None = None, *,
    reference: Reference = "middle", model: Model = "ordinal", engine: str = "regression", seed: int = SEED,
    level: float = LEVEL, where: Mapping[str, object] | None = None,
) -> Asymmetry:
    """Fit slopes below and above a reference, all drivers together.

    Parameters
    ----------
    answers : Answers
        Checked answers.
    outcome : str, optional
        The first outcome that is not the direct item by default.
    drivers : sequence of str, optional
        By default all with a closed scale and at least `MIN_BASE_MODEL` people on either side of the reference; the
        others are named in the notes.
    reference : "middle", "mean", "expected" or float
        Where below ends and above begins: the middle of each scale, the mean answer, what each person expected, or a
        point of the scale. What was expected is then held equal, too: a slope is that of perceiving a point more at
        the same expectation.
    model : {"ordinal", "linear"}
        Ordinal is the cumulative probit; a linear model takes a full top box for a bend, and is there to show it.
    engine : {"regression", "bayes"}
        Where estimates and their covariance come from.
    seed : int
        Seed of all draws.
    level : float
        Level of intervals, between 0 and 1.
    where : mapping, optional
        Only respondents with this wave or segment.

    Returns
    -------
    Asymmetry
        With the same at the neighbouring points of the scale, because what counts as short is a choice.

    Raises
    ------
    InputError
        If the reference is not on the scale or too few people are on one side of it.

    References
    ----------
    .. [1] Anderson & Sullivan (1993). Marketing Science 12(2), 125-143. doi:10.1287/mksc.12.2.125
    .. [2] Mikulic & Prebezac (2008). Managing Service Quality 18(6), 559-576. doi:10.1108/09604520810920068
    .. [3] Kahneman & Tversky (1979). Econometrica 47(2), 263-291. doi:10.2307/1914185
    """
    options = TermOptions(model=model, engine=engine, draws=FIT_DRAWS if engine == "regression" else 1000, seed=seed,
                          level=level, where=where)  # fmt: skip
    name = check_outcome(answers, outcome)
    survey = answers.survey
    if reference == "expected":
        pairs = pairs_of(survey, drivers)
    else:
        wanted = list(drivers or [d for d in survey.drivers if isinstance(survey.item(d).scale, tuple)])
        pairs = tuple(_alone(answers, item) for item in wanted)
    if not pairs or any(pair.ends is None for pair in pairs):
        odd = [pair.item for pair in pairs if pair.ends is None] or list(survey.drivers)
        raise SurveyError(f"`{odd[0]}` is on an open scale; declare its ends: [items.{odd[0]}] scale = [1, 5].")
    items = [p.item for p in pairs] + ([p.expected for p in pairs] if reference == "expected" else [])
    complete = complete_cells(answers, items, name, options)
    points = _points(complete, pairs, reference)
    notes = [*complete.notes()]
    if drivers is None:
        pairs, left = _carried(complete, pairs, points)
        notes += left
        points = _points(complete, pairs, reference)
    estimate, cov, away = _pieces(answers, complete, pairs, points, options)
    p = len(pairs)
    cells = complete.sample.cells
    count = np.stack([cells.n @ (away < 0), cells.n @ (away > 0)])
    y = cells.column(name)
    if complete.n / (2 * p) < ANSWERS_PER_SLOPE:
        notes.append(f"Only {complete.n / (2 * p):.1f} answers per slope; below {ANSWERS_PER_SLOPE} they are unstable.")
    if model == "linear":
        notes.append("Linear model: a full top box looks like a weak reward. Use model='ordinal' before reading.")
    return Asymmetry(
        drivers=tuple(pair.item for pair in pairs), outcome=name, model=model, reference=_words(reference),
        labels={pair.item: pair.label for pair in pairs} | {name: survey.label(name)}, below=estimate[:p],
        above=estimate[p:], below_se=np.sqrt(np.diag(cov)[:p]), above_se=np.sqrt(np.diag(cov)[p:]),
        pairs=shrunken_pairs(estimate[:p], estimate[p:], cov, POSTERIOR_DRAWS, seed),
        reach_below=_reach(pairs, points, reference)[0], reach_above=_reach(pairs, points, reference)[1],
        n_below=count[0], n_above=count[1], at_top=float(cells.sum_w @ (y == y.max()) / cells.sum_w.sum()),
        others=_others(answers, complete, pairs, options, reference), n=complete.n, n_eff=cells.n_eff, level=level,
        notes=tuple(notes),
    )


def _carried(
    complete: Complete, pairs: Sequence[Pair], points: FloatArray
) -> tuple[tuple[Pair, ...], list[str]]:
    """Return the drivers with enough people on both sides of the reference, and a note on the others."""
    cells = complete.sample.cells
    away = np.column_stack([cells.column(pair.item) for pair in pairs]) - points
    few = np.minimum(cells.n @ (away < 0), cells.n @ (away > 0)) < MIN_BASE_MODEL
    kept = tuple(pair for pair, thin in zip(pairs, few, strict=True) if not thin)
    if not kept or not few.any():
        return tuple(pairs), []
    left = ", ".join(pair.label for pair, thin in zip(pairs, few, strict=True) if thin)
    return kept, [
        f"{int(few.sum())} of {len(pairs)} drivers left out, with fewer than {MIN_BASE_MODEL} people below or above "
        f"the reference: {left}. Slopes are not held equal for them."
    ]


def _alone(answers: Answers, item: str) -> Pair:
    scale = answers.survey.item(item).scale
    ends = scale if isinstance(scale, tuple) else None
    return Pair(item=item, expected=item, label=answers.survey.label(item), ends=ends)


def _points(complete: Complete, pairs: Sequence[Pair], reference: Reference) -> FloatArray:
    """Return the reference of each driver and cell (m, p)."""
    cells = complete.sample.cells
    m = len(cells)
    if reference == "expected":
        return np.column_stack([cells.column(pair.expected) for pair in pairs])
    if reference == "mean":
        return np.tile([cells.sum_w @ cells.column(p.item) / cells.sum_w.sum() for p in pairs], (m, 1))
    if reference == "middle":
        return np.tile([pair.middle for pair in pairs], (m, 1))
    if isinstance(reference, str):
        raise InputError(f'reference={reference!r} is not known; choose "middle", "mean", "expected" or a point.')
    for pair in pairs:
        if pair.ends and not pair.ends[0] < reference < pair.ends[1]:
            raise InputError(
                f"reference={reference:g} is not inside the scale of `{pair.item}`, {pair.ends[0]:g} to "
                f"{pair.ends[1]:g}."
            )
    return np.full((m, len(pairs)), float(reference))


def _pieces(
    answers: Answers, complete: Complete, pairs: Sequence[Pair], points: FloatArray, options: TermOptions
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Slopes (2p,), below first, their covariance, and how far (m, p) answers lie from the reference."""
    cells, p = complete.sample.cells, len(pairs)
    away = np.column_stack([cells.column(pair.item) for pair in pairs]) - points
    thin = [
        (pair.item, side, float(cells.n @ beyond[:, j]))
        for side, beyond in (("below", away < 0), ("above", away > 0)) for j, pair in enumerate(pairs)
    ]
    if few := [entry for entry in thin if entry[2] < MIN_BASE_MODEL]:
        listed = "; ".join(f"`{item}`: {n:,.0f} {side}" for item, side, n in few[:6])
        raise TooFewAnswersError(
            f"Too few people on one side of the reference ({listed}; {MIN_BASE_MODEL} are needed), so a slope there "
            "would be a guess. Leave these drivers out, or move the reference, e.g. reference=\"mean\"."
        )
    names = [f"{pair.item}: {side}" for side in ("below", "above") for pair in pairs]
    columns = [np.minimum(away, 0.0), np.maximum(away, 0.0)]
    if np.ptp(points, axis=0).any():  # a bare difference would take the level of what was expected for a bend
        names += [f"{pair.item}: expected" for pair in pairs]
        columns.append(points)
    sample = with_terms(complete, names, np.column_stack(columns))
    estimated = fit_terms(sample, coded_outcome(answers, complete, options), options)
    return estimated.estimate[: 2 * p], estimated.robust_cov[: 2 * p, : 2 * p], away


def _reach(pairs: Sequence[Pair], points: FloatArray, reference: Reference) -> tuple[FloatArray, FloatArray]:
    ends = np.array([pair.ends for pair in pairs], dtype=np.float64)
    if reference == "expected":  # as far below as above, in points of disconfirmation
        return ends[:, 1] - ends[:, 0], ends[:, 1] - ends[:, 0]
    return points[0] - ends[:, 0], ends[:, 1] - points[0]


def _others(
    answers: Answers, complete: Complete, pairs: Sequence[Pair], options: TermOptions, reference: Reference
) -> pd.DataFrame:
    """Impact asymmetry with the reference a point lower and higher, where enough people are on both sides."""
    rows = []
    base = _points(complete, pairs, reference)
    for move in (-1.0, 1.0):
        try:
            if reference != "expected" and any(
                pair.ends and not pair.ends[0] < base[0, j] + move < pair.ends[1] for j, pair in enumerate(pairs)
            ):
                continue
            estimate, cov, _ = _pieces(answers, complete, pairs, base + move, options)
        except InputError:
            continue
        p = len(pairs)
        drawn = shrunken_pairs(estimate[:p], estimate[p:], cov, 1000, options.seed)
        below, above = _reach(pairs, base + move, reference)
        reward, penalty = drawn.upper * above, drawn.lower * below
        impact = (reward - penalty) / np.maximum(np.abs(reward) + np.abs(penalty), 1e-300)
        rows += [{"driver": pair.item, "moved": move, "impact": float(np.median(impact[:, j])),
                  "p_reward": float((impact[:, j] > 0).mean())} for j, pair in enumerate(pairs)]  # fmt: skip
    return pd.DataFrame(rows, columns=["driver", "moved", "impact", "p_reward"])


def _words(reference: Reference) -> str:
    words = {"middle": "the middle of the scale", "mean": "the mean answer", "expected": "what was expected"}
    return words.get(reference, "") if isinstance(reference, str) else f"{reference:g}"
