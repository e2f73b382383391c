"""`first_assurance`: how likely next quarter's answers tell which driver is first, by number of answers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import POWER, VERY_LIKELY
from drivers.errors import InputError
from drivers.fit.result import Fit
from drivers.survey.plain_text import wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

TRUTHS: Final = 200
"""Draws of the fit taken as the truth, each with a survey of its own."""

INNER: Final = 100
"""Draws of shares within each simulated survey."""

SUBSETS: Final = 2_000_000_000
"""Subsets of drivers walked in all, about a minute on one core; beyond it fewer truths are taken."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assurance:
    """Chance (k,) that a survey of each size ``n`` (k,) names a first driver with `VERY_LIKELY` or more.

    ``named`` does so at all, ``right`` and names the one that is first in truth, both averaged over what the fit leaves
    open; ``today`` answers behind the fit, ``deff`` how many of them count like one of a simple survey; ``truths``
    simulated per size.
    """

    outcome: str
    labels: Mapping[str, str]
    n: tuple[float, ...]
    named: FloatArray
    right: FloatArray
    today: int
    deff: float
    truths: int

    @property
    def needed(self) -> float | None:
        """Fewest answers among those tried that name a driver with the usual power; None if none do."""
        enough = [n for n, p in zip(self.n, self.named, strict=True) if p >= POWER]
        return min(enough) if enough else None

    def tidy(self) -> pd.DataFrame:
        """Return one row per size: ``n``, ``p_named``, ``p_right``, and ``p_wrong_if_named``."""
        wrong = np.divide(self.named - self.right, self.named, out=np.zeros_like(self.named), where=self.named > 0)
        return pd.DataFrame({"n": self.n, "p_named": self.named, "p_right": self.right, "p_wrong_if_named": wrong})

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain values for JSON."""
        return {"measure": "first", "outcome": self.outcome, "n_today": self.today, "deff": self.deff,
                "n_needed": self.needed, "truths": self.truths, "rows": self.tidy().to_dict("records")}  # fmt: skip

    def summary(self) -> str:
        """Return the answer in sentences, and a row per size."""
        rows = self.tidy()
        shown = pd.DataFrame({
            "answers": rows["n"].map("{:,.0f}".format), "a first driver is named": rows["p_named"].map("{:.0%}".format),
            "and rightly": rows["p_right"].map("{:.0%}".format),
        })
        label = self.labels.get(self.outcome, self.outcome)
        head = (
            f"{self.needed:,.0f} answers name the driver with the largest share of {label} (P(first) of "
            f"{VERY_LIKELY:.0%} or more) with a chance of at least {POWER:.0%}."
            if self.needed is not None else
            f"None of these sizes names the driver with the largest share of {label} (P(first) of {VERY_LIKELY:.0%} or "
            f"more) with a chance of {POWER:.0%}: the first ones are too close."
        )
        error = math.sqrt(0.25 / self.truths)
        foot = (
            f"Assurance: averaged over what the {self.today:,} answers at hand leave open, {self.truths} simulated "
            f"surveys per size (error up to {error:.0%}). {self.deff:.2f} answers count like one of a simple survey."
        )
        return "\n".join([*wrapped([head]), "", shown.to_string(index=False), "", *wrapped([foot])])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the chances against the answers on `ax`, or on a new figure without it."""
        from drivers.plot.assurance import plot_assurance

        return plot_assurance(self, ax=ax)


def first_assurance(fit: Fit, *, n: Sequence[float] | None = None) -> Assurance:
    """Tell how likely surveys of several sizes name the driver with the largest share.

    Parameters
    ----------
    fit : Fit
        This quarter's fit, with draws.
    n : sequence of float, optional
        Sizes to try; half, one, two, four and eight times those at hand by default.

    Returns
    -------
    Assurance
        Chances by size.

    Raises
    ------
    InputError
        If there are no draws or a single driver, or a size is too small.

    Notes
    -----
    Power averaged over the posterior [1]_: each draw of the fit in turn is the truth; a survey is a Wishart draw of
    drivers and (latent) outcome around it, and its shares are LMG of Wishart draws around that. A survey counts like as
    many simple answers as make slopes vary as much as this fit's do, so weights, clusters and the coarseness of ordinal
    answers are in it.

    References
    ----------
    .. [1] O'Hagan, Stevens & Campbell (2005). Assurance in clinical trial design. Pharmaceutical Statistics 4(3),
       187-201. doi:10.1002/pst.175
    """
    from drivers.stats.measures import measured

    joint = fit.draws.joint_covariance()
    joint = joint.reshape(-1, *joint.shape[2:])
    p = joint.shape[-1] - 1
    if len(joint) < 2 or p < 2:
        raise InputError("A first driver needs two drivers at least, and a fit with draws: dr.fit(answers).")
    deff = _answers_per_simple_one(fit, joint)
    sizes = tuple(float(size) for size in (n if n is not None else fit.n * np.array([0.5, 1, 2, 4, 8])))
    least = deff * (p + 3)
    for size in sizes:
        if not (math.isfinite(size) and size >= least):
            raise InputError(f"n={size:g} answers are too few for {p} drivers; ask for {math.ceil(least):,} or more.")
    truths = int(np.clip(SUBSETS // (len(sizes) * INNER * 2**p), 20, TRUTHS))
    rng = np.random.default_rng([fit.spec.seed, 26])
    true = joint[rng.permutation(len(joint))[np.arange(truths) % len(joint)]]
    first = measured("lmg", true).argmax(axis=1)
    named, right = np.zeros(len(sizes)), np.zeros(len(sizes))
    for k, size in enumerate(sizes):
        seen = _wishart(true, size / deff, 1, rng)[:, 0]
        drawn = _wishart(seen, size / deff, INNER, rng)
        ahead = measured("lmg", drawn.reshape(-1, p + 1, p + 1)).argmax(axis=1).reshape(truths, INNER)
        chance = (ahead[:, :, None] == np.arange(p)).mean(axis=1)
        sure = chance.max(axis=1) >= VERY_LIKELY
        named[k], right[k] = sure.mean(), (sure & (chance.argmax(axis=1) == first)).mean()
    return Assurance(
        outcome=fit.spec.outcome, labels=fit.labels, n=sizes, named=named, right=right, today=fit.n, deff=deff,
        truths=truths,
    )  # fmt: skip


def _answers_per_simple_one(fit: Fit, joint: FloatArray) -> float:
    """Return by how much slopes vary more between draws than in a simple survey of as many complete answers."""
    slopes = fit.draws.slopes.reshape(len(joint), -1)
    mean = joint.mean(axis=0)
    inverse = np.linalg.inv(mean[:-1, :-1])
    left = mean[-1, -1] - mean[:-1, -1] @ inverse @ mean[:-1, -1]
    return float(np.median(slopes.var(axis=0) / (left * np.diag(inverse) / fit.n)))


def _wishart(centre: FloatArray, n: float, count: int, rng: np.random.Generator) -> FloatArray:
    """Draw covariances (t, count, k, k) of `n` simple answers around each of t centres (t, k, k), by Bartlett's way."""
    t, k = centre.shape[:2]
    lower = np.tril(rng.standard_normal((t, count, k, k)), -1)
    places = np.arange(k)
    lower[..., places, places] = np.sqrt(rng.chisquare(n - 1 - places, (t, count, k)))
    half = np.linalg.cholesky(centre)[:, None] @ lower / math.sqrt(n - 1)
    found: FloatArray = half @ np.swapaxes(half, -1, -2)
    return found
