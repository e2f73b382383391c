"""The axis of waves runs in time where the names of the waves tell it."""

import pandas as pd

from drivers.plot.scores import plot_scores
from drivers.survey.scores import Scores


def test_counted_waves_stand_in_their_order() -> None:
    rows = [
        {"item": "y", "label": "Satisfaction", "role": "outcome", "measure": "mean", "wave": wave, "estimate": value,
         "std_error": 0.1, "low": value - 0.2, "high": value + 0.2, "n": 80, "n_eff": 80.0, "deff": 1.0,
         "interval": "t", "shown": True}
        for wave, value in (("W1", 3.1), ("W10", 3.3), ("W2", 3.2))
    ]  # fmt: skip
    made = Scores(title="By hand", table=pd.DataFrame(rows), by=("wave",), level=0.9, weighted=False, design=False)
    ax = plot_scores(made)
    assert [tick.get_text().split("\n")[0] for tick in ax.get_xticklabels()] == ["W1", "W2", "W10"]
    assert list(ax.lines[0].get_ydata()) == [3.1, 3.2, 3.3]
