"""How firm the order of drivers is: ties, other measures, submodels, halo and error, design, missing answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from drivers.defaults import ASSUMED_RELIABILITY
from drivers.errors import DriversError, InputError
from drivers.fit.result import Fit
from drivers.importance.compare import Comparisons, compare
from drivers.importance.dominance import dominance
from drivers.importance.dominance_result import DominanceResult
from drivers.importance.measure_table import MeasureTable, measures
from drivers.importance.precision import design_effects
from drivers.importance.reliability import Reliability, reliability
from drivers.importance.sensitivity import Sensitivity, sensitivity
from drivers.report.chapter import Chapter, Context, Say
from drivers.report.content import Block, Cell, Number, Paragraph, Section, Table
from drivers.report.words import listed, percent, plural, quoted_label
from drivers.stats.measure_facts import MEASURE_FACTS

MOST_COLUMNS = 8
"""With more drivers the tables of measures and of assumptions have a row for each: more columns do not fit a page."""


SHORT = {MEASURE_FACTS[name].title: head for name, head in {
    "lmg": "LMG", "relative_weights": "Relative weights", "car": "CAR", "last": "Last", "beta_squared": "Beta²",
    "structure": "Structure",
}.items()}  # fmt: skip
"""Titles of measures as heads of narrow columns."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrderFound:
    """Other readings of the headline fit; ``skipped`` says why one is not there.

    ``panel`` holds what is assumed about halo and error, ``scale`` the reliability of all ratings as one scale.
    """

    pairs: Comparisons
    measures: MeasureTable
    dominance: DominanceResult | None
    panel: Sensitivity | None
    scale: Reliability | None
    effects: pd.DataFrame | None
    skipped: tuple[str, ...]


def compute(context: Context, say: Say) -> OrderFound | None:
    """Read the fit of `context` in other ways; `say` names the step. None where one driver has no order."""
    fit = context.lead
    if len(fit.spec.drivers) < 2 or not context.importance.rankable:
        return None
    say("how firm the order of drivers is")
    skipped: list[str] = []

    def attempt[R](what: str, work: Callable[[], R]) -> R | None:
        try:
            return work()
        except DriversError as problem:
            skipped.append(f"{what}: {problem}")
            return None

    panel = attempt("No halo was assumed", lambda: _panel(fit))
    if panel and not any(each.kind == "reliability" for each in panel.scenarios):
        low, high = ASSUMED_RELIABILITY
        skipped.append(
            f"No random error was assumed: with reliabilities of {low:g} to {high:g} the corrected correlations of "
            "these ratings would contradict each other. They hold less error than that, or one impression colours all."
        )
    return OrderFound(
        pairs=compare(context.importance), measures=measures(fit), panel=panel, skipped=tuple(skipped),
        dominance=attempt("Submodels were not compared", lambda: dominance(fit)),
        scale=attempt("No reliability", lambda: reliability(fit, {"all": fit.spec.drivers})),
        effects=attempt("No design effects", lambda: design_effects(fit).tidy()),
    )


def _panel(fit: Fit) -> Sensitivity:
    """Assume halo and random error; no error where the ratings are too alike for it."""
    try:
        return sensitivity(fit, reliability=dict.fromkeys(fit.spec.drivers, ASSUMED_RELIABILITY))
    except InputError:
        return sensitivity(fit)


def sections(context: Context, found: OrderFound) -> tuple[Section, ...]:
    """Return the chapter: one table and what other readings in `found` say against it; `context` has the fit."""
    said = [_submodels(found.dominance)] if found.dominance else []
    said += [_other_measures(found.measures), *(_assumed(found.panel) if found.panel else [])]
    said += [_as_one_scale(found.scale)] if found.scale else []
    blocks: list[Block] = [*(Paragraph(text=text) for text in said), _order_table(context, found)]
    blocks += [Paragraph(text=text, caution=True) for text in found.skipped]
    tables: list[Block] = [_measures_table(found.measures), *([_panel_table(found.panel)] if found.panel else [])]
    part = Section(key="order-detail", title="Other measures and assumptions", blocks=tuple(tables), beside=True)
    return (Section(key="order", title="How firm is the order?", blocks=tuple(blocks), sections=(part,)),)


def _submodels(result: DominanceResult) -> str:
    table = result.tidy()
    sure = int((table["complete"] == 1).sum())
    best = result.label(result.drivers[int(np.argmax(result.found.general))])
    over = table[(table["driver"] == result.drivers[int(np.argmax(result.found.general))]) & (table["complete"] == 1)]
    first = (
        f"{best} explains more than every other driver in all models." if len(over) == len(result.drivers) - 1
        else f"{best}, first on average, is ahead of {len(over)} of the {len(result.drivers) - 1} others in all models."
    )  # fmt: skip
    return (
        f"In {sure} of {plural(len(table), 'pair')} of drivers the same one explains more, whatever other drivers are "
        f"in the model. {first}"
    )


def _other_measures(table: MeasureTable) -> str:
    lmg = np.argsort(-table.estimates["lmg"], kind="stable")
    weights = np.argsort(-table.estimates["relative_weights"], kind="stable")
    conflict = [str(row["label"]) for row in table.signs().to_dict("records") if row["conflict"]]
    same = "also order" if (lmg == weights).all() else "do not order"
    text = f"Relative weights, a quicker approximation, {same} the drivers this way."
    if conflict:
        text += (
            f" {listed(conflict)}: the slope, with the other drivers held equal, points the other way than the plain "
            "correlation."
        )
    return text


def _assumed(panel: Sensitivity) -> list[str]:
    """Say what a halo, and random error, would do to the order."""
    steps = panel.stability().assign(kind=[each.kind for each in panel.scenarios])
    steps = steps[steps["refused"] == ""]
    said = [_halo(panel, steps[steps["kind"] == "halo"])]
    low, high = ASSUMED_RELIABILITY
    for row in steps[steps["kind"] == "reliability"].to_dict("records"):
        turned = "the order stays" if row["same_order"] else f"{row['pairs_turned']:.0f} pair(s) change places"
        said.append(
            f"If a rating given again would agree as far as a reliability of {low:g} to {high:g}, {turned}: random "
            "error takes from a driver what it has, and gives part of it to others that go with it."
        )
    return said


def _halo(panel: Sensitivity, tried: pd.DataFrame) -> str:
    if not len(tried):
        return "No part of the ratings could be assumed to be one overall impression."
    last = percent(max(each.amount for each in panel.scenarios if each.kind == "halo" and each.usable))
    if tried["same_order"].all():
        return f"The order stays if up to {last} of every rating is assumed to be one overall impression (halo)."
    turned = tried[~tried["same_order"]].iloc[0]
    return (
        f"If part of every rating is one overall impression ({turned['scenario']}), {turned['pairs_turned']:.0f} "
        "pair(s) of drivers change places; how large that part is, one rating per driver cannot tell."
    )


def _as_one_scale(found: Reliability) -> str:
    row = found.tidy().iloc[0]
    return (
        f"Taken as one scale, the {row['n_items']} ratings have a Cronbach's alpha of {row['alpha']:.2f} "
        f"({row['low']:.2f} to {row['high']:.2f}): the closer to 1, the more they say the same, and the less the order "
        "of single drivers can mean."
    )


def _order_table(context: Context, found: OrderFound) -> Table:
    """Rows by share: ranks left open, who cannot be told apart, design effect, effective n, missing information."""
    fit, rows = context.lead, []
    fmi = dict(zip(fit.terms, np.zeros(len(fit.terms)) if fit.missing is None else fit.missing.fmi, strict=True))
    effects = found.effects.set_index("driver") if found.effects is not None else None
    for row in found.pairs.ranking().to_dict("records"):
        low, high = int(row["rank_low"]), int(row["rank_high"])
        cells: list[Cell] = [row["label"], f"{low}" if low == high else f"{low} to {high}", str(row["letters"])]
        if effects is None:
            cells += [None, None]
        else:
            deff, n_eff = effects.loc[row["driver"], ["slope_deff", "slope_n_eff"]]
            cells += [Number(value=float(deff), unit="factor", digits=2), Number(value=float(n_eff), unit="count")]
        known = np.isfinite(fmi[row["driver"]])
        cells.append(Number(value=float(fmi[row["driver"]]), unit="percent") if known else None)
        rows.append(tuple(cells))
    return Table(
        key="order",
        caption=f"Ranks left open for {quoted_label(context.survey.label(context.outcome))}, and what the data carry",
        columns=("Driver", f"Rank, {percent(found.pairs.level)} interval", "Letters", "Design effect of the slope",
                 "Effective n of the slope", "Missing information"),
        rows=tuple(rows),
        notes=("Drivers that share a letter cannot be told apart. A design effect of 2 means: as uncertain as half as "
               "many people drawn at random. Missing information: how much of what complete answers tell is lost.",),
    )  # fmt: skip


def _measures_table(table: MeasureTable) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (str(row["title"]), *(_measured(float(row[name]), bool(row["can_be_negative"])) for name in table.drivers),
         "R²" if row["sums_to"] == "R2" else str(row["sums_to"])) for row in table.table().to_dict("records")
    ]  # fmt: skip
    columns = ("Measure", *(table.label(name) for name in table.drivers), "Adds up to")
    return _upright(Table(
        key="measures",
        caption="Measures of importance side by side",
        columns=columns,
        rows=tuple(rows),
        notes=("The report uses LMG. Values of different measures are not to be compared with each other.",),
    ))  # fmt: skip


def _measured(value: float, signed: bool) -> Cell:
    """Return `value` with its sign where the measure has one; a share has none, and gets none pasted on."""
    return Number(value=value, unit="score" if signed else "factor", digits=3)


def _panel_table(panel: Sensitivity) -> Table:
    rows: list[tuple[Cell, ...]] = []
    low, high = ASSUMED_RELIABILITY
    for each in panel.scenarios:
        if each.usable:
            r2 = float(each.estimate.sum())
            parts = [Number(value=float(part), unit="percent") for part in each.estimate / r2]
            name = f"reliability {low:g} to {high:g}" if each.kind == "reliability" else each.name
            rows.append((name, *parts, Number(value=r2, unit="percent")))
    return _upright(Table(
        key="halo",
        caption="Part of what is explained, if ratings were coloured by one impression or held random error",
        columns=("Assumed", *(panel.label(name) for name in panel.drivers), "Explained together"),
        rows=tuple(rows),
        notes=("Halo 0.1: a tenth of what differs in every rating is taken to be one overall impression. Reliability "
               "0.8: a fifth is taken to be random error. These are assumptions, not findings.",),
    ))  # fmt: skip


def _upright(table: Table) -> Table:
    """Turn a table with too many columns of drivers so that every driver has a row."""
    if len(table.columns) - 2 <= MOST_COLUMNS:
        return table
    heads = tuple(SHORT.get(str(row[0]), str(row[0])) for row in table.rows)
    rows = tuple(
        (name, *(row[at] for row in table.rows)) for at, name in enumerate(table.columns[1:], start=1)
    )
    return replace(table, columns=("Driver", *heads), rows=rows)


def tidy(context: Context, found: OrderFound) -> Mapping[str, pd.DataFrame]:
    """Return every reading in `found` as a table; `context` adds nothing."""
    tables = {
        "pairs": found.pairs.tidy(), "order": found.pairs.ranking(), "measures": found.measures.tidy(),
    }  # fmt: skip
    if found.dominance is not None:
        tables["dominance"] = found.dominance.tidy()
    if found.panel is not None:
        tables["halo"] = found.panel.tidy()
    if found.scale is not None:
        tables["reliability"] = found.scale.tidy().drop(columns="items")
    if found.effects is not None:
        tables["design_effects"] = found.effects
    return tables


CHAPTER = Chapter(key="order", title="How firm is the order?", compute=compute, sections=sections, tidy=tidy)
