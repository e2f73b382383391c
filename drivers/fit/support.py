"""What a fit rests on: sampling units, effective answers, and the respondents behind each slope."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.defaults import ANSWERS_PER_SLOPE, MIN_BASE_CELL, MIN_BASE_MODEL
from drivers.errors import CollinearDriversError, TooFewAnswersError, quoted
from drivers.fit.regression.sample import Sample
from drivers.fit.result import FitSpec

FloatArray = NDArray[np.float64]

REPRODUCED = 1e-9
"""Part of the outcome's variance left by the drivers, below which they reproduce it exactly."""

ENOUGH_COMPLETE = 0.5
"""Part of all weight that complete answers must hold for slopes to be judged on them alone."""


def check_rests(sample: Sample, original: Cells, spec: FitSpec, terms: int) -> tuple[str, ...]:
    """Make all checks of this file.

    Parameters
    ----------
    sample : Sample
        The cells the model will use and the design around them.
    original : Cells
        The same cells as they were answered, before drivers that do not apply are filled in.
    spec : FitSpec
        The request.
    terms : int
        Slopes plus intercept or thresholds.

    Returns
    -------
    tuple of str
        Notes on what is thin.

    Raises
    ------
    InputError
        If the design, the weights or the answers cannot carry the model.
    """
    check_design(sample)
    notes = (*check_effective(sample.cells, spec, terms), *check_answered(original, spec))
    check_support(sample.cells, spec)
    return notes


def check_design(sample: Sample) -> None:
    """Refuse a design without degrees of freedom, in which every interval would have no width.

    Parameters
    ----------
    sample : Sample
        The cells the model will use and the design around them.

    Raises
    ------
    TooFewAnswersError
        If there are no more sampling units than strata, or all answers used come from one PSU.
    """
    whole = sample.whole
    if whole.replication or not (whole.stratum or whole.psu):
        return
    strata = whole.keys[whole.stratum].nunique(dropna=False) if whole.stratum else 1
    unit = "PSUs" if whole.psu else "respondents"
    units = _psus(whole) if whole.psu else round(whole.n.sum())
    layers = f" in {strata:,} strata of `{whole.stratum}`" if whole.stratum else ""
    where = f"`{whole.psu}`: " if whole.psu else ""
    cures = [f"declare fewer strata or merge them until each holds two {unit}"] if whole.stratum else []
    cures += [f"take out `psu` if respondents of one `{whole.psu}` were drawn on their own"] if whole.psu else []
    cure = "; or ".join(cures)
    cure = f"{cure[0].upper()}{cure[1:]}."
    if units <= strata:
        raise TooFewAnswersError(
            f"{where}{units:,} {unit}{layers} leave 0 degrees of freedom, so how far estimates vary from one unit to "
            f"the next cannot be seen. {cure}"
        )
    if whole.psu and _psus(sample.cells.select(sample.cells.sum_w > 0)) == 1:
        raise TooFewAnswersError(
            f"{where}all answers used here come from one of {units:,} PSUs, so how far estimates vary from one to the "
            f"next cannot be seen. Use a larger group of respondents; or {cure[0].lower()}{cure[1:]}"
        )


def _psus(cells: Cells) -> int:
    return len(cells.keys[[key for key in (cells.stratum, cells.psu) if key]].drop_duplicates())


def check_effective(cells: Cells, spec: FitSpec, terms: int) -> tuple[str, ...]:
    """Refuse weights that leave fewer effective answers than terms.

    Parameters
    ----------
    cells : Cells
        The cells the model will use.
    spec : FitSpec
        The request.
    terms : int
        Slopes plus intercept or thresholds.

    Returns
    -------
    tuple of str
        A note where fewer than `ANSWERS_PER_SLOPE` effective answers stand behind a slope.

    Raises
    ------
    TooFewAnswersError
        If Kish's effective number of answers to the outcome is below the terms plus one.
    """
    said = cells.select(~np.isnan(cells.column(spec.outcome)) & (cells.sum_w > 0))
    if not len(said):
        return ()
    heaviest = float((said.sum_w2 / said.sum_w).max() / said.sum_w.sum())
    people, slopes = float(said.n.sum()), len(cells.items) - 1
    if said.n_eff < min(terms + 1, people - 1e-6):
        raise TooFewAnswersError(
            f"{people:,.0f} answers to `{spec.outcome}` count like {said.n_eff:.1f} of one weight (effective n), which "
            f"cannot carry {terms} terms: the largest weight holds {heaviest:.0%} of all weight. Correct it, or trim "
            "the weights, before reading."
        )
    per_slope = said.n_eff / slopes
    if per_slope >= ANSWERS_PER_SLOPE or people / slopes < ANSWERS_PER_SLOPE:
        return ()
    return (
        f"Weights leave {per_slope:.1f} effective answers per slope ({said.n_eff:,.0f} of {people:,.0f} answers; the "
        f"largest weight holds {heaviest:.0%} of all); below {ANSWERS_PER_SLOPE} slopes and shares are unstable. Look "
        "at the largest weights.",
    )


def check_answered(cells: Cells, spec: FitSpec) -> tuple[str, ...]:
    """Refuse drivers that hardly anybody answered.

    Parameters
    ----------
    cells : Cells
        The cells the model will use, as they were answered.
    spec : FitSpec
        The request.

    Returns
    -------
    tuple of str
        A note on drivers with fewer than `MIN_BASE_MODEL` answers among at least so many respondents.

    Raises
    ------
    TooFewAnswersError
        If a driver has fewer than `MIN_BASE_CELL` answers among at least so many respondents.
    """
    used = cells.select(cells.sum_w > 0)
    everybody = round(used.n.sum())
    counts = {name: round(used.n[~np.isnan(used.column(name))].sum()) for name in spec.drivers}
    least = min(counts, key=lambda name: counts[name])
    if 0 < counts[least] < MIN_BASE_CELL <= everybody:
        raise TooFewAnswersError(
            f"Driver `{least}` has {counts[least]} answers among {everybody:,} respondents, fewer than the "
            f"{MIN_BASE_CELL} a number needs behind it. Leave it out."
        )
    if everybody < MIN_BASE_MODEL:
        return ()
    few = [f"`{name}` ({count} of {everybody:,})" for name, count in counts.items() if 0 < count < MIN_BASE_MODEL]
    return (
        f"Fewer than {MIN_BASE_MODEL} answers to {', '.join(few)}: how this goes with other items is mostly guessed "
        "from few people, and its slope and share with it. Leave it out, or ask more people.",
    ) if few else ()


def check_support(cells: Cells, spec: FitSpec) -> None:
    """Refuse a slope that rests on a few respondents, and an outcome that the drivers reproduce exactly.

    Parameters
    ----------
    cells : Cells
        The cells the model will use, the outcome last.
    spec : FitSpec
        The request.

    Raises
    ------
    TooFewAnswersError
        If a driver, the others held equal, differs for fewer than `MIN_BASE_CELL` respondents in effect; for fewer
        than a fifth of the effective answers where those are below `MIN_BASE_MODEL`.
    CollinearDriversError
        If a linear model would explain everything.
    """
    used = cells.select(cells.sum_w > 0)
    if spec.model == "linear":
        _check_reproduced(used, spec)
    x = used.values[:, :-1]
    complete = ~np.isnan(x).any(axis=1)
    whole = bool(used.sum_w[complete].sum() >= ENOUGH_COMPLETE * used.sum_w.sum() and complete.sum() > x.shape[1])
    rows = [complete if whole else ~np.isnan(x[:, j]) for j in range(len(spec.drivers))]
    found = [_behind(used, j, looked) for j, looked in enumerate(rows)]
    thin = int(np.argmin([behind for behind, _ in found]))
    behind, value = found[thin]
    if behind < MIN_BASE_CELL * min(1.0, used.select(rows[thin]).n_eff / MIN_BASE_MODEL) - 0.5:
        name = spec.drivers[thin]
        many = max(round(behind), 1)
        raise TooFewAnswersError(
            f"The slope of `{name}` rests on {many} respondent{'' if many == 1 else 's'} (effective number; the "
            f"heaviest answered {value:g}): for the others it hardly differs once the other drivers are held equal. "
            f"Check that answer; leave `{name}` out, or ask more people."
        )


def _check_reproduced(cells: Cells, spec: FitSpec) -> None:
    values = cells.complete()
    gaps = len(values) < len(cells)
    if (len(values) if gaps else values.n.sum()) <= len(cells.items) or values.sum_w.sum() <= 0:
        return
    root = np.sqrt(values.sum_w / values.sum_w.sum())
    centred = (values.values - root**2 @ values.values) * root[:, None]
    spread = np.sqrt((centred**2).sum(axis=0))
    if (spread == 0).any():
        return
    scaled = centred / spread
    slopes = np.linalg.lstsq(scaled[:, :-1], scaled[:, -1], rcond=None)[0]
    if float(((scaled[:, -1] - scaled[:, :-1] @ slopes) ** 2).sum()) > REPRODUCED:
        return
    made_of = [name for name, slope in zip(cells.items[:-1], slopes, strict=True) if abs(slope) > 1e-4]
    raise CollinearDriversError(
        f"Drivers reproduce `{spec.outcome}` exactly (R2 = 1), so nothing is left to tell how sure that is: the "
        f"outcome is made of {quoted(made_of)}. Leave out what it was computed from, or choose another outcome."
    )


def _behind(cells: Cells, j: int, rows: NDArray[np.bool_]) -> tuple[float, float]:
    """Return how many respondents in effect carry the slope of column `j`, and the answer that carries most.

    With r what is left of the driver after the others, a respondent of weight w moves the slope by w r, and carries
    d = w r^2 of what it is divided by; the effective number is (sum d)^2 / sum d^2. Gaps of the others count as their
    means.
    """
    x, load = cells.values[rows, :-1], cells.sum_w[rows]
    held = ~np.isnan(x)
    mean = np.array([np.average(x[held[:, i], i], weights=load[held[:, i]]) if held[:, i].any() else 0.0
                     for i in range(x.shape[1])])  # fmt: skip
    away = np.where(held, x - mean, 0.0)
    spread = np.sqrt(load @ away**2 / load.sum())
    away = away / np.where(spread > 0, spread, 1.0)
    others = np.delete(away, j, axis=1)
    root = np.sqrt(load)[:, None]
    left = away[:, j] - others @ np.linalg.lstsq(others * root, away[:, j] * root[:, 0], rcond=None)[0]
    per_weight = left**2
    total, squares = float(load @ per_weight), float(cells.sum_w2[rows] @ per_weight**2)
    heaviest = float(x[np.argmax(cells.sum_w2[rows] / load * per_weight), j])
    return (total**2 / squares if squares > 0 else 0.0), heaviest
