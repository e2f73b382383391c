"""What goes with the headline outcome: shares with intervals, ranks, other outcomes, a second model as a check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from drivers.defaults import LEANING
from drivers.errors import DriversError
from drivers.fit.run import fit
from drivers.importance.compute import importance
from drivers.importance.result import Importance
from drivers.report import findings as found_in
from drivers.report.chapter import Chapter, Context, Say
from drivers.report.content import Block, Finding, Paragraph, Section, Tile, paragraphs
from drivers.report.figures import importance_figure, ranks_figure
from drivers.report.importance_tables import engines_table, importance_table, models_table, outcomes_table
from drivers.report.lead import lead_fit
from drivers.report.words import chance, inside, quoted_label, share

MOST_WORDED = 6
"""The order of so many drivers is put into words; tables and charts hold them all."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImportancesFound:
    """Importance for the other outcomes, and ``not_fitted`` why one has none.

    ``ordinal`` is the headline question put to an ordinal model, or None with the reason in ``no_ordinal``;
    ``regression`` the same linear model without a prior, where the report leads with a posterior.
    """

    others: tuple[Importance, ...]
    not_fitted: Mapping[str, str]
    ordinal: Importance | None
    no_ordinal: str
    regression: Importance | None = None


def compute(context: Context, say: Say) -> ImportancesFound:
    """Return importance for every other outcome of `context` and the ordinal check; `say` names the steps."""
    others, not_fitted = [], {}
    for name in context.outcomes[1:]:
        say(f"importance for {context.survey.label(name)}")
        try:
            others.append(importance(lead_fit(context.answers, name, context.draws, context.seed)))
        except DriversError as problem:
            not_fitted[name] = str(problem)
    say(f"the same with an ordinal model for {context.survey.label(context.outcome)}")
    ordinal, no_ordinal = _ordinal(context)
    regression = None if context.beside is None else importance(context.beside)
    return ImportancesFound(
        others=tuple(others), not_fitted=not_fitted, ordinal=ordinal, no_ordinal=no_ordinal, regression=regression
    )


def _ordinal(context: Context) -> tuple[Importance | None, str]:
    """Return the plug-in importance of an ordinal model on complete answers, quick enough for a check, or why not."""
    if context.survey.item(context.outcome).scale == "open":
        return None, "the outcome is a measured quantity, not an ordered answer"
    try:
        model = fit(context.answers, context.outcome, model="ordinal", missing="complete", draws=1, seed=context.seed)
        return importance(model), ""
    except DriversError as problem:
        return None, str(problem)


def sections(context: Context, found: ImportancesFound) -> tuple[Section, ...]:
    """Return the chapter about the headline outcome of `context`, with the other outcomes in `found` below it."""
    imp = context.importance
    said = [
        f for f in found_in.importance_findings(imp, context.survey) if f.key in ("first", "explained", "too_little")
    ]
    blocks: list[Block] = [
        *paragraphs(said),
        *(Paragraph(text=note, caution=True) for note in imp.notes if of_contact(note) or of_copies(note)),
        replace(importance_figure(imp), says=said[-1].text if not imp.rankable else said[0].text),
        importance_table(imp),
    ]
    if imp.rankable and len(imp.drivers) > 1:
        order = found_in.order_findings(imp, MOST_WORDED)
        words = Paragraph(text=" ".join(finding.text for finding in order))
        blocks += [words, replace(ranks_figure(imp), says=order[0].text)]
    parts = (*_other_outcomes(context, found), _cross_check(context, found))
    title = f"What goes with {imp.label(imp.outcome)}"
    return (Section(key="importance", title=title, blocks=tuple(blocks), sections=parts),)


def of_contact(note: str) -> bool:
    """Tell whether the `note` of a fit says what answers of "not applicable" were taken for."""
    return note.startswith("Not applicable")


def of_copies(note: str) -> bool:
    """Tell whether the `note` of an importance warns of near copies among drivers."""
    return "cut by a near copy" in note


def _other_outcomes(context: Context, found: ImportancesFound) -> tuple[Section, ...]:
    if not (found.others or found.not_fitted):
        return ()
    blocks: list[Block] = [outcomes_table((context.importance, *found.others))]
    blocks += [
        Paragraph(text=f"{quoted_label(context.survey.label(name))} has no importance: {why}", caution=True)
        for name, why in found.not_fitted.items()
    ]
    return (Section(key="other-outcomes", title="Other outcomes", blocks=tuple(blocks)),)


def _cross_check(context: Context, found: ImportancesFound) -> Section:
    imp, blocks = context.importance, list[Block]()
    if found.regression is not None:
        blocks.append(engines_table(imp, found.regression))
    elif context.no_beside:
        blocks.append(Paragraph(text=f"No regression stands beside it: {context.no_beside}", caution=True))
    if found.ordinal is not None:
        blocks.append(models_table({"Linear": imp, "Ordinal": found.ordinal}))
    else:
        blocks.append(Paragraph(text=f"No ordinal model was fitted: {found.no_ordinal}."))
    return Section(key="cross-check", title="Does another model say the same?", blocks=tuple(blocks), beside=True)


def findings(context: Context, found: ImportancesFound) -> tuple[Finding, ...]:
    """Return what stands out about the headline outcome of `context`; what else was `found` has its chapter."""
    return found_in.importance_findings(context.importance, context.survey)


def tiles(context: Context, found: ImportancesFound) -> tuple[Tile, ...]:
    """Return how much is explained in `context`, and which share is largest; nothing else of what was `found`."""
    imp = context.importance
    r2 = imp.r2_interval()
    explained, sides = inside(r2["estimate"], r2["low"], r2["high"], "percent")
    label = f"Explained differences in {imp.label(imp.outcome)}"
    return (Tile(label=label, value=explained, detail=f"{sides}; the rest is not explained by them"), _largest(imp))


def _largest(imp: Importance) -> Tile:
    if not imp.rankable:
        return Tile(label="Largest share", value="not ranked", detail="too little is explained")
    leader, rival, p_first, p_rival = found_in.leader_and_rival(imp)
    names = (imp.label(imp.drivers[leader]), imp.label(imp.drivers[rival]))
    if p_first < LEANING:
        detail = f"{names[0]} is first with probability {chance(p_first)}, {names[1]} with {chance(p_rival)}"
        return Tile(label="Largest share", value="not settled", detail=detail)
    size = share(float(imp.estimate[leader]))
    detail = f"{size} of differences; first with probability {chance(p_first)}"
    return Tile(label="Largest share", value=names[0], detail=detail)


def tidy(context: Context, found: ImportancesFound) -> Mapping[str, pd.DataFrame]:
    """Return shares and slopes in `context` and among what was `found` in one table, and R2 in another."""
    imps = (context.importance, *found.others)
    shares = [imp.tidy().assign(outcome=imp.outcome, model=imp.model, engine=imp.engine, n=imp.n) for imp in imps]
    explained = [
        {"outcome": imp.outcome, "model": imp.model, "engine": imp.engine, **imp.r2_interval(), "n": imp.n,
         "n_eff": imp.n_eff} for imp in imps
    ]  # fmt: skip
    return {"importance": pd.concat(shares, ignore_index=True), "explained": pd.DataFrame(explained)}


CHAPTER = Chapter(
    key="importance", title="Importance", compute=compute, sections=sections, findings=findings, tiles=tiles, tidy=tidy
)
