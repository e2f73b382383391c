"""Same drivers, two outcomes: what matters for satisfaction beside what matters for the expectation gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import LEANING, LEVEL, LIKELY, SEED, VERY_LIKELY
from drivers.errors import SurveyError, quoted
from drivers.gap.joint_moments import JointMoments, Target, joint_moments
from drivers.gap.plain import records
from drivers.gap.shares import outcome_shares
from drivers.gap.target import GapTarget, gap_target
from drivers.survey.answers import Answers
from drivers.survey.plain_text import percent_level

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from drivers.fit.bayes.priors import CovariancePrior, R2Prior

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwoOutcomes:
    """Shares of two outcomes on the same draws. Arrays of two: satisfaction, then the gap.

    ``shares`` (2, p) LMG in parts of each outcome's variance, ``draws`` (2, S, p); ``names`` and ``words`` of the two.
    """

    drivers: tuple[str, ...]
    labels: Mapping[str, str]
    names: tuple[str, str]
    words: tuple[str, str]
    engine: str
    shares: FloatArray
    draws: FloatArray
    n: int
    n_eff: float
    level: float
    notes: tuple[str, ...] = ()

    def label(self, name: str) -> str:
        """Return the words to print for the driver `name`."""
        return self.labels.get(name, name)

    @property
    def r2(self) -> FloatArray:
        """Explained parts (2,) of the two outcomes' variances."""
        return np.asarray(self.shares.sum(axis=1))

    def rank_probabilities(self) -> FloatArray:
        """Return P(driver holds rank r or better) (2, p, p): outcome, driver, r - 1."""
        order = (-self.draws).argsort(axis=2).argsort(axis=2)
        p = len(self.drivers)
        return np.stack([(order <= r).mean(axis=1) for r in range(p)], axis=2)

    def tidy(self) -> pd.DataFrame:
        """Return one row per driver.

        Columns: ``driver``, ``label``; ``share_satisfaction`` and ``share_gap`` in parts of each outcome's variance,
        with ``_low``/``_high``; ``relative_satisfaction`` and ``relative_gap`` in parts of what is explained of it;
        ``difference`` of the two relative parts (gap less satisfaction) with ``low``/``high`` and ``p_more_for_gap``
        P(difference > 0): relative, because an outcome that is noisier as a whole would make every driver matter less;
        ``p_larger_share`` P(share of the gap's variance > share of satisfaction's); ``p_first_satisfaction``,
        ``p_first_gap`` P(largest share); ``verdict`` in words.
        """
        tails = [(1 - self.level) / 2, (1 + self.level) / 2]
        table = pd.DataFrame({"driver": list(self.drivers), "label": [self.label(d) for d in self.drivers]})
        relative = self.draws / self.draws.sum(axis=2, keepdims=True)
        first = self.rank_probabilities()[:, :, 0]
        for k, name in enumerate(("satisfaction", "gap")):
            low, high = np.quantile(self.draws[k], tails, axis=0)
            table[f"share_{name}"] = self.shares[k]
            table[f"share_{name}_low"], table[f"share_{name}_high"] = low, high
            table[f"relative_{name}"] = self.shares[k] / self.shares[k].sum()
            table[f"p_first_{name}"] = first[k]
        apart = relative[1] - relative[0]
        table["difference"] = table["relative_gap"] - table["relative_satisfaction"]
        table["low"], table["high"] = np.quantile(apart, tails, axis=0)
        table["p_more_for_gap"] = (apart > 0).mean(axis=0)
        table["p_larger_share"] = (self.draws[1] > self.draws[0]).mean(axis=0)
        table["verdict"] = [_verdict(p) for p in table["p_more_for_gap"]]
        return table

    def summary(self) -> str:
        """Return the two columns of shares as a text table."""
        t = self.tidy()
        shown = pd.DataFrame({"": t["label"]})
        for name in ("satisfaction", "gap"):
            shown[name] = [f"{v:.1%} ({a:.1%} to {b:.1%})" for v, a, b in zip(
                t[f"share_{name}"], t[f"share_{name}_low"], t[f"share_{name}_high"], strict=True)]  # fmt: skip
        for name in ("satisfaction", "gap"):
            shown[f"part of {name}'s R2"] = t[f"relative_{name}"].map("{:.0%}".format)
        shown["P(more for the gap)"] = t["p_more_for_gap"].map("{:.2f}".format)
        shown["reading"] = t["verdict"]
        return "\n".join([
            f"Shares of variance (LMG) of {self.words[0]} and of the gap ({self.words[1]}), "
            f"{percent_level(self.level)} intervals",
            f"n {self.n:,}, effective n {self.n_eff:,.0f}; explained {self.r2[0]:.1%} and {self.r2[1]:.1%}",
            "", shown.to_string(index=False), "", *self.notes,
        ])  # fmt: skip

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw both shares of every driver side by side on `ax`, or on a new figure."""
        from drivers.plot.two_outcomes import plot_two_outcomes

        return plot_two_outcomes(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """Return the result as plain values for JSON."""
        return {
            "satisfaction": self.names[0], "gap": self.names[1], "engine": self.engine, "n": self.n,
            "n_eff": self.n_eff, "level": self.level, "r2": self.r2.tolist(), "drivers": records(self.tidy()),
            "notes": list(self.notes),
        }


def two_outcomes(
    answers: Answers, outcome: str | None = None, drivers: Sequence[str] | None = None, *,
    gap: str | None = None, engine: str = "regression", draws: int | None = None, seed: int = SEED,
    level: float = LEVEL, where: Mapping[str, object] | None = None, prior: R2Prior | CovariancePrior | None = None,
) -> TwoOutcomes:
    """Compare what matters for satisfaction with what matters for the gap, within the same draws.

    Parameters
    ----------
    answers : Answers
        Checked answers.
    outcome : str, optional
        Satisfaction; the first outcome that is not the direct item by default.
    drivers : sequence of str, optional
        All drivers by default.
    gap : str, optional
        An outcome that asks the gap itself, as a linear score; the survey's ``direct`` item by default. Without one
        the gap is what was got less what was expected.
    engine : {"regression", "bayes"}
        Bootstrap draws, or draws from the posterior.
    draws : int, optional
        1,000 bootstrap draws, or 4,000 from the posterior, by default.
    seed : int
        Seed of all draws.
    level : float
        Level of intervals, between 0 and 1.
    where : mapping, optional
        Only respondents with this wave or segment.
    prior : R2Prior or CovariancePrior, optional
        Of the posterior; by default every R2 is equally likely, of each outcome and of their difference.

    Returns
    -------
    TwoOutcomes
        Shares (LMG) of both outcomes' variance, and P(a driver matters more for the gap).

    Raises
    ------
    InputError
        If the survey or its answers cannot carry the comparison.
    """
    survey = answers.survey
    asked = gap or survey.direct
    names = tuple(survey.drivers if drivers is None else drivers)
    options = {"engine": engine, "draws": draws, "seed": seed, "level": level, "where": where, "prior": prior}
    if asked is None:
        target = gap_target(survey, outcome)
        moments = joint_moments(answers, names, (target.perceived, target.expected), **options)  # type: ignore[arg-type]
        return compare_with_difference(moments, target)
    unknown = [name for name in (asked, outcome) if name is not None and name not in survey.outcomes]
    if unknown:
        raise SurveyError(f"{quoted(unknown)} not among the outcomes {quoted(survey.outcomes)}. Add it there.")
    other = outcome or next((name for name in survey.outcomes if name != asked), asked)
    if other == asked:
        raise SurveyError(f"`{asked}` is the only outcome; name a second one beside it: outcomes = [..., \"{asked}\"].")
    both = [Target(name=name, label=survey.label(name), mean_of=(name,)) for name in (other, asked)]
    moments = joint_moments(answers, names, both, **options)  # type: ignore[arg-type]
    return _read(moments, ((1.0, 0.0), (0.0, 1.0)), (other, asked), (both[0].label, both[1].label), ())


def compare_with_difference(moments: JointMoments, target: GapTarget) -> TwoOutcomes:
    """Compare shares of what was perceived with those of the difference, off the joint `moments` of `target`."""
    names = (target.perceived.name, "gap")
    note = (
        "The gap holds satisfaction itself: a driver matters more for the gap where it also goes with what was "
        "expected. No direct item (much worse to much better than expected) was asked.",
    )
    words = (target.perceived.label, target.words)
    return _read(moments, ((1.0, 0.0), (1.0, -1.0)), names, words, (*target.notes, *note))


def _read(
    moments: JointMoments, weights: Sequence[Sequence[float]], names: tuple[str, str], words: tuple[str, str],
    notes: tuple[str, ...],
) -> TwoOutcomes:
    found = outcome_shares(moments, weights)
    draws = np.stack([each.draws for each in found])
    estimate = np.stack([each.estimate for each in found])
    return TwoOutcomes(
        drivers=moments.drivers, labels=moments.labels, names=names, words=words, engine=moments.engine,
        shares=draws.mean(axis=1) if moments.engine == "bayes" else estimate, draws=draws, n=moments.n,
        n_eff=moments.n_eff, level=moments.level, notes=(*notes, *moments.notes),
    )


def _verdict(p: float) -> str:
    way = "more for the gap" if p >= 0.5 else "more for satisfaction"
    for bound, words in ((VERY_LIKELY, "very likely"), (LIKELY, "likely"), (LEANING, "leaning")):
        if max(p, 1 - p) >= bound:
            return f"{words} {way}"
    return "cannot be separated"
