"""The gap on the latent scale: two ordered answers with common thresholds, as a posterior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.defaults import DIC_CLEARLY, LEVEL, POSTERIOR_DRAWS, SEED
from drivers.errors import InputError, SurveyError
from drivers.fit.regression.sample import Sample
from drivers.gap.pairs import Pair, check_vary, pairs_of
from drivers.gap.plain import records
from drivers.gap.terms import TermOptions, complete_cells
from drivers.importance.blocks import blocks_of
from drivers.importance.shares import take_shares
from drivers.survey.answers import Answers
from drivers.survey.plain_text import percent_level

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from drivers.fit.bayes.joint import JointDraws

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LatentPair:
    """One pair: ``gap`` (S,) latent perceived less expected, of people with average answers to the ``drivers``.

    ``below`` (S,) chance that a person perceives less than expected; ``correlation`` (S,) of the two; ``slopes``
    (S, 3, p) of perceived, expected and their difference per driver point; ``shares`` (3, S, p) LMG in parts of the
    latent variance of each; ``freed`` how much lower the deviance information criterion is with thresholds of their
    own (NaN where that was not fitted).
    """

    item: str
    label: str
    drivers: tuple[str, ...]
    gap: FloatArray
    below: FloatArray
    correlation: FloatArray
    slopes: FloatArray
    shares: FloatArray
    freed: float
    n: int
    notes: tuple[str, ...]

    @property
    def invariant(self) -> bool:
        """Whether common thresholds are not clearly worse than free ones."""
        return not self.freed > DIC_CLEARLY


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LatentGap:
    """Latent gaps of all ``pairs`` with intervals at ``level``."""

    pairs: tuple[LatentPair, ...]
    labels: Mapping[str, str]
    level: float
    notes: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """Return one row per pair.

        Columns: ``driver``, ``label``; latent ``gap`` with ``low``/``high`` and ``p_short`` P(gap < 0); ``below``
        chance that a person perceives less than expected, with its interval; ``correlation`` of the two answers;
        ``freed`` and ``invariant`` (whether thresholds may be taken as common); ``n``.
        """
        tails = [(1 - self.level) / 2, (1 + self.level) / 2]
        rows = []
        for pair in self.pairs:
            low, high = np.quantile(pair.gap, tails)
            under, over = np.quantile(pair.below, tails)
            rows.append({
                "driver": pair.item, "label": pair.label, "gap": float(pair.gap.mean()), "low": low, "high": high,
                "p_short": float((pair.gap < 0).mean()), "below": float(pair.below.mean()), "below_low": under,
                "below_high": over, "correlation": float(pair.correlation.mean()), "freed": pair.freed,
                "invariant": pair.invariant, "n": pair.n,
            })
        return pd.DataFrame(rows)

    def slopes(self) -> pd.DataFrame:
        """Return one row per pair and driver: latent slopes and shares (LMG) of perceived, expected, difference."""
        tails = [(1 - self.level) / 2, (1 + self.level) / 2]
        rows: list[dict[str, object]] = []
        for pair in self.pairs:
            for j, name in enumerate(pair.drivers):
                row: dict[str, object] = {"pair": pair.item, "driver": name, "label": self.labels.get(name, name)}
                for k, part in enumerate(("perceived", "expected", "difference")):
                    low, high = np.quantile(pair.slopes[:, k, j], tails)
                    row |= {part: float(pair.slopes[:, k, j].mean()), f"{part}_low": low, f"{part}_high": high,
                            f"share_{part}": float(pair.shares[k, :, j].mean())}  # fmt: skip
                rows.append(row | {"p_positive": float((pair.slopes[:, 2, j] > 0).mean())})
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """Return gaps, and slopes where there are drivers, as text tables."""
        t = self.tidy()
        shown = pd.DataFrame({"": t["label"]})
        shown["latent gap"] = [f"{v:+.2f} ({a:+.2f} to {b:+.2f})" for v, a, b in
                               zip(t["gap"], t["low"], t["high"], strict=True)]  # fmt: skip
        shown["got less than expected"] = [f"{v:.0%} ({a:.0%} to {b:.0%})" for v, a, b in
                                           zip(t["below"], t["below_low"], t["below_high"], strict=True)]  # fmt: skip
        shown["P(short)"], shown["n"] = t["p_short"].map("{:.2f}".format), t["n"].map("{:,}".format)
        lines = [f"Latent gap, common thresholds, {percent_level(self.level)} intervals", "",
                 shown.to_string(index=False), ""]  # fmt: skip
        odd = [pair.label for pair in self.pairs if not pair.invariant]
        if odd:
            lines.append(f"Thresholds differ between the two answers for {', '.join(odd)}: people use the scale "
                         "another way for what they expect, so this gap is partly that.")  # fmt: skip
        slopes = self.slopes()
        if len(slopes):
            lines += ["", slopes.round(2).to_string(index=False), ""]
        return "\n".join([*lines, *self.notes])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the latent gap of every pair with its interval on `ax`, or on a new figure."""
        from drivers.plot.latent_gap import plot_latent_gap

        return plot_latent_gap(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """Return the result as plain values for JSON."""
        return {"level": self.level, "pairs": records(self.tidy()), "slopes": records(self.slopes()),
                "notes": list(self.notes)}  # fmt: skip


def latent_gap(
    answers: Answers, items: Sequence[str] | None = None, drivers: Sequence[str] = (), *, draws: int = POSTERIOR_DRAWS,
    seed: int = SEED, level: float = LEVEL, where: Mapping[str, object] | None = None, check_thresholds: bool = True,
) -> LatentGap:
    """Draw the latent gap of every pair from its posterior.

    Parameters
    ----------
    answers : Answers
        Checked answers with declared expectations.
    items : sequence of str, optional
        Perceived drivers or outcomes with an expectation; all drivers with one by default.
    drivers : sequence of str
        Drivers to explain both answers with; a pair's own item is left out of its own model. None by default.
    draws : int
        From the posterior.
    seed : int
        Of the draws.
    level : float
        Level of intervals.
    where : mapping, optional
        Only respondents with this wave or segment.
    check_thresholds : bool
        Fit thresholds of their own, too, and say where they are clearly better.

    Returns
    -------
    LatentGap
        P* = m_P + x'b_P + u and E* = m_E + x'b_E + v cut at the same thresholds, errors of unit variance that
        correlate. Complete cases.

    Raises
    ------
    SurveyError
        If a pair is on two scales or an open one.
    InputError
        If answers lie between the points of their scale, or nobody's two answers differ.
    FitError
        If the draws must not be trusted.

    Notes
    -----
    What was expected is often asked afterwards: it is then recalled. Recall would have to have moved it by as much as
    the latent gap to make that up.

    References
    ----------
    .. [1] Butler & Chatterjee (1997). Review of Economics and Statistics 79(2), 343-347.
       doi:10.1162/003465397556737
    """
    options = TermOptions(engine="bayes", draws=draws, seed=seed, level=level, where=where)
    pairs = pairs_of(answers.survey, items)
    found, notes = [], []
    for pair in pairs:
        own = tuple(name for name in drivers if name not in (pair.item, pair.expected))
        complete = complete_cells(answers, (*own, pair.item), pair.expected, options)
        check_vary(complete.sample.cells, [pair])
        one, told = _one(complete.sample, pair, own, options, check_thresholds)
        found.append(one)
        notes += [note for note in (*complete.notes(pair.label if len(pairs) > 1 else ""), *told) if note not in notes]
    labels = {name: answers.survey.label(name) for name in answers.survey.drivers}
    return LatentGap(pairs=tuple(found), labels=labels, level=level, notes=tuple(notes))


def _one(
    sample: Sample, pair: Pair, own: tuple[str, ...], options: TermOptions, check_thresholds: bool
) -> tuple[LatentPair, tuple[str, ...]]:
    from drivers.fit.bayes.joint import draw_joint

    cells = sample.cells
    categories, q = _categories(cells, pair)
    drawn = draw_joint(sample, categories, (q, q), common=True, draws=options.count, seed=options.seed)
    freed = float("nan")
    if check_thresholds:
        loose = draw_joint(sample, categories, (q, q), common=False, draws=1000, seed=options.seed)
        freed = _dic(drawn) - _dic(loose)
    gap = drawn.gap.reshape(-1) if drawn.gap is not None else np.empty(0)
    p = len(own)
    slopes = drawn.slopes.reshape(len(gap), 2, p)
    three = np.stack([slopes[:, 0], slopes[:, 1], slopes[:, 0] - slopes[:, 1]], axis=1)
    correlation = drawn.correlation.reshape(-1)
    shares = _shares(cells, three, correlation, own, options.seed) if p else np.empty((3, len(gap), 0))
    return LatentPair(
        item=pair.item, label=pair.label, drivers=own, gap=gap, below=drawn.below.reshape(-1), correlation=correlation,
        slopes=three, shares=shares, freed=freed, n=round(float(cells.n.sum())), notes=drawn.notes,
    ), drawn.notes


def _categories(cells: Cells, pair: Pair) -> tuple[NDArray[np.intp], int]:
    if pair.ends is None:
        raise SurveyError(f"`{pair.item}` is on an open scale, which has no thresholds. Declare its ends: "
                          f"[items.{pair.item}] scale = [1, 5] (and of `{pair.expected}`).")  # fmt: skip
    low, high = pair.ends
    said = cells.values[:, -2:] - low
    if (said % 1 != 0).any():
        count = float(cells.n[(said % 1 != 0).any(axis=1)].sum())
        raise InputError(f"`{pair.item}`: {count:,.0f} answers lie between the points of the scale; a latent gap needs "
                         "ratings. Use the joint linear model.")  # fmt: skip
    return said.astype(np.intp), round(high - low)


def _dic(drawn: JointDraws) -> float:
    loglik = drawn.loglik.reshape(-1)
    return float(-2 * loglik.mean() + 2 * loglik.var())


def _shares(
    cells: Cells, slopes: FloatArray, correlation: FloatArray, own: tuple[str, ...], seed: int
) -> FloatArray:
    """Return LMG (3, S, p) of both latent answers and their difference; drivers' covariance is drawn beside slopes."""
    from drivers.stats.inverse_wishart import inverse_wishart
    from drivers.stats.moments import weighted_moments

    p, s = len(own), len(slopes)
    x = cells.values[:, :p]
    moments = weighted_moments(x, cells.sum_w)
    n = cells.n_eff
    cov = inverse_wishart(n - 1, n * moments.cov, s, np.random.default_rng([seed, 61]))
    blocks, out = blocks_of(own), []
    for k, noise in enumerate((np.ones(s), np.ones(s), 2 - 2 * correlation)):
        cross = np.einsum("sij,sj->si", cov, slopes[:, k])
        joint = np.empty((s, p + 1, p + 1))
        joint[:, :p, :p], joint[:, p, :p], joint[:, :p, p] = cov, cross, cross
        joint[:, p, p] = np.einsum("si,si->s", cross, slopes[:, k]) + noise
        out.append(take_shares("lmg", joint.mean(axis=0), joint, blocks, seed).draws)
    return np.stack(out)
