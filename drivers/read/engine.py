"""The embedded engine (DuckDB) that reads files without loading them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def connect() -> DuckDBPyConnection:
    """Return a private engine in memory: no database file, no network, scratch space in the system's own folder.

    Scratch files appear only when a query needs more memory than there is, and DuckDB removes them.
    """
    import duckdb

    return duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "temp_directory": str(Path(tempfile.gettempdir()) / "drivers-scratch"),
        },
    )


def literal(text: str) -> str:
    """Return a text as the engine's SQL writes it.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        In single quotes.
    """
    return "'" + text.replace("'", "''") + "'"


def exact_path(path: Path) -> str:
    """Return a path in which `*`, `?` and `[` stand for themselves, not for a pattern of files.

    Parameters
    ----------
    path : Path
        Of one file.

    Returns
    -------
    str
        The path for the engine.
    """
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))
