"""Dominance in likelihood: every submodel of an ordinal or binary model fitted anew, on imputed answers for gaps."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import DOMINANCE_DRAWS
from drivers.errors import InputError, quoted
from drivers.fit.forms import refuse_forms
from drivers.fit.regression.sample import Sample, bootstrap_multipliers, bootstrap_units, take_sample
from drivers.fit.result import Fit
from drivers.importance.blocks import Blocks
from drivers.importance.hierarchy import refuse_products
from drivers.stats.dominance import Dominance, dominance_of_fits
from drivers.stats.fit_index import FitIndex, fit_index
from drivers.stats.submodels import LIKELIHOOD_TIE
from drivers.work.pace import Told
from drivers.work.resumable import Kept

FloatArray = NDArray[np.float64]
Compared = tuple[Dominance, Dominance | None, float, int, tuple[str, ...]]
"""Dominance of the estimate and of the draws, the index of the whole model, n, and notes."""


def compare_likelihoods(fit: Fit, index: FitIndex, blocks: Blocks, draws: int | None) -> Compared:
    """Compare drivers over all submodels of an ordinal or binary model.

    Parameters
    ----------
    fit : Fit
        An ordinal or binary model.
    index : {"mcfadden", "estrella", "cox_snell", "nagelkerke"}
        What fit is measured in.
    blocks : Blocks
        Rows, and always-in drivers.
    draws : int, optional
        Bootstrap draws, at most `DOMINANCE_DRAWS` by default; 0 leaves them out.

    Returns
    -------
    tuple
        With imputed answers, indices are means over the data sets a fit rests on, and their draws are mixed.

    Raises
    ------
    InputError
        If the fit has squares, products, or drivers whose not applying is part of it, or too many drivers.
    """
    refuse_products(fit, f"index={index!r}")
    refuse_forms(fit, f"index={index!r}, which fits submodels anew,")
    if fit.exposed:
        raise InputError(
            f"index={index!r} needs every driver to apply to everybody; {quoted(fit.exposed)} may not. Use "
            "index='r2', or fit with not_applicable='missing'."
        )
    samples, notes = _samples(fit)
    m = len(samples)
    wanted = min(fit.spec.draws, DOMINANCE_DRAWS) if draws is None else draws
    parts = [wanted // m + (i < wanted % m) for i in range(m)]
    seeds = [fit.spec.seed, *np.random.default_rng([fit.spec.seed, 5]).integers(2**31, size=m).tolist()][m > 1 :]
    of = f"{2 ** len(blocks.names):,} submodels of the {fit.spec.model} model"
    slow = Told(f"{of}, {m} imputed data sets" if m > 1 else of), Told(f"{of} under {wanted:,} bootstrap draws")
    whole, drawn, kind = [], [], ""
    for i, (sample, part, seed) in enumerate(zip(samples, parts, seeds, strict=False)):
        fits, more, kind = _measured(fit, sample, blocks, index, part, seed, slow, (i, m))
        whole.append(fits)
        drawn.append(more)
    measured: FloatArray = np.mean(whole, axis=0)
    found = dominance_of_fits(measured, tie=LIKELIHOOD_TIE)
    n = round(float(samples[0].cells.n.sum()))
    if not wanted:
        return found, None, float(measured[-1]), n, notes
    stack = np.concatenate(drawn)
    if not np.isfinite(stack).any():
        raise InputError(f"None of the {wanted} draws could be fitted; merge thin categories of the outcome.")
    notes += (f"Probabilities are shares of {wanted:,} bootstrap draws of {kind}, every submodel refitted.",)
    return found, dominance_of_fits(stack, tie=LIKELIHOOD_TIE), float(measured[-1]), n, notes


def _samples(fit: Fit) -> tuple[tuple[Sample, ...], tuple[str, ...]]:
    """Return the completed data sets of the fit, or what it was fitted on, and what to note."""
    if fit.missing is None or fit.missing.method != "impute":
        cells = fit.cells.complete()  # all of them: fits that do not impute have no others
        return (take_sample(cells, np.ones(len(cells), dtype=np.bool_)),), ()
    from drivers.fit.regression.imputed import Imputer, completed_samples

    places = [*fit.cells.items]
    imputer = Imputer(
        imputations=fit.missing.imputations, sweeps=fit.missing.sweeps,
        shift={places.index(name): value for name, value in fit.spec.shift_missing.items()},
    )
    samples = completed_samples(take_sample(fit.cells, np.ones(len(fit.cells), dtype=np.bool_)), fit.spec.seed, imputer)
    return samples, (
        f"Submodels are fitted on each of the fit's {len(samples)} imputed data sets; indices are means over them, and "
        "draws are mixed.",
    )


def _measured(
    fit: Fit, sample: Sample, blocks: Blocks, index: FitIndex, draws: int, seed: int, slow: tuple[Told, Told],
    place: tuple[int, int],
) -> tuple[FloatArray, FloatArray, str]:
    """Return the index of every submodel (2^k,) of one sample, and (draws, 2^k) of its bootstrap; told in `slow`."""
    from drivers.stats.submodel_draws import measured_draws, submodel_draws
    from drivers.stats.submodels import submodels

    cells, weight = sample.cells, sample.weight
    x, said = np.ascontiguousarray(cells.values[:, :-1]), cells.values[:, -1]
    levels = said if fit.spec.model == "ordinal" or fit.top is None else said >= fit.top
    category = np.unique(levels, return_inverse=True)[1].astype(np.intp)
    link: Literal["probit", "logit"] = "probit" if fit.spec.link == "probit" else "logit"
    rows = [list(places) for places in blocks.members]
    always = [*blocks.always, *range(len(fit.spec.drivers), x.shape[1])]
    (i, m), count = place, 1 << len(rows)
    fits = submodels(
        x, category, weight, link, groups=rows, always=always,
        progress=lambda fitted: slow[0](i * count + fitted.done, m * count),
    )
    measured = fit_index(fits.loglik, fits.null, fits.n, index)
    if not draws:
        return measured, np.empty((0, count)), ""
    units, unit = bootstrap_units(sample, seed)
    weights = np.concatenate([
        block[:, unit] * weight for block in bootstrap_multipliers(sample, units, draws, seed)
    ])
    kept = Kept("submodel draws", x, category, weights, link, rows, always)
    early = kept.load("loglik")

    def keep(loglik: FloatArray) -> None:
        if kept.due:
            kept.save("loglik", {"loglik": loglik})

    drawn = submodel_draws(
        x, category, weights, link, groups=rows, always=always, keep=keep,
        progress=lambda done, parts: slow[1](i * parts + done, m * parts),
        known=np.asarray(early["loglik"], dtype=np.float64) if early else None,
    )
    return measured, measured_draws(drawn, index), units.kind
