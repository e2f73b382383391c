"""Importance of drivers that do not apply to everybody: applying at all, and how good it was, apart and together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.errors import InputError, quoted
from drivers.fit.result import Fit
from drivers.importance.blocks import Blocks
from drivers.survey.plain_text import effective, percent_level, short_labels, wrapped

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExposureShares:
    """LMG shares by driver; draw arrays have dims (chain, draw, driver).

    ``whole`` of the driver, answer and applying entering together; ``applying`` the part of it that goes with
    applying or not (Owen value, the average answer standing for "does not apply"), 0 for drivers that apply to
    everybody; ``estimate`` and ``applying_estimate`` (p,) plug-in values; ``applies_to`` (p,) share of people.
    """

    drivers: tuple[str, ...]
    labels: Mapping[str, str]
    estimate: FloatArray
    applying_estimate: FloatArray
    whole: FloatArray
    applying: FloatArray
    applies_to: FloatArray
    level: float
    outcome: str
    n: int
    n_eff: float

    def tidy(self) -> pd.DataFrame:
        """Return one row per driver.

        ``share`` of the outcome's variance with ``low`` and ``high``; of it ``answer`` goes with how good it was and
        ``applying``, with ``applying_low`` and ``applying_high``, with whether it applied; ``applies_to`` the share of
        people to whom it applies.
        """
        tails = [(1 - self.level) / 2, (1 + self.level) / 2]
        p = len(self.drivers)
        low, high = np.nanquantile(self.whole.reshape(-1, p), tails, axis=0)
        own_low, own_high = np.nanquantile(self.applying.reshape(-1, p), tails, axis=0)
        return pd.DataFrame({
            "driver": list(self.drivers), "label": [self.labels.get(name, name) for name in self.drivers],
            "share": self.estimate, "low": low, "high": high, "answer": self.estimate - self.applying_estimate,
            "applying": self.applying_estimate, "applying_low": own_low, "applying_high": own_high,
            "applies_to": self.applies_to,
        })

    def to_dict(self) -> dict[str, object]:
        """Return the table as plain values for JSON."""
        return {
            "outcome": self.outcome, "n": self.n, "n_eff": self.n_eff, "deff_weights": self.n / self.n_eff,
            "level": self.level, "drivers": self.tidy().to_dict("records"),
        }

    def summary(self) -> str:
        """Return the table and its reading as text."""
        table = self.tidy()
        percent = "{:.1%}".format
        shown = pd.DataFrame({
            "share": table["share"].map(percent), **_spans(table, "low", "high", self.level),
            "answer": table["answer"].map(percent), "applying": table["applying"].map(percent),
            **_spans(table, "applying_low", "applying_high", self.level),
            "applies to": table["applies_to"].map(percent),
        })
        shown.index = pd.Index(short_labels(list(table["label"])))
        head = (
            f"LMG shares for {self.labels.get(self.outcome, self.outcome)} of drivers that do not apply to everybody, "
            f"n {self.n:,}, {effective(self.n, self.n_eff)}, {percent_level(self.level)} intervals"
        )
        foot = (
            "Share: part of the differences in the outcome; of it, answer goes with how good it was, applying with "
            "whether it applied. Association, not effect."
        )
        return "\n".join([*wrapped([head]), "", shown.to_string(justify="right"), "", *wrapped([foot])])


def _spans(table: pd.DataFrame, low: str, high: str, level: float) -> dict[str, list[str]]:
    """Return one column of intervals; its name carries as many blanks as it takes to be another column's."""
    name = f"{percent_level(level)} interval{'' if low == 'low' else ' '}"
    return {name: [f"{a:.1%} to {b:.1%}" for a, b in zip(table[low], table[high], strict=True)]}


def exposure_shares(fit: Fit) -> ExposureShares:
    """Split R2 among drivers whose not applying is part of the model.

    Parameters
    ----------
    fit : Fit
        Fitted with ``not_applicable="exposure"``.

    Returns
    -------
    ExposureShares
        Shares add up to R2.

    Raises
    ------
    InputError
        If no driver of the fit has an indicator of not applying.

    References
    ----------
    Owen (1977). Values of games with a priori unions. In Mathematical Economics and Game Theory, 76-88. Springer.
    doi:10.1007/978-3-642-45494-3_7
    """
    from drivers.stats.owen import owen

    point, draws = fit.point.exposure, fit.draws.exposure
    if point is None or draws is None or not fit.exposed:
        raise InputError(
            "Every driver of this fit applies to everybody, or not applicable was taken as missing. Fit with "
            "not_applicable='exposure', or use `importance(fit)`."
        )
    p, size = len(fit.spec.drivers), fit.draws.slopes.shape[:2]
    groups = groups_of(fit)
    one = owen(fit.point.full_covariance()[0, 0], groups=groups)
    many = owen(fit.draws.full_covariance().reshape(-1, len(one) + 1, len(one) + 1), groups=groups)
    applies = np.ones(p)
    own, own_draws = np.zeros(p), np.zeros((len(many), p))
    for at, name in enumerate(fit.exposed):
        j = fit.spec.drivers.index(name)
        own[j], own_draws[:, j], applies[j] = one[p + at], many[:, p + at], point.share[0, 0, at]
    return ExposureShares(
        drivers=fit.spec.drivers, labels=fit.labels, estimate=one[:p] + own, applying_estimate=own,
        whole=(many[:, :p] + own_draws).reshape(*size, p), applying=own_draws.reshape(*size, p), applies_to=applies,
        level=fit.spec.level, outcome=fit.spec.outcome, n=fit.n, n_eff=fit.n_eff,
    )


def groups_of(fit: Fit) -> list[list[int]]:
    """Return, per driver of `fit`, its positions in `Draws.full_covariance`: its own and that of its indicator."""
    p = len(fit.spec.drivers)
    return [
        [j, p + fit.exposed.index(name)] if name in fit.exposed else [j] for j, name in enumerate(fit.spec.drivers)
    ]


OF_SEVERAL = ("lmg", "pratt", "first", "last")
"""Measures of a driver that is several columns of the model."""


def with_applying(fit: Fit, measure: str, blocks: Blocks) -> Blocks:
    """Put the indicators of not applying into the rows of their drivers.

    Parameters
    ----------
    fit : Fit
        A fit, exposed or not.
    measure : str
        What will be computed.
    blocks : Blocks
        Rows as positions of drivers.

    Returns
    -------
    Blocks
        Rows as positions in `Draws.full_covariance`; `blocks` itself where every driver applies to everybody.

    Raises
    ------
    InputError
        If the measure is of single columns.
    """
    if not fit.exposed:
        return blocks
    if measure not in OF_SEVERAL:
        raise InputError(
            f"measure={measure!r} is of single columns, and {quoted(fit.exposed)} has two: the answer, and whether it "
            f"applies. Use one of {quoted(OF_SEVERAL)}, or fit with not_applicable='missing'."
        )
    columns = groups_of(fit)
    return replace(
        blocks, members=tuple(tuple(at for j in places for at in columns[j]) for places in blocks.members),
        always=tuple(at for j in blocks.always for at in columns[j]),
    )
