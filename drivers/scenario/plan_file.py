"""A plan's TOML file: options with their costs, the budget, and what is to be gained."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

from drivers.errors import InputError, nearest, quoted
from drivers.scenario import action
from drivers.scenario.action import Action
from drivers.scenario.customer import Customer
from drivers.scenario.option import Option, option

KINDS: Mapping[str, Callable[..., Action]] = {
    "shift": action.shift, "lift": action.lift, "floor": action.floor, "move": action.move, "match": action.match,
    "scale": action.scale, "halve": action.halve,
}
"""What an option can do to a driver, each with the arguments of the function of that name."""

TOP = ("budget", "measure", "tail", "options", "customer")
OPTION = ("name", "cost", "steps", "fixed", "where", "then", *KINDS)

EXAMPLE = '[[options]]\nname = "Faster service"\nshift = {driver = "service_speed", by = 0.25}\ncost = 20000\nsteps = 3'


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """What a file asks for; None where it does not say."""

    options: tuple[Option, ...]
    budget: float | None = None
    measure: str | None = None
    tail: float | None = None
    customer: Customer | None = None


def read_plan(path: str | Path) -> PlanFile:
    """Read a plan's file.

    Parameters
    ----------
    path : str or Path
        TOML with ``budget``, ``measure``, ``tail``, one ``[[options]]`` for each option and, for value, a
        ``[customer]``. An option has a ``name``, one of ``shift``, ``lift``, ``floor``, ``move``, ``match``, ``scale``
        or ``halve`` as a table of that function's arguments (several under ``then``, a list), ``where`` for segments,
        and ``cost``: a number per step, a list with the cost of 1, 2, ... steps in all, or ``{low = 1, high = 2}``;
        ``steps`` and ``fixed``.

    Returns
    -------
    PlanFile
        Options ready for `drivers.scenario.plan.plan`.

    Raises
    ------
    InputError
        If the file cannot be read, or holds a key or value that is not understood; its place is named.
    """
    where = Path(path)
    try:
        table = tomllib.loads(where.read_text(encoding="utf-8"))
    except OSError as problem:
        raise InputError(f"{where} cannot be read ({problem.strerror}). Name the file: --plan FILE.toml.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise InputError(f"{where} is no TOML file: {problem}.") from None
    _known(table, TOP, str(where))
    rows = table.get("options")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{where} has no options. Write one for each thing that can be bought:\n{EXAMPLE}")
    return PlanFile(
        options=tuple(_option(row, f"{where}, option {k}") for k, row in enumerate(rows, start=1)),
        budget=_number(table, "budget", str(where)), measure=table.get("measure"),
        tail=_number(table, "tail", str(where)), customer=_customer(table.get("customer"), str(where)),
    )


def _known(table: Mapping[str, Any], names: tuple[str, ...], place: str) -> None:
    unknown = [name for name in table if name not in names]
    if unknown:
        told = ", ".join(nearest(name, names) for name in unknown)
        raise InputError(f"{place}: {told} is not understood; there are {quoted(names)}.")


def _number(table: Mapping[str, Any], name: str, place: str) -> float | None:
    value = table.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{place}: {name} = {value!r} is not a number.")
    return float(value)


def _option(row: Mapping[str, Any], place: str) -> Option:
    place = f"{place} ({row['name']})" if isinstance(row.get("name"), str) else place
    _known(row, OPTION, place)
    if "cost" not in row:
        raise InputError(f"{place} has no cost; write cost = 20000, per step.")
    whole = _action(row, place)
    for k, more in enumerate(row.get("then", []), start=1):
        _known(more, ("where", *KINDS), f"{place}, then {k}")
        whole = whole + _action(more, f"{place}, then {k}")
    steps = row.get("steps")
    if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int)):
        raise InputError(f"{place}: steps = {steps!r} is not a whole number.")
    cost = row["cost"]
    cost = [_cost(each, place) for each in cost] if isinstance(cost, list) else _cost(cost, place)
    return option(whole, cost=cost, steps=steps, fixed=_number(row, "fixed", place) or 0.0, name=row.get("name", ""))


def _cost(value: Any, place: str) -> float | tuple[float, float]:
    if isinstance(value, dict):
        _known(value, ("low", "high"), f"{place}, cost")
        low, high = (_number(value, end, f"{place}, cost") for end in ("low", "high"))
        if low is None or high is None:
            raise InputError(f"{place}: a range of costs has two ends; write cost = {{low = 20000, high = 30000}}.")
        return low, high
    found = _number({"cost": value}, "cost", place)
    assert found is not None
    return found


def _action(row: Mapping[str, Any], place: str) -> Action:
    kinds = [name for name in KINDS if name in row]
    if len(kinds) != 1:
        raise InputError(
            f"{place} says {'nothing' if not kinds else quoted(kinds)} of what is done; name one of {quoted(KINDS)}, "
            "and others under `then`, for instance shift = {driver = \"service_speed\", by = 0.25}."
        )
    make, given = KINDS[kinds[0]], row[kinds[0]]
    allowed = tuple(signature(make).parameters)
    if not isinstance(given, dict):
        raise InputError(f"{place}: {kinds[0]} is a table of {quoted(allowed)}.")
    _known(given, allowed, f"{place}, {kinds[0]}")
    needed = [name for name, each in signature(make).parameters.items() if each.default is each.empty]
    lacking = [name for name in needed if name not in given]
    if lacking:
        raise InputError(f"{place}: {kinds[0]} lacks {quoted(lacking)}.")
    made = make(**given)
    return made.where(row["where"]) if row.get("where") else made


def _customer(row: Mapping[str, Any] | None, place: str) -> Customer | None:
    if row is None:
        return None
    names = ("margin", "discount", "customers", "stay", "slope", "centre")
    _known(row, names, f"{place}, customer")
    lacking = [name for name in ("margin", "discount", "stay", "slope", "centre") if name not in row]
    if lacking:
        raise InputError(f"{place}: customer lacks {quoted(lacking)}; stay and slope are [estimate, standard error].")
    pairs = {}
    for name in ("stay", "slope"):
        value = row[name]
        if not (isinstance(value, list) and len(value) == 2 and all(isinstance(each, int | float) for each in value)):
            raise InputError(f"{place}: customer {name} = {value!r} is not [estimate, standard error].")
        pairs[name] = (float(value[0]), float(value[1]))
    numbers = {name: _number(row, name, place) for name in ("margin", "discount", "centre", "customers") if name in row}
    return Customer(**pairs, **numbers)  # type: ignore[arg-type]
