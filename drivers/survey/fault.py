"""`Fault`: one thing to change in a survey definition; `DefinitionError`: all of them, raised together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Final

from drivers.errors import SurveyError

type KeyPath = tuple[str | int, ...]

LINE_WIDTH: Final = 100
"""Longer lines of a definition are cut to this many characters when they are quoted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """``path`` to the key, what was ``found`` there, the ``cure``; ``swap`` = (wrong word, right word) when known.

    ``line`` (from 1) and ``text`` are those of the TOML line to change; None for a definition built in Python.
    """

    path: KeyPath
    found: str
    cure: str
    swap: tuple[str, str] | None = None
    line: int | None = None
    text: str | None = None

    def below(self, *path: str) -> Fault:
        """Return the same fault with its path below `path`."""
        return replace(self, path=(*path, *self.path))

    @property
    def key(self) -> str:
        """The key as one would type it: ``items.recommend.scale``; empty when the file as a whole is meant."""
        return ".".join(part for part in self.path if isinstance(part, str))

    @property
    def _where(self) -> str:
        return f"`{self.key}`: " if self.key else ""

    def __str__(self) -> str:
        """Return line, key, finding and cure as they are printed."""
        if self.line is None or self.text is None:
            return f"{self._where}{self.found} {self.cure}"
        quoted = self.text if len(self.text) <= LINE_WIDTH else f"{self.text[:LINE_WIDTH]} ..."
        cure = self.cure
        if self.swap and self.swap[0] in quoted:
            cure = f"Write: {quoted.replace(self.swap[0], self.swap[1], 1)}"
        return f"line {self.line}: {quoted}\n    {self._where}{self.found} {cure}"


class DefinitionError(SurveyError):
    """A survey definition that cannot be used.

    Parameters
    ----------
    faults : sequence of Fault
        Every reason; kept once each, in the order of their lines, as ``faults``.
    name : str
        What was read, as the heading of the message.
    """

    def __init__(self, faults: Sequence[Fault], name: str = "Survey definition") -> None:
        self.faults = tuple(sorted(dict.fromkeys(faults), key=lambda fault: fault.line or 0))
        self.name = name
        super().__init__(self.faults, name)

    def __str__(self) -> str:
        """Return the number of faults, then each with its line and cure."""
        count = "one thing" if len(self.faults) == 1 else f"{len(self.faults)} things"
        return "\n".join((f"{self.name}: {count} to change.", *(f"  {fault}" for fault in self.faults)))


def closest(name: str, options: Iterable[str]) -> str | None:
    """Return the option most like `name`, compared without case, blanks and dashes, or None.

    Parameters
    ----------
    name : str
        What was typed.
    options : iterable of str
        What may be typed.

    Returns
    -------
    str or None
        None when nothing is near enough to be meant.
    """
    known = {_plain(option): option for option in options}
    near = get_close_matches(_plain(name), list(known), n=1, cutoff=0.6)
    return known[near[0]] if near else None


def unknown(path: KeyPath, what: str, options: Sequence[str], cure: str = "") -> Fault:
    """Return the fault of a name that is not among `options`, with the nearest one that is.

    Parameters
    ----------
    path : KeyPath
        Where the name stands; its last part is the name.
    what : str
        What it is not, as in "a key of the survey".
    options : sequence of str
        The names that exist.
    cure : str
        What to do when none of them is near; the options are listed without.

    Returns
    -------
    Fault
        With the swap to make when an option is near.
    """
    name = str(path[-1])
    near = closest(name, options)
    listed = ", ".join(f"`{option}`" for option in options)
    return Fault(
        path=path,
        found=f"not {what}" + (f" (did you mean `{near}`?)." if near else "."),
        cure=f"Write `{near}` instead." if near else cure or f"Use one of: {listed}.",
        swap=(name, near) if near else None,
    )


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_").replace(" ", "_")
