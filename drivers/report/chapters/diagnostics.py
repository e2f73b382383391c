"""Whether the model the report leads with may be used: its draws, its prior, what it foretells, the model beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from drivers.defaults import HEAVY_MISFIT, MISFIT
from drivers.errors import DriversError
from drivers.fit.bayes.diagnose import diagnose
from drivers.fit.bayes.diagnosis import Diagnosis
from drivers.fit.bayes.implied import MOST_SHARED
from drivers.fit.bayes.learnt import Learnt, learnt
from drivers.fit.bayes.predictive import REPLICATIONS
from drivers.importance.compute import importance
from drivers.report.chapter import Chapter, Context, Say
from drivers.report.content import Block, Finding, Paragraph, Section
from drivers.report.diagnostics_checks import checks, checks_table, verdict
from drivers.report.diagnostics_figures import bars_to_show, foretold_figure, learnt_figure
from drivers.report.words import count, percent, plural

INTRO = (
    "Grey lines are what was likely before any answer, blue lines what is likely after. Where both are alike, what was "
    "taken for granted speaks, not the answers."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Diagnostics:
    """``checks`` in one table; ``diagnosis`` of the posterior and what it ``learnt``, None where there is none.

    ``not_learnt`` says why there is no comparison with the prior, "" where nobody would look for one.
    """

    checks: pd.DataFrame
    diagnosis: Diagnosis | None
    learnt: Learnt | None
    not_learnt: str


def compute(context: Context, say: Say) -> Diagnostics:
    """Check the model `context` leads with; `say` names the step."""
    lead = context.lead
    if lead.spec.engine != "bayes":
        rows = checks(None, lead, None, (context.importance,))
        return Diagnostics(checks=rows, diagnosis=None, learnt=None, not_learnt="")
    say(f"diagnostics of the model of {context.survey.label(context.outcome)}")
    diagnosis = diagnose(lead, context.seed)
    beside = () if context.beside is None else (importance(context.beside),)
    rows = checks(diagnosis, lead, context.beside, (context.importance, *beside))
    compared, why = _learnt(context)
    return Diagnostics(checks=rows, diagnosis=diagnosis, learnt=compared, not_learnt=why)


def _learnt(context: Context) -> tuple[Learnt | None, str]:
    """Set prior and posterior beside each other, or say why not."""
    if len(context.lead.spec.drivers) > MOST_SHARED:
        return None, f"Shares under the prior are worked out for up to {MOST_SHARED} drivers."
    try:
        return learnt(context.lead, context.draws, context.seed), ""
    except DriversError as problem:
        return None, str(problem)


def sections(context: Context, found: Diagnostics) -> tuple[Section, ...]:
    """Return the chapter: the verdict on what was `found`, why, and every check; `context` counts what was checked."""
    text, _ = verdict(found.checks, found.diagnosis)
    failed = found.checks[found.checks["verdict"] == "look"]
    blocks: list[Block] = [Paragraph(text=text, caution=_grave(found))]
    blocks += [Paragraph(text=reading) for reading in failed["reading"]]
    blocks.append(checks_table(found.checks, _notes(context, found)))
    parts: list[Section] = []
    if found.diagnosis is not None and (bars := bars_to_show(found.diagnosis)) is not None:
        blocks.append(foretold_figure(found.diagnosis, bars))
        blocks += [Paragraph(text=text) for text in _rounded(context, bars, failed)]
    if found.learnt is not None:
        shown: tuple[Block, ...] = (Paragraph(text=INTRO), learnt_figure(found.learnt))
        parts.append(Section(key="learnt", title="What the answers taught", blocks=shown))
    elif found.not_learnt:
        blocks.append(Paragraph(text=f"No prior is set beside the posterior: {found.not_learnt}"))
    return (
        Section(key="diagnostics", title="Diagnostics", blocks=tuple(blocks), sections=tuple(parts), beside=True),
    )


def _rounded(context: Context, bars: pd.DataFrame, failed: pd.DataFrame) -> tuple[str, ...]:
    """Say what crosses over single answers mean for a linear model that passes nevertheless."""
    crossed = int(bars.loc[bars["observed"].notna(), "misfit"].sum())
    if context.lead.spec.model != "linear" or not crossed or failed["check"].str.startswith("shares of").any():
        return ()
    off = f"{plural(crossed, 'share')} of answers {'is' if crossed == 1 else 'are'} off"
    return (
        f"A linear model foretells means, and single answers only by rounding: {off} by more than chance and "
        f"{percent(MISFIT)}, none of them by {percent(HEAVY_MISFIT)}. That leaves shares and slopes as they are.",
    )


def _grave(found: Diagnostics) -> bool:
    return found.diagnosis is not None and found.diagnosis.verdict == "do not use"


def _notes(context: Context, found: Diagnostics) -> tuple[str, ...]:
    """Say on how many people, surveys and draws the checks rest."""
    if found.diagnosis is None:
        return ()
    told = [f"Checked on {plural(context.lead.spec.draws, 'draw')} of the posterior"]
    if found.diagnosis.predictive is not None:
        people = int(found.diagnosis.predictive.bars["n"].max())
        told.append(
            f"foretold are {count(min(REPLICATIONS, context.lead.spec.draws))} surveys of the {count(people)} "
            f"respondents, of {count(context.lead.n)}, who answered everything"
        )
    return (f"{'; '.join(told)}.", *found.diagnosis.notes)


def findings(context: Context, found: Diagnostics) -> tuple[Finding, ...]:
    """Return the verdict for the first screen where what was `found` must not be used; `context` is not needed."""
    text, numbers = verdict(found.checks, found.diagnosis)
    return (Finding(key="diagnostics", text=text, numbers=numbers, caution=True),) if _grave(found) else ()


def tidy(context: Context, found: Diagnostics) -> Mapping[str, pd.DataFrame]:
    """Return what was `found` as tables: checks, categories foretold, prior and posterior; `context` is not needed."""
    named = {"diagnostics": found.checks}
    if found.diagnosis is not None and (bars := bars_to_show(found.diagnosis)) is not None:
        named["diagnostics_foretold"] = bars
    if found.learnt is not None:
        named["diagnostics_prior"] = found.learnt.tidy()
    return named


CHAPTER = Chapter(
    key="diagnostics", title="Diagnostics", compute=compute, sections=sections, findings=findings, tidy=tidy
)
