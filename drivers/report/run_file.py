"""`run.json`: every estimate of a report as tidy tables, so that next quarter's trend needs no raw data."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from drivers.errors import InputError
from drivers.report.content import Report

FORMAT = "drivers run, 1"
"""First line of the file's meaning; a reader refuses a file without it."""


DIGITS = 12
"""Digits of every number: engines add up counts in any order, so that the last ones of two runs may differ."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """A report that was read back: ``facts`` of the request and the data, ``tables`` by name, ``findings`` by key.

    ``made_with`` is the version it was made with.
    """

    name: str
    facts: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    findings: Mapping[str, str]
    made_with: str = ""

    @property
    def when(self) -> str:
        """The wave the run is about, or the day it was made on."""
        return str(self.facts.get("wave") or self.facts["made"])


def run_json(report: Report) -> str:
    """Return a `report` as JSON text, the same text for the same report; what is not a number is null."""
    whole = {
        "format": FORMAT,
        "made_with": f"drivers {version('drivers')}",
        "title": report.title,
        "subtitle": report.subtitle,
        "facts": {**report.facts, "made": report.made.isoformat()},
        "findings": [
            {"key": f.key, "text": f.text, "numbers": dict(f.numbers), "caution": f.caution} for f in report.findings
        ],
        "tables": {name: _columns(table) for name, table in report.tables.items()},
        "provenance": dict(report.provenance),
    }
    return json.dumps(_plain(whole), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _columns(table: pd.DataFrame) -> dict[str, list[Any]]:
    return {str(name): [_plain(value) for value in table[name]] for name in table.columns}


def _plain(value: Any) -> Any:
    """Return `value` in JSON's own types."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if hasattr(value, "item"):
        value = value.item()
    if value is None or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    return value if isinstance(value, str | int | bool) else str(value)


def read_run(path: str | Path) -> Run:
    """Read a `run.json` back.

    Parameters
    ----------
    path : str or Path
        The file, or the folder it lies in.

    Returns
    -------
    Run
        Numbers that were not shown are NaN.

    Raises
    ------
    InputError
        If the file is not there, or is not a run that this version can read.
    """
    path = Path(path)
    path = path / "run.json" if path.is_dir() else path
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise InputError(f"`{path}` cannot be read ({problem.strerror}). Name a run.json, or its folder.") from None
    except ValueError:
        raise InputError(f"`{path}` is not JSON. Name the run.json of a report.") from None
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise InputError(f'`{path}` is not a run of this version: it lacks "format": "{FORMAT}". Make the report anew.')
    try:
        return Run(
            name=path.parent.name or path.name,
            facts=whole["facts"],
            tables={name: pd.DataFrame(columns) for name, columns in whole["tables"].items()},
            findings={finding["key"]: finding["text"] for finding in whole["findings"]},
            made_with=str(whole.get("made_with", "")),
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise InputError(f"`{path}` is a run with a part missing ({problem}). Make the report anew.") from None
