"""`Item`: one rated question of a survey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

from drivers.survey.contradictions import item_faults
from drivers.survey.fault import DefinitionError, Fault
from drivers.survey.structure import as_given, form_faults, mend, plain, spread, without

Number = Annotated[float, Field(allow_inf_nan=False)]
Code = StrictInt | Annotated[StrictFloat, Field(allow_inf_nan=False)] | StrictStr
Scale = tuple[Number, Number] | Literal["open"]

def allow_short(schema: dict[str, Any]) -> None:
    """Let editors accept one value for a list of one.

    Parameters
    ----------
    schema : dict
        JSON schema of a list; changed in place, as pydantic asks.
    """
    if "anyOf" not in schema:
        schema["anyOf"] = [{"type": schema.pop("type"), "items": schema.pop("items")}]
    schema["anyOf"] += [form["items"] for form in schema["anyOf"] if form.get("type") == "array"]


class Frozen(BaseModel):
    """A declaration: no unknown keys, no change, no conversion of types behind one's back."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Item(Frozen):
    """One rated question; whatever is left out follows the survey's own setting.

    Parameters
    ----------
    label : str, optional
        Words to print; the column name without.
    scale : (low, high) or "open", optional
        Ends of the rating scale in scale points, or "open" for a measured quantity such as minutes.
    direction : {"higher", "lower"}
        Which end is better for the customer. "lower" turns a closed scale round when it is read.
    levels : sequence of str, optional
        The answer texts in scale order, when the file holds words; they stand for 1, 2, ...
    not_applicable, dont_know : sequence of int, float or str, optional
        Codes without a rating, kept apart by kind; ``()`` switches the survey's own codes off.
    score : {"top2", "nps", "ces", "mean"}, optional
        The score reported for it.
    made_of : sequence of str
        Of an outcome that was computed from other columns: those columns.
    reason : str, optional
        Why an outcome may be explained with drivers it is made of.

    Raises
    ------
    SurveyError
        With everything that is wrong with the item at once.
    """

    label: str | None = Field(default=None, description="Words to print; the column name without.")
    scale: Scale | None = Field(default=None, description='Scale ends [low, high], or "open".')
    direction: Literal["higher", "lower"] = Field(default="higher", description="Which end is better.")
    levels: tuple[StrictStr, ...] | None = Field(default=None, description="Answer texts in scale order.")
    not_applicable: tuple[Code, ...] | None = Field(
        default=None, description='Codes for "does not apply".', json_schema_extra=allow_short
    )
    dont_know: tuple[Code, ...] | None = Field(
        default=None, description='Codes for "don\'t know".', json_schema_extra=allow_short
    )
    score: Literal["top2", "nps", "ces", "mean"] | None = Field(default=None, description="The score reported.")
    made_of: tuple[StrictStr, ...] = Field(
        default=(), description="Columns an outcome was computed from.", json_schema_extra=allow_short
    )
    reason: StrictStr | None = Field(default=None, description="Why its own parts may explain an outcome.")

    @model_validator(mode="wrap")
    @classmethod
    def _collect(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(data, cls):
            return data
        if not isinstance(data, Mapping):
            example = 'label = "Value for money"'
            raise DefinitionError([Fault(path=(), found="It must be a table.", cure=f"For example: {example}")])
        data, faults, renamed = mend(plain(data), cls, "item")
        data, found = spread(data)
        faults += found
        try:
            item = handler(data)
        except ValidationError as error:
            faults += form_faults(error, cls, "item")
            item = None
        faults += item_faults(without(data, faults))
        if faults or item is None:
            raise DefinitionError(as_given(faults, renamed), "Item")
        return item
