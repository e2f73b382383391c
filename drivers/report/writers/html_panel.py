"""The sliders of the page: the one script of our own, its hash for the page's policy, and the numbers it reads."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files
from typing import Any

import numpy as np
from markupsafe import Markup

from drivers.report.content import Playable
from drivers.scenario.panel import Panel, Played

SCRIPT = files("drivers.report").joinpath("templates", "panel.js").read_text(encoding="utf-8")
"""The whole script; the same on every page."""

MEASURES = {
    "mean": ("average", 1.0, 2), "top2": ("top 2 box, %", 100.0, 1), "nps": ("NPS", 1.0, 1),
    "latent": ("latent mean", 1.0, 2),
}  # fmt: skip
"""Name, factor and decimals of each measure."""


def script_hash() -> str:
    """Return the source by which the page's policy knows the script: nothing else may run in it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(SCRIPT.encode("utf-8")).digest()).decode("ascii")


def data_of(block: Playable) -> Markup:
    """Return the numbers of a `block` as JSON that can stand inside a page: no sign in it opens or closes a tag."""
    text = json.dumps(panel_data(block.panel), ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704 - escaped


def panel_data(panel: Panel) -> dict[str, Any]:
    """Return everything in a `panel` as plain values: points by place, weights as whole numbers."""
    places = [np.searchsorted(one.values, panel.points[:, j]).tolist() for j, one in enumerate(panel.sliders)]
    return {
        "level": panel.level,
        "sliders": [
            {"label": one.label, "better": one.better, "low": one.low, "high": one.high, "values": one.values.tolist()}
            for one in panel.sliders
        ],
        "points": places,
        "groups": [
            {"label": one.label, "n": one.n, "weight": np.rint(one.weight * 1e6).astype(int).tolist(),
             "centre": one.centre.tolist(), "tilt": one.tilt.tolist()}
            for one in panel.groups
        ],
        "outcomes": [_outcome(one) for one in panel.outcomes],
    }  # fmt: skip


def _outcome(played: Played) -> dict[str, Any]:
    surface = played.surface
    return {
        "label": played.label, "probit": surface.probit, "offset": surface.offset[:, 0].tolist(),
        "slopes": surface.slopes[:, 0].tolist(), "cuts": surface.cuts.tolist(),
        "measures": [
            {"name": MEASURES[name][0], "factor": MEASURES[name][1], "digits": MEASURES[name][2],
             "base": float(surface.base[column - 1]) if column else 0.0,
             "rise": surface.rise[column - 1].tolist() if column else None}
            for name, column in zip(played.measures, played.columns, strict=True)
        ],
    }  # fmt: skip
