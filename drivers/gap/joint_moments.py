"""Drivers and several outcomes together: one set of draws, so that what is compared between outcomes is comparable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import Cells, collapse
from drivers.defaults import DRAWS, LEVEL, MAX_FAILED_DRAWS, POSTERIOR_DRAWS, SEED
from drivers.errors import FitError, InputError, quoted
from drivers.fit.guard import check_enough, check_group, check_spread
from drivers.fit.missing import choose
from drivers.fit.regression.linear import _complete_influence, _usable
from drivers.fit.regression.sample import (
    Sample,
    bootstrap_multipliers,
    bootstrap_units,
    design_covariance,
    design_notes,
)
from drivers.fit.result import FitSpec, Missing
from drivers.fit.small_sample import SmallSample, small_sample
from drivers.stats.moments import Moments, moment_draws, weighted_moments
from drivers.stats.regression_moments import regression, regression_jacobian
from drivers.survey.answers import Answers

if TYPE_CHECKING:
    from drivers.fit.bayes.priors import CovariancePrior, R2Prior

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An outcome by ``name``, the ``label`` to print, and the columns it is the ``mean_of`` (one, as a rule).

    ``shift`` and ``scale`` turn answers into what is modelled: (answer - shift) * scale.
    """

    name: str
    label: str
    mean_of: tuple[str, ...]
    shift: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JointMoments:
    """Means and covariances of p drivers and, behind them, k outcomes: ``point``, and ``means``/``covs`` by draw.

    ``influence`` (m, k * (p + 1)) tells how far a unit of weight moves slopes and intercept of each outcome;
    ``model_error`` is None where draws come from the bootstrap.
    """

    drivers: tuple[str, ...]
    targets: tuple[Target, ...]
    labels: Mapping[str, str]
    sample: Sample
    point: Moments
    means: FloatArray
    covs: FloatArray
    influence: FloatArray
    engine: str
    level: float
    seed: int
    read: int
    dropped: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def n(self) -> int:
        """Respondents used."""
        return round(float(self.sample.cells.n.sum()))

    @property
    def n_eff(self) -> float:
        """Kish's effective number of them."""
        return self.sample.cells.n_eff

    def label(self, name: str) -> str:
        """Return the words to print for the driver `name`."""
        return self.labels.get(name, name)

    def covariance(self, weights: Sequence[float], draws: bool) -> FloatArray:
        """Return covariances of the drivers and one sum of outcomes, last.

        Parameters
        ----------
        weights : sequence of float
            How often each outcome counts: (1, -1) is the first less the second.
        draws : bool
            By draw (S, p + 1, p + 1), or of the estimate (p + 1, p + 1).

        Returns
        -------
        ndarray
            Slopes are linear in the outcome, so these hold everything about the sum.
        """
        p = len(self.drivers)
        turn = np.zeros((p + 1, p + len(self.targets)))
        turn[:p, :p], turn[p, p:] = np.eye(p), weights
        cov = self.covs if draws else self.point.cov
        return np.asarray(turn @ cov @ turn.T)

    def slopes(self, draws: bool) -> FloatArray:
        """Return slopes of every outcome, of all `draws` (S, k, p) or of the estimate (k, p)."""
        p = len(self.drivers)
        cov = self.covs if draws else self.point.cov
        found = np.linalg.solve(cov[..., :p, :p], cov[..., :p, p:])
        return np.swapaxes(found, -1, -2)

    def slope_covariance(self) -> tuple[FloatArray, float]:
        """Return the design-based covariance (k p, k p) of all slopes, outcome by outcome, and its df.

        Both allow for few people carrying the error, as those of a single fit do.
        """
        p, k = len(self.drivers), len(self.targets)
        keep = [o * (p + 1) + j for o in range(k) for j in range(p)]
        cov, df = design_covariance(self.sample, self.influence[:, keep], p)
        few = _small_sample(self.sample, p + 1)
        return cov * few.robust, min(df, few.df)


def joint_moments(
    answers: Answers, drivers: Sequence[str], targets: Sequence[Target], *, engine: str = "regression",
    draws: int | None = None, seed: int = SEED, level: float = LEVEL, where: Mapping[str, object] | None = None,
    prior: R2Prior | CovariancePrior | None = None,
) -> JointMoments:
    """Estimate means and covariances of drivers and outcomes together.

    Parameters
    ----------
    answers : Answers
        Checked answers.
    drivers : sequence of str
        Columns that explain.
    targets : sequence of Target
        Outcomes. One that is the mean of several columns is known where all of them were answered.
    engine : {"regression", "bayes"}
        Bootstrap draws, missing answers by maximum likelihood; or exact draws from the posterior, complete cases only.
    draws : int, optional
        1,000 bootstrap or 4,000 posterior draws by default.
    seed : int
        Of all draws.
    level : float
        Level of intervals.
    where : mapping, optional
        Only respondents with this wave or segment.
    prior : R2Prior or CovariancePrior, optional
        Of the posterior; by default every R2 is equally likely, of each outcome and of their sums and differences.

    Returns
    -------
    JointMoments
        All outcomes on the same respondents and the same draws.

    Raises
    ------
    InputError
        If the answers cannot carry the model.
    FitError
        If too many draws fail.

    References
    ----------
    .. [1] Edwards (1995). Organizational Behavior and Human Decision Processes 64(3), 307-324.
       doi:10.1006/obhd.1995.1108
    """
    if engine not in ("regression", "bayes"):
        raise InputError(f"engine={engine!r} is not known; choose one of {quoted(('regression', 'bayes'))}.")
    if prior is not None and engine != "bayes":
        raise InputError("`prior` belongs to a posterior; add engine='bayes', or leave it out.")
    if not 0 < level < 1:
        raise InputError(f"`level` is {level:g}; give a share between 0 and 1, like level=0.90.")
    count = draws or (POSTERIOR_DRAWS if engine == "bayes" else DRAWS)
    for name in where or {}:
        check_group(answers.survey, name)
    cells = _joint_cells(answers, drivers, targets, tuple(where or {}))
    missing: Missing = "complete" if engine == "bayes" else "fiml"
    names = tuple(target.name for target in targets)
    spec = FitSpec(
        outcome=names[-1], drivers=(*drivers, *names[:-1]), engine=engine, draws=count, seed=seed, level=level,
        where=dict(where or {}), missing=missing,
    )
    sample, dropped = choose(cells, spec)
    check_enough(sample.cells, spec, len(drivers) + 1)
    check_spread(sample.cells, spec)
    p = len(drivers)
    point, means, covs, influence, notes = (
        _bootstrap(sample, p, count, seed) if engine == "regression" else _posterior(sample, p, count, seed, prior)
    )
    outcomes = range(p, p + len(targets))  # one may be a multiple of another; with the drivers each has to stand
    kept = np.all([_usable(covs[:, [*range(p), o]][:, :, [*range(p), o]]) for o in outcomes], axis=0)
    failed = int((~kept).sum())
    if failed > MAX_FAILED_DRAWS * count:
        raise FitError(
            f"{failed:,} of {count:,} draws could not be fitted, so intervals must not be trusted. Use fewer drivers, "
            "or a larger group of respondents."
        )
    lost = [f"{n:,} of {round(cells.n.sum()):,} respondents not used: {why}." for why, n in dropped.items()]
    return JointMoments(
        drivers=tuple(drivers), targets=tuple(targets), sample=sample, point=point, means=means[kept],
        covs=covs[kept], influence=influence, engine=engine, level=level, seed=seed, read=round(float(cells.n.sum())),
        dropped=dropped, notes=(*lost, *notes, *([f"{failed:,} draws failed."] if failed else [])),
        labels={name: answers.survey.label(name) for name in drivers} | {t.name: t.label for t in targets},
    )


def _joint_cells(
    answers: Answers, drivers: Sequence[str], targets: Sequence[Target], by: tuple[str, ...]
) -> Cells:
    columns = list(dict.fromkeys((*drivers, *(c for target in targets for c in target.mean_of))))
    cells = collapse(answers, columns, by=by)
    own = [columns.index(name) for name in drivers]
    made = [
        (np.mean([cells.column(c) for c in target.mean_of], axis=0) - target.shift) * target.scale for target in targets
    ]
    reasons = [cells.reasons[:, [columns.index(c) for c in target.mean_of]].max(axis=1) for target in targets]
    return replace(
        cells, items=(*drivers, *(target.name for target in targets)),
        values=np.column_stack([cells.values[:, own], *made]),
        reasons=np.column_stack([cells.reasons[:, own], *reasons]),
    )


def _small_sample(sample: Sample, terms: int) -> SmallSample:
    if sample.whole.psu or sample.whole.replication:
        return SmallSample(robust=1.0, draws=1.0, df=float("inf"))
    return small_sample(sample.cells, terms)


def _sub(moments: Moments, at: Sequence[int]) -> Moments:
    return Moments(total=moments.total, mean=moments.mean[list(at)], cov=moments.cov[np.ix_(at, at)])


def _bootstrap(
    sample: Sample, p: int, draws: int, seed: int
) -> tuple[Moments, FloatArray, FloatArray, FloatArray, tuple[str, ...]]:
    cells = sample.cells
    units, unit = bootstrap_units(sample, seed)
    blocks = bootstrap_multipliers(sample, units, draws, seed)
    total = cells.values.shape[1]
    notes: tuple[str, ...] = ()
    if np.isnan(cells.values).any():
        from drivers.stats.incomplete import incomplete_moments

        found = incomplete_moments(cells.values, cells.sum_w)
        point = found.moments
        parts = [found.influence @ _embedded(point, [*range(p), o], total).T for o in range(p, total)]
        means, covs = found.draws(cells.sum_w, unit, len(units), blocks)
        notes = ("Missing answers by maximum likelihood (FIML) over all drivers and outcomes together.",)
    else:
        point = weighted_moments(cells.values, cells.sum_w)
        parts = []
        for o in range(p, total):
            at = [*range(p), o]
            sub = _sub(point, at)
            parts.append(_complete_influence(cells.values[:, at], sub, regression(sub)))
        means, covs = moment_draws(cells.values, cells.sum_w, unit, len(units), blocks)
    df = design_covariance(sample, parts[0], p)[1]
    return point, means, covs, np.column_stack(parts), (*notes, *design_notes(sample, units, df, p))


def _embedded(point: Moments, at: list[int], total: int) -> FloatArray:
    """Return the derivative of one outcome's terms in the means and the covariances of all items."""
    small = regression_jacobian(_sub(point, at))
    rows, cols = np.triu_indices(total)
    place = {(i, j): total + q for q, (i, j) in enumerate(zip(rows.tolist(), cols.tolist(), strict=True))}
    k = len(at)
    out = np.zeros((k, total + len(rows)))
    out[:, at] = small[:, :k]
    for q, (i, j) in enumerate(zip(*(axis.tolist() for axis in np.triu_indices(k)), strict=True)):
        out[:, place[min(at[i], at[j]), max(at[i], at[j])]] = small[:, k + q]
    return out


def _posterior(
    sample: Sample, p: int, draws: int, seed: int, asked: R2Prior | CovariancePrior | None
) -> tuple[Moments, FloatArray, FloatArray, FloatArray, tuple[str, ...]]:
    """Exact draws of the covariance of drivers and outcomes, as `drivers.fit.bayes.exact` has them for one outcome."""
    from drivers.fit.bayes.exact import covariance_draws, r2_draws, turned
    from drivers.fit.bayes.priors import CovariancePrior, R2Prior, describe
    from drivers.fit.bayes.pseudo import ROTATION_NOTE, is_designed

    n = float(sample.cells.n.sum())
    point = weighted_moments(sample.cells.values, sample.weight)
    prior, d, rng = asked or R2Prior(), len(point.mean), np.random.default_rng([seed, 11])
    if isinstance(prior, CovariancePrior):
        found, of = covariance_draws(point, n, prior, draws, rng), ""
    else:
        if prior.shapes(p)[0] > p / 2:
            raise InputError(
                f"The prior of {prior.words(p)} denies slopes around zero of {p} driver(s), which several outcomes at "
                f"once cannot have. Take mean * precision up to {p / 2:g}."
            )
        found, of = r2_draws(point, n, prior, draws, rng, p), " The prior of R2 is that of every outcome, and of gaps."
    means, covs = found.means, found.covs
    notes: tuple[str, ...] = (f"Posterior: exact independent draws. {describe(prior, 'linear', p)}{of}",)
    if is_designed(sample):
        means, covs = turned(sample, point, found)
        notes = (*notes, ROTATION_NOTE)
    parts = []
    for o in range(p, d):
        at = [*range(p), o]
        sub = _sub(weighted_moments(sample.cells.values, sample.cells.sum_w), at)
        parts.append(_complete_influence(sample.cells.values[:, at], sub, regression(sub)))
    return point, means, covs, np.column_stack(parts), notes
