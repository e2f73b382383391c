"""Turn records (dataclasses of arrays and plain values) into arrays that can be kept, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError

PLAN = "plan"
"""Name of the text that says how the arrays fit together."""


def pack(record: object) -> dict[str, NDArray[np.generic]]:
    """Take a record apart.

    Parameters
    ----------
    record : object
        Arrays, plain values, sequences, mappings and dataclasses of them.

    Returns
    -------
    dict of str to ndarray
        The arrays in it, numbered, and under `PLAN` a text that says where each belongs.

    Raises
    ------
    InputError
        If there is something in it that is no array, plain value, sequence, mapping or dataclass of them.
    """
    arrays: dict[str, NDArray[np.generic]] = {}
    plan = _planned(record, arrays)
    return {**arrays, PLAN: np.array(json.dumps(plan))}


def unpack(arrays: Mapping[str, NDArray[np.generic]], *kinds: type) -> Any:
    """Put a record together again.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        What `pack` returned.
    *kinds : type
        Dataclasses that may be in it; no other is made.

    Returns
    -------
    object
        The record.

    Raises
    ------
    InputError
        If the record holds another dataclass.
    """
    return _made(json.loads(str(arrays[PLAN])), arrays, {kind.__name__: kind for kind in kinds})


def _planned(value: object, arrays: dict[str, NDArray[np.generic]]) -> Any:
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {"array": name}
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (str, bool, int, float)):
        return {"value": value}  # Python's own JSON keeps every float, NaN and infinities too
    if isinstance(value, (list, tuple)):
        return {"list" if isinstance(value, list) else "tuple": [_planned(inner, arrays) for inner in value]}
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return {"mapping": {name: _planned(inner, arrays) for name, inner in value.items()}}
    if is_dataclass(value) and not isinstance(value, type):
        inside = {field.name: _planned(getattr(value, field.name), arrays) for field in fields(value)}
        return {"record": type(value).__name__, "of": inside}
    raise InputError(f"A {type(value).__name__} cannot be kept; records hold arrays and plain values.")


def _made(plan: Any, arrays: Mapping[str, NDArray[np.generic]], kinds: Mapping[str, type]) -> Any:
    if "array" in plan:
        return arrays[plan["array"]]
    if "value" in plan:
        return plan["value"]
    if "list" in plan:
        return [_made(inner, arrays, kinds) for inner in plan["list"]]
    if "tuple" in plan:
        return tuple(_made(inner, arrays, kinds) for inner in plan["tuple"])
    inside = {name: _made(inner, arrays, kinds) for name, inner in plan.get("mapping", plan.get("of")).items()}
    if "mapping" in plan:
        return inside
    if plan["record"] not in kinds:
        raise InputError(f"A record of kind {plan['record']} was not expected here.")
    return kinds[plan["record"]](**inside)
