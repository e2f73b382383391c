"""Waves that were never weighted, in a survey whose other waves were."""

from __future__ import annotations

import narwhals as nw
import pandas as pd

from drivers.survey.findings import Finding, counted, listed, warning
from drivers.survey.tally import Frame, fetched, unused_prefix


def fill_unweighted_waves(frame: Frame, weight: str, wave: str) -> tuple[Frame, Finding] | None:
    """Let every answer of a wave without any weight count as the average weight of the other waves.

    Parameters
    ----------
    frame : narwhals DataFrame or LazyFrame
        The table, its weight as numbers.
    weight, wave : str
        Columns.

    Returns
    -------
    (frame, Finding) or None
        The table with these weights filled in and the warning that says so; None when weights are missing in parts
        of waves, or everywhere, because then nobody but the analyst can know what they should be.
    """
    number = nw.col(weight).cast(nw.Float64)
    absent = number.is_null() | number.is_nan()
    own = unused_prefix([weight, wave])
    bare_name, present, rows_name, total = (f"{own}{name}" for name in ("absent", "present", "rows", "total"))
    marked = frame.with_columns(
        nw.when(absent).then(nw.lit(1)).otherwise(nw.lit(0)).alias(bare_name),
        nw.when(absent).then(nw.lit(0.0)).otherwise(number).alias(present),
    )
    waves = fetched(marked.group_by(wave).agg(
        nw.len().alias(rows_name), nw.col(bare_name).sum().alias(f"{own}sum"), nw.col(present).sum().alias(total),
    ))  # fmt: skip
    rows, missing = waves[rows_name].astype("int64"), waves[f"{own}sum"].astype("int64")
    bare = waves[missing == rows]
    if bare.empty or len(bare) == len(waves) or missing[missing < rows].any():
        return None
    mean = float(waves[total].sum()) / int((rows - missing).sum())
    filled = frame.with_columns(nw.when(absent).then(nw.lit(mean)).otherwise(number).alias(weight))
    names = sorted((name for name in bare[wave] if not pd.isna(name)), key=lambda name: (isinstance(name, str), name))
    count = int(missing.sum())
    noun, verb = ("wave", "has") if len(names) == 1 else ("waves", "have")
    who = f"{noun} {listed(names)} {verb}" if names else "rows of no wave have"
    found = f"{who} no weights at all; there each of {counted(count, 'answer')} counts as the average weight of the "
    found += f"other waves, {mean:.4g}."
    cure = "If that is not meant, fill the weights in, or leave these waves out."
    return filled, warning("unweighted_wave", weight, count, found, cure)
