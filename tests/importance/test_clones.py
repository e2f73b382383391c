"""Near copies of a driver: the published example is found, overlap among real drivers is not, the cure is named."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

import drivers as dr
from drivers.errors import CloneWarning, InputError
from drivers.importance.blocks import blocks_of
from drivers.importance.clones import clones, warn_clones
from drivers.importance.clones import clones_of as clones_in
from drivers.stats.shapley import lmg
from tests.golden.moments import ATTITUDE
from tests.golden.surveys import MOBI_DRIVERS, mobi
from tests.stats.matrices import covariances

PRINTED = 5e-4  # shares in percent with one decimal


def clones_of(cov, names, **rows):
    return clones_in(cov, blocks_of(names, **rows))


def with_copy(r=0.3, copy=0.95, effect=(0.5, 0.3)):
    """Two drivers with standardised slopes, and a near copy of the first without any effect of its own."""
    drivers = np.array([[1, r, copy], [r, 1, copy * r], [copy, copy * r, 1]])
    slopes = np.array([*effect, 0.0])
    cov = np.eye(4)
    cov[:3, :3] = drivers
    cov[:3, 3] = cov[3, :3] = drivers @ slopes
    return cov


def test_a_zero_effect_copy_takes_two_fifths_of_a_share():
    # exact: shares 66.9 / 33.1 become 39.0 / 28.8 beside the copy's 32.2, with R2 unchanged
    cov = with_copy()
    alone, whole = lmg(cov[np.ix_([0, 1, 3], [0, 1, 3])]), lmg(cov)
    np.testing.assert_allclose(alone / alone.sum(), [0.669, 0.331], atol=PRINTED)
    np.testing.assert_allclose(whole / whole.sum(), [0.390, 0.288, 0.322], atol=PRINTED)
    (found,) = clones_of(cov, ("a", "b", "copy"))
    assert (found.driver, found.other) == ("a", "copy")
    assert found.gain == pytest.approx(0, abs=1e-12)
    assert found.cut == pytest.approx(1 - 0.390 / 0.669, abs=2 * PRINTED)
    assert found.correlation == pytest.approx(0.95)


def test_overlap_of_drivers_that_each_add_something_is_no_clone():
    assert clones_of(with_copy(copy=0.4), ("a", "b", "c")) == ()
    assert clones_of(ATTITUDE, tuple("abcdef")) == ()
    assert clones_of(np.array([[1, 0.5], [0.5, 1]]), ("a",)) == ()


def test_groups_are_cut_as_a_whole_and_a_group_of_both_is_not_cut():
    cov = with_copy()
    assert clones_of(cov, ("a", "b", "copy"), groups={"both": ["a", "copy"]}) == ()
    (found,) = clones_of(cov, ("a", "b", "copy"), groups={"mix": ["a", "b"]})
    alone = lmg(cov[np.ix_([0, 1, 3], [0, 1, 3])])
    assert (found.driver, found.other, found.correlation) == ("mix", "copy", pytest.approx(0.95))
    assert found.alone == pytest.approx(alone.sum(), abs=1e-12)  # all that is explained goes to the only row
    (found,) = clones_of(cov, ("a", "b", "copy"), always=["b"])
    assert (found.driver, found.other) == ("a", "copy")
    assert found.alone == pytest.approx(1 - (1 - 0.5**2 * (1 - 0.3**2)), abs=1e-12)  # slope^2 x variance beyond b


@given(covariances(min_drivers=2, max_drivers=5))
def test_what_is_reported_keeps_the_rule(cov):
    names = tuple("abcde"[: len(cov) - 1])
    for found in clones_of(cov, names):
        assert found.cut > 0.25
        assert found.gain < 0.01
        assert found.alone > 0.03


def test_the_warning_names_the_pair_the_numbers_and_the_cure():
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(rng.normal(size=(800, 2)), columns=["service", "price"])
    rows["y"] = 0.5 * rows["service"] + 0.3 * rows["price"] + rng.normal(size=800)
    rows["staff"] = rows["service"] + 0.3 * rng.normal(size=800)
    fit = dr.fit(rows, drivers=["service", "price", "staff"], outcome="y", draws=20)
    with pytest.warns(CloneWarning, match=r"`staff` cuts the share of `service` from 1\d\.\d% to \d+\.\d% and adds 0"):
        found = warn_clones(fit)
    assert found == clones(fit)
    with pytest.warns(CloneWarning, match=r"put them into one group, `service` with `staff`, or leave one out\.$"):
        warn_clones(fit)


def test_importance_warns_of_near_copies_unasked():
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(rng.normal(size=(800, 2)), columns=["service", "price"])
    rows["y"] = 0.5 * rows["service"] + 0.3 * rows["price"] + rng.normal(size=800)
    rows["staff"] = rows["service"] + 0.3 * rng.normal(size=800)
    fit = dr.fit(rows, drivers=["service", "price", "staff"], outcome="y", draws=100)
    found = dr.importance(fit)
    assert "1 share(s) are cut by a near copy: `staff` cuts the share of `service`" in found.notes[-1]
    assert "`staff` cuts the share of `service`" in found.summary().replace("\n", " ")
    together = dr.importance(fit, groups={"people": ["service", "staff"]})
    assert not any("near copy" in note for note in together.notes)
    assert not any("near copy" in note for note in dr.importance(fit, "car").notes)


def test_a_survey_without_clones_gives_no_warning(shared):
    fit = dr.fit(mobi(shared), drivers=MOBI_DRIVERS, outcome="satisfaction", draws=20)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert warn_clones(fit) == ()


def test_too_many_drivers_are_refused():
    with pytest.raises(InputError, match="29 drivers are too many to leave each out once"):
        clones_of(np.eye(30), tuple(f"d{j}" for j in range(29)))
