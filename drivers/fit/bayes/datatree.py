"""A posterior as an ArviZ tree of data sets, saved as netCDF and read back as the fit it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.cells.replication import Replication
from drivers.errors import DataError, InputError
from drivers.fit.bayes.group_priors import GroupPriors
from drivers.fit.bayes.pointwise import cell_loglik, complete_cells
from drivers.fit.bayes.priors import CovariancePrior, Prior, R2Prior, SegmentPriors, SlopePriors
from drivers.fit.bayes.walk import WalkPriors
from drivers.fit.result import (
    ControlDraws,
    Draws,
    Exposure,
    Fit,
    FitSpec,
    MissingInformation,
    Product,
    Usage,
)
from drivers.fit.segment_draws import SegmentDraws
from drivers.fit.spread_draws import SpreadDraws
from drivers.fit.step_draws import StepDraws
from drivers.fit.wave_draws import WaveDraws
from drivers.survey.item import Item
from drivers.work.pack import PLAN, pack, unpack

if TYPE_CHECKING:
    import xarray as xr

RECORDS = (
    Cells, ControlDraws, CovariancePrior, Draws, Exposure, Fit, FitSpec, GroupPriors, MissingInformation, Prior,
    Product, R2Prior, Replication, SegmentDraws, SegmentPriors, SlopePriors, SpreadDraws, StepDraws, Usage,
    WalkPriors, WaveDraws,
)
"""What a saved fit may be made of; nothing else is made of a file, whatever it says."""

LARGEST = 20_000_000
"""Log-likelihoods of more draws times cells than this are left out of a tree (160 MB)."""


def to_datatree(fit: Fit) -> xr.DataTree:
    """Return a posterior as ArviZ has it.

    Parameters
    ----------
    fit : Fit
        A fit of engine "bayes".

    Returns
    -------
    xarray.DataTree
        ``posterior`` (slopes, cuts or intercept, error_sd, r2; slopes and shifts of segments or waves),
        ``sample_stats`` of Markov chains, ``log_likelihood`` of one answer of each complete cell, ``observed_data``
        (outcome and count of each cell), ``constant_data`` (drivers and weight of each cell), and ``saved``, from
        which `load_fit` makes the fit again. Attributes say what was fitted.

    Raises
    ------
    InputError
        If the fit is none of a posterior.
    """
    import xarray as xr

    if fit.spec.engine != "bayes":
        raise InputError('A regression fit has no posterior. Fit with engine="bayes".')
    chains, draws = fit.draws.slopes.shape[:2]
    coords = {"chain": np.arange(chains), "draw": np.arange(draws)}
    cells = complete_cells(fit)
    p = len(fit.spec.drivers)
    tree: dict[str, Any] = {
        "posterior": _posterior(fit, coords),
        "observed_data": xr.Dataset({
            fit.spec.outcome: ("cell", cells.values[:, -1]), "count": ("cell", cells.n)
        }),
        "constant_data": xr.Dataset(
            {"x": (("cell", "driver"), cells.values[:, :p]), "weight": ("cell", cells.sum_w)},
            coords={"driver": list(fit.spec.drivers)},
        ),
    }
    if fit.sampler:
        stats = {name: (("chain", "draw"), values) for name, values in fit.sampler.items()}
        tree["sample_stats"] = xr.Dataset(stats, coords=coords)
    if fit.draws.exposure is None and chains * draws * len(cells) <= LARGEST:
        loglik = cell_loglik(fit, cells).reshape(chains, draws, -1)
        tree["log_likelihood"] = xr.Dataset({fit.spec.outcome: (("chain", "draw", "cell"), loglik)}, coords=coords)
        tree["log_likelihood"].attrs["reading"] = "of one answer of each cell; observed_data.count answers gave it"
    tree["saved"] = _saved(fit)
    out = xr.DataTree.from_dict(tree)
    out.attrs |= {
        "library": "drivers", "version": str(fit.provenance.get("version", "")), "outcome": fit.spec.outcome,
        "model": fit.spec.model, "link": fit.spec.link, "method": str(fit.diagnostics.get("method", "")),
        "seed": fit.spec.seed, "notes": "\n".join(fit.notes),
    }
    return out


def save_fit(fit: Fit, path: str | Path) -> Path:
    """Save a posterior as netCDF.

    Parameters
    ----------
    fit : Fit
        A fit of engine "bayes".
    path : str or Path
        File to write; cells, that is counts of answer patterns, are in it.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the fit is none of a posterior.
    """
    target = Path(path)
    to_datatree(fit).to_netcdf(target, engine="netcdf4")
    return target


def load_fit(path: str | Path) -> Fit:
    """Read a posterior that `save_fit` wrote.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    Fit
        As it was: importance, what-if and plots work on it.

    Raises
    ------
    DataError
        If the file is none of a fit.
    """
    import xarray as xr

    with xr.open_datatree(Path(path), engine="netcdf4") as tree:
        if "saved" not in tree:
            raise DataError(f"{path} holds no fit of this library; it was not written by save_fit.")
        saved = tree["saved"].dataset.load()
    arrays = {str(name): values.to_numpy() for name, values in saved.data_vars.items()}
    text = json.loads(saved.attrs["frames"])
    record = unpack({**arrays, PLAN: np.array(saved.attrs[PLAN])}, *RECORDS)
    keys = pd.DataFrame(text["keys"], index=range(text["cells"]))
    items = {name: Item.model_validate_json(one) for name, one in text["items"].items()}
    spec = replace(record.spec, population=_population(text["population"]))
    found: Fit = replace(record, cells=replace(record.cells, keys=keys), items=items, spec=spec)
    return found


def _posterior(fit: Fit, coords: dict[str, Any]) -> xr.Dataset:
    import xarray as xr

    draws, lead = fit.draws, ("chain", "draw")
    named: dict[str, Any] = {
        "slopes": ((*lead, "driver"), draws.slopes), "r2": (lead, draws.r2), "error_sd": (lead, draws.error_sd)
    }
    places: dict[str, Any] = {**coords, "driver": list(fit.spec.drivers)}
    if fit.spec.model == "ordinal":
        named["cuts"] = ((*lead, "cut"), draws.cuts)
        places["cut"] = [
            f"{a:g}|{b:g}" for a, b in zip(fit.categories[:-1], fit.categories[1:], strict=True)
        ]
    else:
        named["intercept"] = (lead, draws.intercept)
    if draws.controls is not None:
        named["control_slopes"] = ((*lead, "control"), draws.controls.slopes)
    if fit.segments is not None:
        places["segment"] = list(fit.segments.names)
        named["segment_slopes"] = ((*lead, "segment", "driver"), fit.segments.slopes)
        named["segment_shift"] = ((*lead, "segment"), fit.segments.shift)
        places["by"] = list(fit.segments.columns)
        named["segment_spread"] = ((*lead, "by", "driver"), fit.segments.spread)
        named["segment_level_spread"] = ((*lead, "by"), fit.segments.level_spread)
        named["segment_share"] = ((*lead, "segment"), fit.segments.share)
    if fit.spreads is not None:
        places["group"] = list(fit.spreads.names)
        named["group_level"] = ((*lead, "group"), fit.spreads.level)
        named["group_spread"] = ((*lead, "group"), fit.spreads.spread)
        named["group_share"] = ((*lead, "group"), fit.spreads.share)
    if fit.steps is not None:
        for j, name in enumerate(fit.steps.drivers):
            n, low = int(fit.steps.count[j]), fit.steps.low[j]
            places[f"step_{name}"] = [f"{low + k:g} to {low + k + 1:g}" for k in range(n)]
            named[f"steps_{name}"] = ((*lead, f"step_{name}"), fit.steps.parts[:, :, j, :n])
    if fit.waves is not None:
        places["wave"] = list(fit.waves.names)
        named["wave_slopes"] = ((*lead, "wave", "driver"), fit.waves.slopes)
        named["wave_shift"] = ((*lead, "wave"), fit.waves.shift)
        named["pace"] = ((*lead, "moving"), fit.waves.pace)
        places["moving"] = [*fit.spec.drivers, "level"]
    return xr.Dataset(named, coords=places)


def _saved(fit: Fit) -> xr.Dataset:
    """Everything `load_fit` needs: arrays by number, and a text that says where each belongs."""
    import xarray as xr

    keys = fit.cells.keys
    text = {
        "keys": {name: [None if pd.isna(value) else value for value in keys[name].tolist()] for name in keys},
        "cells": len(keys), "items": {name: item.model_dump_json() for name, item in fit.items.items()},
        "population": _population_text(fit.spec.population),
    }
    keyless: Any = {}  # told apart as text: groups may be words
    record = replace(
        fit, cells=replace(fit.cells, keys=keyless), items={}, spec=replace(fit.spec, population=None)
    )
    arrays: dict[str, NDArray[np.generic]] = pack(record)
    plan = str(arrays.pop(PLAN))
    return xr.Dataset(
        {name: (tuple(f"{name}_{axis}" for axis in range(values.ndim)), values) for name, values in arrays.items()},
        attrs={PLAN: plan, "frames": json.dumps(text)},
    )


def _population_text(population: object) -> object:
    if population is None or isinstance(population, str):
        return population
    assert isinstance(population, dict)
    return [[list(key) if isinstance(key, tuple) else [key], value] for key, value in population.items()]


def _population(text: Any) -> Any:
    if text is None or isinstance(text, str):
        return text
    return {tuple(key) if len(key) > 1 else key[0]: value for key, value in text}
