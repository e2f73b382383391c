"""`Gap`: the parts of a gap analysis, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from drivers.defaults import LEVEL
from drivers.errors import InputError
from drivers.gap.asymmetry import Asymmetry
from drivers.gap.compensation import Compensation
from drivers.gap.direct import DirectGap
from drivers.gap.joint import JointGap
from drivers.gap.kano import Kano
from drivers.gap.latent import LatentGap
from drivers.gap.necessity import Necessity
from drivers.gap.plain import plain
from drivers.gap.scores_result import GapScores
from drivers.gap.surface_result import Surfaces
from drivers.gap.two_outcomes import TwoOutcomes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

type Part = (
    GapScores | JointGap | TwoOutcomes | Surfaces | DirectGap | LatentGap | Asymmetry | Kano | Necessity | Compensation
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gap:
    """``scores`` to read, ``joint`` model of both answers, ``compare`` two outcomes, ``surface``, ``direct`` item.

    Then ``latent`` gap, ``asymmetry``, ``necessity``, ``compensation`` and ``kano`` pairs. A part that was not asked
    for, or for which there are no answers, is None; ``refused`` says why one of the latter is not there, ``left_out``
    which pairs too few people answered for a model. ``by_segment`` has scores by one segment column each, for reports.
    """

    title: str
    scores: GapScores | None = None
    joint: JointGap | None = None
    compare: TwoOutcomes | None = None
    surface: Surfaces | None = None
    direct: DirectGap | None = None
    latent: LatentGap | None = None
    asymmetry: Asymmetry | None = None
    necessity: Necessity | None = None
    compensation: Compensation | None = None
    kano: Kano | None = None
    refused: Mapping[str, str] = field(default_factory=dict)
    by_segment: Mapping[str, GapScores] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    level: float = LEVEL
    provenance: Mapping[str, object] = field(default_factory=dict)

    def parts(self) -> dict[str, Part]:
        """Return the parts there are, by name, in the order of reading."""
        every = {
            "scores": self.scores, "joint": self.joint, "compare": self.compare, "surface": self.surface,
            "direct": self.direct, "latent": self.latent, "asymmetry": self.asymmetry, "necessity": self.necessity,
            "compensation": self.compensation, "kano": self.kano,
        }  # fmt: skip
        return {name: part for name, part in every.items() if part is not None}

    def tidy(self) -> pd.DataFrame:
        """Return one row per driver: its gap, the slopes of both answers, and its shares of either outcome.

        Returns
        -------
        DataFrame
            Columns of the parts there are.

        Raises
        ------
        InputError
            If no part has a row per driver.
        """
        tables = []
        if self.scores is not None and not self.scores.by:
            rows = self.scores.tidy()
            kept = ["driver", "perceived", "expected", "gap", "low", "high", "below"]
            tables.append(rows.loc[rows["kind"] == "driver", kept].set_index("driver"))
        if self.joint is not None:
            kept = ["driver", "perceived", "expected", "difference", "p_positive"]
            tables.append(self.joint.tidy()[kept].set_index("driver").add_prefix("slope_"))
        if self.compare is not None:
            kept = ["driver", "share_satisfaction", "share_gap", "p_more_for_gap"]
            tables.append(self.compare.tidy()[kept].set_index("driver"))
        if not tables:
            raise InputError("None of these parts has a row per driver; read them one by one, e.g. result.surface.")
        return pd.concat(tables, axis=1).reset_index()

    def summary(self) -> str:
        """Return every part as text."""
        refused = [f"No {name}: {why}" for name, why in self.refused.items()]
        return "\n\n".join([*(part.summary() for part in self.parts().values()), *refused, *self.left_out])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the first part there is on `ax`, or on a new figure; each part has a plot of its own."""
        return next(iter(self.parts().values())).plot(ax=ax)

    def to_dict(self) -> dict[str, object]:
        """Return all parts as plain values for JSON."""
        found: dict[str, object] = {"title": self.title, "level": self.level}
        if self.scores is not None:
            found |= {key: value for key, value in self.scores.to_dict().items() if key in ("scores", "zones")}
        if self.joint is not None:
            whole = self.joint.to_dict()
            found |= {"joint": whole.pop("drivers"), "joint_model": whole}
        if self.surface is not None:
            whole = self.surface.to_dict()
            found |= {"surface": whole.pop("surfaces"), "surface_model": whole}
        if self.compare is not None:
            whole = self.compare.to_dict()
            found |= {"compare": whole.pop("drivers"), "compare_outcomes": whole}
        for name in ("direct", "latent", "asymmetry", "necessity", "compensation", "kano"):
            part = self.parts().get(name)
            if part is not None:
                found[name] = part.to_dict()
        notes = [*self.left_out, *(note for part in self.parts().values() for note in getattr(part, "notes", ()))]
        return found | {"refused": dict(self.refused), "notes": list(dict.fromkeys(notes)),
                        "provenance": {key: plain(value) for key, value in self.provenance.items()}}  # fmt: skip
