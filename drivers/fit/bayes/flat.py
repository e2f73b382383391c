"""Draws of a flat model's posterior, by either way: Laplace with importance weights, or Markov chains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from drivers.fit.bayes.density import Density, whitened
from drivers.fit.bayes.laplace import find_mode, laplace_draws
from drivers.fit.bayes.target import GaussianTarget, OrderedTarget, Target
from drivers.fit.result import Draws
from drivers.stats.prior_density import prior_derivatives
from drivers.stats.segment_density import SegmentPatterns, cumulative_segments

FloatArray = NDArray[np.float64]
FlatMethod = Literal["laplace", "nuts"]

FEWEST_CHAIN_DRAWS = 1600
"""Markov draws at least, whatever is asked for: fewer could not pass their diagnostics. The surplus is thinned out."""


FEWEST_OF_FORMS = 4000
"""The same where groups differ in spread or steps are unequal: parts near 0 mix slowest."""


class ChainTarget(Target, Protocol):
    """A target that says itself how Markov chains draw from it."""

    def chain_density(self, mode: FloatArray, names: Sequence[str]) -> Density:
        """Return the density for chains that start around `mode` (t,); `names` (p,) are of the drivers."""
        ...

    def from_chains(self, draws: Mapping[str, FloatArray]) -> FloatArray:
        """Return the coordinates (C, D, t) of `draws` by name."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FlatDraws:
    """``phi`` (s, t) equally weighted draws of ``chains``, one after the other.

    ``mode`` (t,) and ``information`` (t, t), minus the Hessian there, say where to turn them; ``diagnostics``,
    ``notes`` and ``sampler`` (C, D) how they were made.
    """

    phi: FloatArray
    chains: int
    mode: FloatArray
    information: FloatArray
    diagnostics: Mapping[str, object]
    notes: tuple[str, ...] = ()
    sampler: Mapping[str, FloatArray] = field(default_factory=dict)

    def arrange(self, draws: Draws) -> Draws:
        """Return `draws`, one chain of them all, as the chains they come from."""

        def split(values: FloatArray) -> FloatArray:
            return values.reshape(self.chains, values.shape[1] // self.chains, *values.shape[2:])

        return Draws(
            slopes=split(draws.slopes), intercept=split(draws.intercept), cuts=split(draws.cuts),
            error_sd=split(draws.error_sd), x_mean=split(draws.x_mean), x_cov=split(draws.x_cov),
        )


def draw_flat(
    target: OrderedTarget | GaussianTarget | ChainTarget, draws: int, seed: int, method: FlatMethod,
    names: Sequence[str],
) -> FlatDraws:
    """Draw from the posterior of a flat model.

    Parameters
    ----------
    target : OrderedTarget, GaussianTarget or ChainTarget
        The posterior.
    draws : int
        Draws wanted.
    seed : int
        Seed.
    method : {"laplace", "nuts"}
        The way to them.
    names : sequence of str
        Of the drivers (p,), for messages about chains.

    Returns
    -------
    FlatDraws
        Checked: Pareto k, or the gate of Markov chains.

    Raises
    ------
    FitError
        If the draws must not be trusted.
    """
    if method == "laplace":
        found = laplace_draws(target, draws, np.random.default_rng([seed, 12]))
        return FlatDraws(
            phi=found.phi, chains=1, mode=found.mode, information=found.information,
            diagnostics={
                "method": "laplace", "pareto_k": found.pareto_k, "ess": found.ess, "proposals": found.proposals,
                "retried": found.retried, "density_error": found.error,
            },
        )
    from drivers.fit.bayes.chains import sample_chains

    mode, information = find_mode(target)
    if isinstance(target, (OrderedTarget, GaussianTarget)):
        density, fewest, accept = flat_density(target, mode, names), FEWEST_CHAIN_DRAWS, 0.8
    else:
        density, fewest, accept = target.chain_density(mode, names), FEWEST_OF_FORMS, 0.9
    chains = sample_chains(
        whitened(density, np.linalg.cholesky(np.linalg.inv(information))), draws=max(draws, fewest), seed=seed,
        accept=accept,
    )
    if isinstance(target, (OrderedTarget, GaussianTarget)):
        phi = _inverse(target, chains.draws)
    else:
        phi = target.from_chains(chains.draws)
    per_chain = min(-(-draws // len(phi)), phi.shape[1])
    kept = np.linspace(0, phi.shape[1] - 1, per_chain).round().astype(int)
    phi = phi[:, kept]
    return FlatDraws(
        phi=phi.reshape(-1, phi.shape[-1]), chains=len(phi), mode=mode, information=information,
        diagnostics=chains.diagnostics(), notes=(chains.note(),),
        sampler={name: values[:, kept] for name, values in chains.stats.items()},
    )


def flat_density(target: OrderedTarget | GaussianTarget, start: FloatArray, names: Sequence[str]) -> Density:
    """Return a flat posterior for Markov chains that start around `start` (t,).

    Parameters
    ----------
    target : OrderedTarget or GaussianTarget
        The posterior.
    start : ndarray, shape (t,)
        Its mode.
    names : sequence of str
        Of the drivers (p,).

    Returns
    -------
    Density
        Of ``slopes`` and ``cuts``, or ``slopes``, ``intercept`` and ``error_sd``, in the units the target has.
    """
    if isinstance(target, GaussianTarget):
        p = len(start) - 2

        def gaussian(phi: FloatArray) -> tuple[float, FloatArray]:
            return target.slope(phi)

        return Density(
            value=gaussian, start=start, reach=np.ones(len(start)),
            expand=lambda phi: {
                "slopes": phi[..., :p], "intercept": phi[..., p], "error_sd": np.exp(phi[..., p + 1])
            },
            dims={"slopes": ("driver",)}, coords={"driver": tuple(names)},
        )
    p, q = target.slopes, len(start) - target.slopes
    patterns = SegmentPatterns(
        x=target.patterns.x, segment=np.zeros(len(target.patterns.x), dtype=np.intp), count=target.patterns.count
    )
    level, steps = np.zeros(1), np.delete(np.arange(p, p + q), target.anchor)

    def ordered(phi: FloatArray) -> tuple[float, FloatArray]:
        theta = target.theta(phi)
        value, slope = cumulative_segments(patterns, theta[None, :p], level, theta[p:], target.link)
        gradient = np.concatenate([slope.slopes[0], slope.cuts]) + prior_derivatives(target.prior, theta)[0]
        out = gradient @ target.jacobian(phi)
        out[steps] += 1.0
        return value + target.beside(phi, theta), out

    def expand(phi: FloatArray) -> dict[str, FloatArray]:
        theta = target.theta(phi)
        return {"slopes": theta[..., :p], "cuts": theta[..., p:]}

    return Density(
        value=ordered, expand=expand, start=start, reach=np.ones(len(start)),
        dims={"slopes": ("driver",), "cuts": ("cut",)},
        coords={"driver": tuple(names), "cut": tuple(f"{k + 1}|{k + 2}" for k in range(q))},
    )


def _inverse(target: OrderedTarget | GaussianTarget, draws: Mapping[str, FloatArray]) -> FloatArray:
    """Return the coordinates (C, D, t) of draws by name."""
    if isinstance(target, GaussianTarget):
        beside = [draws["intercept"][..., None], np.log(draws["error_sd"])[..., None]]
        return np.concatenate([draws["slopes"], *beside], axis=-1)
    return target.phi(np.concatenate([draws["slopes"], draws["cuts"]], axis=-1))
