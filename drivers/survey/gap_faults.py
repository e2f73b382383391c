"""What a definition must not say about the expectation gap: parts that explain their whole, names without a driver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from drivers.survey.fault import Fault, unknown


def gap_faults(data: Mapping[str, Any]) -> list[Fault]:
    """Return what the keys about the expectation gap say against the roles of columns.

    Parameters
    ----------
    data : mapping
        The definition, with plain values and without the keys whose form is wrong.

    Returns
    -------
    list of Fault
        Every contradiction, each at the key to change.
    """
    if "drivers" not in data or "outcomes" not in data:
        return []
    return [*_names(data), *_dimensions(data), *_kano(data), *_part_whole(data)]


def _names(data: Mapping[str, Any]) -> Iterator[Fault]:
    drivers, outcomes = list(data["drivers"]), list(data["outcomes"])
    for key in ("adequate", "stated_importance"):
        for name in data.get(key, {}):
            if name not in drivers:
                yield unknown((key, name), "a driver", drivers)
    direct = data.get("direct")
    if direct is not None and direct not in outcomes:
        yield Fault(
            path=("direct",), found=f"`{direct}` is not among the outcomes.",
            cure=f'It is something to be explained: add "{direct}" to outcomes.',
        )
    for name in data.get("adequate", {}):
        if name in drivers and name not in data.get("expectations", {}):
            yield Fault(
                path=("adequate", name), found=f"`{name}` has an adequate level but no desired one.",
                cure=f'Name the column of the desired level below [expectations]: {name} = "desired_{name}".',
            )


def _dimensions(data: Mapping[str, Any]) -> Iterator[Fault]:
    drivers, home = list(data["drivers"]), dict[str, str]()
    for dimension, members in data.get("dimensions", {}).items():
        for name in members:
            if name not in drivers:
                near = unknown(("dimensions", name), "a driver", drivers)
                yield Fault(
                    path=("dimensions", dimension), found=f"`{name}` is {near.found}", cure=near.cure, swap=near.swap
                )
            elif name in home:
                yield Fault(
                    path=("dimensions", dimension), found=f"`{name}` is in `{home[name]}` too.",
                    cure="A driver belongs to one dimension: remove it from one of the two.",
                )
            home.setdefault(name, dimension)
        if not members:
            yield Fault(path=("dimensions", dimension), found="It has no drivers.", cure="List them, or remove it.")


def _kano(data: Mapping[str, Any]) -> Iterator[Fault]:
    for name, pair in data.get("kano", {}).items():
        if len(set(pair)) < len(pair):
            yield Fault(
                path=("kano", name), found=f"`{pair[0]}` stands for both questions.",
                cure="Name two columns: how people feel with the feature, and how without it.",
            )


def _part_whole(data: Mapping[str, Any]) -> Iterator[Fault]:
    """Outcomes made of the items of a driver that is to explain them."""
    expected = {column: item for item, column in data.get("expectations", {}).items()}
    for name, item in data.get("items", {}).items():
        if not isinstance(item, Mapping):
            continue
        parts = item.get("made_of") or ()
        if parts and name not in data["outcomes"]:
            yield Fault(
                path=("items", name, "made_of"), found=f"`{name}` is not an outcome.",
                cure="Only of outcomes it matters what they were computed from: remove this line.",
            )
            continue
        own = [part for part in parts if part in data["drivers"] or expected.get(part) in data["drivers"]]
        if own and not (item.get("reason") or "").strip():
            listed = ", ".join(f"`{part}`" for part in own)
            yield Fault(
                path=("items", name, "made_of"),
                found=f"`{name}` is made of {listed}, and a driver that is part of an outcome explains it by itself "
                "(half the variance of a difference of two independent answers).",
                cure=f"Remove `{name}` from outcomes: the gap is modelled from its two answers. If it has to be the "
                f'outcome, say why: reason = "..." below [items.{name}].',
            )
