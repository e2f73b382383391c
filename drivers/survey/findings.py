"""One thing found wrong, or worth knowing, about data; and the one error that lists them all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from drivers.errors import DataError

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``column`` where, ``count`` how many, ``found`` what, ``cure`` what to type or change next.

    An ``error`` stops the analysis, a ``warning`` does not but weakens it, a ``note`` says what was done with the data
    (a decimal comma read, a panel recognised). ``column`` is empty when the finding is about the whole table.
    """

    severity: Severity
    check: str
    column: str
    count: int
    found: str
    cure: str

    @property
    def text(self) -> str:
        """Return the finding as one line: where, what, cure."""
        where = f"`{self.column}`: " if self.column else ""
        return f"{where}{self.found} {self.cure}".rstrip()

    def to_dict(self) -> dict[str, str | int]:
        """Return the finding as plain values, for JSON."""
        return {
            "severity": self.severity, "check": self.check, "column": self.column,
            "count": self.count, "found": self.found, "cure": self.cure,
        }  # fmt: skip


def error(check: str, column: str, count: int, found: str, cure: str) -> Finding:
    """Return a finding that stops the analysis.

    Parameters
    ----------
    check, column, found, cure : str
        As in `Finding`.
    count : int
        How many answers, rows or groups.

    Returns
    -------
    Finding
        Of severity "error".
    """
    return Finding(severity="error", check=check, column=column, count=count, found=found, cure=cure)


def warning(check: str, column: str, count: int, found: str, cure: str) -> Finding:
    """Return a finding that weakens the analysis without stopping it.

    Parameters
    ----------
    check, column, found, cure : str
        As in `Finding`.
    count : int
        How many answers, rows or groups.

    Returns
    -------
    Finding
        Of severity "warning".
    """
    return Finding(severity="warning", check=check, column=column, count=count, found=found, cure=cure)


def note(check: str, column: str, count: int, found: str, cure: str = "") -> Finding:
    """Return a finding that only says what was done with the data.

    Parameters
    ----------
    check, column, found, cure : str
        As in `Finding`.
    count : int
        How many answers, rows or groups.

    Returns
    -------
    Finding
        Of severity "note".
    """
    return Finding(severity="note", check=check, column=column, count=count, found=found, cure=cure)


def data_error(findings: Iterable[Finding], source: str) -> DataError:
    """Return (do not raise) one error that lists every finding of severity "error".

    Parameters
    ----------
    findings : iterable of Finding
        Warnings and notes among them are left out.
    source : str
        Where the data came from, as it is to be printed.

    Returns
    -------
    DataError
        One numbered line per finding.
    """
    lines = [finding.text for finding in findings if finding.severity == "error"]
    problems = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
    return DataError(f"{problems} in {source}:\n" + "\n".join(f"  {i}. {line}" for i, line in enumerate(lines, 1)))


def listed(values: Sequence[object], most: int = 5) -> str:
    """Return the first values in words: `1, 2 and 3`, or `1, 2, 3, 4, 5 and 7 more`.

    Parameters
    ----------
    values : sequence, not empty
        Codes or names.
    most : int
        How many to name.

    Returns
    -------
    str
        As in a sentence.
    """
    shown = [shown_code(value) for value in values[:most]]
    if len(values) > most:
        return f"{', '.join(shown)} and {len(values) - most:,} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def shown_code(code: object) -> str:
    """Return a code as one would type it in TOML: 6, 3.5 or "n/a".

    Parameters
    ----------
    code : object
        A number or a text.

    Returns
    -------
    str
        Long texts are cut.
    """
    if isinstance(code, str):
        return f'"{code}"' if len(code) <= 40 else f'"{code[:37]}..."'
    try:
        return f"{float(code):g}"  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return str(code)


def counted(count: float, one: str, many: str | None = None) -> str:
    """Return a count with its noun: `1 answer`, `1,200 answers`.

    Parameters
    ----------
    count : float
        How many.
    one : str
        The noun for one.
    many : str, optional
        The noun for more; `one` with an s without it.

    Returns
    -------
    str
        With commas between thousands.
    """
    return f"{count:,.0f} {one if count == 1 else many or one + 's'}"
