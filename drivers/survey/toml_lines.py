"""The line on which each key of a TOML text stands. For text that `tomllib` has read already, so it is well formed."""

from __future__ import annotations

import re
import tomllib
from typing import Final

from drivers.survey.fault import KeyPath

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY_PART: Final = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')[ \t]*""")
_TEXT: Final = re.compile(
    r'''"""(?:[^\\]|\\.)*?"""(?!")|\'\'\'.*?\'\'\'(?!')|"(?:[^"\\\n]|\\.)*"|'[^'\n]*\'''', re.DOTALL
)
_BARE_VALUE: Final = re.compile(r"[^,\]}#\r\n]+")


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line (from 1) of every table, key and list entry.

    Parameters
    ----------
    text : str
        Valid TOML.

    Returns
    -------
    dict
        Path such as ``("items", "recommend", "scale", 0)`` to line; a table that is only implied, as ``items`` is
        by ``[items.recommend]``, stands where it is first named.
    """
    scan = _Scan(text)
    table: KeyPath = ()
    at = scan.skip(0)
    while at < len(text):
        if text[at] == "[":
            double = text.startswith("[[", at)
            table, at = scan.keys(at + 1 + double, (), at)
            at += 1 + double
        else:
            at = scan.pair(at, table)
        at = scan.skip(at)
    return scan.lines


class _Scan:
    """One pass over a text; ``lines`` fills up as values are passed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: dict[KeyPath, int] = {}

    def skip(self, at: int) -> int:
        """Return the place after blanks, line ends and comments."""
        found = _BLANK.match(self.text, at)
        return found.end() if found else at

    def note(self, path: KeyPath, at: int) -> None:
        """Remember where a path is first named."""
        self.lines.setdefault(path, self.text.count("\n", 0, at) + 1)

    def keys(self, at: int, table: KeyPath, start: int) -> tuple[KeyPath, int]:
        """Read a dotted key; return its full path and the place after it."""
        path = table
        while found := _KEY_PART.match(self.text, at):
            path = (*path, _plain(found[1]))
            self.note(path, start)
            at = found.end()
            if not self.text.startswith(".", at):
                break
            at += 1
        return path, at

    def pair(self, at: int, table: KeyPath) -> int:
        """Pass one ``key = value``."""
        path, after = self.keys(at, table, at)
        return self.value(self.skip(after + 1), path)

    def value(self, at: int, path: KeyPath) -> int:
        """Pass one value; note the entries of lists and the keys of inline tables."""
        if found := _TEXT.match(self.text, at):
            return found.end()
        opening = self.text[at]
        if opening not in "[{":
            bare = _BARE_VALUE.match(self.text, at)
            return bare.end() if bare else at + 1
        at, place = self.skip(at + 1), 0
        while self.text[at] not in "]}":
            if opening == "[":
                self.note((*path, place), at)
                at = self.value(at, (*path, place))
            else:
                at = self.pair(at, path)
            at, place = self.skip(at), place + 1
            if self.text[at] == ",":
                at = self.skip(at + 1)
        return at + 1


def _plain(key: str) -> str:
    """Return a key without its quotes and escapes."""
    return next(iter(tomllib.loads(f"{key} = 0")))
