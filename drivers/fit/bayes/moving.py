"""Slopes and shares wave by wave of a dynamic fit, and the probability of every change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import FALSE_FLAGS, LIKELY
from drivers.errors import InputError
from drivers.fit.result import Fit
from drivers.stats.flag_set import expected_false
from drivers.stats.measures import MEASURES_DRAWS
from drivers.survey.plain_text import percent_level, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]
Quantity = Literal["slope", "share"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MovingSlopes:
    """``by_wave`` has slopes and shares of every wave, ``changes`` what moved up to the latest one.

    Where slopes vary by ``segments`` (columns) too, every wave is averaged over them by the same shares.
    """

    outcome: str
    column: str
    labels: Mapping[str, str]
    model: str
    link: str
    level: float
    n: int
    n_eff: float
    by_wave: pd.DataFrame
    changes: pd.DataFrame
    segments: tuple[str, ...] = ()

    def label(self, name: str) -> str:
        """Return the words to print for a column, by its `name`."""
        return self.labels.get(name, name)

    def tidy(self) -> pd.DataFrame:
        """Return one row per quantity, driver and wave before the latest, with the change since.

        Columns: ``quantity`` ("slope", "share"), ``driver``, ``label``, ``wave`` the earlier one, ``change`` from there
        to the latest with ``low`` and ``high``, ``p_up`` P(larger now), ``p_change`` P(of the likelier direction),
        ``direction``, ``against`` ("previous", "first" or "") and ``flag``: of slopes against the wave before that
        moved, at most `FALSE_FLAGS` are expected not to have gone that way.
        """
        return self.changes.copy()

    def summary(self) -> str:
        """Return slopes of first, previous and latest wave, and how likely they moved, as text."""
        slopes = self.changes[(self.changes["quantity"] == "slope") & (self.changes["against"] != "")]
        latest = self.by_wave["wave"].iloc[-1]
        now = self.by_wave.query("quantity == 'slope' and wave == @latest").set_index("driver")["estimate"]
        shown = pd.DataFrame({
            "driver": slopes["label"], "now": slopes["driver"].map(now).map("{:.3f}".format), "since": slopes["wave"],
            "change": slopes["change"].map("{:+.3f}".format),
            f"{percent_level(self.level)} interval": [
                f"{low:+.3f} to {high:+.3f}" for low, high in zip(slopes["low"], slopes["high"], strict=True)
            ],
            "P(up)": slopes["p_up"].map("{:.2f}".format), "moved": slopes["flag"].map({True: "*", False: ""}),
        })
        foot = [
            f"Slopes of {latest} against earlier waves; each wave borrows from its neighbours, so a sudden step is "
            f"called late. *: of such claims at most {FALSE_FLAGS:.0%} are expected to be false. Shares also move when "
            "answers spread more or less, with slopes as they were."
        ]
        if self.segments:
            by = " and ".join(map(self.label, self.segments))
            foot.append(f"Every wave is averaged over segments of {by} by the same shares.")
        return "\n".join([
            f"Slopes of {self.label(self.outcome)} by {self.label(self.column)}", "", shown.to_string(index=False), "",
            *wrapped(foot),
        ])

    def to_dict(self) -> dict[str, object]:
        """Return slopes, shares and changes as plain values for JSON."""
        return {
            "outcome": self.outcome, "wave": self.column, "segments": list(self.segments),
            "level": self.level,
            "by_wave": self.by_wave.to_dict("records"), "changes": self.changes.to_dict("records"),
        }

    def plot(self, ax: Axes | None = None, *, driver: str | None = None, quantity: Quantity = "slope") -> Axes:
        """Draw slope or share (`quantity`) of a `driver` wave by wave with P(change), on `ax` or a new figure."""
        from drivers.plot.moving import plot_moving

        return plot_moving(self, ax=ax, driver=driver, quantity=quantity)


def moving_slopes(fit: Fit) -> MovingSlopes:
    """Follow slopes and shares from wave to wave, with the probability that they moved.

    Parameters
    ----------
    fit : Fit
        A fit whose slopes walk over waves (``walk=``).

    Returns
    -------
    MovingSlopes
        Slopes in outcome points, or latent units, per driver point; shares (LMG) of each wave's variance, in which
        the drivers' covariance is the sample's of that wave.

    Raises
    ------
    InputError
        If its slopes do not walk.

    References
    ----------
    .. [1] Newton, Noueiry, Sarkar & Ahlquist (2004). Biostatistics 5(2), 155-176. doi:10.1093/biostatistics/5.2.155
    """
    found = fit.waves
    if found is None:
        raise InputError('The slopes of this fit do not move over waves. Fit with engine="bayes" and walk="normal".')
    drivers = fit.spec.drivers
    slopes = found.slopes.reshape(-1, *found.slopes.shape[2:])
    drawn: dict[Quantity, FloatArray] = {"slope": slopes, "share": _shares(fit, slopes)}
    n = found.n.round().astype(int)
    rows, moves = [], []
    tail = (1 - fit.spec.level) / 2
    for quantity, values in drawn.items():
        low, high = np.quantile(values, [tail, 1 - tail], axis=0)
        middle = values.mean(axis=0)
        since = values[:, -1:] - values
        change_low, change_high = np.quantile(since, [tail, 1 - tail], axis=0)
        for j, driver in enumerate(drivers):
            named = {"quantity": quantity, "driver": driver, "label": fit.label(driver)}
            rows += [
                {**named, "wave": wave, "n": n[t], "estimate": middle[t, j], "low": low[t, j], "high": high[t, j]}
                for t, wave in enumerate(found.names)
            ]
            for t, wave in enumerate(found.names[:-1]):
                up = float((since[:, t, j] > 0).mean())
                moves.append({
                    **named, "wave": wave, "change": float(since[:, t, j].mean()), "low": change_low[t, j],
                    "high": change_high[t, j], "p_up": up, "p_change": max(up, 1 - up),
                    "direction": "up" if up >= 0.5 else "down",
                    "against": "previous" if t == len(found.names) - 2 else "first" if t == 0 else "",
                })
    changes = pd.DataFrame(moves)
    judged = ((changes["quantity"] == "slope") & (changes["against"] == "previous")).to_numpy()
    doubt = 1 - changes["p_change"].to_numpy(np.float64)
    flag = np.zeros(len(changes), dtype=np.bool_)
    flag[judged] = expected_false(doubt[judged], FALSE_FLAGS) & (doubt[judged] <= 1 - LIKELY)
    return MovingSlopes(
        outcome=fit.spec.outcome, column=found.column, labels=fit.labels, model=fit.spec.model, link=fit.spec.link,
        level=fit.spec.level, n=fit.n, n_eff=fit.n_eff, by_wave=pd.DataFrame(rows), changes=changes.assign(flag=flag),
        segments=() if fit.segments is None else fit.segments.columns,
    )


def _shares(fit: Fit, slopes: FloatArray) -> FloatArray:
    """Return draws (s, T, p) of each wave's shares."""
    assert fit.waves is not None
    s, t, p = slopes.shape
    error = fit.draws.error_sd.reshape(s)
    out = np.empty(slopes.shape)
    for at in range(t):
        cov = fit.waves.x_cov[at]
        joint = np.empty((s, p + 1, p + 1))
        joint[:, :p, :p] = cov
        joint[:, :p, p] = joint[:, p, :p] = slopes[:, at] @ cov
        joint[:, p, p] = np.einsum("si,si->s", joint[:, :p, p], slopes[:, at]) + error**2
        out[:, at] = MEASURES_DRAWS["lmg"](joint)
    return out
