"""Finding the survey's columns among those a table has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.errors import nearest, quoted
from drivers.survey.findings import Finding, error, note
from drivers.survey.replicates import fits
from drivers.survey.schema import Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """``positions`` of the columns found, by the survey's name for them, and what was noticed about names."""

    positions: dict[str, int]
    findings: tuple[Finding, ...]


MOST_NAMED = 30
"""Missing columns told one by one; the rest are counted."""

WEIGHT_NAMES = frozenset({"weight", "weights", "wgt", "wt", "pweight", "weighting", "gewicht"})
"""Names that sampling weights usually have (compared without case)."""


def match_columns(survey: Survey, available: Sequence[str]) -> Match:
    """Find the survey's columns by their exact names; other blanks and line ends in a name are forgiven and said.

    Parameters
    ----------
    survey : Survey
        Says which columns are wanted.
    available : sequence of str
        The names the table has, in order.

    Returns
    -------
    Match
        Positions of what was found; an error per column that is missing or whose name occurs twice; a note when the
        table has what looks like a weight and the survey names none.
    """
    wanted = tuple(dict.fromkeys((*survey.columns, *survey.replicate_columns(available))))
    exact = Counter(available)
    bare = [one_line(name) for name in available]
    positions: dict[str, int] = {}
    findings: list[Finding] = []
    for name in wanted:
        if exact[name] == 1:
            positions[name] = available.index(name)
        elif exact[name] > 1:
            findings.append(_twice(name, exact[name]))
        elif bare.count(one_line(name)) == 1:
            at = bare.index(one_line(name))
            positions[name] = at
            findings.append(_other_blanks(name, available[at]))
        elif bare.count(one_line(name)) > 1:
            findings.append(_twice(name, bare.count(one_line(name))))
    missing = [name for name in wanted if name not in positions and not any(f.column == name for f in findings)]
    told = False
    for name in missing[:MOST_NAMED]:  # what the data have instead is listed once
        finding, listed = _missing(name, available, tell=not told)
        findings.append(finding)
        told = told or listed
    if len(missing) > MOST_NAMED:
        rest = len(missing) - MOST_NAMED
        found = f"and {rest:,} more columns that the survey names are not there either."
        findings.append(error("missing_columns", "", rest, found, "Is this the right file for the survey?"))
    for pattern in (name for name in survey.replicate_weights if "*" in name):
        if not any(fits(pattern, name) for name in available):
            found = "no column fits this pattern; * stands for digits."
            cure = "Correct replicate_weights, or remove it."
            findings.append(error("no_replicates", pattern, 0, found, cure))
    if survey.weight is None:
        findings += [_undeclared(name) for name in available if name.strip().casefold() in WEIGHT_NAMES - set(wanted)]
    return Match(positions=positions, findings=tuple(findings))


def one_line(name: str) -> str:
    """Return a name without blanks around it, each run of blanks and line ends inside as one blank.

    Parameters
    ----------
    name : str
        As it stands in the data or in the definition.

    Returns
    -------
    str
        Equal for names that look alike.
    """
    return " ".join(name.split())


def takeable(match: Match) -> Match:
    """Refuse columns whose names the embedded engine cannot tell apart, before a query would fail on them.

    Parameters
    ----------
    match : Match
        The columns found.

    Returns
    -------
    Match
        Without columns that differ only in upper and lower case (the engine sees no difference); an error for each.
    """
    seen = Counter(name.casefold() for name in match.positions)
    cure = "Rename it in the data, or read the file into a DataFrame first."
    refused: dict[str, Finding] = {}
    for name in match.positions:
        if seen[name.casefold()] > 1:
            found = "another column differs from it only in upper and lower case."
            refused[name] = error("column_case", name, seen[name.casefold()], found, cure)
    positions = {name: at for name, at in match.positions.items() if name not in refused}
    return Match(positions=positions, findings=(*match.findings, *refused.values()))


def _other_blanks(name: str, written: str) -> Finding:
    what = "blanks and line ends" if set("\r\n") & {*name, *written} else "blanks"
    shown = written.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")
    return note("name", name, 1, f'its name in the data is "{shown}"; {what} were ignored.')


def _twice(name: str, times: int) -> Finding:
    return error("duplicate_column", name, times, f"{times} columns have this name.", "Rename or delete all but one.")


def _undeclared(name: str) -> Finding:
    cure = f'If answers are to be weighted by it, add `weight = "{name}"` to the survey.'
    return note("undeclared_weight", name, 1, "this looks like a weight, and the survey does not use it.", cure)


def _missing(name: str, available: Sequence[str], *, tell: bool) -> tuple[Finding, bool]:
    """Return the finding, with the nearest name or else the names there are, and whether it lists them."""
    hint = nearest(name, available).removeprefix(f"`{name}`")
    listed = tell and not hint
    shown = f"; the data have {quoted(available[:12])}{' ...' if len(available) > 12 else ''}" if listed else ""
    cure = "Correct the name in the definition, or rename the column in the data."
    return error("missing_column", name, 1, f"there is no such column{hint}{shown}.", cure), listed
