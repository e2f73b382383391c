"""What every estimator of the regression engine hands back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from drivers.fit.result import Draws, MissingInformation
from drivers.fit.segment_draws import SegmentDraws
from drivers.fit.spread_draws import SpreadDraws
from drivers.fit.step_draws import StepDraws
from drivers.fit.wave_draws import WaveDraws

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimated:
    """What an estimator hands back: ``estimate`` (t,), covariances (t, t), ``df``, point and bootstrap draws.

    ``failed`` counts bootstrap draws that could not be fitted and are not among ``draws``; ``missing`` says what
    missing answers cost, ``diagnostics`` how their imputation went; ``segments`` and ``waves`` hold what differs
    between segments and waves, ``spreads`` latent level and spread of groups, ``steps`` parts of drivers' steps,
    ``sampler`` (C, D) statistics of Markov chains.
    """

    estimate: FloatArray
    model_cov: FloatArray
    robust_cov: FloatArray
    df: float
    point: Draws
    draws: Draws
    loglik: float | None
    loglik_null: float | None
    failed: int
    resampled: str
    notes: tuple[str, ...] = ()
    missing: MissingInformation | None = None
    diagnostics: Mapping[str, object] = field(default_factory=dict)
    segments: SegmentDraws | None = None
    sampler: Mapping[str, FloatArray] = field(default_factory=dict)
    waves: WaveDraws | None = None
    spreads: SpreadDraws | None = None
    steps: StepDraws | None = None
