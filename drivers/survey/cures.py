"""The line to type next, as it is written where the survey is defined: in its TOML file or in Python."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.survey.findings import shown_code
from drivers.survey.schema import Survey


def setting(survey: Survey, key: str, values: Sequence[object], item: str | None = None) -> str:
    """Return one setting as a line of the definition.

    Parameters
    ----------
    survey : Survey
        Its origin decides between TOML and Python.
    key : str
        The key to set, such as "not_applicable".
    values : sequence
        Its entries: codes or texts.
    item : str, optional
        The item the line belongs to; without it, the line is for all items.

    Returns
    -------
    str
        ```not_applicable = [6]` under `[items.food]``` or ```not_applicable=[6]```.
    """
    listed = ", ".join(shown_code(value) for value in values)
    if survey.folder is None:
        return f"`{key}=[{listed}]`"
    if item is None:
        return f"`{key} = [{listed}]` at the top of the file"
    return f"`{key} = [{listed}]` under `[items.{_key(item)}]`"


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if bare else f'"{name}"'
