"""The driver model wave by wave: slopes with their errors, and the moments that a change is explained with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import collapse
from drivers.change.bases import Bases
from drivers.change.calendar import Calendar
from drivers.change.links import LinkedCells, Links, link
from drivers.change.mix import Mix, mix_columns
from drivers.change.series import Series, correlations, degrees
from drivers.errors import DriversError, InputError, quoted
from drivers.fit.controls import columns_of, expand
from drivers.fit.guard import check_enough, check_spread
from drivers.fit.missing import usable
from drivers.fit.result import FitSpec
from drivers.fit.small_sample import small_sample
from drivers.stats.contributions import Contributions
from drivers.stats.design import kish_n_eff
from drivers.stats.moments import Moments
from drivers.stats.regression_moments import moments_influence, regression, regression_jacobian
from drivers.survey.answers import Answers

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WaveMoments:
    """Moments of the items of one wave, and what units add to the error of (means, upper triangle of covariances)."""

    moments: Moments
    parts: Contributions


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Models:
    """The driver models of all waves.

    ``drivers`` are those of every model, ``missing`` names the waves in which further drivers were not asked, by
    driver; ``thin`` are the drivers that a few people answered in one of those. ``terms`` names the controls beside the
    drivers. ``linked`` are cells of (drivers, controls, outcome); ``used`` (m,) those a model can use.
    """

    outcome: str
    drivers: tuple[str, ...]
    terms: tuple[str, ...]
    missing: dict[str, tuple[str, ...]]
    thin: frozenset[str]
    linked: LinkedCells
    used: NDArray[np.bool_]
    mix: Mix
    notes: tuple[str, ...]

    @property
    def size(self) -> int:
        """Slopes of a model, controls included."""
        return len(self.drivers) + len(self.terms)


def lay_out(
    answers: Answers, outcome: str, drivers: Sequence[str], calendar: Calendar, links: Links, bases: Bases,
    mix: Sequence[str] | None,
) -> Models:
    """Choose the drivers that every compared wave asked, and collapse the answers to cells.

    Parameters
    ----------
    answers : Answers
        Checked answers.
    outcome : str
        Column to explain.
    drivers : sequence of str
        Drivers wished for.
    calendar : Calendar
        The waves.
    links : Links
        What waves share.
    bases : Bases
        Fewest answers.
    mix : sequence of str, optional
        Segment columns that say who was asked; all by default.

    Returns
    -------
    Models
        Slopes of waves are compared, so all have the same drivers: those asked in the wave judged and in those it is
        compared with. A driver that one of them did not ask is named in `missing`.

    Raises
    ------
    InputError
        If no driver was asked in all of them.
    """
    survey = answers.survey
    wave = survey.wave
    assert wave is not None
    numbers, categories = columns_of(survey, survey.controls)
    segments = [name for name in (survey.segments if mix is None else mix) if name not in survey.controls]
    by = tuple(dict.fromkeys((wave, *categories, *segments, *links.by)))
    whole = link(collapse(answers, (*drivers, *numbers, outcome), by=by), wave, calendar, links)
    people = {name: _people(whole, j, calendar) for j, name in enumerate(drivers)}
    asked = {name: n >= bases.cell for name, n in people.items()}
    needed = (calendar.focus, *calendar.against.values())
    kept = tuple(name for name in drivers if all(asked[name][calendar.names.index(at)] for at in needed))
    if not kept:
        raise InputError(
            f"No driver has {bases.cell} answers or more in each of the waves {quoted(needed)}, so slopes cannot be "
            f"compared. Choose another wave with against=; the drivers are {quoted(drivers)}."
        )
    missing = {
        name: tuple(calendar.names[t] for t in np.flatnonzero(~asked[name])) for name in drivers
        if not asked[name].all()
    }
    places = [j for j, name in enumerate((*drivers, *numbers, outcome)) if name in kept or name not in drivers]
    cells = replace(
        whole.cells, items=tuple(whole.cells.items[j] for j in places), values=whole.cells.values[:, places],
        reasons=whole.cells.reasons[:, places],
    )
    spec = FitSpec(outcome=outcome, drivers=kept, controls=survey.controls)
    used = usable(cells, spec)
    controlled = expand(cells, survey, survey.controls, used)
    linked = replace(whole, cells=controlled.cells)
    found = mix_columns(linked, segments, survey, calendar, bases, used & ~np.isnan(controlled.cells.values[:, -1]))
    return Models(
        outcome=outcome, drivers=kept, terms=controlled.terms, missing=missing, linked=linked, used=used, mix=found,
        thin=frozenset(name for name, n in people.items() if ((n > 0) & (n < bases.cell)).any()),
        notes=(*controlled.notes, *found.notes),
    )


def _people(linked: LinkedCells, item: int, calendar: Calendar) -> NDArray[np.float64]:
    """Return how many people (T,) answered an item in every wave."""
    answered = ~np.isnan(linked.cells.values[:, item]) & (linked.cells.sum_w > 0)
    return np.array([linked.cells.n[linked.of(t, answered)].sum() for t in range(len(calendar.names))])


def slope_series(
    models: Models, calendar: Calendar, bases: Bases, level: float, labels: dict[str, str]
) -> list[Series]:
    """Return the slope of every driver by wave.

    Parameters
    ----------
    models : Models
        Drivers and cells.
    calendar : Calendar
        The waves.
    bases : Bases
        Fewest answers.
    level : float
        Level of the intervals.
    labels : dict
        Words to print, by column.

    Returns
    -------
    list of Series
        Outcome points per driver point, the other drivers held equal; missing answers by maximum likelihood, as in
        `drivers.fit`, and so are the intervals: errors and degrees of freedom allow for what few people, or few heavy
        ones, carry. A wave that cannot carry the model is not shown, and says why.
    """
    from scipy.special import stdtrit

    waves, p = len(calendar.names), len(models.drivers)
    estimate = np.full((p, waves), np.nan)
    error, n, n_eff = np.full((p, waves), np.nan), np.zeros(waves), np.full(waves, np.nan)
    carried = np.full(waves, np.inf)
    parts: dict[int, Contributions] = {}
    why = [""] * waves
    for t in range(waves):
        rows = models.linked.of(t, models.used)
        cells = models.linked.cells.select(rows)
        n[t] = round(cells.n[~np.isnan(cells.values[:, -1])].sum())
        why[t] = _reason(models, calendar.names[t], n[t], bases)
        if why[t]:
            continue
        try:
            spec = FitSpec(outcome=models.outcome, drivers=models.drivers)
            check_enough(cells, spec, models.size + 1)
            check_spread(cells, spec)
            moments, influence = moments_influence(cells.values, cells.sum_w)
        except (DriversError, np.linalg.LinAlgError) as problem:
            why[t] = str(problem)
            continue
        slopes = models.linked.contributions(rows, influence @ regression_jacobian(moments)[:p].T)
        parts[t] = slopes
        estimate[:, t], error[:, t] = regression(moments)[:p], np.sqrt(np.diag(slopes.cov))
        n_eff[t] = kish_n_eff(cells.sum_w, cells.sum_w2)
        if not (cells.psu or cells.replication):
            lost = small_sample(cells, models.size + 1)
            error[:, t] *= np.sqrt(lost.robust)
            carried[t] = lost.df
    df = np.minimum(degrees(models.linked, parts, n, models.size), carried)
    reach = stdtrit(df, (1 + level) / 2) * error
    return [
        Series(
            kind="slope", item=name, label=labels[name], measure="slope", estimate=estimate[j], std_error=error[j],
            low=estimate[j] - reach[j], high=estimate[j] + reach[j], n=n, n_eff=n_eff, df=df,
            corr=correlations(parts, waves, j), why=tuple(why),
        )
        for j, name in enumerate(models.drivers)
    ]


def same_mix(models: Models, calendar: Calendar) -> Models:
    """Return `models` with every wave of `calendar` weighted to the segments of the wave that is judged.

    Groups are the combinations of segments in the mix; those that one of the waves lacks keep their weight.
    """
    cells, linked = models.linked.cells, models.linked
    group = np.unique(np.nan_to_num(models.mix.values), axis=0, return_inverse=True)[1].reshape(-1)
    width = int(group.max(initial=0)) + 1
    shares = []
    for t in range(len(calendar.names)):
        rows = linked.of(t, models.used)
        held = np.bincount(group[rows], weights=cells.sum_w[rows], minlength=width)
        shares.append(held / max(held.sum(), 1e-300))
    share = np.stack(shares)
    both = (share > 0) & (share[-1] > 0)
    ratio = np.divide(share[-1], share, out=np.ones_like(share), where=both)[linked.wave, group]
    replication = cells.replication.take(np.arange(len(cells)), ratio) if cells.replication else None
    weighed = replace(
        cells, sum_w=cells.sum_w * ratio, sum_w2=cells.sum_w2 * ratio**2, replication=replication,
        higher=None if cells.higher is None else cells.higher * np.column_stack([ratio**3, ratio**4]),
    )
    return replace(models, linked=replace(linked, cells=weighed))


def _reason(models: Models, wave: str, n: float, bases: Bases) -> str:
    """Return why a wave gets no slopes, "" if it does."""
    absent = [name for name in models.drivers if wave in models.missing.get(name, ())]
    if not n:
        return "outcome not asked"
    if n < bases.model:
        return f"base under {bases.model}"
    if absent:
        return f"without {quoted(absent)}, other slopes would mean something else"
    return ""


def wave_moments(models: Models, place: int) -> WaveMoments:
    """Return moments of (drivers, mix columns, outcome) among those who answered the outcome, in the wave at `place`.

    `models` holds the cells; the mean of the outcome is then the one of all who answered it, exactly.
    """
    rows = models.linked.of(place, models.used & ~np.isnan(models.linked.cells.values[:, -1]))
    cells, p = models.linked.cells, len(models.drivers)
    values = np.column_stack([cells.values[rows, :p], models.mix.values[rows], cells.values[rows, -1]])
    moments, influence = moments_influence(values, cells.sum_w[rows])
    return WaveMoments(moments=moments, parts=models.linked.contributions(rows, influence))
