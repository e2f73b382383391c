"""What would happen if: the same step on every driver, and sliders to try any other."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from drivers.errors import DriversError, DriversWarning
from drivers.fit.result import Fit
from drivers.fit.run import fit
from drivers.report import what_if_words as said
from drivers.report.chapter import Chapter, Context, Say
from drivers.report.content import Finding, Paragraph, Playable, Section
from drivers.scenario.action import Action, shift
from drivers.scenario.axis import Axis
from drivers.scenario.panel import Panel
from drivers.scenario.panel_make import DRAWS, panel_of, reach_of
from drivers.scenario.population import population_of
from drivers.scenario.surface import is_nps
from drivers.scenario.sweep import Sweep, tornadoes

IMPUTATIONS = 10
"""Imputed data sets of the chapter's models: 200 draws do not need more."""

PLAY = "What if: try it"

NO_PANEL = (
    "The models hold controls, or drivers that may not apply, so there are no sliders here; any other step is told by "
    "drivers whatif."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WhatIfs:
    """``sweeps`` of the same step on every driver, by outcome and measure; ``panel`` to try others; ``notes``.

    There is no panel where the models hold more than drivers, such as controls.
    """

    sweeps: tuple[Sweep, ...]
    panel: Panel | None
    notes: tuple[str, ...]

    @property
    def lead(self) -> Sweep:
        """The sweep that is drawn: of the headline outcome's own score where the model has it."""
        return self.sweeps[0]


def compute(context: Context, say: Say) -> WhatIfs:
    """Return what moving each driver goes with in `context`; `say` names the models."""
    fits, notes = _fits(context, say)
    say("what-ifs")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DriversWarning)
        population = population_of(fits[0], context.answers, context.segments)
        steps = [_step(axis, reach_of(population, j) / 2) for j, axis in enumerate(population.axes)]
        sweeps = [sweep for one in fits for sweep in tornadoes(one, population, steps)]
        try:
            panel = panel_of(fits, population, context.segments)
        except DriversError:
            panel, notes = None, (*notes, NO_PANEL)
    score = context.survey.item(context.outcome).score
    sweeps.sort(key=lambda sweep: (sweep.outcome, sweep.measure) != (context.outcome, score))
    return WhatIfs(sweeps=tuple(sweeps), panel=panel, notes=notes)


def _step(axis: Axis, by: float) -> Action:
    return shift(axis.name, -by if axis.lower_is_better else by)


def _fits(context: Context, say: Say) -> tuple[list[Fit], tuple[str, ...]]:
    """Return a model of the headline outcome, and of the first likelihood to recommend if that is another one."""
    survey = context.survey
    asked = [name for name in context.outcomes[1:] if survey.item(name).score == "nps"][:1]
    found: list[Fit] = []
    notes: list[str] = []
    for name in (context.outcome, *asked):
        say(f"ordinal model of {survey.label(name)}")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DriversWarning)
                one: Fit | None = _ordinal(context, name)
        except DriversError as why:
            notes.append(f"{survey.label(name)} has no model of its points, so only its average is told. {why}")
            one = context.lead if name == context.outcome else None
        if one is not None and (name == context.outcome or is_nps(one)):
            found.append(one)
    return found, tuple(notes)


def _ordinal(context: Context, name: str) -> Fit:
    gaps = context.lead.usage.complete < context.lead.usage.used
    return fit(
        context.answers, name, model="ordinal", engine="bayes", draws=DRAWS, seed=context.seed, level=context.level,
        imputations=IMPUTATIONS if gaps else None,
    )


def sections(context: Context, found: WhatIfs) -> tuple[Section, ...]:
    """Return the chapter on what was `found`; `context` has the order of drivers."""
    instead = (
        "The page (report.html) has sliders here, and the workbook a sheet with formulas, to try other steps on "
        "several drivers at once."
    )
    play = () if found.panel is None else (Playable(
        key="what-if-panel", title=PLAY, panel=found.panel, instead=instead,
        note=said.panel_note(found.panel.draws, len(found.panel.groups), found.panel.notes),
    ),)  # fmt: skip
    names = dict.fromkeys(one.outcome for one in found.sweeps)
    tables = [
        said.sweeps_table([one for one in found.sweeps if one.outcome == name], context.lead.spec.drivers)
        for name in names
    ]
    blocks = (
        Paragraph(text=said.headline(found.lead).text), Paragraph(text=said.MEANING), said.sweep_figure(found.lead),
        *tables, *(Paragraph(text=note, caution=True) for note in found.notes), *play,
    )  # fmt: skip
    return (Section(key="what-if", title="What would happen if", blocks=blocks),)


def findings(context: Context, found: WhatIfs) -> tuple[Finding, ...]:
    """Return the largest of the changes `found`; `context` is not needed."""
    return (said.headline(found.lead),)


def tidy(context: Context, found: WhatIfs) -> Mapping[str, pd.DataFrame]:
    """Return all that was `found` for the same step on every driver; `context` is not needed."""
    return {"what_if": said.steps_tidy(found.sweeps)}


CHAPTER: Chapter[WhatIfs] = Chapter(
    key="what-if", title="What would happen if", compute=compute, sections=sections, findings=findings, tidy=tidy
)
