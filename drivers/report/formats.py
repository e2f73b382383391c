"""The formats a report is written in: which file, which writer, and which library that needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from drivers.errors import InputError, missing_extra, nearest, quoted
from drivers.report.content import Report

FILES: Final = {
    "html": "report.html",
    "pdf": "report.pdf",
    "pptx": "report.pptx",
    "xlsx": "report.xlsx",
    "json": "run.json",
}
"""Name of the file of every format inside the folder asked for."""

DEFAULT: Final = ("html", "json")
"""The page, and the numbers next quarter's trend is read from."""

_NEEDS = {
    "pdf": (("typst", "typst", "pdf", "Writing a PDF"),),
    "pptx": (
        ("pptx", "python-pptx", "office", "Writing slides"),
        ("xlsxwriter", "xlsxwriter", "office", "Writing slides"),
    ),
    "xlsx": (("xlsxwriter", "xlsxwriter", "office", "Writing a workbook"),),
}


def asked_formats(names: Iterable[str]) -> tuple[str, ...]:
    """Check the formats asked for before anything is computed.

    Parameters
    ----------
    names : iterable of str
        Of `FILES`.

    Returns
    -------
    tuple of str
        In the order given, each once.

    Raises
    ------
    InputError
        If one is not known, or none is named.
    MissingExtraError
        If the library of one is not installed; only that one is named.
    """
    asked = tuple(dict.fromkeys(name.strip().lower() for name in names if name.strip()))
    if not asked:
        raise InputError(f"No format is named. Choose among {quoted(FILES)}.")
    for name in asked:
        if name not in FILES:
            raise InputError(f"{nearest(name, FILES)} is not a format of reports. Choose among {quoted(FILES)}.")
    for name in asked:
        for module, library, extra, purpose in _NEEDS.get(name, ()):
            if find_spec(module) is None:
                raise missing_extra(library, extra, purpose)
    return asked


def writer_of(name: str, *, template: Path | None, templates: Path | None) -> Callable[[Report], bytes]:
    """Return what turns a report into the bytes of the format `name`.

    Parameters
    ----------
    name : str
        Of `FILES`.
    template : Path or None
        Slides to take the look of slides from.
    templates : Path or None
        Folder whose templates of the page and of the PDF override ours block by block.

    Returns
    -------
    callable
        From a report to bytes.
    """
    if name == "html":
        from drivers.report.writers.html import html

        return lambda report: html(report, templates).encode("utf-8")
    if name == "pdf":
        from drivers.report.writers.pdf import pdf

        return lambda report: pdf(report, templates)
    if name == "pptx":
        from drivers.report.writers.pptx import pptx

        return lambda report: pptx(report, template)
    if name == "xlsx":
        from drivers.report.writers.xlsx import xlsx

        return xlsx
    from drivers.report.run_file import run_json

    return lambda report: run_json(report).encode("utf-8")
