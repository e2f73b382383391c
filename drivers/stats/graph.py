"""Directed graphs of causes: what comes from what, and which paths stay open when some of it is held."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import pairwise

from drivers.errors import InputError

type Edges = frozenset[tuple[str, str]]
"""Arrows, each from a cause to what it causes."""

ARROW = "->"


def read_edges(lines: Iterable[str]) -> Edges:
    """Read arrows from text.

    Parameters
    ----------
    lines : iterable of str
        Such as "speed -> value" or, for a chain, "speed -> value -> csat".

    Returns
    -------
    frozenset of (str, str)
        Cause and what it causes.

    Raises
    ------
    InputError
        If a line is not of that form, or causes run in a circle; the circle is named.
    """
    edges: set[tuple[str, str]] = set()
    for line in lines:
        names = [name.strip() for name in line.split(ARROW)] if isinstance(line, str) else []
        if len(names) < 2 or not all(names):
            raise InputError(f'{line!r} is no arrow between causes; write "service_speed -> value".')
        edges.update(pairwise(names))
    found = frozenset(edges)
    _refuse_circles(found)
    return found


def nodes_of(edges: Edges) -> tuple[str, ...]:
    """Return every name in `edges`, causes before what they cause, else in alphabetical order."""
    left = {name for edge in edges for name in edge}
    order: list[str] = []
    while left:
        free = sorted(name for name in left if not any(a in left for a, b in edges if b == name))
        if not free:
            break  # a circle; `read_edges` refuses it
        order += free
        left -= set(free)
    return tuple(order)


def parents(edges: Edges, name: str) -> frozenset[str]:
    """Return the direct causes of `name` among `edges`."""
    return frozenset(a for a, b in edges if b == name)


def descendants(edges: Edges, names: Iterable[str]) -> frozenset[str]:
    """Return everything that comes from any of `names` along `edges`, they themselves not."""
    start = set(names)
    found: set[str] = set()
    todo = list(start)
    while todo:
        here = todo.pop()
        for a, b in edges:
            if a == here and b not in found:
                found.add(b)
                todo.append(b)
    return frozenset(found - start)


def directed_path(edges: Edges, start: str, end: str) -> tuple[str, ...] | None:
    """Return the shortest path along arrows from `start` to `end` in `edges`, or None."""
    before: dict[str, str] = {}
    todo = deque([start])
    while todo:
        here = todo.popleft()
        for a, b in sorted(edges):
            if a == here and b not in before and b != start:
                before[b] = here
                todo.append(b)
                if b == end:
                    return tuple(reversed(_walk_back(before, end, start)))
    return None


def open_backdoor(edges: Edges, cause: str, outcome: str, held: Set[str]) -> str | None:
    """Return a path that connects a cause and an outcome from behind while some variables are held.

    Parameters
    ----------
    edges : frozenset of (str, str)
        The graph.
    cause, outcome : str
        What acts and what is looked at.
    held : set of str
        Variables held equal.

    Returns
    -------
    str or None
        The shortest such path, written with its arrows: it starts with an arrow into the cause, and is open because no
        variable on it that passes something on is held, and every one in which arrows meet is held or has a consequence
        that is. None where the variables held close every path.

    References
    ----------
    .. [1] Pearl (2009). Causality, 2nd edition, section 3.3. Cambridge. doi:10.1017/CBO9780511803161
    """
    without = frozenset(edge for edge in edges if edge[0] != cause)
    meets = {name for name in {n for e in without for n in e} if name in held or descendants(without, [name]) & held}
    came_from: dict[tuple[str, bool], tuple[str, bool]] = {}
    todo: deque[tuple[str, bool]] = deque([(cause, True)])  # True: left against an arrow, towards causes
    while todo:
        here, upward = todo.popleft()
        for name, up in _next(without, here, upward, held, meets, start=here == cause):
            state = (name, up)
            if state in came_from or name == cause:
                continue
            came_from[state] = (here, upward)
            if name == outcome:
                return _written(state, came_from, cause)
            todo.append(state)
    return None


def _next(
    edges: Edges, here: str, upward: bool, held: Set[str], meets: Set[str], *, start: bool
) -> list[tuple[str, bool]]:
    """Return where a path may go on: (name, whether it got there against the arrow)."""
    up = [(a, True) for a, b in sorted(edges) if b == here]
    down = [(b, False) for a, b in sorted(edges) if a == here]
    if start:
        return up
    if upward:
        return [] if here in held else up + down
    return (up if here in meets else []) + ([] if here in held else down)


def _written(state: tuple[str, bool], came_from: Mapping[tuple[str, bool], tuple[str, bool]], cause: str) -> str:
    """Return the way from the cause to a state as text, with its arrows."""
    text = state[0]
    while state[0] != cause:
        before = came_from[state]
        text = f"{before[0]} {'<-' if state[1] else '->'} {text}"
        state = before
    return text


def _walk_back(before: Mapping[str, str], end: str, start: str) -> list[str]:
    """Return the path from `end` back to `start`, by what came before each."""
    path = [end]
    while path[-1] != start:
        path.append(before[path[-1]])
    return path


def _refuse_circles(edges: Edges) -> None:
    """Refuse causes that go round in a circle, and name it."""
    ordered = nodes_of(edges)
    rest = {name for edge in edges for name in edge} - set(ordered)
    if not rest:
        return
    for start in sorted(rest):
        for after in sorted(b for a, b in edges if a == start):
            way: Sequence[str] | None = (start,) if after == start else directed_path(edges, after, start)
            if way is not None:
                circle = f" {ARROW} ".join((start, *way))
                raise InputError(f"Causes run in a circle: {circle}. Leave out one of its arrows.")
