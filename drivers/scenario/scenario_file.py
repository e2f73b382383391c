"""A scenario's TOML file: what is done, and whom and what it is told for; every fault at once, with its line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from drivers.errors import InputError
from drivers.scenario.action import Action, floor, halve, lift, match, move, scale, shift, together
from drivers.stats.graph import read_edges
from drivers.survey.fault import DefinitionError, Fault, KeyPath, unknown
from drivers.survey.schema import Survey
from drivers.survey.toml import load, locate

Amount = Annotated[float, Field(allow_inf_nan=False)]
GroupName = str | int | float | list[str | int | float]

KINDS: Final = ("shift", "lift", "floor", "move", "match", "scale", "halve")
EXAMPLE: Final = '[[steps]]\nshift = { driver = "service_speed", by = 0.5 }\nwhere = { channel = "phone" }'


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ShiftTable(_Frozen):
    """Arguments of `shift`."""

    driver: str
    by: Amount
    worsening: bool = False


class LiftTable(_Frozen):
    """Arguments of `lift`."""

    driver: str
    to: Amount


class FloorTable(_Frozen):
    """Arguments of `floor`."""

    driver: str
    at: Amount
    by: str


class MoveTable(_Frozen):
    """Arguments of `move`."""

    driver: str
    share: Amount
    steps: int = 1


class MatchTable(_Frozen):
    """Arguments of `match`."""

    driver: str
    segment: str
    to: str = "best"


class ScaleTable(_Frozen):
    """Arguments of `scale`."""

    driver: str
    factor: Amount
    worsening: bool = False


class HalveTable(_Frozen):
    """Arguments of `halve`."""

    driver: str


class StepTable(_Frozen):
    """One step: exactly one kind, and whom it is for."""

    shift: ShiftTable | None = None
    lift: LiftTable | None = None
    floor: FloorTable | None = None
    move: MoveTable | None = None
    match: MatchTable | None = None
    scale: ScaleTable | None = None
    halve: HalveTable | None = None
    where: dict[str, GroupName] = Field(default_factory=dict)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that are given."""
        return tuple(kind for kind in KINDS if getattr(self, kind) is not None)


class ScenarioFile(_Frozen):
    """What a file asks for; ``outcome``, ``model``, ``engine`` and ``measures`` None where it leaves the choice.

    Parameters
    ----------
    steps : list of StepTable
        What is done, in this order.
    name : str
        Heading.
    outcome, model, engine : str, optional
        As in `drivers.fit`.
    by : list of str
        Segment or wave columns to tell the change for.
    measures : list of str, optional
        Measures of the outcome.
    target : dict of str to float
        Changes to compare with, by measure.
    dag : list of str, optional
        Declared causes.
    """

    steps: list[StepTable]
    name: str = ""
    outcome: str | None = None
    model: Literal["linear", "ordinal", "logit"] | None = None
    engine: Literal["regression", "bayes"] | None = None
    by: list[str] = Field(default_factory=list)
    measures: list[Literal["mean", "top2", "nps", "latent"]] | None = None
    target: dict[str, Amount] = Field(default_factory=dict)
    dag: list[str] | None = None

    @property
    def action(self) -> Action:
        """The steps as one action under the file's name."""
        return together([_made(step) for step in self.steps]).named(self.name)


def read_scenario(path: str | Path, survey: Survey | None = None) -> ScenarioFile:
    """Read a scenario.

    Parameters
    ----------
    path : str or Path
        TOML with ``[[steps]]``, each one of ``shift``, ``lift``, ``floor``, ``move``, ``match``, ``scale`` or ``halve``
        as a table of that function's arguments, and ``where``; beside them ``name``, ``outcome``, ``model``,
        ``engine``, ``by``, ``measures``, ``target`` and ``dag``.
    survey : Survey, optional
        To check names against.

    Returns
    -------
    ScenarioFile
        Its ``action`` is ready for `what_if`.

    Raises
    ------
    SurveyError
        With everything that is wrong with the file, each with its line and the nearest right name.
    """
    file = Path(path)
    text, data = load(file)
    faults: list[Fault] = []
    made: ScenarioFile | None = None
    try:
        made = ScenarioFile.model_validate(data)
    except ValidationError as error:
        faults += [_fault(found) for found in error.errors(include_url=False, include_context=False)]
    faults += _of_steps(data, {fault.path for fault in faults})
    faults += _of_dag(data)
    if survey is not None:
        faults += _of_names(data, survey)
    if faults or made is None:
        raise DefinitionError([_placed(fault, text) for fault in faults], str(file))
    return made


def _made(step: StepTable) -> Action:
    """Turn one step of a file into an action."""
    if step.shift is not None:
        made = shift(step.shift.driver, step.shift.by, worsening=step.shift.worsening)
    elif step.lift is not None:
        made = lift(step.lift.driver, to=step.lift.to)
    elif step.floor is not None:
        made = floor(step.floor.driver, at=step.floor.at, by=step.floor.by)
    elif step.move is not None:
        made = move(step.move.driver, share=step.move.share, steps=step.move.steps)
    elif step.match is not None:
        made = match(step.match.driver, segment=step.match.segment, to=step.match.to)
    elif step.scale is not None:
        made = scale(step.scale.driver, step.scale.factor, worsening=step.scale.worsening)
    else:
        assert step.halve is not None
        made = halve(step.halve.driver)
    return made.where(step.where) if step.where else made


_TABLES: Final[Mapping[str, type[BaseModel]]] = {
    "shift": ShiftTable, "lift": LiftTable, "floor": FloorTable, "move": MoveTable, "match": MatchTable,
    "scale": ScaleTable, "halve": HalveTable,
}
_TAKES: Final = {
    "string_type": "a text in quotes", "float_type": "a number", "int_type": "a whole number",
    "bool_type": "true or false", "finite_number": "a finite number", "dict_type": "a table", "model_type": "a table",
    "list_type": "a list",
}  # fmt: skip


def _fault(found: Any) -> Fault:
    path: KeyPath = tuple(found["loc"])
    inside = next((str(part) for part in path if part in _TABLES), "")
    if found["type"] == "extra_forbidden":
        if inside:
            return unknown(path, f"an argument of {inside}", tuple(_TABLES[inside].model_fields))
        fields = StepTable.model_fields if path[0] == "steps" else ScenarioFile.model_fields
        return unknown(path, "a key of a step" if path[0] == "steps" else "a key of a scenario", tuple(fields))
    if found["type"] == "missing":
        if path == ("steps",):
            return Fault(path=path, found="No step is given.", cure=f"Say what is done:\n{EXAMPLE}")
        return Fault(path=path, found="This key is missing.", cure=f"Write it inside {inside} = {{ ... }}.")
    if found["type"] == "literal_error":
        options = re.findall(r"'([^']+)'", found["msg"])
        return unknown((*path[:-1], str(found["input"])), "known here", options)
    takes = _TAKES.get(found["type"], "of another kind")
    return Fault(path=path, found=f"{found['input']!r} is not {takes}.", cure=f"Write {takes}.")


def _steps(data: Mapping[str, Any]) -> list[tuple[int, Mapping[str, Any]]]:
    steps = data.get("steps")
    return [(k, step) for k, step in enumerate(steps) if isinstance(step, dict)] if isinstance(steps, list) else []


def _of_steps(data: Mapping[str, Any], known: set[KeyPath]) -> list[Fault]:
    """Faults of single steps that pydantic does not see: no kind or several, and amounts that make no sense."""
    faults = []
    if data.get("steps") == []:
        faults.append(Fault(path=("steps",), found="No step is given.", cure=f"Say what is done:\n{EXAMPLE}"))
    for k, step in _steps(data):
        kinds = [kind for kind in KINDS if kind in step]
        if len(kinds) != 1 and not (not kinds and any(path[:2] == ("steps", k) for path in known)):
            found = f"Step {k + 1} says {'nothing' if not kinds else ' and '.join(kinds)} of what is done."
            cure = f"Write one of {', '.join(KINDS)} in each step; several steps follow one another."
            faults.append(Fault(path=("steps", k), found=found, cure=cure))
            continue
        if len(kinds) == 1 and not any(path[:2] == ("steps", k) for path in known):
            try:
                _made(StepTable.model_validate(dict(step)))
            except InputError as problem:
                faults.append(Fault(path=("steps", k, kinds[0]), found=str(problem), cure=""))
    return faults


def _of_dag(data: Mapping[str, Any]) -> list[Fault]:
    dag = data.get("dag")
    if not isinstance(dag, list) or not all(isinstance(line, str) for line in dag):
        return []
    try:
        read_edges(dag)
    except InputError as problem:
        return [Fault(path=("dag",), found=str(problem), cure="")]
    return []


def _of_names(data: Mapping[str, Any], survey: Survey) -> list[Fault]:
    """Faults of names that the survey does not have."""
    groups = tuple(name for name in (survey.wave, *survey.segments) if name)
    faults = []
    if isinstance(data.get("outcome"), str) and data["outcome"] not in survey.outcomes:
        faults.append(unknown(("outcome", data["outcome"]), "an outcome of the survey", survey.outcomes))
    by = data.get("by")
    for name in by if isinstance(by, list) else ():
        if isinstance(name, str) and name not in groups:
            faults.append(unknown(("by", name), "the wave or a segment of the survey", groups, _declare(name)))
    for k, step in _steps(data):
        where = step.get("where")
        for name in where if isinstance(where, dict) else ():
            if name not in groups:
                faults.append(unknown(("steps", k, "where", name), "the wave or a segment of the survey", groups,
                                      _declare(name)))  # fmt: skip
        for kind in KINDS:
            table = step.get(kind)
            faults += _of_table(table, ("steps", k, kind), survey.drivers, groups) if isinstance(table, dict) else []
    return faults


def _of_table(table: Mapping[str, Any], path: KeyPath, drivers: Sequence[str], groups: Sequence[str]) -> list[Fault]:
    faults = []
    driver = table.get("driver")
    if isinstance(driver, str) and driver not in drivers:
        faults.append(unknown((*path, driver), "a driver of the survey", drivers))
    column = table.get("segment") if path[-1] == "match" else table.get("by") if path[-1] == "floor" else None
    if isinstance(column, str) and column not in groups:
        faults.append(unknown((*path, column), "the wave or a segment of the survey", groups, _declare(column)))
    return faults


def _declare(name: str) -> str:
    return f'To group by it, declare in the survey: segments = ["{name}"].'


def _placed(fault: Fault, text: str) -> Fault:
    """Give a fault its line: in the k-th [[steps]] for those of a step, else where its key stands."""
    if len(fault.path) < 2 or fault.path[0] != "steps" or not isinstance(fault.path[1], int):
        return locate([fault], text)[0]
    lines = text.split("\n")
    heads = [i for i, line in enumerate(lines) if re.match(r"\s*\[\[\s*steps\s*\]\]", line)]
    k = fault.path[1]
    if k >= len(heads):
        return locate([fault], text)[0]
    end = heads[k + 1] if k + 1 < len(heads) else len(lines)
    block = range(heads[k], end)
    for part in reversed(fault.path[2:]):
        for i in block:
            if re.search(rf"\b{re.escape(str(part))}\b", lines[i]):
                return replace(fault, line=i + 1, text=lines[i].strip())
    return replace(fault, line=heads[k] + 1, text=lines[heads[k]].strip())
