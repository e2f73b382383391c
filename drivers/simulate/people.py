"""Who is in the population and whom the sample reaches: one row per wave x channel x region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError
from drivers.simulate.spec import StoreVisits

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class People:
    """Groups g = wave x channel x region, G of them.

    ``wave``, ``channel``, ``region`` (G,) positions; ``mass`` (G,) population share, waves alike, summing to 1;
    ``reach`` (G,) share of the sample; ``weight`` (G,) ``mass / reach``, so its mean over the sample is 1;
    ``shift`` (G, p) latent opinion of each driver; ``applies`` (G, p) P(the driver's question applies).
    """

    wave: IntArray
    channel: IntArray
    region: IntArray
    mass: FloatArray
    reach: FloatArray
    weight: FloatArray
    shift: FloatArray
    applies: FloatArray


def people(spec: StoreVisits) -> People:
    """Lay out the groups of a survey.

    Parameters
    ----------
    spec : StoreVisits
        The survey to lay out.

    Returns
    -------
    People
        Population shares, sampling shares, weights and latent shifts per group.

    Raises
    ------
    InputError
        If no sampling rates give weights as uneven as ``weight_cv``.
    """
    sizes = (spec.waves, len(spec.channels), len(spec.regions))
    wave, channel, region = (axis.ravel() for axis in np.indices(sizes))
    late = wave / max(spec.waves - 1, 1)
    if spec.mix_first is not None:
        late = (wave >= (spec.mix_first if spec.mix_first >= 0 else max(0, spec.waves + spec.mix_first))).astype(float)
    start, end = np.array(spec.channel_mix), np.array(spec.channel_mix_end)
    mass = ((1 - late) * start[channel] + late * end[channel]) * np.array(spec.region_mix)[region] / spec.waves
    pull = np.array(spec.channel_reach)[channel] + np.array(spec.region_reach)[region]
    reach = _reach(mass, pull, wave, spec.weight_cv)
    weight = np.divide(mass, reach, out=np.ones_like(mass), where=reach > 0)
    shift = np.stack([
        np.array(d.channel_shift)[channel] + np.array(d.region_shift)[region] for d in spec.drivers
    ], axis=1)
    names = [d.name for d in spec.drivers]
    for drift in spec.drift:
        if drift.moves == "slope":
            continue
        here = np.ones(len(wave)) if drift.channel is None else channel == spec.channels.index(drift.channel)
        shift[:, names.index(drift.driver)] += here * np.array([drift.at(int(w), spec.waves) for w in wave])
    applies = np.stack([np.array(d.applies)[channel] for d in spec.drivers], axis=1)
    return People(wave=wave, channel=channel, region=region, mass=mass, reach=reach, weight=weight, shift=shift,
                  applies=applies)


def _reach(mass: FloatArray, pull: FloatArray, wave: IntArray, cv: float) -> FloatArray:
    """Return sampling shares ``mass * exp(k * pull)``, waves kept alike, with k such that the weights have this CV."""
    low, high = 0.0, 8.0
    if cv < 0 or _cv(mass, _tilted(mass, pull, wave, high)) < cv:
        raise InputError(f"`weight_cv={cv}` cannot be reached by sampling along `channel_reach` and `region_reach`; "
                         "ask for a number from 0 to about 1, or spread the reaches.")
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _cv(mass, _tilted(mass, pull, wave, middle)) < cv else (low, middle)
    return _tilted(mass, pull, wave, low)


def _tilted(mass: FloatArray, pull: FloatArray, wave: IntArray, k: float) -> FloatArray:
    """Return sampling shares that rise with `pull`, by `k`, every wave keeping its total."""
    share = mass * np.exp(k * (pull - pull.max()))
    return share / np.bincount(wave, weights=share)[wave] * np.bincount(wave, weights=mass)[wave]


def _cv(mass: FloatArray, reach: FloatArray) -> float:
    """Return the coefficient of variation of the weights that undo these sampling shares."""
    squares = np.divide(mass**2, reach, out=np.zeros_like(mass), where=reach > 0)
    return float(np.sqrt(max(squares.sum() - 1.0, 0.0)))
