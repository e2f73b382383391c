"""Drivers that do not apply to everybody: contact itself, and how good it was, as two parts of the model.

``eta = a + sum_j b_j x_j - g_j (1 - z_j)``, where z_j is 1 if driver j applies and x_j is then the answer, else the
average answer c of those to whom it applies. It is ``a' + sum_j z_j (g_j + b_j (x_j - c))`` in another order. The
indicator is right here because there is no answer behind it; for an answer that is merely missing it would be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.errors import DataError
from drivers.fit.regression.estimated import Estimated
from drivers.fit.result import Draws, Exposure
from drivers.survey.decode import Reason

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exposed:
    """``cells`` of (drivers..., indicators..., outcome); ``drivers`` (e,) positions of those with an indicator.

    ``count`` (e,) respondents to whom they do not apply, ``average`` (e,) the answer that stands in for them.
    """

    cells: Cells
    drivers: tuple[int, ...]
    count: tuple[int, ...]
    average: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the drivers with an indicator."""
        return tuple(self.cells.items[j] for j in self.drivers)

    @property
    def indicator(self) -> list[int]:
        """For every item the position of its indicator, -1 without one."""
        p = len(self.cells.items) - 1 - len(self.drivers)
        return [p + self.drivers.index(j) if j in self.drivers else -1 for j in range(len(self.cells.items))]


def not_applicable(cells: Cells) -> NDArray[np.bool_]:
    """Return where (m, k) in `cells` a driver, not the outcome, was declared not to apply."""
    found: NDArray[np.bool_] = cells.reasons == Reason.NOT_APPLICABLE
    found[:, -1] = False
    return found


def expose(cells: Cells) -> Exposed:
    """Give every driver that somebody declared not applicable its average answer there, and an indicator.

    Parameters
    ----------
    cells : Cells
        Cells of (drivers..., outcome) the model will use.

    Returns
    -------
    Exposed
        Only codes declared ``not_applicable`` count; blanks and don't-knows stay missing, taken as answers of people
        to whom the driver applies.

    Raises
    ------
    DataError
        If a driver applies to nobody.
    """
    apart = not_applicable(cells)
    drivers = [int(j) for j in np.flatnonzero(apart.any(axis=0))]
    values, average = cells.values.copy(), []
    for j in drivers:
        answered = ~np.isnan(values[:, j])
        if not answered.any():
            raise DataError(f"`{cells.items[j]}` applies to nobody used here, so it has no slope. Leave it out.")
        average.append(float(cells.sum_w[answered] @ values[answered, j] / cells.sum_w[answered].sum()))
        values[apart[:, j], j] = average[-1]
    marks = apart[:, drivers].astype(np.float64)
    names = tuple(f"{cells.items[j]} (not applicable)" for j in drivers)
    reasons = np.where(apart, np.int8(Reason.ANSWERED), cells.reasons).astype(np.int8)
    exposed = replace(
        cells, items=(*cells.items[:-1], *names, cells.items[-1]),
        values=np.column_stack([values[:, :-1], marks, values[:, -1]]),
        reasons=np.column_stack([reasons[:, :-1], np.zeros(marks.shape, dtype=np.int8), reasons[:, -1]]),
    )
    return Exposed(
        cells=exposed, drivers=tuple(drivers), count=tuple(round(c) for c in cells.n @ marks), average=tuple(average)
    )


def split_exposure(estimated: Estimated, p: int, e: int) -> Estimated:
    """Turn the slopes that `estimated` has of `e` indicators behind `p` drivers into effects of applying, set apart."""
    sign = np.ones(len(estimated.estimate))
    sign[p : p + e] = -1.0
    return replace(
        estimated, estimate=estimated.estimate * sign, model_cov=estimated.model_cov * np.outer(sign, sign),
        robust_cov=estimated.robust_cov * np.outer(sign, sign), point=_split(estimated.point, p),
        draws=_split(estimated.draws, p),
    )


def _split(draws: Draws, p: int) -> Draws:
    return replace(
        draws, slopes=draws.slopes[..., :p], x_mean=draws.x_mean[..., :p], x_cov=draws.x_cov[..., :p, :p],
        exposure=Exposure(effect=-draws.slopes[..., p:], share=1 - draws.x_mean[..., p:], cov=draws.x_cov),
    )
