"""Groups and always-in drivers through the public functions: published shares, what rows show, what is refused."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.importance.blocks import blocks_of
from tests.golden.surveys import MOBI_DRIVERS, mobi

EXACT = 1e-9  # both in double precision
ROUNDING = 1e-12

NAMES = {"lmg": "lmg", "first": "first", "last": "last", "betasq": "beta_squared", "pratt": "pratt"}


@pytest.fixture(scope="module")
def fit(shared):
    return dr.fit(dr.read(mobi(shared), drivers=MOBI_DRIVERS, outcome="satisfaction"), draws=60)


@pytest.mark.parametrize("measure", ["lmg", "first", "last"])
def test_groups_are_relaimpos(shared, golden, fit, measure):
    # R> calc.relimp(satisfaction ~ ., groups = list(c("image", "expectation"), c("quality", "value")), ...)
    published = golden("relaimpo_golden")["mobi_groups"]
    found = dr.importance(fit, measure, groups=published["groups"])
    assert found.drivers == ("brand", "offer")
    np.testing.assert_allclose(found.estimate, list(published[measure].values()), atol=EXACT, rtol=0)
    # R> the same of rating ~ ., groups fair and grow, advance alone
    published = golden("relaimpo_golden")["attitude_groups"]
    table = pd.read_csv(shared / "data" / "attitude.csv")
    names = [name for name in table.columns if name != "rating"]
    attitude = dr.fit(table, "rating", names, draws=10)
    found = dr.importance(attitude, measure, groups=published["groups"])
    assert found.drivers == tuple(published["names"])
    np.testing.assert_allclose(found.estimate, published[measure], atol=EXACT, rtol=0)


@pytest.mark.parametrize("measure", list(NAMES))
def test_always_in_is_relaimpos(golden, fit, measure):
    # R> calc.relimp(satisfaction ~ ., always = "expectation", type = c("lmg", "last", "first", "betasq", "pratt"))
    published = golden("relaimpo_golden")["mobi_always_expectation"]
    found = dr.importance(fit, NAMES[measure], always=["expectation"])
    assert found.drivers == tuple(published["names"])
    np.testing.assert_allclose(found.estimate, published[measure], atol=EXACT, rtol=0)
    assert found.r2_estimate == pytest.approx(published["r2"], abs=EXACT)
    assert found.shared_interval()["estimate"] == pytest.approx(published["r2_decomp"], abs=EXACT)
    assert found.tidy()["relative"].to_numpy() == pytest.approx(found.estimate / published["r2_decomp"], abs=EXACT)


def test_a_group_has_its_members_split_and_no_slope(fit):
    found = dr.importance(fit, groups={"brand": ["image", "expectation"]}, always=["value"])
    table, inside = found.tidy(), found.split.tidy()
    assert list(table["driver"]) == ["brand", "quality"]
    assert list(table["members"]) == ["image + expectation", ""]
    assert table["slope"].isna().tolist() == [True, False]
    assert list(inside["driver"]) == ["image", "expectation"]
    assert inside["share"].sum() == pytest.approx(found.estimate[0], abs=ROUNDING)
    np.testing.assert_allclose(found.split.shares.sum(axis=1), found.shares[0, :, 0], atol=ROUNDING)
    assert inside["slope"].tolist() == pytest.approx(list(fit.point.slopes[0, 0, :2]))
    assert found.shares[0].sum(axis=1) == pytest.approx((found.r2 - found.always_r2)[0], abs=ROUNDING)
    text = found.summary()
    assert "nan" not in text
    assert "Always in the model: value (35.4%); shared out beyond: 31.6%" in text
    assert "A group has a slope for each of its drivers, so none of its own" in text


def test_groups_of_one_and_in_another_order_are_the_drivers_themselves(fit):
    plain = dr.importance(fit, "car")
    found = dr.importance(fit, "car", groups={"worth": ["value"], "image": ["image"]})
    assert found.drivers == ("worth", "image", "expectation", "quality")
    order = [3, 0, 1, 2]
    np.testing.assert_allclose(found.estimate, plain.estimate[order], atol=ROUNDING)
    np.testing.assert_allclose(found.slope_estimate, plain.slope_estimate[order], atol=ROUNDING)
    assert found.split is None


def test_json_has_groups_with_their_members_and_nulls_for_slopes(fit):
    found = dr.importance(fit, "pratt", groups={"brand": ["image", "expectation"]}).to_dict()
    brand, quality = found["drivers"][:2]
    assert (brand["driver"], brand["slope"], quality["members"]) == ("brand", None, [])
    assert [one["driver"] for one in brand["members"]] == ["image", "expectation"]
    assert brand["members"][0]["share"] is None  # only LMG has a split
    assert brand["members"][0]["slope"] == pytest.approx(fit.point.slopes[0, 0, 0])


REFUSED = [
    ({"groups": {"brand": ["image", "expectatoin"]}}, "group `brand`: `expectatoin` (did you mean `expectation`?)"),
    ({"groups": {"brand": ["image", "image"]}}, "`image` stands twice in group `brand`"),
    ({"groups": {"a": ["image"], "b": ["image"]}}, "`image` stands in group `a` and in group `b`"),
    ({"groups": {"a": ["image"]}, "always": ["image"]}, "`image` stands in group `a` and in `always`"),
    ({"groups": {"brand": "image"}}, 'group `brand` is the text "image"; give a list of drivers, like ["image"]'),
    ({"groups": {"brand": []}}, "group `brand` holds no drivers"),
    ({"groups": {"value": ["image", "quality"]}}, "A group cannot be called `value`, the name of a driver"),
    ({"always": ["imag"]}, "`always`: `imag` (did you mean `image`?) is not a driver of the fit; it has `image`"),
    ({"always": MOBI_DRIVERS}, "Every driver is always in, so there is nothing left to share out"),
    ({"always": ["age"]}, "`always`: `age` is a control, which is in every model already"),
]


@pytest.mark.parametrize(("request_", "message"), REFUSED)
def test_a_wrong_request_is_refused_with_the_cure(request_, message):
    with pytest.raises(dr.errors.InputError) as caught:
        blocks_of(MOBI_DRIVERS, controls=("age",), **request_)
    assert message in str(caught.value)


@pytest.mark.parametrize("measure", ["relative_weights", "car", "beta_squared"])
def test_a_measure_that_groups_do_not_have_is_refused_with_the_cure(fit, measure):
    with pytest.raises(dr.errors.InputError, match=f"`{measure}` is not defined for groups.*Use one of `lmg`"):
        dr.importance(fit, measure, groups={"brand": ["image", "expectation"]})


def test_a_measure_that_is_no_share_is_refused(fit):
    with pytest.raises(dr.errors.InputError, match="measure='correlation' is not known; choose one of `lmg`"):
        dr.importance(fit, "correlation")


def test_all_measures_side_by_side_take_groups_and_always(fit):
    groups, always = {"brand": ["image", "expectation"]}, ["value"]
    found = dr.measures(fit, groups=groups, always=always)
    assert list(found.estimates) == ["lmg", "pratt", "first", "last"]
    for name, estimate in found.estimates.items():
        np.testing.assert_array_equal(estimate, dr.importance(fit, name, groups=groups, always=always).estimate)
    assert list(found.signs()["driver"]) == ["quality"]  # a group has no sign
    assert any(note.startswith("Not defined for groups, so left out: Relative weights") for note in found.notes)
    alone = dr.measures(fit, always=always)
    assert len(alone.estimates) == 9
    np.testing.assert_array_equal(alone.estimates["car"], dr.importance(fit, "car", always=always).estimate)
    assert list(alone.signs()["driver"]) == ["image", "expectation", "quality"]
    assert "nan" not in found.summary()
