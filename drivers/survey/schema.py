"""`Survey`: what each column of a survey means. Column names and declarations only, never data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Self, TypedDict, Unpack

from pydantic import Field, ModelWrapValidatorHandler, PrivateAttr, StringConstraints, ValidationError, model_validator

from drivers.stats.design import LonelyRule
from drivers.stats.replicates import Scheme
from drivers.survey.contradictions import survey_faults
from drivers.survey.fault import DefinitionError, Fault
from drivers.survey.item import Code, Frozen, Item, Number, Scale, allow_short
from drivers.survey.replicates import fits
from drivers.survey.structure import as_given, form_faults, mend, misplaced, plain, spread, without
from drivers.survey.toml import load, locate, write

__all__ = ["ROLE_COLUMNS", "Code", "Item", "Scale", "Survey"]

Column = Annotated[str, StringConstraints(min_length=1, strict=True, pattern=r"\S")]
Columns = tuple[Column, ...]

ROLE_COLUMNS: Final = ("weight", "frequency", "stratum", "psu", "fpc", "wave", "id")
"""Roles that one column holds; `segments`, `controls` and `replicate_weights` may hold several."""


def _allow_labels(schema: dict[str, Any]) -> None:
    """Let editors accept a table of column = label, too."""
    allow_short(schema)
    schema["anyOf"].append({"type": "object", "additionalProperties": {"type": "string"}})


class _SurveyChanges(TypedDict, total=False):
    title: str
    data: str | None
    drivers: Any
    outcomes: Any
    expectations: Mapping[str, str]
    adequate: Mapping[str, str]
    stated_importance: Mapping[str, str]
    dimensions: Mapping[str, Sequence[str]]
    direct: str | None
    kano: Mapping[str, Sequence[str]]
    scale: Any
    not_applicable: Any
    dont_know: Any
    weight: str | None
    frequency: str | None
    stratum: str | None
    psu: str | None
    fpc: str | None
    lonely_psu: LonelyRule
    replicate_weights: Any
    replicate_scheme: Scheme | None
    replicate_scales: Any
    fay: float | None
    wave: str | None
    segments: Any
    controls: Any
    id: str | None
    items: Mapping[str, Any]


class Survey(Frozen):
    """Roles of columns, scale ends, direction, labels and codes for "no answer".

    Read it from a TOML file (`Survey.from_toml`) or build it in Python; both take the same keys, listed with
    their defaults and errors in ``drivers/survey/README.md``.

    Parameters
    ----------
    drivers, outcomes : sequence of str, or dict of column to label
        Rated columns that may explain, and rated columns to be explained. Needed.
    title : str
        Heading of reports.
    data : str, optional
        The data file, relative to the folder of the TOML file (`data_path`).
    scale : (low, high) or "open"
        Scale of every item that declares none of its own.
    not_applicable, dont_know : sequence of int, float or str
        Codes of every item that declares none of its own.
    expectations : dict of str to str
        Item (driver or outcome) to the column that holds what was expected of it.
    adequate, stated_importance : dict of str to str
        Driver to the column of the least that would do, and of how important people said it is.
    dimensions : dict of str to sequence of str
        Name of a dimension to its drivers, whose expectation gaps are averaged.
    direct : str, optional
        The outcome that asks the gap itself: much worse to much better than expected.
    kano : dict of str to (str, str)
        Name to the columns of its Kano pair, with the feature and without, 1 = like it to 5 = dislike it.
    weight, frequency, stratum, psu, fpc, wave, id : str, optional
        Columns of the sampling weight, of the number of respondents a row stands for, of the sampling stratum,
        of the primary sampling unit, of the number of sampling units in the stratum's population, of the wave, and
        of the respondent.
    lonely_psu : {"centre", "certain", "refuse"}
        What a stratum's only sampling unit adds to variances.
    replicate_weights : sequence of str
        Columns of replicate weights, in place of stratum and psu; "rep*" stands for rep1, rep2, ...
    replicate_scheme : {"JK1", "JKn", "BRR", "Fay", "bootstrap"}, optional
        How they were made.
    replicate_scales : sequence of float
        One factor for all replicates or one each, in place of the scheme's.
    fay : float, optional
        Fay's k.
    segments : sequence of str
        Columns of groups to report.
    controls : sequence of str
        Columns held equal in every model, without a share of their own.
    items : dict of str to Item
        What differs for single items.

    Raises
    ------
    SurveyError
        With everything that is wrong with the definition at once, each with the nearest right name.

    Examples
    --------
    >>> survey = Survey(drivers=("service_speed", "value"), outcomes=("satisfaction",), scale=(1, 5))
    >>> survey.item("value").scale
    (1.0, 5.0)
    """

    title: str = Field(default="Survey", description="Heading of reports.")
    data: str | None = Field(default=None, description="Data file, relative to the folder of the TOML file.")
    drivers: Columns = Field(description="Rated columns that may explain.", json_schema_extra=_allow_labels)
    outcomes: Columns = Field(description="Rated columns to be explained.", json_schema_extra=_allow_labels)
    expectations: dict[Column, Column] = Field(
        default_factory=dict, description="Item to the column that holds what was expected of it."
    )
    adequate: dict[Column, Column] = Field(
        default_factory=dict, description="Driver to the column of the least that would do."
    )
    stated_importance: dict[Column, Column] = Field(
        default_factory=dict, description="Driver to the column of how important people said it is."
    )
    dimensions: dict[Column, Columns] = Field(
        default_factory=dict, description="Name of a dimension to its drivers, whose gaps are averaged."
    )
    direct: Column | None = Field(default=None, description="The outcome that asks the expectation gap itself.")
    kano: dict[Column, tuple[Column, Column]] = Field(
        default_factory=dict, description="Name to the columns of its Kano pair: with the feature, without it."
    )
    scale: Scale = Field(default="open", description="Scale ends of every item that declares none of its own.")
    not_applicable: tuple[Code, ...] = Field(
        default=(), description='Codes for "does not apply".', json_schema_extra=allow_short
    )
    dont_know: tuple[Code, ...] = Field(
        default=(), description='Codes for "don\'t know".', json_schema_extra=allow_short
    )
    weight: Column | None = Field(default=None, description="Column of the sampling weight.")
    frequency: Column | None = Field(default=None, description="Column: how many respondents a row stands for.")
    stratum: Column | None = Field(default=None, description="Column of the sampling stratum.")
    psu: Column | None = Field(default=None, description="Column of the primary sampling unit.")
    fpc: Column | None = Field(default=None, description="Column: sampling units in the population of the stratum.")
    lonely_psu: LonelyRule = Field(default="centre", description="What a stratum's only sampling unit adds.")
    replicate_weights: Columns = Field(
        default=(), description='Columns of replicate weights, or "rep*".', json_schema_extra=allow_short
    )
    replicate_scheme: Scheme | None = Field(default=None, description="How the replicate weights were made.")
    replicate_scales: tuple[Number, ...] = Field(
        default=(), description="Factor of all replicates, or of each.", json_schema_extra=allow_short
    )
    fay: Number | None = Field(default=None, description="Fay's k, 0 to below 1.")
    wave: Column | None = Field(default=None, description="Column of the wave, such as the quarter.")
    segments: Columns = Field(default=(), description="Columns of groups to report.", json_schema_extra=allow_short)
    controls: Columns = Field(
        default=(), description="Columns held equal in every model.", json_schema_extra=allow_short
    )
    id: Column | None = Field(default=None, description="Column that names the respondent.")
    items: dict[Column, Item] = Field(default_factory=dict, description="What differs for single items.")
    _folder: Path | None = PrivateAttr(default=None)

    @model_validator(mode="wrap")
    @classmethod
    def _collect(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(data, cls):
            return data
        if not isinstance(data, Mapping):
            raise DefinitionError([Fault(path=(), found="It must be a table of keys.", cure="See Survey.from_toml.")])
        data, faults, renamed = mend(plain(data), cls, "survey")
        data, short = spread(data)
        data, found = _checked_items(data)
        faults += [*short, *found]
        try:
            survey = handler(data)
        except ValidationError as error:
            faults += form_faults(error, cls, "survey")
            survey = None
        faults += survey_faults(without(data, faults), broken={str(fault.path[1]) for fault in found})
        if faults or survey is None:
            raise DefinitionError(as_given(faults, renamed))
        return survey

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Read a survey definition.

        Parameters
        ----------
        path : str or Path
            A TOML file in UTF-8.

        Returns
        -------
        Survey
            With `folder` set to the folder of the file, so that `data_path` is found from anywhere.

        Raises
        ------
        SurveyError
            When the file cannot be read, is not TOML, or contradicts itself: every reason, with its line.
        """
        path = Path(path)
        text, data = load(path)
        try:
            survey = cls.model_validate(data)
        except DefinitionError as error:
            raise DefinitionError(locate(error.faults, text), str(path)) from None
        survey._folder = path.parent
        return survey

    def to_toml(self) -> str:
        """Return the definition as TOML text, without the keys left at their default."""
        return write(self.model_dump(exclude_defaults=True))

    def replace(self, **changes: Unpack[_SurveyChanges]) -> Self:
        """Return a copy with other settings, checked like a new definition.

        Parameters
        ----------
        **changes
            Keys of the survey with their new values; the other keys stay.

        Returns
        -------
        Survey
            In the same folder.

        Raises
        ------
        SurveyError
            When the changed definition contradicts itself.
        """
        survey = type(self).model_validate({**self.model_dump(exclude_unset=True), **changes})
        survey._folder = self._folder
        return survey

    def __eq__(self, other: object) -> bool:
        """Return whether two definitions say the same, wherever their files lie."""
        return self.model_dump() == other.model_dump() if isinstance(other, Survey) else NotImplemented

    def __hash__(self) -> int:
        """Return a hash of what the definition says."""
        return hash(self.sha256)

    @property
    def folder(self) -> Path | None:
        """Folder of the TOML file; None for a definition built in Python."""
        return self._folder

    @property
    def data_path(self) -> Path | None:
        """The data file, found from the folder of the TOML file; None when no data are named."""
        if self.data is None:
            return None
        return Path(self.data) if self._folder is None else self._folder / self.data

    @property
    def sha256(self) -> str:
        """Hash of what the definition says, whatever its order of tables, comments or folder; for provenance."""
        said = self.model_dump(mode="json", exclude_defaults=True)
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=True).encode()).hexdigest()

    @property
    def rated(self) -> tuple[str, ...]:
        """Every rated column once: drivers, outcomes, then what was asked beside them, expectations first."""
        beside = (self.expectations.values(), self.adequate.values(), self.stated_importance.values())
        pairs = self.kano.values()
        columns = (*self.drivers, *self.outcomes, *(c for part in (*beside, *pairs) for c in part))
        return tuple(dict.fromkeys(columns))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the survey speaks of by name, once; `replicate_columns` finds those meant by a pattern."""
        roles = (getattr(self, role) for role in ROLE_COLUMNS)
        named = (name for name in self.replicate_weights if "*" not in name)
        return tuple(dict.fromkeys((*self.rated, *(r for r in roles if r), *self.segments, *self.controls, *named)))

    def replicate_columns(self, available: Sequence[str]) -> tuple[str, ...]:
        """Return the columns of replicate weights that a table has.

        Parameters
        ----------
        available : sequence of str
            The table's columns.

        Returns
        -------
        tuple of str
            In the order declared; those of one pattern in the order of the table. A `*` stands for digits.
        """
        found: list[str] = []
        for name in self.replicate_weights:
            found += [column for column in available if fits(name, column)]
        return tuple(dict.fromkeys(found))

    def is_category(self, control: str) -> bool:
        """Return whether a `control` is taken as categories: unless its item says on which scale it is a number."""
        return control not in self.items or self.items[control].scale is None

    def item(self, name: str) -> Item:
        """Return the question `name` with the survey's own settings filled in.

        Parameters
        ----------
        name : str
            A rated column.

        Returns
        -------
        Item
            With label, scale and codes; a column without a table of its own follows the survey.
        """
        given = self.items.get(name, Item())
        scale = given.scale
        if scale is None:
            scale = (1.0, float(len(given.levels))) if given.levels else self.scale
        if given.scale is None and not given.levels and any(name in pair for pair in self.kano.values()):
            scale = (1.0, 5.0)  # a Kano pair has its own five answers
        return given.model_copy(update={
            "label": given.label or name,
            "scale": scale,
            "not_applicable": self.not_applicable if given.not_applicable is None else given.not_applicable,
            "dont_know": self.dont_know if given.dont_know is None else given.dont_know,
        })

    def label(self, name: str) -> str:
        """Return the words to print for a column.

        Parameters
        ----------
        name : str
            Any column.

        Returns
        -------
        str
            Its label, or the name itself.
        """
        return self.items[name].label or name if name in self.items else name


def _checked_items(data: dict[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """Return the definition without the faulty keys of its items, and their faults."""
    items = data.get("items")
    if not isinstance(items, dict):
        return data, []
    sound, faults = {}, []
    for name, given in items.items():
        try:
            sound[name] = Item.model_validate(given).model_dump(exclude_unset=True)
        except DefinitionError as error:
            hint = misplaced(str(name)) if not isinstance(given, dict) else ""
            found = [fault.below("items", str(name)) for fault in error.faults]
            faults += [Fault(path=fault.path, found=fault.found, cure=hint) if hint else fault for fault in found]
            sound[name] = {}
    return {**data, "items": sound}, faults
