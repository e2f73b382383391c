"""True slopes, shares of differences, ranks and R2, on the latent scale and on the scale people answer on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from drivers.simulate.patterns import Patterns, by_slopes, given_eta, latent_mean
from drivers.simulate.people import FloatArray, People
from drivers.simulate.population import Row, parts
from drivers.simulate.spec import CENTRE, StoreVisits
from drivers.simulate.split import lmg_by_definition, r2_of


def model_rows(spec: StoreVisits, groups: People, found: Patterns) -> Iterator[Row]:
    """Yield slopes, LMG shares, ranks and R2 among those to whom every driver applies.

    Parameters
    ----------
    spec : StoreVisits
        The survey.
    groups : People
        Its groups.
    found : Patterns
        Chances of the rating patterns.

    Yields
    ------
    tuple
        quantity, outcome, item, group, value. ``latent_*`` are in units of the probit's residual; ``linear_*`` are
        the least-squares line of the answered outcome on the ratings in the whole population.
    """
    everyone = groups.applies.prod(axis=1)
    yield "applies", "", "all drivers", "all", float(groups.mass @ everyone)
    noises = {"satisfaction": spec.noise, "recommend": float(np.hypot(spec.noise, spec.recommend_noise))}
    cuts = {"satisfaction": spec.cuts, "recommend": spec.recommend_cuts}
    for outcome in spec.outcomes:
        ordinal = outcome == "recommend" or spec.link == "probit"
        if ordinal:
            yield from _probit_rows(spec, outcome, cuts[outcome], noises[outcome])
        for part, mass in parts(spec, groups):
            among = mass * everyone
            if among.sum() <= 0:
                continue
            latent, answered = [], []
            for slopes, inside in by_slopes(spec, groups.wave):
                chance = among[inside] @ found.chance[inside] / among.sum()
                eta = latent_mean(spec, found.codes, slopes)
                if ordinal:
                    latent.append((chance, eta, float(noises[outcome] ** 2 * chance.sum())))
                    mean, spread = _answered(given_eta(eta, cuts[outcome], noises[outcome]), outcome)
                else:
                    mean, spread = CENTRE + eta, np.full(len(eta), spec.noise**2)
                answered.append((chance, mean, float(chance @ spread)))
            if ordinal:
                yield from _share_rows("latent", spec, outcome, part, _moments(found, latent)[1])
            centre, linear = _moments(found, answered)
            yield from _linear_rows(spec, outcome, part, centre, linear)
            yield from _share_rows("linear", spec, outcome, part, linear)


def _probit_rows(spec: StoreVisits, outcome: str, cuts: tuple[float, ...], noise: float) -> Iterator[Row]:
    """Yield slopes and thresholds of P(answer <= k) = Phi(threshold_k - ratings @ slopes), the same in every group.

    Where slopes move, in every group of a quarter: there are none of all quarters together.
    """
    first = 0 if outcome == "recommend" else 1
    waves = {f"quarter={name}": spec.slopes(t) for t, name in enumerate(spec.quarters)}
    for part, slopes in waves.items() if len(set(waves.values())) > 1 else [("all", spec.slopes(0))]:
        for driver, slope in zip(spec.drivers, slopes, strict=True):
            yield "latent_slope", outcome, driver.name, part, slope / noise
        offset = CENTRE * sum(slopes)
        for k, cut in enumerate(cuts, start=first):
            yield "threshold", outcome, f"{k}|{k + 1}", part, (cut + offset) / noise


def _answered(chance: FloatArray, outcome: str) -> tuple[FloatArray, FloatArray]:
    """Return mean and variance (M,) of the answered outcome given each rating pattern."""
    first = 0 if outcome == "recommend" else 1
    points = np.arange(first, first + chance.shape[1], dtype=np.float64)
    mean = chance @ points
    return mean, chance @ points**2 - mean**2


def _moments(
    found: Patterns, pieces: list[tuple[FloatArray, FloatArray, float]]
) -> tuple[FloatArray, FloatArray]:
    """Return means (p + 1,) and covariances (p + 1, p + 1) of ratings and outcome.

    `pieces` of the population have one line each: chances (M,) of the patterns `found`, together 1; the outcome's mean
    (M,) given them; and its variance given them, times the piece's part.
    """
    chance = np.concatenate([chance for chance, *_ in pieces])
    columns = np.concatenate([np.column_stack([found.codes, mean]) for _, mean, _ in pieces])
    mean = chance @ columns
    away = columns - mean
    cov = (away * chance[:, None]).T @ away
    cov[-1, -1] += sum(within for *_, within in pieces)
    return mean, cov


def _linear_rows(
    spec: StoreVisits, outcome: str, part: str, mean: FloatArray, cov: FloatArray
) -> Iterator[Row]:
    """Yield the least-squares line of the outcome on the ratings in a part of the population."""
    slopes = np.linalg.solve(cov[:-1, :-1], cov[:-1, -1])
    yield "linear_intercept", outcome, "", part, float(mean[-1] - mean[:-1] @ slopes)
    for driver, slope in zip(spec.drivers, slopes, strict=True):
        yield "linear_slope", outcome, driver.name, part, float(slope)


def _share_rows(scale: str, spec: StoreVisits, outcome: str, part: str, cov: FloatArray) -> Iterator[Row]:
    """Yield R2, and every driver's LMG share and rank, from covariances of ratings and outcome."""
    shares = lmg_by_definition(cov)
    places = np.argsort(np.argsort(-shares)) + 1
    yield f"{scale}_r2", outcome, "", part, r2_of(cov, tuple(range(len(shares))))
    for driver, share, place in zip(spec.drivers, shares, places, strict=True):
        yield f"{scale}_share", outcome, driver.name, part, float(share)
        yield f"{scale}_rank", outcome, driver.name, part, float(place)
