"""One run of nutpie: started in the background, its pace told on standard error, stopped by Ctrl-C without loss."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import FEWEST_DRAWS_KEPT

FloatArray = NDArray[np.float64]

SLOW: Final = 2.0
"""Seconds after which the pace is told."""

AGAIN: Final = 10.0
"""Seconds after which it is told again."""

STATS: Final = ("diverging", "energy", "maxdepth_reached", "depth", "n_steps", "step_size_bar", "logp")
"""What is kept of every draw beside the parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How chains are run: ``draws`` and ``tune`` per chain, ``accept`` the acceptance steps are adapted to."""

    chains: int = 4
    draws: int = 1000
    tune: int = 600
    accept: float = 0.8
    depth: int = 10

    def words(self) -> str:
        """Return them in half a sentence."""
        return (
            f"{self.chains} chains of {self.draws:,} draws after {self.tune:,} of tuning, target acceptance "
            f"{self.accept:g}"
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """``draws`` and ``stats`` by name, arrays that start with (C, D); ``stopped`` whether it was interrupted."""

    draws: Mapping[str, FloatArray]
    stats: Mapping[str, FloatArray]
    stopped: bool


def run_nutpie(compiled: Any, settings: Settings, seed: int) -> Run:
    """Run chains to their end, or until Ctrl-C.

    Parameters
    ----------
    compiled : nutpie.CompiledModel
        A density or a PyMC model, compiled.
    settings : Settings
        Lengths and acceptance.
    seed : int
        Seed of all chains: each has a stream of its own, so results do not depend on the number of cores.

    Returns
    -------
    Run
        After Ctrl-C the draws that chains have made, where they are `FEWEST_DRAWS_KEPT` or more together.

    Raises
    ------
    KeyboardInterrupt
        If it is interrupted before there are so many.
    """
    import nutpie

    seen: dict[str, Any] = {}
    sampler = nutpie.sample(
        compiled, draws=settings.draws, tune=settings.tune, chains=settings.chains,
        cores=min(settings.chains, os.cpu_count() or 1), seed=seed,
        target_accept=settings.accept, maxdepth=settings.depth, progress_bar=False, save_warmup=False, blocking=False,
        progress_callback=lambda chains: seen.__setitem__("chains", chains), progress_rate=200,
    )
    stopped = False
    try:
        _watch(sampler, seen, settings)
        tree = sampler.wait()
    except KeyboardInterrupt:
        tree, stopped = sampler.abort(), True
    run = _cut(tree, stopped)
    if stopped and len(run.stats["energy"]) * run.stats["energy"].shape[1] < FEWEST_DRAWS_KEPT:
        raise KeyboardInterrupt
    return run


def _watch(sampler: Any, seen: Mapping[str, Any], settings: Settings) -> None:
    """Wait until `sampler` is done, and tell how far it is."""
    start, told = time.monotonic(), 0.0
    while not _finished(sampler):
        time.sleep(0.02)
        spent = time.monotonic() - start
        if spent < SLOW or (told and spent - told < AGAIN) or not seen:
            continue
        told = spent
        made = sum(chain.finished_draws for chain in seen["chains"])
        whole = settings.chains * (settings.draws + settings.tune)
        lost = sum(chain.divergences for chain in seen["chains"])
        ahead = spent / max(made, 1) * max(whole - made, 0)
        print(
            f"{spent:5.1f} s  Markov chains: {made:,} of {whole:,} steps, {lost:,} diverged, about {max(ahead, 1):.0f} "
            "s to go; Ctrl-C keeps the draws already made if they can be trusted ...", file=sys.stderr, flush=True,
        )


def _finished(sampler: Any) -> bool:
    """Whether `sampler` is done; one too busy to answer is not."""
    try:
        return bool(sampler.is_finished)
    except TimeoutError:
        return False


def _cut(tree: Any, stopped: bool) -> Run:
    """Take from `tree` as many draws of every chain as the shortest has; chains hardly begun are left out."""
    stats = tree["sample_stats"].dataset
    if not stats.sizes.get("draw", 0):
        return Run(draws={}, stats={"energy": np.zeros((1, 0))}, stopped=stopped)
    lengths = (~np.isnan(stats["energy"].to_numpy())).sum(axis=1)
    begun = lengths >= max(lengths.max() / 2, 1)
    made = int(lengths[begun].min()) if begun.any() else 0
    kept = {name: stats[name].to_numpy()[begun, :made] for name in STATS if name in stats}
    posterior = tree["posterior"].dataset
    draws = {str(name): posterior[name].to_numpy()[begun, :made] for name in posterior.data_vars}
    return Run(draws=draws, stats=kept, stopped=stopped)
