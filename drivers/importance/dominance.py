"""`dominance`: whether a driver adds more than another to every submodel, on average at every size, or on average."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError, quoted
from drivers.fit.result import Fit
from drivers.importance.blocks import Blocks, blocks_of
from drivers.importance.dominance_result import DominanceResult
from drivers.importance.hierarchy import needs_of
from drivers.importance.likelihood import Compared, compare_likelihoods
from drivers.stats.dominance import MOST_COMPLETE_DRAWS, dominance_of_fits
from drivers.stats.dominance import dominance as compare_all
from drivers.stats.fit_index import FIT_INDICES
from drivers.stats.hierarchy import hierarchical_fits

FloatArray = NDArray[np.float64]
Index = Literal["r2", "mcfadden", "estrella", "cox_snell", "nagelkerke"]

INDICES: Final = ("r2", *FIT_INDICES)


def dominance(
    fit: Fit, *, index: Index = "r2", groups: Mapping[str, Sequence[str]] | None = None, always: Sequence[str] = (),
    draws: int | None = None,
) -> DominanceResult:
    """Compare drivers over all submodels: conditional, complete and general dominance, with probabilities.

    Parameters
    ----------
    fit : Fit
        A fitted driver model and its draws.
    index : {"r2", "mcfadden", "estrella", "cox_snell", "nagelkerke"}
        What fit is measured in. "r2" is that of the fit (latent for ordinal and logit models). The others are of the
        likelihood, every submodel fitted anew, for ordinal and logit models. Values of different indices cannot be
        compared.
    groups : mapping of str to sequence of str, optional
        Drivers that enter together, by the name of their group.
    always : sequence of str
        Drivers that are in every model; the fit's controls are always in.
    draws : int, optional
        Bootstrap draws for the probabilities: all of the fit for "r2"; of the likelihood at most `DOMINANCE_DRAWS`,
        because every draw refits every submodel. 0 leaves them out.

    Returns
    -------
    DominanceResult
        Per pair who wins on which share of the submodels, and how likely; per driver the mean gain by size.

    Raises
    ------
    InputError
        If the index is unknown or does not go with the model, a name is not right, or there are too many drivers.

    Notes
    -----
    General dominance in R2 is LMG, and uses what incomplete respondents said. Likelihoods of submodels can be compared
    only on the same respondents: a fit of imputed answers has them compared on each of its data sets, the index being
    the mean over them. n is respondents (weights scaled to add up to them), never rows or cells.

    References
    ----------
    .. [1] Azen & Budescu (2003). Psychological Methods 8(2), 129-148. doi:10.1037/1082-989X.8.2.129
    .. [2] Azen & Traxel (2009). Journal of Educational and Behavioral Statistics 34(3), 319-347.
       doi:10.3102/1076998609332754
    """
    check_index(index, fit.spec.model)
    if draws is not None and (draws < 0 or draws > fit.draws.slopes[..., 0].size):
        raise InputError(f"draws={draws}: the fit has {fit.draws.slopes[..., 0].size:,}; take 0 up to that many.")
    blocks = blocks_of(fit.spec.drivers, groups, always, fit.spec.controls)
    found, drawn, whole, n, notes = (
        _in_r2(fit, blocks, draws) if index == "r2" else compare_likelihoods(fit, index, blocks, draws)
    )
    if drawn is not None:
        failed = int(np.isnan(drawn.general).any(axis=-1).sum())
        notes += (f"{failed:,} of {len(drawn.general):,} draws could not be used.",) if failed else ()
    return DominanceResult(
        outcome=fit.spec.outcome, drivers=blocks.names, labels=fit.labels, model=fit.spec.model, link=fit.spec.link,
        engine=fit.spec.engine, index=index, found=found, draws=drawn, whole=whole,
        members={
            name: tuple(fit.spec.drivers[j] for j in places)
            for name, places in zip(blocks.names, blocks.members, strict=True) if len(places) > 1
        },
        always=(*fit.spec.controls, *(fit.spec.drivers[j] for j in blocks.always)), n=n,
        n_eff=fit.n_eff if n == fit.n else fit.cells.complete().n_eff, level=fit.spec.level,
        notes=(*fit.notes, *notes),
    )  # fmt: skip


def check_index(index: str, model: str) -> None:
    """Refuse an index that is unknown, or of a likelihood the model does not have.

    Parameters
    ----------
    index : str
        What fit is measured in.
    model : str
        Of the fit.

    Raises
    ------
    InputError
        If they do not go together.
    """
    if index not in INDICES:
        raise InputError(f"index={index!r} is not known; choose one of {quoted(INDICES)}.")
    if index != "r2" and model == "linear":
        raise InputError(
            f"index={index!r} is of a likelihood of categories, and this model is linear. Use index='r2', or fit "
            "model='ordinal' or model='logit'."
        )


def _in_r2(fit: Fit, blocks: Blocks, draws: int | None) -> Compared:
    if fit.products:
        return _with_products(fit, blocks, draws)
    point = fit.point.joint_covariance()[0, 0]
    rows = [list(places) for places in blocks.members]
    found = compare_all(point, groups=rows, always=blocks.always)
    stack = fit.draws.joint_covariance().reshape(-1, *point.shape)[:draws]
    if len(rows) > MOST_COMPLETE_DRAWS or not len(stack):
        why = f"no probabilities with more than {MOST_COMPLETE_DRAWS} drivers" if len(stack) else ""
        return found, None, fit.r2, fit.n, (f"Estimates only: {why}.",) if why else ()
    drawn = compare_all(stack, groups=rows, always=blocks.always)
    return found, drawn, fit.r2, fit.n, (f"Probabilities are shares of {len(stack):,} draws.",)


def _with_products(fit: Fit, blocks: Blocks, draws: int | None) -> Compared:
    """Submodels in which squares and products come with their drivers."""
    needs, rows = needs_of(fit, blocks), len(blocks.names)
    found = dominance_of_fits(hierarchical_fits(fit.point.full_covariance()[0, 0], needs, rows))
    full = fit.draws.full_covariance()
    stack = full.reshape(-1, *full.shape[-2:])[:draws]
    drawn = dominance_of_fits(hierarchical_fits(stack, needs, rows)) if len(stack) else None
    return found, drawn, fit.r2, fit.n, (f"Probabilities are shares of {len(stack):,} draws.",) if len(stack) else ()
