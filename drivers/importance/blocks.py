"""Which drivers share a row (groups) and which are in every model (always): names of a request turned into places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drivers.errors import InputError, nearest, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Rows of a result: ``names``, the positions of the drivers in each, and the positions that are always in."""

    names: tuple[str, ...]
    members: tuple[tuple[int, ...], ...]
    always: tuple[int, ...] = ()

    @property
    def grouped(self) -> bool:
        """Whether some row holds several drivers."""
        return any(len(places) > 1 for places in self.members)

    @property
    def groups(self) -> list[list[int]] | None:
        """Positions by row as the estimators take them; None where every row is one driver, in the order given."""
        alone = [place for places in self.members for place in places]
        plain = not self.grouped and alone == sorted(alone)
        return None if plain else [list(places) for places in self.members]


def blocks_of(
    drivers: Sequence[str],
    groups: Mapping[str, Sequence[str]] | None = None,
    always: Sequence[str] = (),
    controls: Sequence[str] = (),
) -> Blocks:
    """Turn names of groups and always-in drivers into rows and positions.

    Parameters
    ----------
    drivers : sequence of str
        Drivers of the fit.
    groups : mapping of str to sequence of str, optional
        Name of a group to its drivers.
    always : sequence of str
        Drivers that are in every model.
    controls : sequence of str
        Covariates of the fit, to say so when one of them is named.

    Returns
    -------
    Blocks
        A row for each group, in the order given, then one for each driver that is in no group and not always in.

    Raises
    ------
    InputError
        If a name is unknown, stands twice, or is both a group and a driver, a group is empty, or no row is left.
    """
    groups = groups or {}
    always = (always,) if isinstance(always, str) else tuple(always)
    place = {name: at for at, name in enumerate(drivers)}
    taken: dict[str, str] = {}
    for where, named in [*((f"group `{name}`", groups[name]) for name in groups), ("`always`", always)]:
        if isinstance(named, str):
            raise InputError(f'{where} is the text "{named}"; give a list of drivers, like ["{named}"].')
        if not named and where != "`always`":
            raise InputError(f"{where} holds no drivers; name some, or leave the group out.")
        for name in named:
            if name in controls:
                raise InputError(f"{where}: `{name}` is a control, which is in every model already. Leave it out.")
            if name not in place:
                raise InputError(
                    f"{where}: {nearest(name, drivers)} is not a driver of the fit; it has {quoted(drivers)}."
                )
            if name in taken:
                twice = f"in {taken[name]} and in {where}" if taken[name] != where else f"twice in {where}"
                raise InputError(f"`{name}` stands {twice}. Name each driver once.")
            taken[name] = where
    for name, named in groups.items():
        if not str(name).strip() or (name in place and list(named) != [name]):
            raise InputError(f"A group cannot be called `{name}`, the name of a driver; give it a name of its own.")
    free = [name for name in drivers if name not in taken]
    if not groups and not free:
        raise InputError("Every driver is always in, so there is nothing left to share out; free at least one.")
    return Blocks(
        names=(*map(str, groups), *free),
        members=(*(tuple(place[n] for n in named) for named in groups.values()), *((place[n],) for n in free)),
        always=tuple(place[name] for name in always),
    )
