"""The frame round a chart: the Axes to draw on, the room it has, and its title, subtitle and fine print."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.transforms import Bbox

from drivers.plot.lettering import height, plain, printable, width, wrap
from drivers.plot.style import GREY, INK, PALE, Type, type_for

_PAD = 0.1  # inches kept free at the edge of the room
LAYOUT = partial(ConstrainedLayoutEngine, w_pad=_PAD, h_pad=_PAD)


def open_axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """Return `ax`, or a new Axes on a pyplot figure of `size` inches (so that a notebook shows it)."""
    if ax is None:
        _, ax = plt.subplots(figsize=size, layout=LAYOUT())
    return ax


def height_for(rows: int) -> float:
    """Return a height in inches at which so many `rows` of two lines are easy to read, half a page wide or more."""
    return 2.7 + 0.27 * rows


def figure_of(ax: Axes) -> Figure:
    """Return the figure that `ax` is saved with.

    Parameters
    ----------
    ax : Axes
        Any Axes, also one of a subfigure or an inset.

    Returns
    -------
    Figure
        The outermost one.

    Raises
    ------
    ValueError
        If the Axes was removed from its figure.
    """
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("The Axes was removed from its figure; hand over one that is still on a figure.")
    return figure


def _cell(ax: Axes) -> Bbox:
    """Return the part of the figure that belongs to `ax`, labels included, in figure fractions."""
    spec = ax.get_subplotspec()
    if spec is None:
        return Bbox(ax.get_position(original=True).get_points())
    rows, columns = spec.get_gridspec().get_geometry()
    return Bbox.from_extents(
        spec.colspan.start / columns, 1 - spec.rowspan.stop / rows,
        spec.colspan.stop / columns, 1 - spec.rowspan.start / rows,
    )  # fmt: skip


def room(ax: Axes) -> tuple[float, float]:
    """Return width and height at hand for the chart on `ax` with its labels, in inches."""
    cell = _cell(ax)
    across, up = figure_of(ax).get_size_inches()
    return float(cell.width * across) - 2 * _PAD, float(cell.height * up) - 2 * _PAD


def lettering_for(ax: Axes) -> Type:
    """Return the type sizes that suit the room of `ax`."""
    return type_for(room(ax)[0])


def clear(ax: Axes, *, grid: str | None = "x") -> None:
    """Take away what carries no meaning on `ax`: box, tick marks; leave a faint `grid` along "x" or "y", or none."""
    for side in ("top", "right", "left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.tick_params(length=0, colors=INK)
    ax.set_facecolor("none")
    if grid is not None:
        ax.grid(True, axis="x" if grid == "x" else "y", color=PALE, linewidth=0.8)
        ax.set_axisbelow(True)


def _outline(ax: Axes, renderer: RendererBase | None) -> Bbox:
    """Return the box round the plotting area and its axis labels, in pixels."""
    parts = [ax.bbox, *(axis.get_tightbbox(renderer) for axis in (ax.xaxis, ax.yaxis))]
    return Bbox.union([part for part in parts if part is not None])


def headline_height(ax: Axes, title: str, subtitle: str, notes: Sequence[str]) -> float:
    """Return the height that `title`, `subtitle` and the fine print `notes` will take on `ax`, in points."""
    kind, across = lettering_for(ax), 72 * room(ax)[0]
    top = height(len(wrap(printable(title), kind.title, across, True)), kind.title)
    middle = height(len(wrap(printable(subtitle), kind.text, across)), kind.text)
    return top + middle + height(len(_flow(notes, kind.fine, 0.94 * across)), kind.fine) + 2 * kind.text


def _flow(notes: Sequence[str], size: float, across: float) -> list[str]:
    """Set notes one after another with dots between, breaking lines between notes where possible."""
    lines = [""]
    for note in (printable(note) for note in notes):
        joined = f"{lines[-1]}  ·  {note}" if lines[-1] else note
        if width(joined, size) <= across:
            lines[-1] = joined
        else:
            pieces = wrap(note, size, across)
            lines = [*lines, *pieces] if lines[-1] else pieces
    return lines


def headline(ax: Axes, title: str, subtitle: str, notes: Sequence[str]) -> None:
    """Write `title` and `subtitle` above the chart on `ax`, and the fine print `notes` below.

    All are flush with the left edge of its labels.
    """
    kind, across = lettering_for(ax), 72 * room(ax)[0]
    above = wrap(printable(subtitle), kind.text, across)
    gap = 0.6 * kind.text

    def write(lines: list[str], top: bool, lift: float, size: float, colour: str, name: str, bold: bool) -> None:
        note = ax.annotate(
            "\n".join(lines), xy=(0, 1 if top else 0), xycoords=lambda renderer: _outline(ax, renderer),
            xytext=(0, lift if top else -lift), textcoords="offset points", ha="left", va="bottom" if top else "top",
            fontsize=size, color=colour, linespacing=1.2, annotation_clip=False, **plain(bold=bold),
        )  # fmt: skip
        note.set_gid(f"chart-{name}")

    write(above, True, gap, kind.text, GREY, "subtitle", False)
    write(
        wrap(printable(title), kind.title, across, True), True, 1.2 * gap + height(len(above), kind.text),
        kind.title, INK, "title", True,
    )  # fmt: skip
    write(_flow(notes, kind.fine, 0.94 * across), False, gap, kind.fine, GREY, "notes", False)


def renderer_of(figure: Figure) -> RendererBase:
    """Return something to measure letters with, whatever the `figure` will be saved as."""
    canvas = figure.canvas if isinstance(figure.canvas, FigureCanvasAgg) else FigureCanvasAgg(figure)
    return canvas.get_renderer()


def settle(ax: Axes) -> None:
    """Bring the labels inside the figure: by its layout engine, or by shrinking `ax` where it has none."""
    figure = figure_of(ax)
    if figure.get_layout_engine() is not None:
        figure.draw_without_rendering()
        return
    if ax.get_subplotspec() is None:
        return
    across, up = figure.get_size_inches()
    cell = _cell(ax).padded(-_PAD / across, -_PAD / up)
    renderer = renderer_of(figure)
    for _ in range(2):
        place = ax.get_position()
        tight = ax.get_tightbbox(renderer)
        if tight is None:
            return
        taken = tight.transformed(figure.transFigure.inverted())
        ax.set_position(Bbox.from_extents(
            cell.x0 + place.x0 - taken.x0, cell.y0 + place.y0 - taken.y0,
            cell.x1 + place.x1 - taken.x1, cell.y1 + place.y1 - taken.y1,
        ))  # fmt: skip
