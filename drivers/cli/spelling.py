"""Cures in the spelling of the command line: `model='linear'` of Python is `--model linear` here."""

from __future__ import annotations

import re
from typing import Final

CHOICES: Final = {
    "model": "--model", "link": "--link", "engine": "--engine", "method": "--method", "measure": "--measure",
    "missing": "--missing", "not_applicable": "--not-applicable", "index": "--dominance",
}  # fmt: skip
"""Options with a choice of words, by the name of the argument in Python."""

NUMBERS: Final = {"level": "--level", "draws": "--draws", "seed": "--seed"}

WORD: Final = re.compile(rf"(?<![\w.\-])({'|'.join(CHOICES)})='([^']*)'")
QUOTED: Final = re.compile(rf'`({"|".join(CHOICES)})="([^"]*)"`')
NUMBER: Final = re.compile(rf"(?<![\w.\-])({'|'.join(NUMBERS)})=(-?(?:\d[\d_]*(?:\.\d+)?(?:e-?\d+)?|nan|inf)\b)")

SHIFT: Final = re.compile(r"write shift\('([^']*)', ([+-][\d.e+-]+)\)")
WORSE: Final = "add worsening=True."


def as_options(text: str) -> str:
    """Return `text` of the package with arguments of Python as options of the command line."""

    def option(found: re.Match[str]) -> str:
        value = found[2] if found[2] and " " not in found[2] else f'"{found[2]}"'
        return f"{(CHOICES | NUMBERS)[found[1]]} {value}"

    text = SHIFT.sub(r"write --shift \1=\2", text).replace(
        WORSE, "add --allow-worse, or worsening = true to the shift of a file."
    )
    return NUMBER.sub(option, QUOTED.sub(option, WORD.sub(option, text))).replace("`groups=`", "--group")
