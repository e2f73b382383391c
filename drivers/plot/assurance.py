"""`plot_assurance`: the chance that a survey names the first driver, by number of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from drivers.defaults import POWER, VERY_LIKELY
from drivers.plot.fine_print import headed
from drivers.plot.frame import clear, headline, lettering_for, open_axes, settle
from drivers.plot.lettering import plain
from drivers.plot.scale import percent_ticks
from drivers.plot.style import BLUE, GREEN, GREY, INK, PALE, percent, styled

if TYPE_CHECKING:
    from drivers.scenario.assurance import Assurance


def plot_assurance(result: Assurance, ax: Axes | None = None) -> Axes:
    """Two lines over the sizes tried: a first driver is named, and it is the right one.

    Parameters
    ----------
    result : Assurance
        From `first_assurance`.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x are the sizes, evenly spaced, y chances.
    """
    places = range(len(result.n))
    with styled():
        ax = open_axes(ax, (9.0, 4.6))
        clear(ax)
        kind = lettering_for(ax)
        ax.axhline(POWER, color=GREY, linewidth=1.2, linestyle=(0, (4, 2)), zorder=1)
        ax.plot(places, result.named, color=BLUE, marker="o", markersize=kind.dot, linewidth=1.8, zorder=3)
        ax.plot(places, result.right, color=GREEN, marker="^", markersize=kind.dot, linewidth=1.8, linestyle="--",
                zorder=3)  # fmt: skip
        ax.set(xlim=(-0.4, len(result.n) - 0.6), ylim=(0, 1.03))
        ax.set_xticks(list(places), labels=[f"{n:,.0f}" for n in result.n], fontsize=0.9 * kind.text, **plain())
        ticks, labels = percent_ticks(0, 1, 5)
        ax.set_yticks(ticks, labels=labels, fontsize=0.9 * kind.text, **plain())
        ax.hlines(ticks, -0.4, len(result.n) - 0.6, color=PALE, linewidth=0.8, zorder=0.5)
        ax.set_xlabel("Answers next quarter", fontsize=kind.text, color=INK, **plain())
        ax.set_ylabel("Chance", fontsize=kind.text, color=INK, **plain())
        headline(ax, *_words(result))
        settle(ax)
    return ax


def _words(result: Assurance) -> tuple[str, str, tuple[str, ...]]:
    label = result.labels.get(result.outcome, result.outcome)
    found = (
        f"{result.needed:,.0f} answers are enough to name the first driver" if result.needed is not None
        else "None of these sizes is enough to name the first driver"
    )
    return (
        headed(label, found[0].lower() + found[1:]),
        f"Chance that some driver is first with a probability of {percent(VERY_LIKELY)} or more",
        (
            "blue: a driver is named; green, dashed: and it is the right one", f"dashed: {percent(POWER)}",
            f"averaged over what {result.today:,} answers leave open",
            f"{result.truths} simulated surveys for each size",
        ),
    )  # fmt: skip
