"""Write a file whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from glob import escape
from pathlib import Path

from drivers.errors import InputError

DAY = 86_400.0
"""Seconds."""


def file_paths(out: str | Path, names: Mapping[str, str]) -> dict[str, Path]:
    """Return where to write each of several files.

    Parameters
    ----------
    out : str or Path
        A folder; or a file with the ending of one of them, beside which the others then lie.
    names : mapping of str to str
        File names inside a folder, by format.

    Returns
    -------
    dict of str to Path
        By format. Nothing is made yet, so that a refused request leaves nothing behind.

    Raises
    ------
    InputError
        If the folder cannot be made.
    """
    out = Path(out)
    endings = {Path(name).suffix for name in names.values()}
    one_file = out.suffix.lower() in endings and not out.is_dir()
    folder = out.parent if one_file else out
    return {
        key: _can_be_made(out if one_file and out.suffix.lower() == Path(name).suffix else folder / name)
        for key, name in names.items()
    }


def _can_be_made(path: Path) -> Path:
    there = next(folder for folder in path.absolute().parents if folder.exists())
    if not there.is_dir():
        raise InputError(_no_folder(path, os.strerror(errno.ENOTDIR)))
    if there != path.absolute().parent and not os.access(there, os.W_OK):
        raise InputError(_no_folder(path, os.strerror(errno.EACCES)))
    return path


def save(path: Path, content: str | bytes) -> None:
    """Write `content` to `path` by way of a file beside it, which takes the final name only when complete.

    Parameters
    ----------
    path : Path
        Final name; its folder is made when it is not there, an older file is replaced.
    content : str or bytes
        What to write; text as UTF-8.

    Raises
    ------
    InputError
        If the file cannot be written; the old one is then untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputError(_no_folder(path, problem.strerror)) from None
    _sweep(path)
    try:
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as problem:
        raise InputError(_cannot(path, problem)) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(0o666 & ~_umask())
        os.replace(draft, path)
    except OSError as problem:
        raise InputError(_cannot(path, problem)) from None
    finally:
        Path(draft).unlink(missing_ok=True)


def _sweep(path: Path) -> None:
    """Remove drafts of `path` that a run left which was killed a day ago or earlier."""
    for draft in path.parent.glob(f".{escape(path.name)}.*.part"):
        with suppress(OSError):
            if draft.stat().st_mtime < time.time() - DAY:
                draft.unlink()


def _no_folder(path: Path, why: str | None) -> str:
    return f"The folder `{path.parent}` cannot be made ({why}). Choose another: --out DIR."


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _cannot(path: Path, problem: OSError) -> str:
    return f"`{path}` cannot be written ({problem.strerror}). Choose another folder: --out DIR."
