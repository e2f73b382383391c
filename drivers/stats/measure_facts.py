"""What every importance measure is: what it adds up to, whether it can be negative, for what it is defined, its source.

The documentation and the printed tables read these, and tests hold the measures to them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

SumsTo = Literal["R2", "nothing"]

_CODING: Final = (
    "what the group gets would depend on its coding inside (which dummy is left out, which item is subtracted)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureFacts:
    """Facts about one measure.

    ``title`` for people; ``meaning`` in one line; ``sums_to`` "R2" (beyond always-in drivers) or "nothing";
    ``negative`` whether it can be; ``groups`` and ``always`` whether it is defined for groups of drivers and beside
    always-in ones, ``why_no_groups`` if not; ``source`` author and year; ``doi``.
    """

    title: str
    meaning: str
    sums_to: SumsTo
    negative: bool
    groups: bool
    always: bool
    source: str
    doi: str
    why_no_groups: str = ""


MEASURE_FACTS: Final[Mapping[str, MeasureFacts]] = MappingProxyType({
    "lmg": MeasureFacts(
        title="LMG (Shapley)",
        meaning="mean gain in R2 over all orders of entry",
        sums_to="R2", negative=False, groups=True, always=True,
        source="Groemping (2007); Lindeman, Merenda & Gold (1980)", doi="10.1198/000313007X188252",
    ),
    "owen": MeasureFacts(
        title="Owen value",
        meaning="mean gain in R2 over the orders of entry that keep groups together; adds up to LMG of each group",
        sums_to="R2", negative=False, groups=True, always=True,
        source="Owen (1977)", doi="10.1007/978-3-642-45494-3_7",
    ),
    "relative_weights": MeasureFacts(
        title="Relative weights (Johnson; Genizi)",
        meaning="R2 shared out among uncorrelated twins of the drivers, and handed back by squared correlation",
        sums_to="R2", negative=False, groups=False, always=True, why_no_groups=_CODING,
        source="Johnson (2000); Genizi (1993)", doi="10.1207/S15327906MBR3501_1",
    ),
    "car": MeasureFacts(
        title="CAR scores, squared",
        meaning="squared correlation of the outcome with each driver's closest uncorrelated twin",
        sums_to="R2", negative=False, groups=False, always=True, why_no_groups=_CODING,
        source="Zuber & Strimmer (2011)", doi="10.2202/1544-6115.1730",
    ),
    "pratt": MeasureFacts(
        title="Pratt",
        meaning="standardised slope times correlation with the outcome",
        sums_to="R2", negative=True, groups=True, always=True,
        source="Thomas, Hughes & Zumbo (1998); Hoffman (1960)", doi="10.1023/A:1006954016433",
    ),
    "first": MeasureFacts(
        title="First",
        meaning="R2 of the driver alone",
        sums_to="nothing", negative=False, groups=True, always=True,
        source="Groemping (2006)", doi="10.18637/jss.v017.i01",
    ),
    "last": MeasureFacts(
        title="Last (usefulness)",
        meaning="gain in R2 over the model with all other drivers",
        sums_to="nothing", negative=False, groups=True, always=True,
        source="Darlington (1968)", doi="10.1037/h0025471",
    ),
    "beta_squared": MeasureFacts(
        title="Standardised slope, squared",
        meaning="squared slope of the standardised driver in the full model; can exceed 1",
        sums_to="nothing", negative=False, groups=False, always=True,
        why_no_groups="a group has several slopes, and the sum of their squares would depend on its coding inside",
        source="Darlington (1968)", doi="10.1037/h0025471",
    ),
    "correlation": MeasureFacts(
        title="Correlation",
        meaning="correlation with the outcome, other drivers ignored",
        sums_to="nothing", negative=True, groups=False, always=True,
        why_no_groups="a group has no one sign; `first` is the square of its multiple correlation",
        source="Pearson (1895)", doi="10.1098/rspl.1895.0041",
    ),
    "structure": MeasureFacts(
        title="Structure coefficient",
        meaning="correlation with what the model predicts",
        sums_to="nothing", negative=True, groups=False, always=True,
        why_no_groups="a group has no one sign; `first` over R2 is the square of its multiple correlation with it",
        source="Courville & Thompson (2001)", doi="10.1177/0013164401612006",
    ),
})  # fmt: skip
"""Facts by measure: every name in `drivers.stats.measures.MEASURES`, and "owen", which only groups have."""
