"""Write a file whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from drivers.errors import InputError


def page_path(out: str | Path, name: str) -> Path:
    """Return where to write: `out` itself when it ends like `name`, else `name` inside the folder `out`.

    Parameters
    ----------
    out : str or Path
        A folder, or a file with the ending of `name`.
    name : str
        File name inside a folder.

    Returns
    -------
    Path
        Nothing is made yet, so that a refused request leaves nothing behind.

    Raises
    ------
    InputError
        If the folder cannot be made.
    """
    out = Path(out)
    path = out if out.suffix.lower() == Path(name).suffix and not out.is_dir() else out / name
    there = next(folder for folder in path.absolute().parents if folder.exists())
    if not there.is_dir():
        raise InputError(_no_folder(path, os.strerror(errno.ENOTDIR)))
    if there != path.absolute().parent and not os.access(there, os.W_OK):
        raise InputError(_no_folder(path, os.strerror(errno.EACCES)))
    return path


def save(path: Path, text: str) -> None:
    """Write `text` to `path` by way of a file beside it, which takes the final name only when complete.

    Parameters
    ----------
    path : Path
        Final name; its folder is made when it is not there, an older file is replaced.
    text : str
        What to write, as UTF-8.

    Raises
    ------
    InputError
        If the file cannot be written; the old one is then untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputError(_no_folder(path, problem.strerror)) from None
    try:
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as problem:
        raise InputError(_cannot(path, problem)) from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(0o666 & ~_umask())
        os.replace(draft, path)
    except OSError as problem:
        raise InputError(_cannot(path, problem)) from None
    finally:
        Path(draft).unlink(missing_ok=True)


def _no_folder(path: Path, why: str | None) -> str:
    return f"The folder `{path.parent}` cannot be made ({why}). Choose another: --out DIR."


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _cannot(path: Path, problem: OSError) -> str:
    return f"`{path}` cannot be written ({problem.strerror}). Choose another folder: --out DIR."
