"""The expectation gap: what falls short, which drivers it goes with, and how sure that is."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from drivers.defaults import MOST_LATENT, MOST_SURFACES_DRAWN
from drivers.errors import DriversError, DriversWarning
from drivers.gap.asymmetry import Asymmetry
from drivers.gap.compensation import Compensation
from drivers.gap.latent import latent_gap
from drivers.gap.necessity import Necessity
from drivers.gap.pairs import without_thin_pairs
from drivers.gap.result import Gap
from drivers.gap.run import gap
from drivers.gap.scores import gap_scores
from drivers.report import gap_figures as figures
from drivers.report import gap_groups as groups
from drivers.report import gap_sentences as said
from drivers.report import gap_tables as tables
from drivers.report.chapter import Chapter, Context, Say
from drivers.report.content import Block, Finding, Paragraph, Section, paragraphs

PARTS = ("scores", "joint")
BESIDE = ("surface", "asymmetry", "necessity", "compensation", "kano", "direct", "latent")

def compute(context: Context, say: Say) -> Gap | None:
    """Return the gap of the answers in `context`; None without expectations; `say` names slow steps."""
    if not context.survey.expectations:
        return None
    say("the expectation gap")
    options = {"draws": context.draws, "seed": context.seed, "level": context.level}
    outcome = context.outcome if context.outcome != context.survey.direct else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DriversWarning)
        whole = gap(context.answers, outcome, parts=PARTS, **options)  # type: ignore[arg-type]
        refused: dict[str, str] = {}
        pairs = len(context.survey.expectations)
        enough, _ = without_thin_pairs(context.answers)
        for part in BESIDE:
            lacking = {"direct": not context.survey.direct, "kano": not context.survey.kano,
                       "latent": pairs > MOST_LATENT}  # fmt: skip
            if lacking.get(part):
                continue
            try:
                if part == "latent":
                    found = latent_gap(enough, draws=1000, seed=context.seed, level=context.level)
                    whole = replace(whole, latent=found)
                    continue
                apart = context.segments if part == "direct" else ()
                one = gap(context.answers, outcome, parts=(part,), by=apart, **options)  # type: ignore[arg-type]
                whole = replace(whole, **{part: getattr(one, part)})
            except DriversError as why:
                refused[part] = str(why)
        scores = {by: gap_scores(context.answers, by, level=context.level) for by in context.segments}
    if pairs > MOST_LATENT:
        refused["latent"] = f"with more than {MOST_LATENT} pairs it is left to `drivers gap --parts latent`."
    return replace(whole, refused=refused, by_segment=scores)


def sections(context: Context, found: Gap) -> tuple[Section, ...]:
    """Return the chapter on what was `found`; `context` knows the level of intervals."""
    parts: list[Section] = []
    blocks: list[Block] = []
    if found.scores is not None:
        short = said.shortfall(found.scores).text
        blocks += [Paragraph(text=short), figures.titled(figures.scores_figure(found.scores), short),
                   tables.scores_table(found.scores)]  # fmt: skip
        if len(found.scores.zone):
            blocks.append(tables.zone_table(found.scores))
    if found.latent is not None:
        deep = said.latent(found.latent).text
        blocks += [Paragraph(text=deep), figures.titled(figures.latent_figure(found.latent), deep)]
    blocks += [Paragraph(text=note) for note in (found.scores.notes[1:] if found.scores else ())]
    blocks += [Paragraph(text=note, caution=True) for note in found.left_out]
    for by, scores in found.by_segment.items():
        blocks += groups.gap_tables(groups.gaps_to_show(scores), by, context.survey)
    if found.joint is not None:
        notes = tuple(Paragraph(text=note) for note in found.joint.notes)
        close = said.closers(found.joint)
        drawn = figures.joint_figure(found.joint)
        parts.append(Section(key="gap-drivers", title="Which drivers go with the gap", blocks=(
            *paragraphs(close), figures.titled(drawn, close[0].text) if close else drawn,
            tables.joint_table(found.joint), *notes,
        )))  # fmt: skip
    parts += _beside(context, found)
    blocks += [
        Paragraph(text=f"No {tables.NAMES[part]}: {why}", caution=True) for part, why in found.refused.items()
    ]
    return (Section(key="gap", title="Expectation gap", blocks=tuple(blocks), sections=tuple(parts)),)


def _beside(context: Context, found: Gap) -> list[Section]:
    parts: list[Section] = []
    if found.direct is not None:
        people = groups.people_to_show(found.direct)
        parts.append(Section(key="gap-direct", title="The gap as people put it themselves", blocks=(
            Paragraph(text=said.direct(found.direct).text), tables.direct_people(found.direct),
            *(table for by in dict.fromkeys(people.get("by", ())) for table in
              groups.people_tables(people, by, context.survey)), tables.direct_table(found.direct),
        )))  # fmt: skip
    if found.surface is not None:
        worst = found.scores.drivers().sort_values("gap")["driver"].tolist() if found.scores else []
        order = sorted(found.surface.surfaces, key=lambda s: worst.index(s.driver) if s.driver in worst else len(worst))
        parts.append(Section(key="gap-surfaces", title="The outcome over both answers", beside=True, blocks=(
            *(Paragraph(text=each.reading()) for each in order[:MOST_SURFACES_DRAWN]),
            *(figures.surface_figure(each, found.surface.label) for each in order[:MOST_SURFACES_DRAWN]),
            tables.surface_table(found.surface), tables.constraints_table(found.surface),
        )))  # fmt: skip
    shapes: list[Block] = []
    if isinstance(found.asymmetry, Asymmetry):
        bent = tables.asymmetry_words(found.asymmetry)
        shapes += [Paragraph(text=bent), figures.titled(figures.asymmetry_figure(found.asymmetry), bent)]
    if isinstance(found.necessity, Necessity):
        needs = tables.necessity_words(found.necessity)
        shapes.append(Paragraph(text=needs))
        if found.necessity.bottlenecks:
            shapes.append(figures.titled(figures.necessity_figure(found.necessity), needs))
    if isinstance(found.compensation, Compensation):
        shapes.append(Paragraph(text=found.compensation.reading()))
    if found.kano is not None:
        shapes.append(figures.kano_figure(found.kano))
    if shapes:
        parts.append(Section(key="gap-shape", title="Asymmetry, and what cannot be made up for", blocks=tuple(shapes)))
    return parts


def findings(context: Context, found: Gap) -> tuple[Finding, ...]:
    """Return what falls short in what was `found`; `context` is not needed."""
    return (said.shortfall(found.scores),) if found.scores is not None else ()


def tidy(context: Context, found: Gap) -> Mapping[str, pd.DataFrame]:
    """Return the tables of what was `found`; `context` is not needed."""
    named = {f"gap_{name}": part.tidy() for name, part in found.parts().items()}
    if found.necessity is not None:
        named["gap_bottleneck"] = found.necessity.bottleneck().reset_index()
    if found.surface is not None:
        named["gap_constraints"] = found.surface.constraints().drop(columns="df")
    for by, scores in found.by_segment.items():
        named[f"gap_by_{by}"] = groups.gaps_to_show(scores)
    if found.direct is not None:
        named["gap_direct_people"] = found.direct.shares
        if len(found.direct.groups):
            named["gap_direct_by_segment"] = groups.people_to_show(found.direct)
    return named


CHAPTER: Chapter[Gap] = Chapter(
    key="gap", title="Expectation gap", compute=compute, sections=sections, findings=findings, tidy=tidy
)
