"""What a definition must not say about its sampling design: two designs at once, or half of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.survey.fault import Fault


def design_faults(data: Mapping[str, Any]) -> list[Fault]:
    """Return what a survey says against itself about replicate weights and finite populations.

    Parameters
    ----------
    data : mapping
        The definition, with plain values and without the keys whose form is wrong.

    Returns
    -------
    list of Fault
        Every contradiction, each at the key to change.
    """
    faults = [] if data.get("replicate_weights") else _without_replicates(data)
    if data.get("replicate_weights"):
        faults += [*_beside_replicates(data), *_scheme_faults(data)]
    fay = data.get("fay")
    if isinstance(fay, (int, float)) and not 0 <= fay < 1:
        faults.append(Fault(path=("fay",), found=f"k is {fay:g}.", cure="Give it from 0 to below 1, like fay = 0.5"))
    return faults


def _without_replicates(data: Mapping[str, Any]) -> list[Fault]:
    cure = 'Name their columns, like replicate_weights = "rep*", or remove this line.'
    return [
        Fault(path=(key,), found="There are no replicate weights that it could speak of.", cure=cure)
        for key in ("replicate_scheme", "replicate_scales", "fay") if data.get(key) not in (None, ())
    ]


def _beside_replicates(data: Mapping[str, Any]) -> list[Fault]:
    path = ("replicate_weights",)
    faults = [
        Fault(path=(key,), found="Replicate weights carry the design already.",
              cure=f"Remove this line, or remove replicate_weights to use `{key}`.")
        for key in ("stratum", "psu", "fpc") if data.get(key) is not None
    ]
    if "weight" in data and data["weight"] is not None:
        return faults
    return [*faults, Fault(path=path, found="They come with a full-sample weight, which is not declared.",
                           cure='Add its column: weight = "weight"')]  # fmt: skip


def _scheme_faults(data: Mapping[str, Any]) -> list[Fault]:
    scheme, scales = data.get("replicate_scheme"), data.get("replicate_scales") or ()
    names = data["replicate_weights"]
    faults = []
    if scheme is None:
        faults.append(Fault(
            path=("replicate_weights",), found="How they were made is not declared.",
            cure='Add what the survey\'s documentation says, like replicate_scheme = "BRR"',
        ))
    if scheme == "Fay" and data.get("fay") is None:
        faults.append(Fault(path=("replicate_scheme",), found="Fay's method needs its k.", cure="Add fay = 0.5"))
    if scheme not in ("Fay", None) and data.get("fay") is not None:
        faults.append(Fault(path=("fay",), found=f'"{scheme}" has no k.', cure='Write replicate_scheme = "Fay".'))
    if scheme == "JKn" and not scales:
        faults.append(Fault(
            path=("replicate_scheme",), found="JKn needs the factor (n_h - 1) / n_h of each replicate's stratum.",
            cure="Add replicate_scales = [...], or replicate_scales = 1 for two units per stratum (JK2).",
        ))
    if any(scale < 0 for scale in scales):
        faults.append(Fault(path=("replicate_scales",), found="A factor is negative.", cure="Correct it."))
    if len(scales) > 1 and not any("*" in name for name in names) and len(scales) != len(names):
        faults.append(Fault(
            path=("replicate_scales",), found=f"{len(scales)} factors for {len(names)} replicate weights.",
            cure="Give one for each, or a single one for all.",
        ))
    return faults
