"""What `drivers importance --also NAME` adds: other readings of the same fit, as JSON values and as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING

from drivers.errors import InputError

if TYPE_CHECKING:
    from drivers.fit.result import Fit
    from drivers.importance.result import Importance

type Groups = Mapping[str, Sequence[str]] | None
type Reading = tuple[object, Callable[[], str]]


class AlsoName(StrEnum):
    """Readings of a fit beside its shares."""

    measures = "measures"
    pairs = "pairs"
    sensitivity = "sensitivity"
    probe = "probe"
    clones = "clones"
    design = "design"
    exposure = "exposure"


def also(name: AlsoName, fit: Fit, result: Importance, groups: Groups, always: Sequence[str]) -> Reading:
    """Return one reading.

    Parameters
    ----------
    name : AlsoName
        Which.
    fit : Fit
        The fit.
    result : Importance
        Its shares, which pairs are compared of.
    groups : mapping of str to sequence of str, optional
        Rows of several drivers.
    always : sequence of str
        Drivers in every model.

    Returns
    -------
    tuple
        Plain values for JSON, and a function that returns the text.

    Raises
    ------
    InputError
        If the reading is not defined for this fit, or takes no groups and some are asked for.
    """
    if name is AlsoName.measures:
        from drivers.importance.measure_table import measures

        table = measures(fit, groups=groups, always=always)
        return table.to_dict(), table.summary
    if name is AlsoName.pairs:
        from drivers.importance.compare import compare

        pairs = compare(result)
        return pairs.to_dict(), pairs.summary
    if groups or always:
        raise InputError(
            f"--also {name.value} takes drivers one by one. Leave out --group and --always, or --also {name.value}."
        )
    return _of_single_drivers(name, fit)


def _of_single_drivers(name: AlsoName, fit: Fit) -> Reading:
    if name is AlsoName.sensitivity:
        from drivers.importance.sensitivity import sensitivity

        panel = sensitivity(fit)
        return panel.to_dict(), panel.summary
    if name is AlsoName.probe:
        from drivers.importance.probe import probe

        noise = probe(fit)
        return noise.to_dict(), noise.summary
    if name is AlsoName.design:
        from drivers.importance.precision import design_effects

        effects = design_effects(fit)
        return effects.to_dict(), effects.summary
    if name is AlsoName.exposure:
        from drivers.importance.exposure import exposure_shares

        shares = exposure_shares(fit)
        return shares.to_dict(), lambda: shares.tidy().drop(columns="driver").round(4).to_string(index=False)
    from drivers.importance.clones import clone_text, clones

    found = clones(fit)
    return [asdict(one) for one in found], lambda: clone_text(found)
