"""Drivers of the gap from both of its parts: perceived and expected modelled together, their slopes subtracted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import LEVEL, SEED
from drivers.gap.joint_moments import JointMoments, joint_moments
from drivers.gap.plain import records
from drivers.gap.shares import outcome_shares
from drivers.gap.target import GapTarget, gap_target
from drivers.survey.answers import Answers
from drivers.survey.plain_text import percent_level

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from drivers.fit.bayes.priors import CovariancePrior, R2Prior

FloatArray = NDArray[np.float64]
PARTS = ("perceived", "expected", "difference")
WEIGHTS = ((1.0, 0.0), (0.0, 1.0), (1.0, -1.0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JointGap:
    """Slopes and shares of perceived, expected and their difference. Arrays of three (perceived, expected, gap).

    ``estimate`` (3, p) slopes per driver point with ``low``/``high`` (3, p) at ``level``; ``total`` (p,), the sum
    B_P + B_E, with ``total_low``/``total_high``: 0 is what a bare difference score assumes; ``p_closes`` (p,) P(B_P -
    B_E > 0). ``shares`` (3, p) LMG of each in parts of its variance, ``share_draws`` (3, S, p), ``r2`` (3,) with
    ``r2_draws`` (3, S).
    """

    drivers: tuple[str, ...]
    labels: Mapping[str, str]
    target: GapTarget
    engine: str
    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    total: FloatArray
    total_low: FloatArray
    total_high: FloatArray
    p_closes: FloatArray
    shares: FloatArray
    share_draws: FloatArray
    r2: FloatArray
    r2_draws: FloatArray
    mean: FloatArray
    n: int
    n_eff: float
    level: float
    notes: tuple[str, ...] = ()
    diagnostics: Mapping[str, object] = field(default_factory=dict)

    def label(self, name: str) -> str:
        """Return the words to print for the driver `name`."""
        return self.labels.get(name, name)

    def tidy(self) -> pd.DataFrame:
        """Return one row per driver.

        Columns: ``driver``, ``label``; slopes ``perceived``, ``expected`` and ``difference``, each with ``_low`` and
        ``_high``; ``p_positive`` P(difference > 0): better ratings of the driver go with a smaller shortfall; ``sum``
        of the two slopes with its interval (0 is what a bare difference assumes); shares of variance
        ``share_perceived``, ``share_expected``, ``share_gap`` (LMG), each with ``_low`` and ``_high``.
        """
        table = pd.DataFrame({"driver": list(self.drivers), "label": [self.label(d) for d in self.drivers]})
        for k, name in enumerate(PARTS):
            table[name], table[f"{name}_low"], table[f"{name}_high"] = self.estimate[k], self.low[k], self.high[k]
        table["p_positive"] = self.p_closes
        table["sum"], table["sum_low"], table["sum_high"] = self.total, self.total_low, self.total_high
        tails = [(1 - self.level) / 2, (1 + self.level) / 2]
        for k, name in enumerate(("share_perceived", "share_expected", "share_gap")):
            low, high = np.quantile(self.share_draws[k], tails, axis=0)
            table[name], table[f"{name}_low"], table[f"{name}_high"] = self.shares[k], low, high
        return table

    def summary(self) -> str:
        """Return slopes and shares as a text table."""
        t = self.tidy()
        shown = pd.DataFrame({"": t["label"]})
        for name in PARTS:
            shown[name] = [f"{v:+.2f} ({a:+.2f} to {b:+.2f})" for v, a, b in
                           zip(t[name], t[f"{name}_low"], t[f"{name}_high"], strict=True)]  # fmt: skip
        shown["P(>0)"] = t["p_positive"].map("{:.2f}".format)
        shown["gap share"] = t["share_gap"].map("{:.1%}".format)
        return "\n".join([
            f"Drivers of the gap ({self.target.words}), slopes per driver point, {percent_level(self.level)} intervals",
            f"n {self.n:,}, effective n {self.n_eff:,.0f}; R2 perceived {self.r2[0]:.3f}, expected {self.r2[1]:.3f}, "
            f"gap {self.r2[2]:.3f}", "", shown.to_string(index=False), "", *self.notes,
        ])  # fmt: skip

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the three slopes of every driver with their intervals on `ax`, or on a new figure."""
        from drivers.plot.gap_joint import plot_gap_joint

        return plot_gap_joint(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """Return the result as plain values for JSON."""
        rows = records(self.tidy())
        for row in rows:
            row["low"], row["high"] = row["difference_low"], row["difference_high"]
        return {
            "of": self.target.words, "unit": self.target.unit, "engine": self.engine, "n": self.n, "n_eff": self.n_eff,
            "level": self.level, "r2": dict(zip(PARTS, self.r2.tolist(), strict=True)), "drivers": rows,
            "notes": list(self.notes),
        }


def joint_gap(
    answers: Answers, outcome: str | None = None, drivers: Sequence[str] | None = None, *, engine: str = "regression",
    draws: int | None = None, seed: int = SEED, level: float = LEVEL, where: Mapping[str, object] | None = None,
    prior: R2Prior | CovariancePrior | None = None,
) -> JointGap:
    """Model what was perceived and what was expected together, and subtract their slopes.

    Parameters
    ----------
    answers : Answers
        Checked answers with declared expectations.
    outcome : str, optional
        What was got; see `drivers.gap.target.gap_target`.
    drivers : sequence of str, optional
        Columns that explain; all drivers by default.
    engine : {"regression", "bayes"}
        Design-based intervals and bootstrap draws, or exact posterior draws.
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
    JointGap
        Intervals of slopes are t intervals on the design-based error (regression), or of the posterior.

    Raises
    ------
    InputError
        If the survey or its answers cannot carry the model.

    Notes
    -----
    A model of the bare difference shows B_P - B_E alone: it cannot tell better perceptions from lower expectations,
    and hides what moves both.

    References
    ----------
    .. [1] Edwards (1995). Organizational Behavior and Human Decision Processes 64(3), 307-324.
       doi:10.1006/obhd.1995.1108
    """
    target = gap_target(answers.survey, outcome)
    names = tuple(answers.survey.drivers if drivers is None else drivers)
    moments = joint_moments(
        answers, names, (target.perceived, target.expected), engine=engine, draws=draws, seed=seed, level=level,
        where=where, prior=prior,
    )  # fmt: skip
    return read_joint(moments, target)


def read_joint(moments: JointMoments, target: GapTarget) -> JointGap:
    """Read slopes and shares of the gap off joint `moments`, whose two outcomes are those of `target`."""
    p = len(moments.drivers)
    draws, point = moments.slopes(draws=True), moments.slopes(draws=False)
    made = np.stack([draws[:, 0], draws[:, 1], draws[:, 0] - draws[:, 1], draws[:, 0] + draws[:, 1]])
    estimate = np.stack([point[0], point[1], point[0] - point[1], point[0] + point[1]])
    if moments.engine == "bayes":
        low, high = np.quantile(made, [(1 - moments.level) / 2, (1 + moments.level) / 2], axis=1)
        estimate = made.mean(axis=1)
    else:
        from scipy.special import stdtrit

        cov, df = moments.slope_covariance()
        own, other, both = cov[:p, :p].diagonal(), cov[p:, p:].diagonal(), cov[:p, p:].diagonal()
        error = np.sqrt(np.maximum([own, other, own + other - 2 * both, own + other + 2 * both], 0.0))
        reach = stdtrit(df, (1 + moments.level) / 2) * error
        low, high = estimate - reach, estimate + reach
    found = outcome_shares(moments, WEIGHTS)
    return JointGap(
        drivers=moments.drivers, labels=moments.labels, target=target, engine=moments.engine, estimate=estimate[:3],
        low=low[:3], high=high[:3], total=estimate[3], total_low=low[3], total_high=high[3],
        p_closes=(made[2] > 0).mean(axis=0), shares=np.stack([each.estimate for each in found]),
        share_draws=np.stack([each.draws for each in found]), r2=np.array([each.estimate.sum() for each in found]),
        r2_draws=np.stack([each.draws.sum(axis=1) for each in found]), mean=moments.point.mean[p:], n=moments.n,
        n_eff=moments.n_eff, level=moments.level, notes=(*target.notes, *moments.notes, *found[-1].notes()),
        diagnostics={"draws": len(moments.covs), "mc_error": [None if f.mc_error is None else float(f.mc_error.max())
                                                              for f in found]},
    )  # fmt: skip
