"""`sample_size`: how many answers next quarter needs for a change to be seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from drivers.defaults import ALPHA, POWER
from drivers.errors import InputError, nearest, quoted
from drivers.fit.result import Fit
from drivers.scenario.sample_result import SampleSize
from drivers.survey.answers import Answers

Score = Literal["top2", "nps", "mean", "slope"]

UNITS = {"top2": "proportion", "nps": "points", "mean": "scale points", "slope": "outcome points per driver point"}
TYPICAL = {"top2": 0.03, "nps": 5.0, "mean": 0.1, "slope": 0.1}
"""Changes that often matter, in those units."""

MOST = {"top2": 1.0, "nps": 200.0}
NPS_POINTS = 100.0


def sample_size(
    source: Answers | Fit | None = None, *, measure: Score, change: float, item: str | None = None,
    n: float | None = None, start: float | None = None, variance: float | None = None, sd: float | None = None,
    r2: float | None = None, r2_other: float | None = None, deff: float | None = None, power: float = POWER,
    alpha: float = ALPHA,
) -> SampleSize:
    """Tell how many answers each of two waves needs for a true change to be called real.

    Parameters
    ----------
    source : Answers or Fit, optional
        This quarter's answers (for a score) or fit (for a slope): its variance and design effect are taken. Without
        it, what is needed is stated by the other arguments.
    measure : {"top2", "nps", "mean", "slope"}
        What should be seen to change; "top2" is CSAT.
    change : float
        Smallest change that matters: a proportion for top2 (0.03 are three points), points for nps, scale points for
        mean, outcome points per driver point for slope. Below zero for a fall.
    item : str, optional
        Which outcome, or which driver for a slope; the first one by default.
    n : float, optional
        Answers planned per wave, to be told what they can and cannot show.
    start : float, optional
        Top2 before the change, as a proportion.
    variance : float, optional
        Variance of one answer to the NPS question counted -1, 0, 1 (0.7 is common).
    sd : float, optional
        Standard deviation of one answer, in scale points; for a slope that of the outcome over that of the driver, 1
        where both are standardised.
    r2, r2_other : float, optional
        Explained part of the outcome, and of the driver by the other drivers; for a slope.
    deff : float, optional
        Design effect of weights and clusters; that of `source`, or 1.
    power : float
        Wished chance that the change is called real, between 0 and 1.
    alpha : float
        Two-sided chance of calling a change real where there is none.

    Returns
    -------
    SampleSize
        Answers per wave, the change that `n` shows, and errors of sign and size.

    Raises
    ------
    InputError
        If something needed is not stated, or makes no sense.

    Notes
    -----
    Two waves of different people, of equal size and design. People asked twice need fewer.

    References
    ----------
    .. [1] Chow, Shao, Wang & Lokhnygina (2017). Sample Size Calculations in Clinical Research, 3rd ed.
       doi:10.1201/9781315183084
    .. [2] Gelman & Carlin (2014). Perspectives on Psychological Science 9(6), 641-651. doi:10.1177/1745691614551642
    """
    _refuse(measure, change, n, power, alpha, deff)
    if source is None:
        known = _Known(variance=_stated(measure, start, variance, sd, r2, r2_other), label=item or "", start=start)
    elif isinstance(source, Fit):
        known = _of_fit(source, measure, item)
    elif isinstance(source, Answers):
        known = _of_answers(source, measure, item, start)
    else:
        raise InputError(f"Answers or a fit are needed, not {type(source).__name__}: sample_size(dr.read(...), ...).")
    today = known.start if measure == "top2" else None
    if today is not None and not 0 < today + change < 1:
        raise InputError(
            f"A top box of {today:.0%} cannot change by {100 * change:+g} points. The most is {100 * (1 - today):.3g} "
            f"up and {100 * today:.3g} down."
        )
    return SampleSize(
        measure=measure, unit=UNITS[measure], label=known.label, change=float(change), variance=known.variance,
        deff=known.deff if deff is None else float(deff), power=power, alpha=alpha,
        n=None if n is None else float(n), start=today,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known of one answer: its ``variance``, and for a top box where it starts; and its design effect."""

    variance: float
    label: str
    deff: float = 1.0
    start: float | None = None


def _refuse(
    measure: str, change: float, n: float | None, power: float, alpha: float, deff: float | None
) -> None:
    if measure not in UNITS:
        raise InputError(f"measure={measure!r} is not known; choose one of {quoted(get_args(Score))}.")
    if not math.isfinite(change) or change == 0:
        raise InputError(
            f"change={change:g} cannot be seen, whatever the sample. Name the smallest change that matters, for "
            f"instance change={TYPICAL[measure]:g} ({UNITS[measure]})."
        )
    if measure in MOST and abs(change) >= MOST[measure]:
        shown = f"{change / 100:g}" if measure == "top2" and abs(change) < 100 else f"{TYPICAL[measure]:g}"
        raise InputError(f"change={change:g} is no {UNITS[measure]} that {measure} can change by; write {shown}.")
    for name, value in (("power", power), ("alpha", alpha)):
        if not 0 < value < 1:
            raise InputError(f"{name}={value:g} is not between 0 and 1; 0.8 and 0.05 are common for power and alpha.")
    if power <= alpha:
        raise InputError(f"power={power:g} is not above alpha={alpha:g}: no answers are needed for that.")
    for name, given in (("n", n), ("deff", deff)):
        if given is not None and not (math.isfinite(given) and given > 0):
            raise InputError(f"{name}={given:g} is not a number above 0.")


def _proportion(name: str, value: float | None, call: str) -> float:
    if value is None:
        raise InputError(f"{name} is not known. {call}")
    if not 0 <= value < 1:
        raise InputError(f"{name}={value:g} is not a proportion between 0 and 1.")
    return value


def _stated(
    measure: str, start: float | None, variance: float | None, sd: float | None, r2: float | None,
    r2_other: float | None,
) -> float:
    """Return the variance of one answer today, in the square of the unit of the change."""
    if measure == "top2":
        today = _proportion("start", start, "State today's top box (start=0.8), or hand over answers.")
        return today * (1 - today)
    if measure == "nps":
        if variance is None:
            raise InputError("The variance is not known. State it (variance=0.7 is common), or hand over answers.")
        if not 0 < variance <= 1:
            raise InputError(
                f"variance={variance:g} is not between 0 and 1: answers count -1, 0 and 1. A common value is 0.7."
            )
        return variance * NPS_POINTS**2
    if sd is None and measure == "mean":
        raise InputError("The spread is not known. State it (sd=0.9, in scale points), or hand over answers.")
    ratio = 1.0 if sd is None else sd
    if not (math.isfinite(ratio) and ratio > 0):
        raise InputError(f"sd={ratio:g} is not a number above 0.")
    if measure == "mean":
        return ratio**2
    call = "State both (r2=0.5, r2_other=0.5), or hand over a fit."
    return ratio**2 * (1 - _proportion("r2", r2, call)) / (1 - _proportion("r2_other", r2_other, call))


def _of_answers(answers: Answers, measure: str, item: str | None, start: float | None) -> _Known:
    from drivers.survey.scores import scores

    if measure == "slope":
        raise InputError("The precision of a slope comes from a fit: sample_size(fit(answers), measure='slope', ...).")
    table = scores(answers).tidy()
    rows = table[(table["measure"] == measure) & table["shown"]]
    names = list(rows["item"])
    outcomes = [name for name, role in zip(rows["item"], rows["role"], strict=True) if role == "outcome"]
    name = item or (outcomes[0] if outcomes else None)
    if name is None or name not in names:
        asked = "No outcome" if name is None else nearest(name, names)
        raise InputError(
            f"{asked} has a score `{measure}`; the survey scores {quoted(names) or 'none'} by it. Declare "
            f"[items.NAME] score = \"{measure}\", or choose another measure."
        )
    row = rows[rows["item"] == name].iloc[0]
    variance = float(row["std_error"] ** 2 * row["n_eff"])  # of one answer that counts in full
    today = float(row["estimate"]) if start is None else _proportion("start", start, "")
    if measure == "top2":
        variance = today * (1 - today)
    return _Known(variance=variance, label=str(row["label"]), deff=float(row["n"] / row["n_eff"]), start=today)


def _of_fit(fit: Fit, measure: str, item: str | None) -> _Known:
    if measure != "slope":
        raise InputError(f"A fit tells the precision of slopes; for {measure} hand over answers: dr.read(...).")
    name = item or fit.spec.drivers[0]
    if name not in fit.spec.drivers:
        raise InputError(f"{nearest(name, fit.spec.drivers)} is not a driver of the fit; it has "
                         f"{quoted(fit.spec.drivers)}.")  # fmt: skip
    place = fit.spec.drivers.index(name)
    bayes = fit.spec.engine == "bayes"
    square = float(fit.draws.slopes[..., place].var() if bayes else fit.robust_cov[place, place])
    return _Known(variance=square * fit.n_eff, label=fit.label(name), deff=fit.n / fit.n_eff)
