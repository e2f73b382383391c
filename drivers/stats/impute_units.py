"""What imputation works on: complete cells whole, incomplete cells as respondents or as counts, whichever are fewer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """Cells split by counts.

    ``start``, ``size`` (b,) their units; ``stride`` (b, k) units between two neighbouring points of an item, 0 where
    the item was answered.
    """

    start: IntArray
    size: IntArray
    stride: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Units:
    """U units of the cells they come from.

    ``cell`` (U,) the cell; ``values`` (U, k) answers, NaN where one respondent's answer is to be imputed and every
    point in turn in cells split by counts; ``gap`` (U, k) what is imputed; ``count`` (U,) respondents at the start
    (all of a block on its first unit); ``blocks`` the cells split by counts.
    """

    cell: IntArray
    values: FloatArray
    gap: NDArray[np.bool_]
    count: FloatArray
    blocks: Blocks

    def __len__(self) -> int:
        """Return how many units there are."""
        return len(self.cell)

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Units (U,) that belong to a cell split by counts."""
        inside = np.zeros(len(self.cell), dtype=np.bool_)
        for start, size in zip(self.blocks.start, self.blocks.size, strict=True):
            inside[start : start + size] = True
        return inside


def split_cells(values: FloatArray, n: FloatArray, points: Sequence[FloatArray | None]) -> Units:
    """Split every incomplete cell into its respondents, or into all the answers they can have given, with counts.

    Parameters
    ----------
    values : ndarray, shape (m, k)
        Answers of each cell, NaN where there is none.
    n : ndarray, shape (m,)
        Respondents of each cell.
    points : sequence of k (ndarray or None)
        Points an item can take; None for a measurement without points.

    Returns
    -------
    Units
        A cell of n respondents with D possible answers becomes min(n, D) units, so the work is bounded by the
        patterns of answers, not by the number of respondents. Both ways draw from the same distribution.
    """
    gap = np.isnan(values)
    people = np.rint(n).astype(np.intp)
    sizes = [0 if axis is None else len(axis) for axis in points]
    many = _possible(gap, sizes)
    whole = ~gap.any(axis=1)
    counted = ~whole & (many > 0) & (many < people)
    alone = np.flatnonzero(~whole & ~counted)
    cells = [np.flatnonzero(whole), np.repeat(alone, people[alone])]
    filled = [values[cells[0]], values[cells[1]]]
    counts = [n[cells[0]], np.ones(len(cells[1]))]
    start, size, stride = [], [], []
    at = len(cells[0]) + len(cells[1])
    for c in np.flatnonzero(counted):
        block, strides = _enumerate(values[c], points)
        start.append(at)
        size.append(len(block))
        stride.append(strides)
        at += len(block)
        cells.append(np.full(len(block), c))
        filled.append(block)
        counts.append(np.append(float(people[c]), np.zeros(len(block) - 1)))
    cell = np.concatenate(cells).astype(np.intp)
    k = values.shape[1]
    blocks = Blocks(
        start=np.array(start, dtype=np.intp), size=np.array(size, dtype=np.intp),
        stride=np.array(stride, dtype=np.intp).reshape(-1, k),
    )
    return Units(
        cell=cell, values=np.concatenate(filled), gap=gap[cell], count=np.concatenate(counts), blocks=blocks
    )


def _possible(gap: NDArray[np.bool_], sizes: Sequence[int]) -> FloatArray:
    """Return how many answers (m,) each cell's respondents can have given; 0 if a measurement is missing."""
    return np.asarray(np.where(gap, np.array(sizes, dtype=np.float64), 1.0).prod(axis=1))


def _enumerate(row: FloatArray, points: Sequence[FloatArray | None]) -> tuple[FloatArray, IntArray]:
    """Return all answers (D, k) a respondent of this cell can have given, and the stride (k,) of each item."""
    open_items = np.flatnonzero(np.isnan(row)).tolist()
    axes = [axis for j in open_items if (axis := points[j]) is not None]
    lengths = [len(axis) for axis in axes]
    block = np.repeat(row[None], int(np.prod(lengths)), axis=0)
    stride = np.zeros(len(row), dtype=np.intp)
    for at, j in enumerate(open_items):
        stride[j] = int(np.prod(lengths[at + 1 :]))
        block[:, j] = np.tile(np.repeat(axes[at], stride[j]), int(np.prod(lengths[:at])))
    return block, stride
