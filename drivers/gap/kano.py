"""Kano pairs: how people would feel with a feature and without it, and what class that makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.collapse import collapse
from drivers.defaults import LEVEL, LIKELY, MOST_QUESTIONABLE, POSTERIOR_DRAWS, SEED
from drivers.errors import InputError, SurveyError, quoted
from drivers.gap.asymmetry import Asymmetry
from drivers.gap.design_means import DesignMeans, design_means
from drivers.gap.plain import records
from drivers.gap.scores import _base, _share
from drivers.stats.kano_table import CATEGORIES, kano_category
from drivers.survey.answers import Answers
from drivers.survey.plain_text import percent_level

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]
COEFFICIENTS = (("better", (0, 1)), ("worse", (1, 2)))
"""Share that would be more satisfied with the feature, and less without it, among those whose answers say either."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kano:
    """Shares of the six categories by feature, with intervals at ``level``; ``table`` is what `tidy` returns."""

    title: str
    table: pd.DataFrame
    level: float
    notes: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """Return one row per feature.

        Columns: ``feature``, ``label``; for each of the six categories its share with ``_low``/``_high``; ``better``
        (0 to 1) and ``worse`` (-1 to 0) with intervals; ``category`` most often found and ``p_category`` P(it is the
        largest); ``n``, ``n_eff``, ``shown``.
        """
        return self.table.copy()

    def beside(self, impact: Asymmetry) -> pd.DataFrame:
        """Return category and coefficients beside the impact asymmetry of features that are drivers of `impact`."""
        return self.table[["feature", "label", "category", "p_category", "better", "worse"]].merge(
            impact.tidy()[["driver", "impact", "p_reward", "verdict"]], left_on="feature", right_on="driver"
        ).drop(columns="driver")  # fmt: skip

    def summary(self) -> str:
        """Return shares and coefficients as a text table."""
        t = self.table
        shown = pd.DataFrame({"": t["label"]})
        for name in CATEGORIES:
            shown[name] = t[name].map("{:.0%}".format)
        for name in ("better", "worse"):
            shown[name] = [f"{v:+.2f} ({a:+.2f} to {b:+.2f})" for v, a, b in
                           zip(t[name], t[f"{name}_low"], t[f"{name}_high"], strict=True)]  # fmt: skip
        shown["class"] = [
            f"{c} (P {p:.2f})" if p >= LIKELY else f"mixed, {c} leads (P {p:.2f})"
            for c, p in zip(t["category"], t["p_category"], strict=True)
        ]
        shown["n"] = t["n"].map("{:,}".format)
        head = f"{self.title}: Kano pairs, {percent_level(self.level)} intervals"
        return "\n".join([head, "", shown.to_string(index=False), "", *self.notes])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw better and worse of every feature on `ax`, or on a new figure."""
        from drivers.plot.kano import plot_kano

        return plot_kano(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """Return the result as plain values for JSON."""
        return {"level": self.level, "features": records(self.table), "notes": list(self.notes)}


def kano(answers: Answers, *, level: float = LEVEL, seed: int = SEED) -> Kano:
    """Classify every declared Kano pair.

    Parameters
    ----------
    answers : Answers
        Of a survey with a ``kano`` table.
    level : float
        Level of intervals.
    seed : int
        Of P(category), from a Dirichlet posterior of the effective answers.

    Returns
    -------
    Kano
        Shares under the design, by feature.

    Raises
    ------
    SurveyError
        If no pairs are declared, or one is not on 1 to 5.
    InputError
        If `level` is not between 0 and 1.

    References
    ----------
    .. [1] Berger et al. (1993). Center for Quality of Management Journal 2(4), 3-36.
    .. [2] Mikulic & Prebezac (2011). Managing Service Quality 21(1), 46-66. doi:10.1108/09604521111100243
    """
    if not 0 < level < 1:
        raise InputError(f"`level` is {level:g}; give a share between 0 and 1, like level=0.90.")
    survey = answers.survey
    if not survey.kano:
        raise SurveyError(
            'No Kano pairs are declared. Add a table: [kano] and below it feature = ["<with it>", "<without it>"].'
        )
    odd = [c for pair in survey.kano.values() for c in pair if survey.item(c).scale != (1.0, 5.0)]
    if odd:
        raise SurveyError(
            f"{quoted(odd)} not on 1 to 5; a Kano answer is one of five: 1 like, 2 expect, 3 neutral, 4 live with, "
            "5 dislike. Correct the scale."
        )
    rows = []
    for name, (having, lacking) in survey.kano.items():
        cells = collapse(answers, (having, lacking))
        means = design_means(cells)
        category = kano_category(cells.column(having), cells.column(lacking))
        label = survey.label(name) if name in survey.items else name
        rows.append({"feature": name, "label": label, **_feature(means, category, level, seed)})
    table = pd.DataFrame(rows)
    numbers = [c for c in table.columns if c not in ("feature", "label", "category", "n", "shown")]
    table[numbers] = table[numbers].astype(np.float64).where(table["shown"].astype(bool), np.nan, axis=0)
    return Kano(title=survey.title, table=table, level=level, notes=_notes(table))


def _feature(means: DesignMeans, category: NDArray[np.intp], level: float, seed: int) -> dict[str, object]:
    inside = (category >= 0) & (means.cells.sum_w > 0)
    if not inside.any():
        return {"n": 0, "n_eff": np.nan, "shown": False, "category": ""}
    row: dict[str, object] = {}
    shares = []
    for k, name in enumerate(CATEGORIES):
        found = means.mean((category == k).astype(np.float64), inside)
        row |= _share(name, found, level)
        shares.append(found.estimate)
    base = _base(means.mean(np.zeros(len(category)), inside))
    clear = inside & (category < 4)
    for name, of in COEFFICIENTS:
        if not clear.any():
            row |= {name: np.nan, f"{name}_low": np.nan, f"{name}_high": np.nan}
            continue
        part = _share(name, means.mean(np.isin(category, of).astype(np.float64), clear), level)
        if name == "worse":
            part = {"worse": -float(str(part["worse"])), "worse_low": -float(str(part["worse_high"])),
                    "worse_high": -float(str(part["worse_low"]))}  # fmt: skip
        row |= part
    size = float(str(base["n_eff"]))
    drawn = np.random.default_rng([seed, 51]).dirichlet(np.array(shares) * size + 0.5, POSTERIOR_DRAWS)
    first = int(np.argmax(shares))
    return row | {"category": CATEGORIES[first], "p_category": float((drawn.argmax(axis=1) == first).mean()), **base}


def _notes(table: pd.DataFrame) -> tuple[str, ...]:
    notes = [
        "better: share more satisfied with the feature; worse: share less satisfied without it; both among attractive, "
        "one-dimensional, must-be and indifferent answers.",
        "These classes are what people say about a feature; impact asymmetry is what their ratings go with. They need "
        "not agree.",
    ]
    doubtful = table.loc[table["questionable"] > MOST_QUESTIONABLE, "label"].tolist() if "questionable" in table else []
    if doubtful:
        notes.append(f"More than {MOST_QUESTIONABLE:.0%} contradict themselves on {', '.join(doubtful)}: check the "
                     "wording.")  # fmt: skip
    if hidden := int((~table["shown"].astype(bool)).sum()):
        notes.append(f"{hidden} of {len(table)} features are not shown: too few answers.")
    return tuple(notes)
