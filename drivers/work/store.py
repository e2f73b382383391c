"""A folder of arrays, each kept under the hash of what it was made of; nothing else is ever looked up in it."""

from __future__ import annotations

import hashlib
import os
import re
import time
import warnings
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError, KeepWarning

DAY: Final = 86_400.0
"""Seconds."""

OURS: Final = re.compile(r"\.?[0-9a-f]{40}(\.\w+)*\.kept\.npz(\.\d+\.part)?")
"""Names of files written here, and while they are written; others in the folder are not touched."""


def key_of(*made_of: object) -> str:
    """Return the key of a result: a hash of all it was made of, and of the code that made it.

    Parameters
    ----------
    *made_of : object
        Arrays, tables, plain values, sequences, mappings and dataclasses of them, in an order of the caller's. Name the
        kind of result first, so that two kinds made of the same never meet.

    Returns
    -------
    str
        40 hexadecimal digits. Another version of this package, of numpy or of numba has another key.

    Raises
    ------
    InputError
        If something is of a kind that has no fixed bytes, such as a function.
    """
    digest = hashlib.sha256(_code().encode())
    for part in _flat(made_of):
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()[:40]


def _flat(value: object) -> Iterable[bytes]:
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            value = value.tolist()
        else:
            yield f"array {value.dtype.str} {value.shape}".encode()
            yield np.ascontiguousarray(value).tobytes()
            return
    if value is None or isinstance(value, (str, bytes, bool, int, float, np.generic)):
        yield f"{type(value).__name__} {value!r}".encode()
    elif isinstance(value, Mapping):
        yield f"mapping {len(value)}".encode()
        for name, inner in value.items():
            yield from (*_flat(name), *_flat(inner))
    elif isinstance(value, (list, tuple)):
        yield f"sequence {len(value)}".encode()
        for inner in value:
            yield from _flat(inner)
    elif hasattr(value, "columns") and hasattr(value, "to_numpy"):
        yield f"table {list(value.columns)}".encode()
        table: Any = value
        for name in table.columns:
            column = table[name]
            numeric = getattr(column.dtype, "kind", "O") in "biuf"
            yield from (*_flat(str(name)), *_flat(column.to_numpy() if numeric else column.astype(str).tolist()))
    elif is_dataclass(value) and not isinstance(value, type):
        yield type(value).__qualname__.encode()
        for field in fields(value):
            yield from _flat(getattr(value, field.name))
    else:
        raise InputError(f"A {type(value).__name__} cannot be part of a key; hand in arrays and plain values.")


@cache
def _code() -> str:
    """Return a hash of the package's own source and of the versions of what computes."""
    import numba

    digest = hashlib.sha256(f"numpy {np.__version__} numba {numba.__version__}".encode())
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A ``folder`` of finished work. Trouble with it costs time, never the result: it is told and worked around."""

    folder: Path

    def get(self, key: str) -> dict[str, NDArray[np.generic]] | None:
        """Return the arrays kept under `key`, None where there are none.

        A file that cannot be read (cut short, another format) is removed with a warning and counts as not there.
        """
        path = self._path(key)
        try:
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as found:
                return {name: found[name] for name in found.files}
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as problem:
            text = f"Kept work in {path} cannot be read ({problem}); it is removed and done again."
            warnings.warn(text, KeepWarning, stacklevel=2)
            self.remove([key])
            return None

    def put(self, key: str, arrays: Mapping[str, NDArray[np.generic]]) -> bool:
        """Keep `arrays` under `key`, whole or not at all.

        Parameters
        ----------
        key : str
            From `key_of`; a suffix of letters, digits and dots may follow.
        arrays : mapping of str to ndarray
            Plain arrays; nothing that would need pickling.

        Returns
        -------
        bool
            Whether they are kept; a full disk or a folder nobody may write to gives a warning.
        """
        path = self._path(key)
        whole = {name: np.asarray(array) for name, array in arrays.items()}
        assert not any(array.dtype.hasobject for array in whole.values()), "objects would be pickled"
        own = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(own, "wb") as file:
                np.savez(file, allow_pickle=False, **whole)
                file.flush()
                os.fsync(file.fileno())
            os.replace(own, path)
        except OSError as problem:
            with suppress(OSError):
                own.unlink(missing_ok=True)
            warnings.warn(
                f"Finished work cannot be kept in {self.folder} ({problem.strerror or problem}); the work goes on, but "
                "would start again after an interruption. Set DRIVERS_CACHE to a folder you may write to.",
                KeepWarning, stacklevel=2,
            )
            return False
        return True

    def remove(self, keys: Sequence[str]) -> None:
        """Remove what is kept under `keys`, as far as it is there."""
        for key in keys:
            try:
                self._path(key).unlink(missing_ok=True)
            except OSError:  # somebody else's folder: it is theirs to tidy
                return

    def tidy_up(self, days: float) -> int:
        """Remove what was kept more than so many `days` ago; return how many files that were."""
        removed, before = 0, time.time() - days * DAY
        try:
            for path in self.folder.glob("*"):
                if OURS.fullmatch(path.name) and path.stat().st_mtime < before:
                    path.unlink(missing_ok=True)
                    removed += 1
        except OSError:
            return removed
        return removed

    @property
    def empty(self) -> bool:
        """Whether nothing at all is kept, so that no key needs to be made."""
        return next(self.folder.glob("*.kept.npz"), None) is None

    def _path(self, key: str) -> Path:
        assert key.replace(".", "").isalnum(), f"not a key: {key!r}"
        return self.folder / f"{key}.kept.npz"
