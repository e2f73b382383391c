"""An outcome as text: what is asked and possible, the change with its interval, how sure, and what it rests on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from drivers.defaults import LEANING, LIKELY, MIN_BASE_CELL, VERY_LIKELY
from drivers.scenario.apply import Delivered
from drivers.scenario.outcome import SCENARIOS, Outcome
from drivers.scenario.step import Shift
from drivers.stats.digits import digits_apart
from drivers.survey.plain_text import percent_level, wrapped

UNITS = {"mean": ("mean", 1.0, 2), "top2": ("top 2 box, %", 100.0, 1), "nps": ("NPS", 1.0, 1),
         "latent": ("latent mean", 1.0, 3), "gap": ("latent gap", 1.0, 3),
         "below": ("got less than expected, %", 100.0, 1)}  # fmt: skip
"""Name, factor and decimals of each measure in print."""


def summarise(out: Outcome) -> str:
    """Return the result with its reading.

    Parameters
    ----------
    out : Outcome
        Changes and their draws.

    Returns
    -------
    str
        Plain text, at most 100 columns wide.
    """
    head = [
        f"What if: {out.action.describe(out.label)}" if not out.action.name
        else f"What if ({out.action.name}): {out.action.describe(out.label)}",
        f"Outcome: {out.label(out.outcome)}, {out.model} model, n {out.n[0]:,.0f}, {percent_level(out.level)} "
        f"intervals. Scenario: {SCENARIOS[out.scenario]}.",
        *(delivered_words(one, out.label(one.step.driver)) for one in out.delivered),
    ]
    table = _table(out)
    rests = [_support(out), *_beyond(out), *_hidden(out)]
    foot = [reading(out), *rests, *_others(out), _meaning(out), *_robust(out), *out.notes]
    return "\n".join([*wrapped(head), "", table.to_string(index=False), "", *wrapped([line for line in foot if line])])


def delivered_words(one: Delivered, label: str) -> str:
    """Say what a step asked for and what the scale can give.

    Parameters
    ----------
    one : Delivered
        What the step came to.
    label : str
        The driver in words.

    Returns
    -------
    str
        Such as "Speed of service: +0.5 asked, +0.30 possible: 40 % already at the top".
    """
    inside = f" among {one.base:,.0f} respondents" if one.step.where else ""
    if one.affected <= 0:
        still = isinstance(one.step, Shift) and one.step.by == 0
        why = "it asks for no change" if still else "nobody is worse than it asks for"
        why = f"{one.at_end:.0%} are at the end of the scale already" if one.at_end > 0.995 else why
        return f"{label}: nobody's answer moves{inside} ({why})."
    end = "bottom" if one.step.worsening else "top"
    text = f"{label}: " + (f"{one.asked:+.3g} asked, " if one.asked is not None else "")
    text += f"{one.possible:+.2f} {'possible' if one.asked is not None else 'points on average'}{inside}: "
    text += f"{one.at_end:.0%} already at the {end}, {one.affected:.0%} of answers move"
    return text + (f", {one.against:.0%} of all to the worse." if one.against > 0 and not one.step.worsening else ".")


def reading(out: Outcome) -> str:
    """Say how sure a change of the whole population is.

    Parameters
    ----------
    out : Outcome
        Changes and their draws.

    Returns
    -------
    str
        One sentence per measure, worded from the share of draws.
    """
    if out.nothing:
        return "Nothing changes: the action moves nobody's answer, so every change is exactly 0."
    said = []
    low, high = out.interval()
    for k, measure in enumerate(out.measures):
        name, factor, digits = UNITS[measure]
        up = float((out.change[:, 0, k] > 0).mean())
        down = float((out.change[:, 0, k] < 0).mean())
        goal = out.target.get(measure)
        values = [factor * float(value) for value in (out.estimate[0, k], low[0, k], high[0, k])]
        digits = digits_apart(values[1], values[2], digits)
        way = "up" if up >= down else "down"
        said.append(
            f"{name} {sure(max(up, down))} goes {way}, by {values[0]:+.{digits}f} ({values[1]:+.{digits}f} to "
            f"{values[2]:+.{digits}f})" if max(up, down) >= LEANING
            else f"whether {name} goes up or down cannot be separated ({values[1]:+.{digits}f} to "
            f"{values[2]:+.{digits}f})"
        )
        if goal is not None:
            said[-1] += f"; P(more than {factor * goal:+g}) {(out.change[:, 0, k] > goal).mean():.0%}"
    return f"In the whole population {'; '.join(said)}."


def sure(p: float) -> str:
    """Return the words for a probability `p` of at least `LEANING`."""
    return "very likely" if p >= VERY_LIKELY else "likely" if p >= LIKELY else "perhaps (a leaning)"


def _table(out: Outcome) -> pd.DataFrame:
    rows = out.tidy()
    rows = rows[rows["shown"]]
    low, high = f"{percent_level(out.level)} low", "high"
    lines: list[list[str]] = []
    for row in rows.to_dict("records"):
        name, factor, digits = UNITS[row["measure"]]
        digits = digits_apart(factor * row["low"], factor * row["high"], digits)
        shown = [f"{factor * row[key]:.{digits}f}" for key in ("before", "after")]
        signed = [f"{factor * row[key]:+.{digits}f}" for key in ("change", "low", "high")]
        lines.append([row["segment"], name, *shown, *signed, f"{row['p_positive']:.2f}", f"{row['affected']:.0%}"])
    columns = ["segment", "measure", "before", "after", "change", low, high, "P(>0)", "affected"]
    return pd.DataFrame(lines, columns=columns)


def _support(out: Outcome) -> str:
    if np.isnan(out.support):
        return ""
    return (
        f"Support: {out.support:.0%} of the answers that move land on patterns with at least {MIN_BASE_CELL} "
        f"respondents nearby{'; beyond, the model speaks alone' if out.support < 0.995 else ''}."
    )


def _beyond(out: Outcome) -> list[str]:
    if out.beyond is None or max(out.beyond) <= 0:
        return []
    return [
        f"A linear model does not know the ends of the scale: {out.beyond[0]:.1%} of predictions lie beyond it before "
        f"and {out.beyond[1]:.1%} after. They are counted, not cut off; an ordinal model has none."
    ]


def _hidden(out: Outcome) -> list[str]:
    hidden = int((~out.shown()).sum())
    return [f"{hidden} group(s) with fewer than {MIN_BASE_CELL} respondents are not shown."] if hidden else []


def _others(out: Outcome) -> list[str]:
    said = []
    for other in out.others:
        parts = []
        low, high = other.interval()
        for k, measure in enumerate(other.measures):
            name, factor, digits = UNITS[measure]
            ends = [factor * float(value) for value in (other.estimate[0, k], low[0, k], high[0, k])]
            digits = digits_apart(ends[1], ends[2], digits)
            parts.append(f"{name} {ends[0]:+.{digits}f} ({ends[1]:+.{digits}f} to {ends[2]:+.{digits}f})")
        said.append(f"The same {SCENARIOS[other.scenario]}: {'; '.join(parts)}.")
    return said


def _robust(out: Outcome) -> list[str]:
    said = []
    for one in out.robustness:
        text = (
            f"Left out of the model: to explain the slope of {out.label(one.driver)} away, something would have to "
            f"explain {one.value:.0%} of what is left of both it and the outcome ({one.value_5:.0%} until it no longer "
            "differs from 0 at 5 %)."
        )
        if one.benchmark is not None:
            left = ", ".join(
                f"{bound.times:g} times {bound.adjusted:+.3g}" if np.isfinite(bound.adjusted)
                else f"{bound.times:g} times: nothing can be so strong"
                for bound in one.bounds
            )
            text += (
                f" With something as strong as {out.label(one.benchmark)}, the strongest driver observed, its slope of "
                f"{one.slope:+.3g} would be: {left}."
            )
        said.append(text)
    return said


def _meaning(out: Outcome) -> str:
    if out.causal:
        return out.causal
    return (
        "Association, not effect: no causal assumption was declared. This is how outcomes differ between people who "
        "answer so differently, averaged over the population; it is what the action would do only if nothing else "
        "stands behind both."
    )
