"""`drivers importance` and `drivers fit`: what goes with the outcome."""

from __future__ import annotations

from typing import Annotated

import typer

from drivers.cli.also import AlsoName, check_also
from drivers.cli.also import also as reading
from drivers.cli.options import (
    Always,
    By,
    Data,
    Definition,
    Diagnostics,
    DominanceOption,
    DriversOption,
    Engine,
    EngineName,
    FitDraws,
    Groups,
    Json,
    Level,
    LinkOption,
    MeasureName,
    MethodName,
    MethodOption,
    Missing,
    ModelName,
    ModelOption,
    Monotone,
    NotApplicable,
    NotApplicableName,
    OutcomeOption,
    PopulationOption,
    Season,
    Seed,
    SpreadBy,
    WalkOption,
    Weight,
)
from drivers.cli.output import refusals, show
from drivers.cli.request import Known, answers_and_fit, fit_as_asked, read_groups, read_reliabilities
from drivers.defaults import LEVEL, SEED
from drivers.errors import FitError, InputError

app = typer.Typer()
Also = Annotated[
    list[AlsoName] | None,
    typer.Option(help="Measures side by side, pairs and ties, halo panel, noise probe, near copies, design effects."),
]


Reliability = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=0.8", help="Part of a rating that is no random error, or 0.7..0.9; in the halo panel."),
]


@app.command()
def importance(
    survey: Definition = None, data: Data = None, outcome: OutcomeOption = None, drivers: DriversOption = None,
    weight: Weight = None, measure: Annotated[MeasureName, typer.Option(help="How to split.")] = MeasureName.lmg,
    model: ModelOption = ModelName.linear, link: LinkOption = None, engine: Engine = EngineName.regression,
    method: MethodOption = MethodName.auto, level: Level = LEVEL, seed: Seed = SEED, draws: FitDraws = None,
    missing: Missing = None, not_applicable: NotApplicable = NotApplicableName.missing, by: By = None,
    population: PopulationOption = None, walk: WalkOption = None, season: Season = False, spread_by: SpreadBy = None,
    monotone: Monotone = None, group: Groups = None, always: Always = None, dominance: DominanceOption = None,
    also: Also = None, reliability: Reliability = None, as_json: Json = False,
) -> None:
    """Show how much of the outcome goes with each driver, and how sure that is."""
    with refusals():
        groups, held, stated = read_groups(group or []), always or [], read_reliabilities(reliability or [])
        readings = list(dict.fromkeys([*(also or ()), *([AlsoName.sensitivity] if stated else [])]))
        check_also(readings, groups, held, not_applicable)
        from drivers.importance.compute import importance as compute
        from drivers.report.progress import named_when_slow

        def before(known: Known) -> None:
            from drivers.importance.request import check_request

            check_request(
                known.drivers, products=known.products, controls=known.controls, model=model.value,
                measure=measure.value, index=dominance.value if dominance else None, readings=readings, groups=groups,
                always=held, reliability=stated, outcome=known.outcome,
            )

        answers, fitted = answers_and_fit(
            survey, data, outcome, drivers, weight, model, link, engine, level, seed, draws, method, missing,
            not_applicable, by, population, before, walk, season, spread_by, monotone,
        )
        spec = fitted.spec
        with named_when_slow(f"{measure.value} shares of {len(spec.drivers)} drivers in {spec.draws:,} draws"):
            result = compute(fitted, measure.value, groups=groups, always=held)
        values, texts = result.to_dict(), [result.summary]
        if dominance is not None:
            from drivers.importance.dominance import dominance as compare_all

            compared = compare_all(fitted, index=dominance.value, groups=groups, always=held)
            values["dominance"] = compared.to_dict()
            texts.append(compared.summary)
        for name in readings:
            with named_when_slow(f"{name.value} of {len(spec.drivers)} drivers"):
                values[name.value], text = reading(name, answers, fitted, result, groups, held, stated)
            texts.append(text)
        show(values, lambda: "\n\n".join(text() for text in texts), as_json)


@app.command(help="Fit a driver model and show its slopes.")
def fit(
    survey: Definition = None, data: Data = None, outcome: OutcomeOption = None, drivers: DriversOption = None,
    weight: Weight = None, model: ModelOption = ModelName.linear, link: LinkOption = None,
    engine: Engine = EngineName.regression, method: MethodOption = MethodName.auto, level: Level = LEVEL,
    seed: Seed = SEED, draws: FitDraws = None, missing: Missing = None,
    not_applicable: NotApplicable = NotApplicableName.missing, by: By = None, population: PopulationOption = None,
    walk: WalkOption = None, season: Season = False, spread_by: SpreadBy = None, monotone: Monotone = None,
    diagnostics: Diagnostics = False, as_json: Json = False,
) -> None:
    """Fit a driver model and show its slopes, segments, waves, and diagnostics where they are asked for.

    Raises
    ------
    typer.Exit
        With the exit code of a `FitError` where diagnostics say that the posterior must not be used.
    """
    with refusals():
        if diagnostics and engine is not EngineName.bayes:
            raise InputError("--diagnostics judge a posterior; add --engine bayes, or leave them out.")
        fitted = fit_as_asked(
            survey, data, outcome, drivers, weight, model, link, engine, level, seed, draws, method, missing,
            not_applicable, by, population, walk, season, spread_by, monotone,
        )
        values, texts = fitted.to_dict(), [fitted.summary]
        if fitted.segments is not None:
            from drivers.fit.bayes.pooled import pooled_slopes

            pooled = pooled_slopes(fitted)
            values["segments"] = pooled.to_dict()
            texts.append(pooled.summary)
        if fitted.waves is not None:
            from drivers.fit.bayes.moving import moving_slopes

            moving = moving_slopes(fitted)
            values["waves"] = moving.to_dict()
            texts.append(moving.summary)
        if fitted.spreads is not None:
            from drivers.fit.bayes.spreads import group_spreads

            spreads = group_spreads(fitted)
            values["spreads"] = spreads.to_dict()
            texts.append(spreads.summary)
        if fitted.steps is not None:
            from drivers.fit.bayes.steps import scale_steps

            steps = scale_steps(fitted)
            values["steps"] = steps.to_dict()
            texts.append(steps.summary)
        if diagnostics:
            from drivers.fit.bayes.diagnose import diagnose

            found = diagnose(fitted)
            values["diagnosis"] = found.to_dict()
            texts.append(found.summary)
        show(values, lambda: "\n\n".join(text() for text in texts), as_json)
        if diagnostics and found.verdict == "do not use":
            typer.echo(f"error: {found.words}", err=True)
            raise typer.Exit(FitError.exit_code)
