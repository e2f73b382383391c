"""Two ordered answers of the same people at once: slopes and thresholds of both, and how their errors correlate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import PARETO_K
from drivers.errors import FitError, InputError
from drivers.fit.bayes.joint_target import JointTarget, joint_target
from drivers.fit.bayes.laplace import LaplaceDraws, find_mode, laplace_draws
from drivers.fit.bayes.priors import Prior, SlopePriors
from drivers.fit.bayes.pseudo import ROTATION_NOTE, is_designed, rotation, with_prior
from drivers.fit.regression.sample import Sample, design_covariance
from drivers.stats.cumulative import IntArray
from drivers.stats.joint_cumulative import joint_cells, joint_loglik_draws, joint_scores
from drivers.stats.moments import weighted_moments
from drivers.stats.prior_density import PriorArrays, prior_derivatives

FloatArray = NDArray[np.float64]

LKJ = 2.0
"""Concentration of the prior of the errors' correlation: density proportional to 1 - r^2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JointPriors:
    """Priors of a joint model: ``each`` answer's slopes and thresholds, and the ``level`` of either.

    ``level`` is the prior of each answer's latent level where both have the same thresholds: their gap then has
    root 2 times its scale. ``concentration`` is that of the LKJ prior of the errors' correlation.
    """

    each: SlopePriors = field(default_factory=SlopePriors)
    level: Prior = field(default_factory=Prior)
    concentration: float = LKJ

    def words(self, *, common: bool) -> str:
        """Return the prior in one sentence; `common` says whether both answers have the same thresholds."""
        per = "standard deviation" if self.each.units == "standard" else "point"
        level = f"level of each answer {self.level.words()}, " if common else ""
        return (
            f"Prior: slopes {self.each.slopes.words()} per {per} of the driver, {level}thresholds in order, "
            f"{self.each.cuts.words()}, correlation of the errors LKJ({self.concentration:g}); in latent standard "
            "deviations."
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class JointDraws:
    """Draws of two ordered answers; every array starts with (chain, draw).

    ``slopes`` (C, D, 2, p) latent units per driver point; ``levels`` (C, D, 2) latent means of people with average
    answers to all drivers: plus and minus half the ``gap`` (C, D) where thresholds are common, 0 otherwise (``gap`` is
    then None); ``cuts`` of each answer (C, D, q) for those levels; ``correlation`` (C, D) of the errors, which have
    unit variance; ``centre`` (p,) the average answers. ``loglik`` (C, D) of all answers.
    """

    slopes: FloatArray
    levels: FloatArray
    gap: FloatArray | None
    cuts: tuple[FloatArray, FloatArray]
    correlation: FloatArray
    centre: FloatArray
    loglik: FloatArray
    diagnostics: Mapping[str, object]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        """Give the size in place of the arrays."""
        chains, draws, _, drivers = self.slopes.shape
        return f"<JointDraws: {chains} chain(s) x {draws:,} draws x 2 answers x {drivers} drivers>"

    @property
    def below(self) -> FloatArray:
        """Chance (C, D) that the first latent answer of a person with average drivers is below the second.

        Phi(-gap / sqrt(2 - 2 r)).
        """
        from scipy.special import ndtr

        gap = self.levels[..., 0] - self.levels[..., 1]
        return np.asarray(ndtr(-gap / np.sqrt(2 - 2 * self.correlation)))


def draw_joint(
    sample: Sample, categories: IntArray, q: tuple[int, int], *, common: bool, draws: int, seed: int,
    prior: JointPriors | None = None, method: str = "auto",
) -> JointDraws:
    """Draw a bivariate cumulative probit from its posterior.

    Parameters
    ----------
    sample : Sample
        Complete cells of (drivers..., first answer, second answer); there may be no drivers.
    categories : ndarray of int, shape (m, 2)
        Category of each answer in each cell, from 0; a proper prior places thresholds beside categories nobody used.
    q : tuple of int
        Number of thresholds of each answer.
    common : bool
        Whether both answers have the same thresholds, so that their levels can be compared: P* = m_P + x'b_P + u and
        E* = m_E + x'b_E + v, with the gap m_P - m_E.
    draws : int
        Draws wanted.
    seed : int
        Seed of the draws.
    prior : JointPriors, optional
        The default one otherwise.
    method : {"auto", "laplace", "nuts"}
        Laplace's approximation with importance weights, Markov chains, or these where that is refused.

    Returns
    -------
    JointDraws
        With weights or a design, turned to the design-based covariance; see `drivers.fit.bayes.pseudo`.

    Raises
    ------
    InputError
        If thresholds are to be common to different scales, or a weighted posterior needs a Markov chain.
    FitError
        If the draws must not be trusted.

    References
    ----------
    .. [1] Butler & Chatterjee (1997). Tests of the specification of univariate and bivariate ordered probit. Review of
       Economics and Statistics 79(2), 343-347. doi:10.1162/003465397556737
    """
    if common and q[0] != q[1]:
        raise InputError(
            f"Thresholds cannot be common to scales of {q[0] + 1} and {q[1] + 1} points. Ask both questions on the "
            "same scale, or use common=False."
        )
    prior = JointPriors() if prior is None else prior
    x, weight = sample.cells.values[:, :-2], sample.weight
    p = x.shape[1]
    centre, spread = np.zeros(p), np.ones(p)
    if p:
        moments = weighted_moments(x, weight)
        centre = moments.mean
        spread = np.sqrt(np.diag(moments.cov)) if prior.each.units == "standard" else spread
    cells = joint_cells((x - centre) / spread, categories, weight, q)
    target = joint_target(cells, joint_prior(prior, p, q, common=common), common=common,
                          concentration=prior.concentration)
    designed = is_designed(sample)
    phi, facts, notes = _posterior(target, draws, seed, method, designed)
    if designed:
        phi, notes = _turned(target, sample, phi), (ROTATION_NOTE, *notes)
    theta = target.theta(phi)
    loglik = joint_loglik_draws(cells, theta.reshape(-1, target.size) @ target.spread_out.T).reshape(theta.shape[:2])
    first, second = theta[..., target.sets[0]], theta[..., target.sets[-1]]
    gap = theta[..., 2 * p] if common else None
    half = np.zeros(theta.shape[:2]) if gap is None else gap / 2
    return JointDraws(
        slopes=theta[..., : 2 * p].reshape(*theta.shape[:2], 2, p) / spread, levels=np.stack([half, -half], axis=-1),
        gap=gap, cuts=(first, second), correlation=theta[..., -1], centre=centre, loglik=loglik,
        diagnostics={**facts, "rotated": designed}, notes=(*notes, prior.words(common=common)),
    )


def joint_prior(prior: JointPriors, p: int, q: tuple[int, int], *, common: bool) -> PriorArrays:
    """Return priors of slopes, gap and thresholds in the order of a joint model's parameters.

    Parameters
    ----------
    prior : JointPriors
        As stated by the user.
    p : int
        Slopes of each answer.
    q : tuple of int
        Thresholds of each answer.
    common : bool
        Whether both have the same thresholds.

    Returns
    -------
    PriorArrays
        All but the correlation.

    Raises
    ------
    InputError
        If a level has a prior that is not normal around 0, of which the gap's would not follow.
    """
    if common and (math.isfinite(prior.level.df) or prior.level.location or not prior.level.proper):
        raise InputError(f"The prior of levels is {prior.level.words()}; use a normal one around 0.")
    gap = [Prior(scale=prior.level.scale * math.sqrt(2))] if common else []
    each = [*[prior.each.slopes] * (2 * p), *gap, *[prior.each.cuts] * (q[0] if common else sum(q))]
    return PriorArrays(
        location=np.array([one.location for one in each]), scale=np.array([one.scale for one in each]),
        df=np.array([one.df for one in each]),
    )


def _posterior(
    target: JointTarget, draws: int, seed: int, method: str, designed: bool
) -> tuple[FloatArray, dict[str, object], tuple[str, ...]]:
    """Draw coordinates (C, D, t), by Laplace's method where it is accurate enough."""
    if method != "nuts":
        try:
            found = laplace_draws(target, draws, np.random.default_rng([seed, 16]))
        except FitError:
            if method == "laplace" or designed:
                raise
        else:
            return found.phi[None], _facts(found), (_note(found),)
    if designed:
        raise InputError(
            'A weighted posterior is turned to its design around its mode, which a Markov chain (method="nuts") does '
            'not go by. Use method="laplace".'
        )
    from drivers.fit.bayes.chains import sample_chains
    from drivers.fit.bayes.density import Density, whitened

    mode, information = find_mode(target)
    density = Density(
        value=target.value, expand=lambda phi: {"phi": phi}, start=mode, reach=np.ones(target.size),
    )
    root = np.linalg.cholesky(np.linalg.inv(information))
    chains = sample_chains(whitened(density, root), draws=draws, seed=seed)
    return chains.draws["phi"], chains.diagnostics(), (chains.note(),)


def _facts(found: LaplaceDraws) -> dict[str, object]:
    return {
        "method": "laplace", "pareto_k": found.pareto_k, "ess": found.ess, "proposals": found.proposals,
        "retried": found.retried, "density_error": found.error,
    }


def _note(found: LaplaceDraws) -> str:
    sampled = f" Densities from a sample of the cells, error {found.error:.3f} in the log." if found.error else ""
    return (
        f"Posterior: Laplace approximation with Pareto-smoothed importance resampling; Pareto k {found.pareto_k:.2f} "
        f"(limit {PARETO_K:g}), effective draws {found.ess:,.0f}.{sampled}"
    )


def _turned(target: JointTarget, sample: Sample, phi: FloatArray) -> FloatArray:
    """Turn draws `phi` (C, D, t) around the mode to the covariance under the design."""
    mode, information = find_mode(target)
    theta, jacobian = target.theta(mode), target.jacobian(mode)
    scores = np.zeros((len(sample.cells), target.size))
    there = sample.weight > 0
    scores[there] = joint_scores(target.cells, target.spread_out @ theta) @ target.spread_out @ jacobian
    inverse = np.linalg.inv(information)
    scale = sample.weight.sum() / sample.cells.sum_w.sum()
    design_cov, _ = design_covariance(sample, scores @ inverse * scale, 2 * target.slopes)
    _, second = prior_derivatives(target.prior, theta[:-1])
    size = np.append(np.maximum(-second, 0.0), 0.0)
    prior = (jacobian.T * size) @ jacobian
    prior[-1, -1] += 2 * target.concentration * (1 - theta[-1] ** 2)
    wanted = with_prior(design_cov, information, prior)
    return np.asarray(mode + (phi - mode) @ rotation(inverse, wanted).T)
