"""What a figure says to readers who cannot see it."""

import numpy as np
import pandas as pd

from drivers.fit.segments import SegmentSlopes
from drivers.report.figures import segments_figure


def made(bases: dict[str, int], fitted: set[str]) -> SegmentSlopes:
    rows = [
        {"segment_column": "place", "segment": place, "driver": driver, "label": driver.title(), "n": n,
         "n_eff": n, "shown": place in fitted, **dict(zip(("slope", "low", "high"), (0.5, 0.4, 0.6), strict=True))}
        for place, n in bases.items() for driver in ("speed", "value")
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    table.loc[~table["shown"], ["slope", "low", "high"]] = np.nan
    reasons = {place: "..." for place in bases if place not in fitted}
    return SegmentSlopes(by="place", outcome="y", labels={}, model="linear", level=0.9, table=table, held_back=reasons)


def test_a_segment_without_slopes_is_told_once_with_its_reason() -> None:
    slopes = made({"North": 90, "Island": 12, "South": 80, "Ship": 3}, {"North"})
    said = segments_figure(slopes, "Place").alt
    assert "Speed in North: 0.50 (0.40 to 0.60)" in said
    assert said.count("Island is not shown: fewer than 25 respondents") == 1
    assert said.count("South is not shown: the model could not be fitted there") == 1
    assert "Ship" not in said, "a base under 5 is not drawn"
