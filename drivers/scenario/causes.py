"""Declared causes: whether a fit closes every back door, and how mediators follow what is moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError, nearest, quoted
from drivers.fit.result import Draws, Fit
from drivers.scenario.follow import Path
from drivers.stats.graph import Edges, descendants, directed_path, nodes_of, open_backdoor, parents

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Causes:
    """What a declared graph says of some drivers in a fit.

    ``mediators`` drivers that come from those moved and lead to the outcome, causes first; ``held`` everything the fit
    holds equal that does not come from them; ``unmeasured`` names of the graph that are not in the fit.
    """

    edges: Edges
    moved: tuple[str, ...]
    outcome: str
    mediators: tuple[str, ...]
    held: tuple[str, ...]
    unmeasured: tuple[str, ...]


def settle_causes(fit: Fit, edges: Edges, moved: Sequence[str]) -> Causes:
    """Check that moving drivers in a fit says what acting on them does, if the declared causes hold.

    Parameters
    ----------
    fit : Fit
        The fit; its drivers and controls are held equal.
    edges : frozenset of (str, str)
        The declared graph. Names that are not in the fit are causes nobody measured.
    moved : sequence of str
        Drivers acted on.

    Returns
    -------
    Causes
        With every back door from a driver moved, and from a mediator that follows, closed by what the fit holds.

    Raises
    ------
    InputError
        If a driver or the outcome is not in the graph; a control is a mediator, or comes from what is moved; something
        held comes from the outcome; or a back door is open. Each with the path.

    References
    ----------
    .. [1] Pearl (2009). Causality, 2nd edition, sections 3.3 and 4.4. Cambridge. doi:10.1017/CBO9780511803161
    """
    outcome, drivers, controls = fit.spec.outcome, fit.spec.drivers, fit.spec.controls
    known = nodes_of(edges)
    for name in (*moved, outcome):
        if name not in known:
            raise InputError(
                f'{nearest(name, known)} is not in the declared graph; add its arrows, such as "{name} -> {outcome}".'
                if name != outcome else f'No declared arrow leads to `{outcome}`; add "{moved[0]} -> {outcome}".'
            )
    in_fit = {*drivers, *controls}
    after = descendants(edges, moved)
    _refuse_controls(edges, moved, outcome, controls, after)
    _refuse_consequences(edges, outcome, in_fit)
    mediators = tuple(name for name in known if name in drivers and name in after and name not in moved)
    held = tuple(name for name in (*drivers, *controls) if name not in after and name not in moved)
    for name in (*moved, *mediators):
        later = descendants(edges, [name])
        equal = {other for other in (*held, *moved, *mediators) if other != name and other not in later}
        path = open_backdoor(edges, name, outcome, equal)
        if path is not None:
            raise InputError(
                f"The fit does not close the path {path}, so what goes with `{name}` is not what it does: "
                f"{_cure(path, in_fit, equal)}. Or leave the graph out, and read an association."
            )
    for name in mediators:
        missing = sorted(parents(edges, name) - in_fit)
        if missing and any(other in descendants(edges, [cause]) for cause in missing for other in moved):
            raise InputError(
                f"{quoted(missing)} moves both `{name}` and what you act on, and is not in the fit, so how `{name}` "
                "follows cannot be told. Measure it, or leave the graph out."
            )
    return Causes(
        edges=edges, moved=tuple(moved), outcome=outcome, mediators=mediators, held=held,
        unmeasured=tuple(name for name in known if name not in in_fit and name != outcome),
    )


def _refuse_controls(
    edges: Edges, moved: Sequence[str], outcome: str, controls: Sequence[str], after: frozenset[str]
) -> None:
    for name in controls:
        if name not in after:
            continue
        start = next(one for one in moved if name in descendants(edges, [one]))
        way = directed_path(edges, start, name) or (start, name)
        on = directed_path(edges, name, outcome)
        if on is not None:
            path = " -> ".join((*way, *on[1:]))
            raise InputError(
                f"`{name}` is a mediator: {path}. Held equal as a control it hides what `{start}` does through it. "
                f'Leave it out: fit(..., controls=[...]) without "{name}".'
            )
        raise InputError(
            f"`{name}` is a consequence of what you act on ({' -> '.join(way)}), and a collider if anything else moves "
            f'it: held equal it opens paths that are no effect. Fit again without "{name}" among the controls.'
        )


def _refuse_consequences(edges: Edges, outcome: str, in_fit: set[str]) -> None:
    for name in sorted(descendants(edges, [outcome]) & in_fit):
        path = " -> ".join(directed_path(edges, outcome, name) or (outcome, name))
        raise InputError(
            f"`{name}` comes from the outcome ({path}), so it can neither be held equal nor explain it. Fit again "
            "without it."
        )


def _cure(path: str, in_fit: set[str], held: set[str]) -> str:
    names = path.replace("<-", "->").split(" -> ")
    outside = [name for name in names[1:-1] if name not in in_fit]
    if outside:
        return f"measure {quoted(outside)} and add it to the drivers or controls"
    return f"holding {quoted(name for name in names[1:-1] if name in held)} opens it; leave that out of the fit"


def dag_path(fit: Fit, causes: Causes) -> Path:
    """Let mediators follow what is moved along the declared arrows.

    Parameters
    ----------
    fit : Fit
        The fit.
    causes : Causes
        From `settle_causes`.

    Returns
    -------
    Path
        Row k holds the slopes of mediator k on its declared causes that are in the fit (drivers and controls), in the
        population of each draw; what is not a driver does not move.
    """
    order = tuple(fit.spec.drivers.index(name) for name in causes.mediators)
    return Path(
        name="dag", order=order, draws=_slopes(fit, fit.draws, causes), point=_slopes(fit, fit.point, causes)
    )


def _slopes(fit: Fit, draws: Draws, causes: Causes) -> FloatArray:
    p = draws.x_cov.shape[-1]
    wide = draws.x_cov if draws.controls is None else draws.controls.cov
    cov = wide.reshape(-1, *wide.shape[-2:])
    found = np.zeros((len(cov), p, p))
    terms = [*fit.spec.drivers, *fit.terms[p : p + (draws.controls.slopes.shape[-1] if draws.controls else 0)]]
    for name in causes.mediators:
        k = fit.spec.drivers.index(name)
        direct = parents(causes.edges, name)
        places = [at for at, term in enumerate(terms) if term in direct or term.rpartition(": ")[0] in direct]
        drivers = [at for at in places if at < p]
        if not drivers:
            continue
        slopes = np.linalg.solve(cov[:, places][:, :, places], cov[:, places, k][..., None])[..., 0]
        found[:, k, drivers] = slopes[:, [places.index(at) for at in drivers]]
    return found


def causal_words(causes: Causes, label_of: dict[str, str], *, following: bool) -> str:
    """Say under which assumption a change is an effect.

    Parameters
    ----------
    causes : Causes
        From `settle_causes`.
    label_of : dict of str to str
        Words to print for columns.
    following : bool
        Whether mediators follow.

    Returns
    -------
    str
        One or two sentences.
    """
    def words(names: Sequence[str]) -> str:
        return ", ".join(label_of.get(name, name) for name in names)

    arrows = "; ".join(f"{a} -> {b}" for a, b in sorted(causes.edges))
    text = f"An effect, if the declared causes hold and nothing else is behind both ({arrows}). "
    closed = f"Back doors are closed by what the fit holds: {words(causes.held)}. " if causes.held else ""
    if not causes.mediators:
        return text + closed + "Nothing in the fit comes from what is moved."
    if following:
        return text + closed + f"Total effect: {words(causes.mediators)} follow(s) by regression on declared causes."
    return text + closed + f"Direct part only: {words(causes.mediators)} stay(s), though declared to follow."
