"""One pass over a file's bytes: its sha256, its size, and how its text is encoded."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

CHUNK = 1 << 20
"""Bytes read at a time."""

_C1 = re.compile(rb"[\x80-\x9f]")
_BOMS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (codecs.BOM_UTF8, "utf-8-sig"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """``sha256`` and ``size`` (bytes) of a file as it lies on disk."""

    sha256: str
    size: int


def fingerprint(path: Path) -> Fingerprint:
    """Hash a file without holding it in memory.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Fingerprint
        Of its bytes as they lie on disk.
    """
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Fingerprint(sha256=digest.hexdigest(), size=size)


def text_encoding(path: Path) -> str:
    """Find the encoding of a text file from all of its bytes.

    Parameters
    ----------
    path : Path
        The file; one ending in .gz is unpacked on the way.

    Returns
    -------
    str
        "utf-8-sig" or "utf-16" when the file says so at its start, "utf-16-le" or "utf-16-be" when every other byte
        is zero, "utf-8" when all bytes keep to it, else "cp1252" (Windows, with euro sign and curly quotes) when
        bytes 128 to 159 occur and are defined there, and "latin-1" otherwise.
    """
    with open_bytes(path) as file:
        head = file.read(CHUNK)
        for mark, name in _BOMS:
            if head.startswith(mark):
                return name
        if wide := _without_mark(head):
            return wide
        utf8 = codecs.getincrementaldecoder("utf-8")()
        is_utf8, controls = True, set[bytes]()
        chunk = head
        while chunk:
            if is_utf8:
                is_utf8 = _keeps_to(utf8, chunk)
            if not chunk.isascii():
                controls.update(_C1.findall(chunk))
            chunk = file.read(CHUNK)
        if is_utf8 and _keeps_to(utf8, b"", final=True):
            return "utf-8"
    undefined = {b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d"}
    return "cp1252" if controls and not controls & undefined else "latin-1"


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file for reading bytes, unpacking .gz.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    binary file
        To be closed by the caller.
    """
    if path.suffix.lower() == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    return path.open("rb")


def _keeps_to(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    """Tell whether a chunk continues valid text; plain ASCII after plain ASCII needs no decoding."""
    if chunk.isascii() and not final and not decoder.getstate()[0]:
        return True
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _without_mark(head: bytes) -> str | None:
    """Recognise UTF-16 that lacks its mark: in Latin text every other byte is zero."""
    sample = head[:4096]
    half = len(sample) // 2
    if half < 2:
        return None
    if sample[1::2].count(0) > 0.7 * half:
        return "utf-16-le"
    return "utf-16-be" if sample[0::2].count(0) > 0.7 * half else None
