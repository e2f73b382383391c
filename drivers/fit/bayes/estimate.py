"""Choose how a posterior is drawn, and draw it: exactly, or through Laplace's approximation corrected and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import PARETO_K
from drivers.errors import ApproximationError, InputError, quoted
from drivers.fit.bayes.flat import FlatMethod
from drivers.fit.bayes.implied import implied_note
from drivers.fit.bayes.posterior import labelled, worst
from drivers.fit.bayes.priors import PRIORS, CovariancePrior, PriorChoice, SlopePriors, describe
from drivers.fit.exposure import Exposed
from drivers.fit.outcome import Outcome
from drivers.fit.regression.estimated import Estimated
from drivers.fit.regression.sample import Sample
from drivers.fit.result import FitSpec

if TYPE_CHECKING:
    from drivers.fit.bayes.hierarchical import Coded

METHODS: Mapping[str, tuple[str, ...]] = {
    "linear": ("exact", "laplace", "nuts"), "ordinal": ("laplace", "nuts"), "logit": ("laplace", "nuts")
}
"""Ways to each model's posterior; the first is what ``method="auto"`` takes unless the prior asks for another."""


def choose_method(spec: FitSpec) -> tuple[str, PriorChoice]:
    """Settle method and prior of a request.

    Parameters
    ----------
    spec : FitSpec
        The request; its ``prior`` may be None.

    Returns
    -------
    method : str
        "exact", "laplace" or "nuts"; of method "auto" the one tried first.
    prior : SlopePriors, CovariancePrior or R2Prior
        The prior that goes with it.

    Raises
    ------
    InputError
        If method, model and prior do not go together.
    """
    if spec.by:
        segmented = spec.prior or PRIORS[spec.model, "nuts"]
        if not isinstance(segmented, SlopePriors):
            raise InputError(f"Hierarchical models (`by`) take `SlopePriors`, not {type(segmented).__name__}.")
        return "nuts", segmented
    if spec.walk is not None:
        moving = spec.prior or PRIORS[spec.model, "nuts"]
        if not isinstance(moving, SlopePriors):
            raise InputError(f"Slopes that move (`walk`) take `SlopePriors`, not {type(moving).__name__}.")
        return "nuts", moving
    known = METHODS[spec.model]
    if spec.method != "auto" and spec.method not in known:
        raise InputError(
            f"method={spec.method!r} does not go with model={spec.model!r}; choose `auto` or one of {quoted(known)}."
        )
    method: str = spec.method
    if method == "auto":
        method = "laplace" if isinstance(spec.prior, SlopePriors) else known[0]
    prior = spec.prior or PRIORS[spec.model, method]
    if isinstance(prior, SlopePriors) == (method == "exact"):
        fitting = "`R2Prior` or `CovariancePrior`" if method == "exact" else "`SlopePriors`"
        raise InputError(f"method={method!r} of model={spec.model!r} takes a {fitting}, not {type(prior).__name__}.")
    return method, prior


def estimate_posterior(spec: FitSpec, sample: Sample, coded: Outcome | None, exposed: Exposed | None) -> Estimated:
    """Draw the posterior that a request asks for.

    Parameters
    ----------
    spec : FitSpec
        The request.
    sample : Sample
        Cells of (drivers..., outcome), gaps included.
    coded : Outcome or None
        Categories of an ordinal or binary outcome.
    exposed : Exposed or None
        Drivers that may not apply.

    Returns
    -------
    Estimated
        With gaps: posteriors given each of several imputed data sets, their draws mixed. Diagnostics name the method
        that ran, the prior, Pareto k and the effective number of draws.

    Raises
    ------
    InputError
        If method, model and prior do not go together.
    FitError
        If the draws must not be trusted.
    """
    method, prior = choose_method(spec)
    if spec.by and spec.walk is not None:
        return _tracker(spec, prior, sample, coded)
    if spec.by:
        return _hierarchical(spec, prior, sample, coded)
    if spec.walk is not None:
        return _dynamic(spec, prior, sample, coded)
    ran: list[Mapping[str, object]] = []

    def estimate(filled: Sample, draws: int, seed: int) -> Estimated:
        return _draw_or_escalate(spec, method, prior, filled, coded, draws, seed)

    def note(fit: Estimated) -> None:
        ran.append(fit.diagnostics)

    if np.isnan(sample.cells.values).any():
        from drivers.fit.regression.imputed import Imputer, fit_imputed

        items = sample.cells.items
        imputer = Imputer(
            imputations=spec.imputations, indicator=None if exposed is None else exposed.indicator,
            shift={items.index(name): value for name, value in spec.shift_missing.items()},
        )
        estimated = fit_imputed(sample, estimate, spec.draws, spec.seed, imputer, (spec, coded), note)
    else:
        estimated = estimate(sample, spec.draws, spec.seed)
        note(estimated)
    checked = worst(ran)
    stated = [_stated(spec, prior, sample.cells.values.shape[1] - 1)]
    categories = None if coded is None else len(coded.categories)
    if not isinstance(prior, CovariancePrior):
        stated.append(implied_note(estimated.point, prior, spec, categories))
    told = () if checked["method"] == "nuts" and len(ran) == 1 else (_method_note(checked, len(ran)),)
    return labelled(estimated, {**checked, "prior": stated[0]}, (*told, " ".join(stated)))


def _stated(spec: FitSpec, prior: PriorChoice, slopes: int) -> str:
    """Return the prior of a flat model in one sentence."""
    told = describe(prior, spec.model, slopes)
    if spec.spread_by and isinstance(prior, SlopePriors):
        return f"{told[:-1]}; {prior.groups.words()}."
    return f"{told[:-1]}; parts of steps uniform on the simplex (Dirichlet(1))." if spec.monotone else told


def _hierarchical(spec: FitSpec, prior: PriorChoice, sample: Sample, coded: Outcome | None) -> Estimated:
    from drivers.fit.bayes.hierarchical import fit_hierarchical

    assert isinstance(prior, SlopePriors)
    found = fit_hierarchical(
        sample, spec.by, _coded(spec, sample, coded), prior, spec.draws, spec.seed, len(spec.drivers), spec.population
    )
    stated = f"{describe(prior, spec.model)[:-1]}; {prior.segments.words()}."
    categories = None if coded is None else len(coded.categories)
    implied = implied_note(found.point, prior, spec, categories)
    rest = replace(found, notes=found.notes[1:])
    return labelled(rest, {"prior": stated}, (found.notes[0], f"{stated} {implied}"))


def _categories(spec: FitSpec, sample: Sample, coded: Outcome) -> NDArray[np.intp]:
    said = sample.cells.values[:, -1]
    category = said >= coded.top if spec.model == "logit" else np.searchsorted(coded.categories, said)
    return category.astype(np.intp)


def _thresholds(spec: FitSpec, coded: Outcome) -> int:
    return 1 if spec.model == "logit" else len(coded.categories) - 1


def _dynamic(spec: FitSpec, prior: PriorChoice, sample: Sample, coded: Outcome | None) -> Estimated:
    from drivers.fit.bayes.dynamic import fit_dynamic

    assert isinstance(prior, SlopePriors) and spec.wave is not None and spec.walk is not None
    found = fit_dynamic(
        sample, spec.wave, _coded(spec, sample, coded), prior, spec.draws, spec.seed, len(spec.drivers), spec.walk,
        season=spec.season,
    )
    moves = prior.walk.words(spec.walk, season=spec.season)
    stated = f"{describe(prior, spec.model)[:-1]}, of the average wave; {moves}."
    return labelled(found, {"prior": stated}, (stated,))


def _tracker(spec: FitSpec, prior: PriorChoice, sample: Sample, coded: Outcome | None) -> Estimated:
    from drivers.fit.bayes.tracker import fit_tracker

    assert isinstance(prior, SlopePriors) and spec.wave is not None and spec.walk is not None
    found = fit_tracker(
        sample, spec.by, spec.wave, _coded(spec, sample, coded), prior, spec.draws, spec.seed, len(spec.drivers),
        spec.population, spec.walk, season=spec.season,
    )
    moves = prior.walk.words(spec.walk, season=spec.season)
    stated = f"{describe(prior, spec.model)[:-1]}, of the average wave; {prior.segments.words()}; {moves}."
    return labelled(found, {"prior": stated}, (stated,))


def _coded(spec: FitSpec, sample: Sample, coded: Outcome | None) -> Coded:
    """Return the outcome as models with segments or waves take it."""
    from drivers.fit.bayes.hierarchical import Coded

    return Coded() if coded is None else Coded(
        category=_categories(spec, sample, coded), q=_thresholds(spec, coded),
        link="probit" if spec.link == "probit" else "logit", binary=spec.model == "logit",
    )


def _draw_or_escalate(
    spec: FitSpec, method: str, prior: PriorChoice, sample: Sample, coded: Outcome | None, draws: int, seed: int
) -> Estimated:
    """Draw, by Markov chains where an approximation that was not asked for by name is too far off."""
    try:
        return _draw(spec, method, prior, sample, coded, draws, seed)
    except ApproximationError as refusal:
        if spec.method != "auto":
            raise
        found = _draw(spec, "nuts", prior, sample, coded, draws, seed)
        note = (
            f"Laplace's approximation was refused (Pareto k {refusal.pareto_k:.2f}, limit {PARETO_K:g}); Markov chains "
            "took its place."
        )
        return labelled(found, {"refused_pareto_k": refusal.pareto_k}, (note,))


def _draw(
    spec: FitSpec, method: str, prior: PriorChoice, sample: Sample, coded: Outcome | None, draws: int, seed: int
) -> Estimated:
    way: FlatMethod = "nuts" if method == "nuts" else "laplace"
    if not isinstance(prior, SlopePriors):
        from drivers.fit.bayes.exact import fit_exact

        return fit_exact(sample, prior, draws, seed)
    if coded is None:
        from drivers.fit.bayes.laplace_linear import fit_linear_posterior

        return fit_linear_posterior(sample, prior, draws, seed, way)
    from drivers.fit.bayes.laplace_ordered import fit_ordered_posterior

    link: Literal["probit", "logit"] = "probit" if spec.link == "probit" else "logit"
    if spec.spread_by is not None:
        from drivers.fit.bayes.unequal import fit_unequal

        return fit_unequal(
            sample, spec.spread_by, _categories(spec, sample, coded), _thresholds(spec, coded), link, prior, draws,
            seed, way,
        )
    if spec.monotone:
        from drivers.fit.bayes.monotone import fit_monotone

        return fit_monotone(
            sample, spec.monotone, _categories(spec, sample, coded), _thresholds(spec, coded), link, prior, draws, seed,
            spec.model == "logit", way,
        )
    return fit_ordered_posterior(
        sample, _categories(spec, sample, coded), _thresholds(spec, coded), link, prior, draws, seed,
        spec.model == "logit", way,
    )


def _method_note(checked: Mapping[str, object], data_sets: int) -> str:
    given = f", given each of {data_sets} imputed data sets" if data_sets > 1 else ""
    if checked["method"] == "exact":
        return f"Posterior: exact independent draws{given}; no Markov chain."
    if checked["method"] == "nuts":
        return (
            f"Posterior: Markov chains (NUTS){given}; largest R-hat {checked['rhat']:.3f}, divergences "
            f"{checked['divergences']}."
        )
    error = checked.get("density_error", 0.0)
    sampled = f" Densities from a sample of the answer patterns, error {error:.3f} in the log." if error else ""
    return (
        f"Posterior: Laplace approximation with Pareto-smoothed importance resampling{given}; "
        f"{'largest ' if data_sets > 1 else ''}Pareto k {checked['pareto_k']:.2f} (limit {PARETO_K:g}), effective "
        f"draws {checked['ess']:,.0f}.{sampled}"
    )
