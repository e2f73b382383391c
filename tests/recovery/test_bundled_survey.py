"""The bundled survey, read from its files and analysed, gives back the truth that lies beside it."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.survey.scores import scores

Z = 4.5  # standard errors; the files are fixed, and some 150 numbers are compared


@pytest.fixture(scope="module")
def answers(root):
    return dr.read(root / "data" / "store_visits.csv", dr.Survey.from_toml(root / "data" / "store_visits.toml"))


@pytest.fixture(scope="module")
def true(root):
    table = pd.read_csv(root / "data" / "store_visits_truth.csv", keep_default_na=False)
    return table.set_index(["quantity", "outcome", "item", "group"])["value"].sort_index()


@pytest.mark.parametrize("outcome", ["satisfaction", "recommend"])
def test_ordinal_probit_finds_the_latent_slopes_and_thresholds(answers, true, outcome):
    found = dr.fit(answers, outcome=outcome, model="ordinal", link="probit", draws=20).tidy().set_index("term")
    want = pd.concat([true["latent_slope", outcome], true["threshold", outcome]]).droplevel("group")
    assert set(found.index) == set(want.index)
    away = (found["estimate"] - want.reindex(found.index)) / found["robust_se"]
    assert away.abs().max() < Z


def test_ordinal_shares_and_r2_cover_the_truth(answers, true):
    fit = dr.fit(answers, outcome="satisfaction", model="ordinal", link="probit", draws=200)
    found = dr.importance(fit)
    spread = found.shares.reshape(-1, 4).std(axis=0)
    want = np.array([true["latent_share", "satisfaction", driver, "all"] for driver in found.drivers])
    assert (np.abs(found.estimate - want) / spread).max() < Z
    r2 = true["latent_r2", "satisfaction", "", "all"]
    assert abs(found.r2_estimate - r2) < Z * found.r2.std()
    assert found.tidy().set_index("driver")["p_first"].idxmax() == "service_speed"


def test_scores_by_channel_and_quarter_cover_the_truth(answers, true):
    for by in ((), ("channel",), ("quarter",)):
        table = scores(answers, by=by).tidy()
        table = table[table["item"].isin(["satisfaction", "recommend"])]
        assert len(table) >= 2
        for row in table.itertuples():
            group = f"{by[0]}={getattr(row, by[0])}" if by else "all"
            want = true[row.measure, "", row.item, group]
            assert abs(row.estimate - want) < Z * row.std_error, (row.item, row.measure, group)
