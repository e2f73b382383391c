"""The form of a definition: known keys, right types. pydantic finds what is wrong; here it is put in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, get_args

import numpy as np
from pydantic import BaseModel, ValidationError

from drivers.survey.fault import Fault, KeyPath, closest, unknown

EXPECTED: Final[dict[str, tuple[str, str]]] = {
    "title": ("a text", '"Store visits"'),
    "data": ("a file name in quotes", '"store_visits.csv"'),
    "drivers": ("a list of column names, or a table of column = label", '["product_quality", "value"]'),
    "outcomes": ("a list of column names, or a table of column = label", '["satisfaction"]'),
    "expectations": ("a table of item = column of its expectation", '{ value = "expected_value" }'),
    "adequate": ("a table of driver = column of the least that would do", '{ value = "adequate_value" }'),
    "stated_importance": ("a table of driver = column of its stated importance", '{ value = "importance_value" }'),
    "dimensions": ("a table of dimension = list of drivers", '{ service = ["service_speed", "communication"] }'),
    "direct": ("one column name in quotes", '"as_expected"'),
    "kano": ("a table of name = [column with the feature, column without it]", '{ app = ["app_with", "app_without"] }'),
    "scale": ('the two ends [low, high] as finite numbers, or "open"', "[1, 5]"),
    "not_applicable": ("a list of codes (numbers or texts)", "[8]"),
    "dont_know": ("a list of codes (numbers or texts)", "[9]"),
    "weight": ("one column name in quotes", '"weight"'),
    "frequency": ("one column name in quotes", '"count"'),
    "stratum": ("one column name in quotes", '"stratum"'),
    "psu": ("one column name in quotes", '"store"'),
    "fpc": ("one column name in quotes", '"stores_in_stratum"'),
    "lonely_psu": ('"centre", "certain" or "refuse"', '"centre"'),
    "replicate_weights": ("a list of column names, or a pattern with *", '"rep*"'),
    "replicate_scheme": ('"JK1", "JKn", "BRR", "Fay" or "bootstrap"', '"BRR"'),
    "replicate_scales": ("a list of numbers, or one number for all", "[0.5, 0.5, 0.667]"),
    "fay": ("a number from 0 to below 1", "0.5"),
    "wave": ("one column name in quotes", '"quarter"'),
    "segments": ("a list of column names", '["channel", "region"]'),
    "controls": ("a list of column names", '["age_group"]'),
    "id": ("one column name in quotes", '"visit_id"'),
    "items": ("one table per item, [items.<column>]", '{ value = { label = "Value for money" } }'),
    "label": ("a text", '"Value for money"'),
    "direction": ('"higher" or "lower"', '"lower"'),
    "levels": ("a list of texts in scale order", '["poor", "fair", "good"]'),
    "score": ('"top2", "nps", "ces" or "mean"', '"nps"'),
    "made_of": ("a list of column names", '["value", "expected_value"]'),
    "reason": ("a text", '"the gap is what the contract is paid by"'),
}
"""What each key takes, and an example of it."""

LISTS: Final = (
    "drivers", "outcomes", "segments", "controls", "not_applicable", "dont_know", "replicate_weights",
    "replicate_scales", "made_of",
)
"""Keys that take a list, and for which a single value stands for a list of one."""


def plain(value: Any) -> Any:
    """Return a value with only Python's own types in it: models as dicts, arrays and lists as tuples, 8.0 as 8.

    Parameters
    ----------
    value : object
        A value of a definition, or a whole one.

    Returns
    -------
    object
        Texts, numbers, None, dicts and tuples; anything else as it was.
    """
    if isinstance(value, BaseModel):
        return plain(value.model_dump(exclude_unset=True))
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(plain(entry) for entry in value)
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, (str, bytes)) and hasattr(value, "tolist"):  # arrays, Series and Index
        return plain(value.tolist())
    return value


def spread(data: dict[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """Write out the short spellings: one value for a list of one, and ``drivers`` as a table of labels.

    Parameters
    ----------
    data : dict
        A definition as given, after `plain`.

    Returns
    -------
    data : dict
        The definition in its full spelling.
    faults : list of Fault
        Labels that are no text, or that are given a second time under ``[items]``.
    """
    full = dict(data)
    for key in LISTS:
        if isinstance(full.get(key), (str, int, float)) and not isinstance(full[key], bool):
            full[key] = (full[key],)
    faults: list[Fault] = []
    for key in ("drivers", "outcomes"):
        labels = full.get(key)
        if isinstance(labels, dict) and isinstance(full.get("items", {}), dict):
            full[key] = tuple(column for column, label in labels.items() if isinstance(label, str))
            full["items"], found = _with_labels(full.get("items", {}), labels, key)
            faults += found
    return full, faults


def mend(
    data: dict[str, Any], model: type[BaseModel], owner: str
) -> tuple[dict[str, Any], list[Fault], dict[str, str]]:
    """Give misspelled keys their right name, so that what they hold is checked in the same pass.

    Parameters
    ----------
    data : dict
        A definition as given.
    model : type
        `Survey` or `Item`.
    owner : str
        What `model` is called in the message.

    Returns
    -------
    data : dict
        The definition under known keys, where one is near and free.
    faults : list of Fault
        One for each key that was renamed.
    renamed : dict
        Right name to the one that was given.
    """
    keys = tuple(model.model_fields)
    mended: dict[str, Any] = {}
    renamed: dict[str, str] = {}
    for key, value in data.items():
        near = None if key in EXPECTED else closest(str(key), [k for k in keys if k not in data and k not in mended])
        mended[near or key] = value
        if near:
            renamed[near] = str(key)
    return mended, [unknown((old,), f"a key of the {owner}", keys) for old in renamed.values()], renamed


def _with_labels(items: dict[str, Any], labels: dict[str, Any], key: str) -> tuple[dict[str, Any], list[Fault]]:
    named, faults = dict(items), []
    for column, label in labels.items():
        item = named.get(column, {})
        if not isinstance(label, str):
            cure = misplaced(column) or f'Give its label: {column} = "..."'
            faults.append(Fault(path=(key, column), found="This label is not a text.", cure=cure))
        elif isinstance(item, dict):
            if item.get("label", label) != label:
                faults.append(Fault(
                    path=("items", column, "label"), cure="Keep one of the two labels.",
                    found=f"`{column}` has the label {label!r} under `{key}` and {item['label']!r} here.",
                ))
            named[column] = {"label": label, **item}
    return named, faults


def form_faults(error: ValidationError, model: type[BaseModel], owner: str) -> list[Fault]:
    """Put pydantic's findings in words, one per key.

    Parameters
    ----------
    error : ValidationError
        What pydantic raised for `model`.
    model : type
        `Survey` or `Item`.
    owner : str
        What `model` is called in the message: "survey" or "item".

    Returns
    -------
    list of Fault
        Each key once.
    """
    by_path: dict[KeyPath, Fault] = {}
    missing: list[str] = []
    for found in error.errors(include_url=False, include_context=False):
        key = str(found["loc"][0])
        path: KeyPath = (key, *(str(part) for part in found["loc"][1:2] if key == "expectations"))
        if found["type"] == "missing":
            missing.append(key)
        elif found["type"] == "extra_forbidden":
            by_path.setdefault((key,), _unknown_key(key, model, owner))
        else:
            by_path.setdefault(path, _wrong_value(path, found, model))
    for key in missing:
        what, example = EXPECTED[key]
        by_path[(key,)] = Fault(path=(key,), found="This key is missing.", cure=f"Add {what}: {key} = {example}")
    return list(by_path.values())


def misplaced(key: str) -> str:
    """Return the cure for a key of the survey that slid below a ``[table]`` line, or an empty text.

    Parameters
    ----------
    key : str
        A name that was found below a table.

    Returns
    -------
    str
        The cure, or an empty text when it is no key of the survey.
    """
    survey_only = set(EXPECTED) - {"label", "direction", "levels", "score", "made_of", "reason"}
    if key not in survey_only:
        return ""
    return f"`{key}` is a key of the survey: move this line above the first [table], where the other keys stand."


def _unknown_key(key: str, model: type[BaseModel], owner: str) -> Fault:
    keys = tuple(model.model_fields)
    other = [known for known in EXPECTED if known not in keys]
    if key in other or (closest(key, keys) is None and closest(key, other)):
        cure = misplaced(key) if owner == "item" else "It belongs to one item: write it below [items.<column>]."
        return Fault(path=(key,), found=f"not a key of the {owner}.", cure=cure)
    return unknown((key,), f"a key of the {owner}", keys)


def _wrong_value(path: KeyPath, found: Any, model: type[BaseModel]) -> Fault:
    key = str(path[0])
    if key == "expectations" and len(path) > 1:
        name = str(path[1])
        cure = misplaced(name) or f'Name the column: {name} = "expected_{name}"'
        return Fault(path=path, found="The expectation is not one column name.", cure=cure)
    what, example = EXPECTED[key]
    given = found["input"]
    entry = [part for part in found["loc"][1:] if isinstance(part, int)]
    if isinstance(given, str) and not entry:
        options = next((get_args(arg) for arg in _choices(model, key)), ())
        if near := closest(given, options):
            return Fault(
                path=(key,), found=f'"{given}" is not {what} (did you mean "{near}"?).',
                cure=f'Write {key} = "{near}".', swap=(given, near),
            )
    return Fault(
        path=(key, *entry[:1]), cure=f"For example: {key} = {example}",
        found=f"Entry {entry[0] + 1}, {_shown(given)}, does not fit: it must be {what}." if entry
        else f"It must be {what}, not {_shown(given)}.",
    )


def _choices(model: type[BaseModel], key: str) -> list[Any]:
    annotation = model.model_fields[key].annotation
    return [part for part in (annotation, *get_args(annotation)) if "Literal" in str(type(part))]


def _shown(value: Any) -> str:
    text = repr(list(value) if isinstance(value, tuple) else value)
    return text if len(text) <= 60 else f"{text[:60]} ..."


def without(data: dict[str, Any], faults: list[Fault]) -> dict[str, Any]:
    """Return the definition without the keys that have a fault, so that the rest can still be checked.

    Parameters
    ----------
    data : dict
        A definition.
    faults : list of Fault
        What is wrong with it; faults of items leave `items` in place.

    Returns
    -------
    dict
        The sound keys.
    """
    sound = dict(data)
    for fault in faults:
        key = str(fault.path[0]) if fault.path else ""
        if key == "expectations" and len(fault.path) > 1:
            sound[key] = {item: column for item, column in sound[key].items() if item != fault.path[1]}
        elif key != "items" or len(fault.path) == 1:
            sound.pop(key, None)
    return sound


def as_given(faults: list[Fault], renamed: Mapping[str, str]) -> list[Fault]:
    """Return the faults under the keys as they were spelled, so that their line is found.

    Parameters
    ----------
    faults : list of Fault
        Faults at the right names.
    renamed : mapping
        Right name to the one that was given.

    Returns
    -------
    list of Fault
        The same faults at the names that were given.
    """
    return [
        replace(fault, path=(renamed.get(str(fault.path[0]), fault.path[0]), *fault.path[1:])) if fault.path else fault
        for fault in faults
    ]
