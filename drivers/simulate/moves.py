"""Slopes that move between waves, as the command line says them: ``service_speed=+0.2@2026-Q1``."""

from __future__ import annotations

from typing import Literal

from drivers.errors import InputError, nearest
from drivers.simulate.spec import Drift, StoreVisits

MOVE = "DRIVER=+0.2@QUARTER"
"""How a move is written; the quarter may be left out."""


def slope_move(text: str, kind: Literal["step", "drift"], spec: StoreVisits) -> Drift:
    """Read a move of a slope.

    Parameters
    ----------
    text : str
        Such as ``value=+0.2@2026-Q1``, in latent outcome units per rating point. Without a quarter a step is made in
        the last one, and a drift begins in the second.
    kind : {"step", "drift"}
        Once, or every quarter from then on.
    spec : StoreVisits
        The survey.

    Returns
    -------
    Drift
        The move; whether its driver is known is checked with the specification.

    Raises
    ------
    InputError
        If the text is no move, or its quarter is none of the survey.
    """
    driver, _, rest = text.partition("=")
    amount, at, quarter = (part.strip() for part in rest.partition("@"))
    try:
        size = float(amount)
    except ValueError:
        size = float("nan")
    if not driver.strip() or not abs(size) < float("inf"):
        raise InputError(f"{text!r} is no move of a slope; write --slope-{kind} {MOVE}.")
    quarter = quarter if at else spec.quarters[-1 if kind == "step" else min(1, spec.waves - 1)]
    if quarter not in spec.quarters:
        raise InputError(f"{nearest(quarter, spec.quarters)} is no quarter of the survey: {spec.quarters[0]} to "
                         f"{spec.quarters[-1]}.")
    return Drift(driver=driver.strip(), per_wave=size, first=spec.quarters.index(quarter), kind=kind, moves="slope")


def options_of(spec: StoreVisits) -> str:
    """Return the options that give the moves of slopes of `spec` on the command line, "" where none moves."""
    return "".join(
        f" --slope-{d.kind} {d.driver}={d.per_wave:+g}@{spec.quarters[d.start(spec.waves)]}" for d in spec.drift
        if d.moves == "slope" and d.kind != "season" and d.start(spec.waves) < spec.waves
    )
