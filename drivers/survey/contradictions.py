"""What a definition must not say: two roles for one column, a code that is also an answer, ends the wrong way round.

Works on plain dicts, so that everything is found even where other keys are still wrong.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from drivers.survey.codes import as_number, code_key
from drivers.survey.design_faults import design_faults
from drivers.survey.fault import Fault, KeyPath, unknown
from drivers.survey.gap_faults import gap_faults
from drivers.survey.structure import misplaced

SHARED_ROLES: Final = frozenset({
    frozenset({"segments", "stratum"}), frozenset({"segments", "psu"}), frozenset({"wave", "stratum"}),
    frozenset({"controls", "segments"}), frozenset({"controls", "stratum"}), frozenset({"controls", "wave"}),
})
"""The only pairs of roles one column may hold: reporting by a stratum or a PSU, waves sampled apart, and controls."""

RATED: Final = ("drivers", "outcomes", "expectations", "adequate", "stated_importance", "kano")
BESIDE: Final = {
    "expectations": "expectation", "adequate": "adequate level", "stated_importance": "stated importance",
    "kano": "Kano question",
}
"""What was asked beside drivers and outcomes; one column each."""

CODES: Final = ("not_applicable", "dont_know")
NAMES: Final = ("drivers", "outcomes", "segments", "controls", "replicate_weights")
ROLES: Final = (
    *RATED, "weight", "frequency", "stratum", "psu", "fpc", "replicate_weights", "wave", "segments", "controls", "id"
)
CONTROL_KEYS: Final = ("label", "scale", "levels", "not_applicable", "dont_know")
"""What an item that is a control may say; a scale makes it a number instead of categories."""


def item_faults(item: Mapping[str, Any]) -> list[Fault]:
    """Return what one item says against itself, by its own keys alone; paths start at the item.

    Parameters
    ----------
    item : mapping
        Keys of the item with plain values, without those whose form is wrong.

    Returns
    -------
    list of Fault
        Every contradiction, each at the key to change.
    """
    faults = [*_scale_faults(item.get("scale"), ("scale",)), *_level_faults(item)]
    for key in CODES:
        faults += _repeats(item.get(key) or (), (key,))
    return faults or [*_code_faults(item, item, ()), *_score_faults(item, item.get("scale"), ())]


def survey_faults(data: Mapping[str, Any], broken: Collection[str] = ()) -> list[Fault]:
    """Return what a survey says against itself.

    Parameters
    ----------
    data : mapping
        The definition, with plain values and without the keys whose form is wrong.
    broken : collection of str
        Items that have faults of their own already, so what they inherit is not checked.

    Returns
    -------
    list of Fault
        Every contradiction, each at the key to change.
    """
    faults = [*_scale_faults(data.get("scale"), ("scale",)), *_list_faults(data), *_role_faults(data)]
    faults += [*design_faults(data), *gap_faults(data)]
    scaled = {} if any(fault.path[0] == "scale" for fault in faults) else data
    codes = _code_faults(data, scaled, ())
    faults += codes
    if scaled:
        known = {fault.path for fault in codes}
        items = [name for name in data.get("items", {}) if name not in broken]
        faults += [fault for name in items for fault in _inherited(data, name, known)]
    return [*faults, *_name_faults(data)]


def _scale_faults(scale: Any, path: KeyPath) -> list[Fault]:
    if not isinstance(scale, tuple):
        return []
    low, high = scale
    if low < high:
        return []
    cure = f"Write [{high:g}, {low:g}]; if low is good, add direction = \"lower\" to the item." if high < low else (
        "Give the lowest and the highest point, like [1, 5]."
    )
    return [Fault(path=path, found=f"The scale runs from {low:g} to {high:g}.", cure=cure)]


def _level_faults(item: Mapping[str, Any]) -> list[Fault]:
    levels = item.get("levels")
    if levels is None:
        return []
    faults = _repeats(levels, ("levels",))
    if len(levels) < 2:
        faults.append(Fault(
            path=("levels",), found=f"{len(levels)} level(s) make no scale.",
            cure='Give at least two texts, like ["poor", "good"].',
        ))
    faults += [
        Fault(path=("levels", place), found="A level is empty.", cure="Write its text.")
        for place, level in enumerate(levels) if not level.strip()
    ]
    faults += [
        Fault(path=("levels", place), found=f"{level!r} is a number that is not its place in the list, {place + 1}.",
              cure="Declare numbers by their ends, like scale = [1, 5]; levels are for words.")
        for place, level in enumerate(levels) if as_number(level) not in (None, place + 1)
    ]
    scale = item.get("scale")
    if scale is not None and scale != (1, len(levels)) and not faults:
        faults.append(Fault(
            path=("scale",),
            found=f"{len(levels)} levels stand for 1 to {len(levels)}, so the scale cannot be {_ends(scale)}.",
            cure="Remove this line: the levels give the scale.",
        ))
    return faults


def _code_faults(codes: Mapping[str, Any], scaled: Mapping[str, Any], at: tuple[str, ...]) -> list[Fault]:
    """Codes of `codes` that are in both lists, or that are an answer on the scale of `scaled`."""
    faults = []
    not_applicable = {code_key(code) for code in codes.get("not_applicable") or ()}
    levels = {code_key(level) for level in scaled.get("levels") or ()}
    scale = (1.0, float(len(levels))) if levels else scaled.get("scale")
    for key in CODES:
        for place, code in enumerate(codes.get(key) or ()):
            path, number = (*at, key, place), as_number(code)
            if isinstance(code, str) and not code.strip():
                cure = "Remove it: an empty cell is always counted as blank."
                faults.append(Fault(path=path, found="The code is an empty text.", cure=cure))
            elif key == "dont_know" and code_key(code) in not_applicable:
                cure = "An answer has one meaning: keep the code in one of the two lists."
                faults.append(Fault(path=path, found=f"{code!r} is listed under `not_applicable` too.", cure=cure))
            elif code_key(code) in levels or (isinstance(scale, tuple) and number is not None
                                              and scale[0] <= number <= scale[1]):
                where = f"is an answer on the scale {_ends(scale)}, so it cannot also mean `{key}`"
                cure = f"Remove {code!r} here, or correct the scale if the answers end before it."
                faults.append(Fault(path=path, found=f"{code!r} {where}.", cure=cure))
    return faults


def _score_faults(item: Mapping[str, Any], scale: Any, at: tuple[str, ...]) -> list[Fault]:
    score, path = item.get("score"), (*at, "score")
    levels = item.get("levels")
    ends = (1.0, float(len(levels))) if levels else scale
    if score is None or ends is None:
        return []
    if score == "nps" and ends != (0, 10):
        cure = 'Write scale = [0, 10] for the item, or score = "top2".'
        return [Fault(path=path, found=f'"nps" needs the scale 0 to 10; this is {_ends(ends)}.', cure=cure)]
    if score == "nps" and item.get("direction") == "lower":
        cure = 'Remove direction = "lower": promoters are those who answer 9 or 10.'
        return [Fault(path=path, found='"nps" counts 9 and 10 as best, but lower is declared better.', cure=cure)]
    if score in ("top2", "ces") and ends == "open":
        cure = 'Declare the ends, like scale = [1, 5], or write score = "mean".'
        return [Fault(path=path, found=f'"{score}" needs a scale with two ends; this one is open.', cure=cure)]
    return []


def _inherited(data: Mapping[str, Any], name: str, known: Collection[KeyPath]) -> list[Fault]:
    """Return what an item says against the settings it takes over; ``known`` are faults of the survey's own codes."""
    at = ("items", name)
    item = {key: value for key, value in data["items"][name].items() if value is not None}
    own_scale = "scale" in item or bool(item.get("levels"))
    scaled = item if own_scale else {"scale": data.get("scale", "open")}
    faults = [] if own_scale else _score_faults(item, scaled["scale"], at)
    codes = {key: item.get(key, data.get(key, ())) for key in CODES}
    for fault in _code_faults(codes, scaled, at):
        key = str(fault.path[2])
        if key in item:
            faults.append(fault)
        elif fault.path[2:] not in known:
            faults.append(_own_codes(at, key, fault.found))
    if item.get("scale") == "open":
        for key in CODES:
            hidden = [] if key in item else [code for code in codes[key] if as_number(code) is not None]
            if hidden:
                found = f"{', '.join(map(str, hidden))} may be a measured value on an open scale."
                faults.append(_own_codes(at, key, found))
    return faults


def _own_codes(at: KeyPath, key: str, found: str) -> Fault:
    cure = f"Give the item codes of its own: write {key} = [] below [{'.'.join(map(str, at))}], or the codes it has."
    return Fault(path=at, found=f"The survey's own `{key}`: {found}", cure=cure)


def _list_faults(data: Mapping[str, Any]) -> list[Fault]:
    faults = [
        fault for key in (*NAMES, *CODES)
        for fault in _repeats(data.get(key, ()), (key,))
    ]
    for key, example in (("drivers", '["product_quality", "value"]'), ("outcomes", '["satisfaction"]')):
        if key in data and not data[key]:
            cure = f"Name at least one column: {key} = {example}"
            faults.append(Fault(path=(key,), found="The list is empty.", cure=cure))
    return faults


def _repeats(entries: Sequence[Any], path: KeyPath) -> list[Fault]:
    keys = [entry if path[-1] in NAMES else code_key(entry) for entry in entries]
    return [
        Fault(path=(*path, place), found=f"{entries[place]!r} is listed twice.", cure="Remove one of the two.")
        for place, key in enumerate(keys) if key in keys[:place]
    ]


def _role_faults(data: Mapping[str, Any]) -> list[Fault]:
    """Columns with two roles, each reported at the later role."""
    held: dict[str, list[str]] = {}
    faults = []
    for role in ROLES:
        for column, path in _columns_of(data, role):
            for earlier in held.get(column, []):
                if earlier != role and frozenset({earlier, role}) not in SHARED_ROLES:
                    faults.append(_two_roles(column, earlier, role, path))
                elif earlier == role and role in BESIDE:
                    found = f"`{column}` is the {BESIDE[role]} of another item too."
                    faults.append(Fault(path=path, found=found, cure=f"Name the {BESIDE[role]} column of this item."))
            held.setdefault(column, []).append(role)
    return faults


def _columns_of(data: Mapping[str, Any], role: str) -> list[tuple[str, KeyPath]]:
    value = data.get(role)
    if isinstance(value, dict):
        named = [(item, column if isinstance(column, tuple) else (column,)) for item, column in value.items()]
        return [(column, (role, item)) for item, columns in named for column in dict.fromkeys(columns)]
    if isinstance(value, tuple):  # a repeat within one list is reported as such
        return [(column, (role, place)) for place, column in enumerate(value) if column not in value[:place]]
    return [(value, (role,))] if isinstance(value, str) else []


def _two_roles(column: str, earlier: str, later: str, path: KeyPath) -> Fault:
    if {earlier, later} == {"drivers", "outcomes"}:
        found = f"`{column}` is both driver and outcome; an item cannot explain itself."
    else:
        found = f"`{column}` is listed under `{earlier}` and under `{later}`."
    cures = {
        frozenset({"psu", "id"}): "Remove psu: each respondent is a sampling unit of its own without it.",
        frozenset({"wave", "segments"}): "Remove it from segments: results are shown by wave anyway.",
        frozenset({"stratum", "psu"}): "Name the column that tells sampling units apart within a stratum.",
    }
    cure = cures.get(frozenset({earlier, later}), "A column has one role: remove it from one of the two.")
    return Fault(path=path, found=found, cure=cure)


def _name_faults(data: Mapping[str, Any]) -> list[Fault]:
    """Names in ``[expectations]`` and ``[items]`` that the survey does not know."""
    if "drivers" not in data or "outcomes" not in data:
        return []
    rated = [*dict.fromkeys((*data["drivers"], *data["outcomes"]))]
    faults = [
        unknown(("expectations", item), "a driver or outcome", rated, misplaced(item))
        for item in data.get("expectations", {}) if item not in rated
    ]
    asked = [*rated, *(column for role in BESIDE for column, _ in _columns_of(data, role))]
    other = [column for role in ROLES[len(RATED):] for column, _ in _columns_of(data, role) if column not in asked]
    for name, item in data.get("items", {}).items():
        may = CONTROL_KEYS if name in data.get("controls", ()) else ("label",)
        if name not in asked and name not in other:
            faults.append(unknown(("items", name), "a column of the survey", [*asked, *other], misplaced(name)))
        elif name in other and (extra := [key for key in item if key not in may]):
            faults += [
                Fault(path=("items", name, key), found=f"`{name}` is not rated, so it has no {key}.",
                      cure="Remove this line, or list the column under drivers or outcomes.") for key in extra
            ]
    return faults


def _ends(scale: Any) -> str:
    if isinstance(scale, tuple) and all(math.isfinite(end) for end in scale):
        return f"{scale[0]:g} to {scale[1]:g}"
    return "open" if scale == "open" else str(scale)
