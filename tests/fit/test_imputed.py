"""More data sets than usual: the first ones tell whether the sweeps suffice, and none is made twice."""

import numpy as np
import pytest

import drivers.fit.regression.imputed as module
from drivers.cells.collapse import collapse
from drivers.fit.regression.imputed import Imputer, completed_samples
from drivers.fit.regression.sample import Sample
from drivers.stats.impute import impute
from drivers.stats.impute_check import Settled
from tests.cells.made import answers_of, ratings

FIRST = module.IMPUTATIONS


@pytest.fixture(scope="module")
def sample():
    table = ratings(300, 4)
    rng = np.random.default_rng(5)
    cells = collapse(answers_of(table.assign(a=table["a"].mask(rng.random(300) < 0.4))), ("a", "b", "y"))
    return Sample(cells=cells, whole=cells, inside=np.arange(len(cells)))


@pytest.fixture
def asked(monkeypatch):
    """Data sets, sweeps, and data sets already there, of every call."""
    calls = []

    def spy(*arrays, **options):
        calls.append((options["imputations"], options["sweeps"], len(options["early"])))
        return impute(*arrays, **options)

    monkeypatch.setattr(module, "impute", spy)
    return calls


def test_the_first_data_sets_are_those_of_all_together(sample, asked):
    made = completed_samples(sample, 3, Imputer())
    m = len(made)
    assert m > FIRST and asked == [(FIRST, 10, 0), (m, 10, FIRST)]
    cells = sample.cells
    whole = impute(cells.values, cells.n, cells.sum_w, cells.sum_w2, imputations=m, sweeps=10, seed=3)
    for i in (0, FIRST - 1, FIRST, m - 1):
        values, count = whole.completed(i)
        np.testing.assert_array_equal(made[i].cells.n.sum(), count.sum())
        np.testing.assert_allclose(
            made[i].cells.values.T @ made[i].cells.n, values.T @ count, rtol=1e-12
        )


def test_where_the_first_drift_the_others_are_not_begun(sample, asked, monkeypatch):
    def check(trace):
        return Settled(trend=9.0, limit=4.0, moved=0.1, settled=trace.shape[1] > 10)

    monkeypatch.setattr(module, "check_settled", check)
    m = len(completed_samples(sample, 3, Imputer()))
    assert asked == [(FIRST, 10, 0), (FIRST, 20, 0), (m, 20, FIRST)]


def test_few_data_sets_are_made_at_once(sample, asked):
    assert len(completed_samples(sample, 3, Imputer(imputations=4))) == 4
    assert asked == [(4, 10, 0)]
