"""`Product`: a square or product of drivers as a term of a model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A square or product: the drivers at the places ``of``, each less its ``centre``, multiplied."""

    name: str
    label: str
    of: tuple[int, int]
    centre: tuple[float, float]

    def values(self, x: FloatArray) -> FloatArray:
        """Return the term (m,) of rows `x` (m, at least p), drivers first."""
        (i, j), (a, b) = self.of, self.centre
        found: FloatArray = (x[:, i] - a) * (x[:, j] - b)
        return found
