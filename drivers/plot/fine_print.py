"""The words every importance chart carries: what is shown, for how many, how sure, by which model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from drivers.plot.style import percent

if TYPE_CHECKING:
    from drivers.importance.result import Importance

ASSOCIATION = "association, not effect"

_MEASURES = {
    "lmg": "share of explained variance (LMG)",
    "relative_weights": "share of explained variance (relative weights)",
    "pratt": "share of explained variance (Pratt)",
    "car": "share of explained variance (CAR scores)",
    "first": "variance explained alone (first)",
    "last": "variance explained when added last (last)",
    "beta_squared": "squared standardised slope",
}


def measure_words(measure: str) -> str:
    """Return the name to print for the importance `measure`; one not known here keeps its own name."""
    return _MEASURES.get(measure, measure.replace("_", " "))


def headed(label: str, rest: str) -> str:
    """Return "Label: rest" of `label` and `rest`, or "Question? Rest" where the label is a sentence of its own."""
    return f"{label} {rest[0].upper()}{rest[1:]}" if label.rstrip()[-1:] in "?!.:" else f"{label}: {rest}"


def base_words(n: int, n_eff: float) -> str:
    """Return "n = 1,200 (effective n 987)" of `n` answers worth `n_eff`."""
    return f"n = {n:,} (effective n {n_eff:,.0f})"


def bases_words(n: Iterable[int]) -> str:
    """Return "n = 1,200" where all bases `n` are the same, "n = 980 to 1,200" where they are not."""
    every = sorted(n)
    if not every:
        return "no rows"
    return f"n = {every[0]:,}" if every[0] == every[-1] else f"n = {every[0]:,} to {every[-1]:,}"


def model_words(model: str, link: str, engine: str) -> str:
    """Return `model`, `link` and `engine` in words: "ordinal model, probit link, latent scale, regression engine"."""
    latent = "" if link in ("identity", "") else f", {link} link, latent scale"
    return f"{model} model{latent}, {engine} engine"


def slope_words(outcome: str, link: str) -> str:
    """Return the unit of a slope of `outcome`, for an axis: points, or latent units under a `link`."""
    units = "points" if link in ("identity", "") else "latent units"
    return f"Slope ({units} of {outcome} per driver point)"


def fine_print(imp: Importance, *signs: str) -> tuple[str, ...]:
    """Return the notes below a chart of `imp`: base, then what the `signs` mean, measure, model, caution."""
    base = base_words(imp.n, imp.n_eff)
    if imp.n_complete < imp.n:
        base = f"{base}, {imp.n_complete:,} answered everything"
    return (
        base, *signs, f"measure: {measure_words(imp.measure)}",
        model_words(imp.model, imp.link, imp.engine), ASSOCIATION,
    )  # fmt: skip


def interval_words(level: float) -> str:
    """Return "90 % interval" of a `level` of .9."""
    return f"{percent(level)} interval"


def bound_words(level: float) -> str:
    """Return what an upper bound means: the upper end of the interval at `level`, read one-sided."""
    return f"at most this (one-sided {percent((1 + level) / 2, 0 if round(50 * (1 + level), 6) % 1 == 0 else 1)} bound)"
