"""`Density`: what a Markov chain needs to know of a posterior, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Density:
    """A log density on all of R^t with its gradient, and the way back from R^t to parameters with names.

    ``value`` takes a point (t,) and returns the log density and its gradient (t,); chains call it at the same time
    from several threads, so it must write to nothing they share. ``expand`` takes draws (C, D, t) and returns arrays
    that start with (C, D), by name. ``dims`` names the further dimensions of each of them and ``coords`` the places
    along a dimension; what has no dims is a single number. Chains start at ``start`` (t,), give or take up to ``reach``
    (t,). ``words`` say in half a sentence how it is parameterised, where there is a choice.
    """

    value: Callable[[FloatArray], tuple[float, FloatArray]]
    expand: Callable[[FloatArray], Mapping[str, FloatArray]]
    start: FloatArray
    reach: FloatArray
    dims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    coords: Mapping[str, Sequence[object]] = field(default_factory=dict)
    words: str = ""

    @property
    def size(self) -> int:
        """Number of coordinates t."""
        return len(self.start)

    def starting_point(self, seed: int) -> FloatArray:
        """Return where the chain of `seed` starts (t,)."""
        rng = np.random.default_rng([seed % 2**32, 15])
        return np.asarray(self.start + self.reach * rng.uniform(-1, 1, self.size))


def whitened(density: Density, root: FloatArray) -> Density:
    """Return the same density in coordinates z with ``phi = start + root z``.

    Parameters
    ----------
    density : Density
        In phi (t,).
    root : ndarray, shape (t, t)
        A root of a guess at the posterior covariance: a chain mixes best where coordinates have unit spread.

    Returns
    -------
    Density
        Its chains start up to two units from the centre.
    """
    centre = density.start
    shift = float(np.linalg.slogdet(root)[1])

    def value(z: FloatArray) -> tuple[float, FloatArray]:
        found, gradient = density.value(centre + root @ z)
        return found + shift, gradient @ root

    def expand(z: FloatArray) -> Mapping[str, FloatArray]:
        return density.expand(centre + z @ root.T)

    t = density.size
    return Density(
        value=value, expand=expand, start=np.zeros(t), reach=np.full(t, 2.0), dims=density.dims, coords=density.coords,
        words=density.words,
    )
