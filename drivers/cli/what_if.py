"""`drivers whatif`: what would happen to the outcome if drivers were moved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drivers.cli.options import (
    Data,
    Definition,
    DriversOption,
    EngineName,
    FitDraws,
    Json,
    Level,
    LinkOption,
    MethodName,
    MethodOption,
    Missing,
    ModelName,
    OutcomeOption,
    Seed,
    Weight,
)
from drivers.cli.output import refusals, show
from drivers.cli.request import answers_of
from drivers.defaults import LEVEL, SEED
from drivers.errors import InputError, nearest, quoted

if TYPE_CHECKING:
    from drivers.scenario.action import Action
    from drivers.scenario.outcome import Outcome
    from drivers.scenario.scenario_file import ScenarioFile
    from drivers.survey.answers import Answers
    from drivers.survey.schema import Survey

app = typer.Typer()


@app.command()
def whatif(
    survey: Definition = None, data: Data = None,
    shift: Annotated[
        list[str] | None, typer.Option(metavar="DRIVER=+0.5", help="Move every answer of a driver; repeatable.")
    ] = None,
    lift: Annotated[
        list[str] | None, typer.Option(metavar="DRIVER=4", help="Lift answers worse than a point to it; repeatable.")
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=GROUP", help="Only for this segment or wave; repeatable.")
    ] = None,
    scenario: Annotated[Path | None, typer.Option(help="TOML file with steps of every kind.")] = None,
    by: Annotated[list[str] | None, typer.Option(help="Tell the change by segment or wave; repeatable.")] = None,
    target: Annotated[
        list[str] | None, typer.Option(metavar="MEASURE=VALUE", help="Tell P(change > value); repeatable.")
    ] = None,
    cause: Annotated[
        list[str] | None, typer.Option(metavar='"A -> B"', help="A declared cause; repeatable. Checks the fit.")
    ] = None,
    gap: Annotated[
        str | None, typer.Option(metavar="ITEM", help="Tell the change in the latent gap of this item, too.")
    ] = None,
    allow_worse: Annotated[bool, typer.Option(help="Getting worse is what --shift asks about.")] = False,
    outcome: OutcomeOption = None, drivers: DriversOption = None, weight: Weight = None,
    model: Annotated[ModelName | None, typer.Option(help="ordinal by default; linear tells means only.")] = None,
    link: LinkOption = None,
    engine: Annotated[EngineName | None, typer.Option(help="Where the draws come from.")] = None,
    method: MethodOption = MethodName.auto, level: Level = LEVEL, seed: Seed = SEED,
    draws: FitDraws = None, missing: Missing = None, as_json: Json = False,
) -> None:
    """Tell what would happen to the outcome if drivers were moved, and how sure that is."""
    with refusals():
        from drivers.fit.products import read_terms
        from drivers.fit.run import fit
        from drivers.report.progress import named_when_slow
        from drivers.scenario.compute import what_if
        from drivers.scenario.scenario_file import ScenarioFile, read_scenario

        asked = [*_shifts(shift or [], allow_worse), *_lifts(lift or [])]
        names = [name.strip() for name in drivers.split(",") if name.strip()] if drivers else None
        answers = answers_of(survey, data, outcome, list(read_terms(names).drivers) if names else None, weight)
        file = read_scenario(scenario, answers.survey) if scenario else ScenarioFile(steps=[])
        action = _action(file, asked, where or [], names or list(answers.survey.drivers), answers.survey)
        used = model.value if model else file.model or "ordinal"
        with named_when_slow(f"fitting the {used} model and its draws"):
            fitted = fit(
                answers, outcome or file.outcome, names, model=used, link=link.value if link else None,
                engine=engine.value if engine else file.engine or "regression", method=method.value, level=level,
                seed=seed, draws=draws, missing=missing.value if missing else None,
            )
        found = what_if(
            fitted, action, answers=answers if _speaks_of_groups(answers.survey) else None,
            by=list(dict.fromkeys([*(by or []), *file.by])), measures=file.measures,
            target={**file.target, **_amounts(target or [], "--target nps=2")}, dag=cause or file.dag,
        )
        tell = _with_gap(found, answers, action, gap, list(by or file.by), seed) if gap else found
        show(tell.to_dict(), tell.summary, as_json)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Both:
    """An outcome and the change in a gap, told one after the other."""

    outcome: Outcome
    gap: Outcome

    def to_dict(self) -> dict[str, object]:
        return {**self.outcome.to_dict(), "gap": self.gap.to_dict()}

    def summary(self) -> str:
        return f"{self.outcome.summary()}\n\n{self.gap.summary()}"


def _with_gap(found: Outcome, answers: Answers, action: Action, item: str, by: list[str], seed: int) -> _Both:
    from drivers.scenario.gap_if import gap_if

    return _Both(outcome=found, gap=gap_if(answers, action, item=item, by=by, seed=seed, level=found.level))


def _action(
    file: ScenarioFile, asked: list[Action], where: list[str], known: list[str], survey: Survey
) -> Action:
    """Put the steps of a file and of options together; what cannot be is refused before anything is fitted."""
    from drivers.scenario.action import together
    from drivers.scenario.apply import refuse_wrong_ways

    if not asked and not file.steps:
        raise InputError(
            "Nothing is done. Add --shift service_speed=+0.5, --lift value=4, or --scenario FILE.toml."
        )
    action = together([*([file.action] if file.steps else []), *asked])
    for name in action.drivers:
        if name not in known:
            raise InputError(f"{nearest(name, known)} is not a driver; there are {quoted(known)}.")
    refuse_wrong_ways(action, {name: survey.item(name) for name in action.drivers})
    return action.where(_groups(where)) if where else action


def _speaks_of_groups(survey: Survey) -> bool:
    return bool(survey.wave or survey.segments)


def _shifts(given: list[str], worse: bool) -> list[Action]:
    from drivers.scenario.action import shift

    return [
        shift(name, amount, worsening=worse)
        for name, amount in _pairs(given, "--shift service_speed=+0.5")
    ]


def _lifts(given: list[str]) -> list[Action]:
    from drivers.scenario.action import lift

    return [lift(name, to=amount) for name, amount in _pairs(given, "--lift value=4")]


def _amounts(given: list[str], example: str) -> dict[str, float]:
    return dict(_pairs(given, example))


def _pairs(given: list[str], example: str) -> list[tuple[str, float]]:
    found = []
    for text in given:
        name, sign, amount = text.partition("=")
        try:
            value = float(amount)
        except ValueError:
            value = float("nan")
        if not (sign and name.strip()) or value != value:
            raise InputError(f'"{text}" is not read as a name and a number; write {example}.')
        found.append((name.strip(), value))
    return found


def _groups(given: list[str]) -> dict[str, str | list[str | int | float]]:
    found: dict[str, list[str | int | float]] = {}
    for text in given:
        name, sign, group = text.partition("=")
        if not (sign and name.strip() and group.strip()):
            raise InputError(f'--where "{text}" is not read; write --where channel=phone.')
        found.setdefault(name.strip(), []).append(group.strip())
    return {name: groups if len(groups) > 1 else str(groups[0]) for name, groups in found.items()}
