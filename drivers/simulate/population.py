"""The parts of the population the truth is told for: everyone, each wave, each channel, each region."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.simulate.people import FloatArray, People
from drivers.simulate.spec import StoreVisits

Row = tuple[str, str, str, str, float]
"""quantity, outcome, item, group, value."""


def parts(spec: StoreVisits, groups: People) -> Iterator[tuple[str, FloatArray]]:
    """Yield each part of the population: its name and the mass of its groups.

    Parameters
    ----------
    spec : StoreVisits
        The survey.
    groups : People
        Its groups.

    Yields
    ------
    tuple of str and ndarray, shape (G,)
        Such as ``channel=phone``, and the mass of each group in it, not yet scaled to 1.
    """
    yield "all", groups.mass
    for column, names, position in (
        ("quarter", spec.quarters, groups.wave),
        ("channel", spec.channels, groups.channel),
        ("region", spec.regions, groups.region),
    ):
        for k, name in enumerate(names):
            mass = groups.mass * (position == k)
            if mass.sum() > 0:
                yield f"{column}={name}", mass
