"""Tables of slopes by segment say of which segments there is no model, and why."""

import numpy as np
import pandas as pd

from drivers.report.segment_tables import _notes


def test_segments_whose_answers_carry_no_model_are_named():
    slopes = pd.DataFrame({
        "segment": ["north", "south, old", "isle"], "n": [400, 238, 12], "shown": [True, False, False],
        "slope": [0.3, np.nan, np.nan],
    })  # fmt: skip
    notes = _notes(slopes, 0.9)
    assert notes[1] == "1 segment has fewer than 25 respondents: too few for slopes of their own."
    assert notes[2].startswith("No model for “south, old”, though there are respondents enough: ")
    assert len(_notes(slopes[slopes["shown"]], 0.9)) == 1
