"""A definition as TOML text: read it with the line of every key, and write it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from drivers.survey.fault import DefinitionError, Fault
from drivers.survey.toml_lines import key_lines

_WHERE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")

DEEPEST: Final = 20
"""Tables and lists in one another; a survey needs four."""

_TOO_DEEP: Final = Fault(
    path=(), found="Tables or lists lie too deep in one another.",
    cure="Look for a name with very many dots, or brackets that are never closed.",
)  # fmt: skip


def load(path: Path) -> tuple[str, dict[str, Any]]:
    """Read a TOML file.

    Parameters
    ----------
    path : Path
        The file; UTF-8, with or without a byte-order mark.

    Returns
    -------
    text : str
        What the file holds.
    data : dict
        What it says.

    Raises
    ------
    SurveyError
        When there is no such file, it is not UTF-8, or it is not TOML; with the line and the cure.
    """
    text = _text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError([_syntax_fault(str(error), text)], str(path)) from None
    except RecursionError:
        raise DefinitionError([_TOO_DEEP], str(path)) from None
    if _deeper(data, DEEPEST):
        raise DefinitionError([_TOO_DEEP], str(path))
    return text, data


def _deeper(data: object, most: int) -> bool:
    """Tell whether tables and lists lie in one another more than `most` deep, without recursion."""
    layer = [data]
    for _ in range(most):
        inside = [part.values() if isinstance(part, dict) else part for part in layer if isinstance(part, (dict, list))]
        layer = [entry for entries in inside for entry in entries]
    return any(isinstance(part, (dict, list)) for part in layer)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DefinitionError([_unreadable(path, error)], str(path)) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        found = f"It is not UTF-8: byte 0x{raw[error.start]:02x} in line {line}."
        cure = "Save it as UTF-8 (editors offer this under 'Save with encoding')."
        raise DefinitionError([Fault(path=(), found=found, cure=cure)], str(path)) from None


def _unreadable(path: Path, error: OSError) -> Fault:
    if isinstance(error, IsADirectoryError) or path.is_dir():
        inside = sorted(entry.name for entry in path.glob("*.toml"))
        cure = f"Name the file in it: {path / inside[0]}" if inside else "Name a .toml file."
        return Fault(path=(), found="This is a folder, not a file.", cure=cure)
    if isinstance(error, FileNotFoundError):
        near = sorted(entry.name for entry in path.parent.glob("*.toml")) if path.parent.is_dir() else []
        where = f"The folder has: {', '.join(near)}." if near else f"No .toml file lies in {path.parent}."
        return Fault(path=(), found="There is no such file.", cure=where)
    return Fault(path=(), found=f"It cannot be read ({error.strerror}).", cure="Check its permissions.")


def _syntax_fault(message: str, text: str) -> Fault:
    lines = text.split("\n")
    where = _WHERE.search(message)
    number = int(where[1]) if where and where[1] else max((i for i, s in enumerate(lines, 1) if s.strip()), default=1)
    line = lines[min(number, len(lines)) - 1].strip()
    found = f"Not valid TOML: {_WHERE.sub('', message)}."
    return Fault(path=(), found=found, cure=_syntax_cure(message, line), line=number, text=line)


def _syntax_cure(message: str, line: str) -> str:
    if re.search(r"[\u2018\u2019\u201c\u201d]", line):
        return 'Replace the curly quotes by straight ones: "'
    if "overwrite" in message or "twice" in message or "mutate" in message:
        return "The key or table stands twice: remove one of the two."
    if "\\" in line and ("escape" in message.casefold() or "hex" in message):
        return f"Write the path with forward slashes: {line.replace(chr(92) * 2, '/').replace(chr(92), '/')}"
    if "array" in message:
        return "Close the list with ] and put a comma between its entries; the list may start on a line above."
    if "'='" in message:
        return 'Write key = value, a text in quotes: title = "Store visits"'
    if "Invalid value" in message and (word := re.fullmatch(r"([\w.-]+)\s*=\s*([^\"'\[{]+)", line)):
        return f'Put the text in quotes: {word[1]} = "{word[2].strip()}"'
    if "']'" in message:
        return "Close the table name with ]: [items.recommend]"
    return 'Texts stand in straight quotes, lists in [ ], one key = value per line.'


def locate(faults: Iterable[Fault], text: str) -> list[Fault]:
    """Return the faults with the line of the TOML text that holds the nearest key on their path.

    Parameters
    ----------
    faults : iterable of Fault
        What is wrong with the definition.
    text : str
        The TOML it was read from.

    Returns
    -------
    list of Fault
        A fault at a key that does not stand in the text keeps no line.
    """
    known, lines, placed = key_lines(text), text.split("\n"), []
    for fault in faults:
        path = fault.path
        while path and path not in known:
            path = path[:-1]
        line = known.get(path)
        placed.append(fault if line is None else replace(fault, line=line, text=lines[line - 1].strip()))
    return placed


def write(data: Mapping[str, Any]) -> str:
    """Return a definition as TOML: plain keys first, then one table for each mapping.

    Parameters
    ----------
    data : mapping
        Texts, numbers, lists, and mappings of these.

    Returns
    -------
    str
        Text that reads back as the same definition.
    """
    return "\n".join(_table(data, ())) + "\n"


def _table(data: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    lines = [f"{_key(key)} = {_value(entry)}" for key, entry in data.items() if not isinstance(entry, Mapping)]
    tables = {key: entry for key, entry in data.items() if isinstance(entry, Mapping)}
    for key, entry in tables.items():
        below = _table(entry, (*path, key))
        if not entry or not all(isinstance(part, Mapping) for part in entry.values()):
            lines += ["", f"[{'.'.join(_key(part) for part in (*path, key))}]"]
        lines += below
    return lines


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text_value(name)


def _value(entry: Any) -> str:
    if isinstance(entry, str):
        return _text_value(entry)
    if isinstance(entry, (list, tuple)):
        return f"[{', '.join(_value(part) for part in entry)}]"
    if isinstance(entry, float) and entry.is_integer() and abs(entry) < 2**53:
        return str(int(entry))
    return repr(entry)


def _text_value(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
