"""All measures in one table: equal to R, adding up to what they say, with conflicts of sign and order told."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.importance.measure_table import MeasureTable, _order_note, measures
from drivers.stats.measure_facts import MEASURE_FACTS
from drivers.stats.measures import MEASURES, measured
from tests.golden.moments import MTCARS

EXACT = 1e-9  # both in double precision
ATTITUDE = ["complaints", "privileges", "learning", "raises", "critical", "advance"]


@pytest.fixture(scope="module")
def attitude(shared) -> MeasureTable:
    rows = pd.read_csv(shared / "data" / "attitude.csv")
    return measures(dr.fit(rows, drivers=ATTITUDE, outcome="rating", draws=300))


def test_every_measure_stands_in_the_table_as_relaimpo_has_it(attitude, golden):
    # R> calc.relimp(rating ~ ., attitude, type = c("lmg", "last", "first", "betasq", "pratt", "genizi", "car"))
    published = golden("relaimpo_golden")["attitude"]["shares_raw"]
    table = attitude.table().set_index("measure")
    assert list(table.index) == list(MEASURES)
    names = {"lmg": "lmg", "genizi": "relative_weights", "car": "car", "pratt": "pratt", "first": "first",
             "last": "last", "betasq": "beta_squared"}  # fmt: skip
    for theirs, ours in names.items():
        expected = [published[driver][theirs] for driver in ATTITUDE]
        np.testing.assert_allclose(table.loc[ours, ATTITUDE].astype(float), expected, atol=EXACT, rtol=0)


def test_each_row_says_what_it_sums_to_whether_it_can_be_negative_and_its_source(attitude):
    table = attitude.table()
    for row in table.to_dict("records"):
        facts = MEASURE_FACTS[row["measure"]]
        assert (row["sums_to"], row["can_be_negative"]) == (facts.sums_to, facts.negative)
        assert row["source"] == facts.source and row["doi"].startswith("10.")
        assert np.isnan(row["total"]) if row["sums_to"] == "nothing" else row["total"] == pytest.approx(attitude.r2)
        assert row["can_be_negative"] or min(row[name] for name in ATTITUDE) >= 0
    text = attitude.summary()
    assert "LMG (Shapley)" in text and "Groemping (2007)" in text and "No share carries a sign" in text


def test_orders_of_many_drivers_are_told_by_where_they_part(monkeypatch, attitude):
    weights = attitude.estimates["relative_weights"].copy()
    weights[[0, 2]] = weights[[2, 0]]  # the first two by LMG change places
    turned = replace(attitude, estimates={**attitude.estimates, "relative_weights": weights})
    assert "differently: learning > complaints" in _order_note(turned)[0]
    monkeypatch.setattr("drivers.importance.measure_table.MOST_ORDERED", 3)
    assert "2 of 6 places differ, the first of them place 1, with learning by weights and complaints by LMG." in (
        _order_note(turned)[0]
    )


def test_tidy_has_a_row_per_measure_and_driver_with_intervals_of_the_same_draws(attitude):
    tidy = attitude.tidy()
    assert len(tidy) == len(MEASURES) * len(ATTITUDE)
    assert (tidy["low"] <= tidy["high"]).all()
    lmg = tidy[tidy["measure"] == "lmg"]
    assert lmg["rank"].tolist() == [1, 4, 2, 3, 6, 5]  # R's order: complaints, learning, raises, privileges, advance
    assert tidy[tidy["measure"] == "correlation"]["rank"].max() == len(ATTITUDE)
    json.dumps(attitude.to_dict(), allow_nan=False)


def test_conflicts_of_sign_are_flagged_with_their_probability(attitude):
    # attitude: slopes of privileges -.073 and advance -.217, correlations .43 and .16 (Chatterjee & Price 1977)
    signs = attitude.signs().set_index("driver")
    assert signs.index[signs["conflict"]].tolist() == ["privileges", "advance"]
    assert signs.loc["advance", "slope"] == pytest.approx(-0.217, abs=5e-4)
    assert 0.5 < signs.loc["privileges", "p_conflict"] < signs.loc["advance", "p_conflict"]
    notes = " ".join(attitude.notes)
    assert "Signs of advance conflict: slope -0.217, correlation +0.155 (probability 0." in notes
    assert "Pratt is negative for privileges, advance, so it is no share here." in notes


def test_the_tail_of_a_sure_driver_is_no_conflict(attitude):
    assert attitude.signs().set_index("driver").loc["complaints", "p_conflict"] < 0.01


def table_of(cov, names):
    estimates = {name: measured(name, cov) for name in MEASURES}
    p = len(names)
    slopes = np.linalg.solve(cov[:p, :p], cov[:p, p])
    return MeasureTable(
        outcome="mpg", drivers=names, labels={}, estimates=estimates,
        draws={name: values[None] for name, values in estimates.items()}, slope_estimate=slopes, slopes=slopes[None],
        r2=0.779, n=32, n_eff=32.0, level=0.9,
    )  # fmt: skip


def test_where_relative_weights_part_from_lmg_it_is_said():
    from drivers.importance.measure_table import _with_notes

    # R> rwa(mtcars, "mpg", c("cyl", "disp", "hp", "gear")) has hp first, LMG third (martinctc/rwa README)
    notes = " ".join(_with_notes(table_of(MTCARS, ("cyl", "disp", "hp", "gear"))).notes)
    assert "order the drivers differently: hp > cyl > disp > gear, LMG cyl > disp > hp > gear." in notes
    two = np.array([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1.0]])
    assert not any("order" in note for note in _with_notes(table_of(two, ("a", "b"))).notes)
