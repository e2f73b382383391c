"""A chart as SVG text or PNG bytes, on a figure of its own that pyplot never sees (so nothing is left open)."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from drivers.plot.frame import LAYOUT
from drivers.plot.lettering import viewer_has_the_fonts
from drivers.plot.style import styled

_PATH = re.compile(r'\bd="[^"]*"')
_DIGITS = re.compile(r"(\.\d\d)\d+")
"""Hundredths of a point are finer than any screen or printer."""

Draw = Callable[[Axes], Axes]


def _draw(draw: Draw, width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), layout=LAYOUT())
    FigureCanvasAgg(figure)
    draw(figure.subplots())
    return figure


def svg(draw: Draw, *, width: float = 7.5, height: float = 4.2) -> str:
    """Return a chart as SVG, the same bytes each time; text stays text, so it can be searched and read aloud.

    Parameters
    ----------
    draw : callable
        Takes an Axes and draws on it, for instance ``lambda ax: plot_importance(imp, ax=ax)``.
    width, height : float
        Size in inches.

    Returns
    -------
    str
        The SVG document.
    """
    out = BytesIO()
    with styled(), viewer_has_the_fonts():
        _draw(draw, width, height).savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return _PATH.sub(lambda path: _DIGITS.sub(r"\1", path[0]), out.getvalue().decode("utf-8"))


def png(draw: Draw, *, width: float = 13.33, height: float = 7.5, dpi: int = 120) -> bytes:
    """Return a chart as PNG; the default is one slide of 1600 x 900 pixels.

    Parameters
    ----------
    draw : callable
        Takes an Axes and draws on it.
    width, height : float
        Size in inches.
    dpi : int
        Pixels per inch.

    Returns
    -------
    bytes
        The PNG file.
    """
    out = BytesIO()
    with styled():
        _draw(draw, width, height).savefig(out, format="png", dpi=dpi, metadata={"Software": None})
    return out.getvalue()
