"""The one way Markov chains are run here: sampled, diagnosed, tried once more with better settings, or refused."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError, SamplingError, quoted
from drivers.fit.bayes.density import Density
from drivers.fit.bayes.gate import ChainCheck, check_chains
from drivers.fit.bayes.nutpie_run import Run, Settings, run_nutpie

if TYPE_CHECKING:
    import xarray as xr

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chains:
    """Draws that passed the gate.

    ``draws`` holds an array (C, D, ...) by name, ``dims`` and ``coords`` say what its further dimensions are; ``stats``
    (C, D) of the sampler; ``check`` the diagnostics; ``settings`` those of the attempt that passed, ``retried`` whether
    it was the second, ``stopped`` whether Ctrl-C ended it; ``words`` how the density was parameterised.
    """

    draws: Mapping[str, FloatArray]
    dims: Mapping[str, tuple[str, ...]]
    coords: Mapping[str, tuple[object, ...]]
    stats: Mapping[str, FloatArray]
    check: ChainCheck
    settings: Settings
    retried: bool
    stopped: bool
    words: str = ""

    def diagnostics(self) -> dict[str, object]:
        """Return the worst of each diagnostic, and the settings, as plain values."""
        return {
            "method": "nuts", **self.check.to_dict(), "chains": self.check.chains, "draws_per_chain": self.check.draws,
            "tune": self.settings.tune, "target_accept": self.settings.accept, "retried": self.retried,
            "stopped": self.stopped, **({"parameterisation": self.words} if self.words else {}),
        }

    def note(self) -> str:
        """Return one sentence about how the draws were made."""
        found = self.check.to_dict()
        made = replace(self.settings, draws=self.check.draws)
        how = f" ({self.words})" if self.words else ""
        tried = " at the second attempt" if self.retried else ""
        cut = " Interrupted: the draws made until then are used." if self.stopped else ""
        return (
            f"Posterior: Markov chains (NUTS){how}, {made.words()}{tried}; largest R-hat {found['rhat']:.3f}, fewest "
            f"effective draws {found['ess']:,.0f} ({self.check.suspect}), divergences {self.check.divergences}.{cut}"
        )

    def to_datatree(self) -> xr.DataTree:
        """Return the draws and the sampler's statistics as an ArviZ tree: `posterior` and `sample_stats`."""
        import xarray as xr

        stats = {name: (("chain", "draw"), values) for name, values in self.stats.items()}
        coords: dict[str, Any] = {"chain": np.arange(self.check.chains), "draw": np.arange(self.check.draws)}
        named = {name: (("chain", "draw", *self.dims.get(name, ())), values) for name, values in self.draws.items()}
        used = {dim for dims in self.dims.values() for dim in dims}
        further = {name: list(places) for name, places in self.coords.items() if name in used}
        posterior = xr.Dataset(named, coords={**coords, **further})
        return xr.DataTree.from_dict({"posterior": posterior, "sample_stats": xr.Dataset(stats, coords=coords)})


def sample_chains(
    density: Density, *, draws: int, seed: int, chains: int = 4, tune: int = 600, accept: float = 0.8,
    cure: str = "",
) -> Chains:
    """Draw from a density by NUTS.

    Parameters
    ----------
    density : Density
        The log density with gradient.
    draws : int
        Draws wanted of all chains together.
    seed : int
        Seed; the same seed gives the same draws whatever the number of cores.
    chains : int
        Number of chains.
    tune : int
        Steps of every chain that adapt the sampler and are thrown away.
    accept : float
        Acceptance the step size is adapted to.
    cure : str
        What to do about a refusal, as a sentence; a general one otherwise.

    Returns
    -------
    Chains
        Of the first attempt or, with twice the tuning and a higher acceptance, of the second.

    Raises
    ------
    SamplingError
        If the second attempt fails too, or was interrupted with draws that cannot be trusted.

    References
    ----------
    .. [1] Hoffman & Gelman (2014). The No-U-Turn sampler. Journal of Machine Learning Research 15, 1593-1623.
    """
    settings = Settings(chains=chains, draws=-(-draws // chains), tune=tune, accept=accept)

    def attempt(how: Settings, at: int) -> Chains:
        run = run_nutpie(_compiled(density), how, at)
        expanded = density.expand(run.draws["phi"])
        coords = {name: tuple(places) for name, places in density.coords.items()}
        return _checked(expanded, dict(density.dims), coords, run, how, density.words)

    return _twice(attempt, settings, seed, cure)


def sample_model(
    model: Any, *, draws: int, seed: int, chains: int = 4, tune: int = 600, accept: float = 0.8
) -> Chains:
    """Draw from a PyMC model by NUTS, through the same gate as the built-in models.

    Parameters
    ----------
    model : pymc.Model
        A model of continuous parameters; yours, or one of `drivers.fit.bayes.models` that you extended.
    draws : int
        Draws wanted of all chains together.
    seed : int
        Seed.
    chains : int
        Number of chains.
    tune : int
        Steps of every chain that adapt the sampler and are thrown away.
    accept : float
        Acceptance the step size is adapted to.

    Returns
    -------
    Chains
        With the model's own names, dims and coordinates. Compiling takes from ten seconds to a minute.

    Raises
    ------
    InputError
        If a parameter is discrete.
    SamplingError
        If the draws must not be trusted after a second attempt.
    """
    import nutpie

    discrete = [variable.name for variable in model.free_RVs if "float" not in str(variable.dtype)]
    if discrete:
        raise InputError(f"{quoted(discrete)} take whole numbers, which NUTS cannot sample. Sum them out of the model.")
    compiled = nutpie.compile_pymc_model(model)
    settings = Settings(chains=chains, draws=-(-draws // chains), tune=tune, accept=accept)

    def attempt(how: Settings, at: int) -> Chains:
        run = run_nutpie(compiled, how, at)
        dims = {name: tuple(map(str, model.named_vars_to_dims.get(name) or ())) for name in run.draws}
        places = {
            dim: tuple(range(size)) if model.coords.get(dim) is None else tuple(model.coords[dim])
            for name, named in dims.items() for dim, size in zip(named, run.draws[name].shape[2:], strict=False)
        }
        return _checked(run.draws, dims, places, run, how, "")

    return _twice(attempt, settings, seed, "")


def _twice(attempt: Callable[[Settings, int], Chains], settings: Settings, seed: int, cure: str) -> Chains:
    found = attempt(settings, seed % 2**32)
    if found.check.passed:
        return found
    if found.stopped:
        raise SamplingError(
            f"Interrupted after {found.check.draws:,} draws of each chain, and those cannot be trusted yet: "
            f"{'; '.join(found.check.faults)}. Let it run longer."
        )
    better = replace(settings, tune=2 * settings.tune, accept=1 - (1 - settings.accept) / 4)
    again = replace(attempt(better, (seed + 1) % 2**32), retried=True)
    if again.check.passed:
        return again
    raise SamplingError(
        f"Markov chains must not be trusted. First attempt ({settings.words()}): {'; '.join(found.check.faults)}. "
        f"Second attempt ({better.words()}): {'; '.join(again.check.faults)}. "
        + (cure or f"Look at {again.check.suspect}: use narrower priors, fewer drivers or a larger group of "
           "respondents, merge rare outcome categories, or ask for more draws.")
    )


def _compiled(density: Density) -> Any:
    from nutpie.compiled_pyfunc import from_pyfunc

    def make_value() -> Callable[[FloatArray], tuple[float, FloatArray]]:
        return guarded

    def guarded(phi: FloatArray) -> tuple[float, FloatArray]:
        """Return no density where there is none: the sampler must see a divergence, not an exception."""
        try:
            with np.errstate(all="ignore"):
                value, slope = density.value(phi)
        except (ArithmeticError, ValueError):
            return -math.inf, np.zeros(len(phi))
        if not (math.isfinite(value) and np.isfinite(slope).all()):
            return -math.inf, np.zeros(len(phi))
        return value, slope

    def make_expand(seed1: int, seed2: int, chain: int) -> Callable[[FloatArray], dict[str, FloatArray]]:
        return lambda phi: {"phi": np.array(phi)}

    return from_pyfunc(
        ndim=density.size, make_logp_fn=make_value, make_expand_fn=make_expand,
        expanded_dtypes=[np.dtype(np.float64)], expanded_shapes=[(density.size,)], expanded_names=["phi"],
        make_initial_point_fn=density.starting_point,
    )


def _checked(
    draws: Mapping[str, FloatArray], dims: Mapping[str, tuple[str, ...]], coords: Mapping[str, Sequence[object]],
    run: Run, settings: Settings, words: str,
) -> Chains:
    places = {
        name: tuple(tuple(coords[dim]) for dim in dims.get(name, ())) for name in draws
        if dims.get(name) and all(dim in coords for dim in dims[name])
    }
    return Chains(
        draws=draws, dims=dims, coords={name: tuple(at) for name, at in coords.items()}, stats=run.stats,
        check=check_chains(draws, run.stats, places), settings=settings, retried=False, stopped=run.stopped,
        words=words,
    )
