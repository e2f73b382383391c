"""`Cells`: one row per distinct pattern of answers, with its count and weights. Every model is fitted on cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.replication import Replication, replication_of
from drivers.stats.design import LonelyRule
from drivers.survey.answers import Answers
from drivers.survey.decode import decode
from drivers.survey.tally import tally, unused_prefix

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Cells:
    """Patterns of answers. Arrays have one row per cell (m) and, where two-dimensional, one column per item (k).

    ``values`` (m, k) scale points, NaN where there is no answer; ``reasons`` (m, k) why there is none (`Reason`);
    ``keys`` (m rows) wave, segment, stratum and PSU; ``n``, ``sum_w``, ``sum_w2`` (m,) respondents, sum of
    weights, sum of squared weights. ``stratum``, ``psu`` and ``fpc`` (sampling units in the stratum's population)
    name the key that holds them, if declared; ``lonely`` is the rule for a stratum's only unit, and ``replication``
    holds replicate weights. ``higher`` (m, 2) sums of third and fourth powers of weights, None where all are 1.
    """

    items: tuple[str, ...]
    values: FloatArray
    reasons: NDArray[np.int8]
    keys: pd.DataFrame
    n: FloatArray
    sum_w: FloatArray
    sum_w2: FloatArray
    stratum: str | None = None
    psu: str | None = None
    fpc: str | None = None
    lonely: LonelyRule = "centre"
    replication: Replication | None = None
    higher: FloatArray | None = None

    def __repr__(self) -> str:
        """Give the size in place of the arrays."""
        return f"<Cells: {len(self):,} patterns of {len(self.items)} items, {self.n.sum():,.0f} respondents>"

    def __len__(self) -> int:
        return len(self.n)

    @property
    def n_eff(self) -> float:
        """Kish's effective number of respondents, (sum w)^2 / sum w^2."""
        return float(self.sum_w.sum() ** 2 / self.sum_w2.sum()) if len(self.n) else 0.0

    @property
    def powers(self) -> FloatArray:
        """Sums (m, 2) of third and fourth powers of weights; of equal weights inside a cell where not counted."""
        if self.higher is not None:
            return self.higher
        each = np.divide(self.sum_w2, self.sum_w, out=np.zeros(len(self)), where=self.sum_w > 0)
        return np.column_stack([self.sum_w2 * each, self.sum_w2 * each**2])

    def select(self, mask: NDArray[np.bool_]) -> Cells:
        """Return the cells where `mask` (m,) holds."""
        return replace(
            self, values=self.values[mask], reasons=self.reasons[mask], keys=self.keys[mask].reset_index(drop=True),
            n=self.n[mask], sum_w=self.sum_w[mask], sum_w2=self.sum_w2[mask],
            replication=self.replication.take(mask) if self.replication else None,
            higher=None if self.higher is None else self.higher[mask],
        )

    def column(self, item: str) -> FloatArray:
        """Return the values (m,) of one `item`, NaN where it has no number."""
        return self.values[:, self.items.index(item)]

    def complete(self) -> Cells:
        """Return the cells in which every item was answered."""
        return self.select(~np.isnan(self.values).any(axis=1))


def collapse(answers: Answers, items: Sequence[str], by: Sequence[str] = ()) -> Cells:
    """Collapse answers to cells of `items`, kept apart by `by` and by the declared strata and PSUs.

    Parameters
    ----------
    answers : Answers
        Checked answers, on any engine.
    items : sequence of str
        Rated columns, in the order wanted.
    by : sequence of str
        Wave and segment columns to keep apart.

    Returns
    -------
    Cells
        With the sums of replicate weights. Respondents with a weight of zero are cells of their own, with ``sum_w``
        0, so that they can be left out.
    """
    survey = answers.survey
    keys = list(dict.fromkeys(k for k in (*by, survey.stratum, survey.psu, survey.fpc) if k))
    replicates = survey.replicate_columns(answers.frame.collect_schema().names()) if survey.replicate_weights else ()
    load = nw.col(survey.weight).cast(nw.Float64) if survey.weight else nw.lit(1.0)
    own = unused_prefix(answers.frame.collect_schema().names())
    counts = f"{own}counts"
    frame = answers.frame.with_columns((load > 0).alias(counts))
    table = tally(
        frame, [*items, *keys, counts], weight=survey.weight, frequency=survey.frequency, replicates=replicates,
        powers=survey.weight is not None,
    )
    decoded: dict[str, NDArray[np.generic]] = {}
    for name in items:
        codes, levels = pd.factorize(table.keys[name], use_na_sentinel=False)
        values, reasons = decode(survey.item(name), [None if pd.isna(v) else v for v in levels])
        decoded[name], decoded[f"{own}why {name}"] = values[codes], reasons[codes]
    higher = () if table.powers is None else (table.powers,)
    loads = np.column_stack([table.n, table.sum_w, table.sum_w2, *higher, table.replicates])
    sums = [f"{own}sum_{i}" for i in range(loads.shape[1])]
    parts = [pd.DataFrame(decoded), table.keys[[*keys, counts]], pd.DataFrame(loads, columns=sums)]
    why = [f"{own}why {name}" for name in items]
    whole = pd.concat(parts, axis=1)  # at once, however wide
    grouped = whole.groupby([*items, *why, *keys, counts], dropna=False, sort=True, observed=True)[sums].sum()
    merged = pd.concat([grouped.index.to_frame(index=False), grouped.reset_index(drop=True)], axis=1)
    return Cells(
        items=tuple(items),
        values=merged[list(items)].to_numpy(np.float64),
        reasons=merged[why].to_numpy(np.int8),
        keys=merged[keys],
        n=merged[sums[0]].to_numpy(np.float64),
        sum_w=merged[sums[1]].to_numpy(np.float64),
        sum_w2=merged[sums[2]].to_numpy(np.float64),
        stratum=survey.stratum,
        psu=survey.psu,
        fpc=survey.fpc,
        lonely=survey.lonely_psu,
        replication=replication_of(survey, merged[sums[5 if higher else 3 :]].to_numpy(np.float64)),
        higher=merged[sums[3:5]].to_numpy(np.float64) if higher else None,
    )
