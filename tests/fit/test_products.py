"""Squares and products of drivers: columns of the fit, counted to their drivers by importance."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.fit.products import read_terms

EXACT = 1e-9
RATED = {name: {"scale": (1, 5)} for name in ("a", "b", "c", "y")}
TERMS = ["a", "b", "c", "a:b", "c^2"]


def answers(n=500, seed=8, **more):
    rng = np.random.default_rng(seed)
    mood = 0.7 * rng.normal(size=(n, 1))
    x = np.clip(np.rint(3 + mood + 0.9 * rng.normal(size=(n, 3))), 1, 5)
    a, b, c = x.T - 3
    y = 3 + 0.4 * a + 0.3 * b + 0.2 * c + 0.25 * a * b - 0.2 * c**2 + 0.5 * rng.normal(size=n)
    table = pd.DataFrame(x, columns=["a", "b", "c"]).assign(y=np.clip(np.rint(y), 1, 5), region=rng.integers(1, 4, n))
    return table, dr.read(table, dr.Survey(drivers=("a", "b", "c"), outcomes="y", items=RATED, **more))


def by_hand(table):
    """The same columns as drivers of their own."""
    return table.assign(ab=(table["a"] - 3) * (table["b"] - 3), cc=(table["c"] - 3) ** 2)


@pytest.mark.parametrize("model", ["linear", "ordinal", "logit"])
def test_terms_are_columns_about_the_middle_of_the_scale(model):
    table, data = answers()
    found = dr.fit(data, drivers=TERMS, model=model, draws=20)
    survey = dr.Survey(drivers=("a", "b", "c", "ab", "cc"), outcomes="y", items=RATED)
    want = dr.fit(dr.read(by_hand(table), survey), model=model, draws=20)
    assert found.spec.drivers == ("a", "b", "c")
    assert found.terms[:5] == ("a", "b", "c", "a:b", "c^2")
    np.testing.assert_allclose(found.estimate, want.estimate, atol=EXACT)
    np.testing.assert_allclose(found.draws.r2, want.draws.r2, atol=1e-6)
    rows = pd.DataFrame({"a": [1, 5], "b": [5, 4], "c": [2, 1]})
    np.testing.assert_allclose(found.predict(rows).mean, want.predict(by_hand(rows)).mean, atol=1e-8)
    assert "a × b" in found.summary()


def test_a_product_is_counted_half_to_each_and_a_square_to_its_driver():
    table, data = answers()
    fit = dr.fit(data, drivers=TERMS, draws=200)
    imp = dr.importance(fit)
    assert imp.drivers == ("a", "b", "c")
    assert imp.estimate.sum() == pytest.approx(fit.r2, abs=EXACT)
    np.testing.assert_allclose(imp.shares.sum(axis=2), fit.draws.r2, atol=EXACT)
    # with c and its square in every model what is left is a game of two: each gets its own gain and half of the rest
    two = dr.importance(fit, always=["c"])
    hand = dr.read(by_hand(table), dr.Survey(drivers=("a", "b", "c", "ab", "cc"), outcomes="y", items=RATED))
    r2 = {
        held: dr.fit(hand, drivers=["c", "cc", *held], draws=1).r2 for held in ((), ("a",), ("b",), ("a", "b", "ab"))
    }
    alone = np.array([r2["a",], r2["b",]]) - r2[()]
    both = r2["a", "b", "ab"] - r2[()]
    np.testing.assert_allclose(two.estimate, (alone + both - alone[::-1]) / 2, atol=EXACT)
    assert two.always_r2_estimate == pytest.approx(r2[()], abs=EXACT)
    assert any("Shares of squares go to their driver, those of products half to each" in note for note in fit.notes)
    found = dr.dominance(fit)
    np.testing.assert_allclose(found.found.general, imp.estimate, atol=EXACT)
    np.testing.assert_allclose(found.draws.general, imp.shares[0], atol=EXACT)


def test_groups_and_controls_go_with_products():
    _, data = answers(controls="region")
    fit = dr.fit(data, drivers=TERMS, draws=20)
    assert (fit.terms[:3], fit.terms[5:]) == (("a", "b", "c"), ("a:b", "c^2", "(Intercept)"))
    assert all(term.startswith("region: ") for term in fit.terms[3:5])
    imp = dr.importance(fit, groups={"both": ["a", "b"]})
    assert imp.drivers == ("both", "c")
    assert imp.estimate.sum() + imp.always_r2_estimate == pytest.approx(fit.r2, abs=EXACT)
    assert 0 < imp.always_r2_estimate < 0.03  # regions are drawn at random


def test_a_table_and_missing_answers_take_products_too():
    table, _ = answers()
    table.loc[:19, "a"] = np.nan
    fit = dr.fit(table, "y", TERMS, draws=20)  # open scales: about the mean
    assert fit.n == 500
    assert any("its square or product is too (20 respondents)" in note for note in fit.notes)
    assert dr.importance(fit).estimate.sum() == pytest.approx(fit.r2, abs=EXACT)


def test_names_are_told_apart():
    assert read_terms(["a", "b", "a:b"]).made_of == {"a:b": ("a", "b")}
    assert read_terms(["a", "b", "a:b"], known=["a:b"]).made_of == {}
    assert read_terms(["a", "Q1: speed"]).drivers == ("a", "Q1: speed")
    assert read_terms(["Q1: a", "b", "Q1: a:b", "b^2"]).made_of == {"Q1: a:b": ("Q1: a", "b"), "b^2": ("b", "b")}


def test_what_does_not_go_with_products_is_refused_with_the_cure():
    _, data = answers()
    with pytest.raises(dr.errors.InputError, match="`b:a` stands twice among the terms"):
        dr.fit(data, drivers=["a", "b", "a:b", "b:a"])
    with pytest.raises(dr.errors.SurveyError, match=r"`a:d` .*is not a driver"):
        dr.fit(data, drivers=["a", "b", "a:d"])
    with pytest.raises(dr.errors.InputError, match="squares and products do not go with engine='bayes'"):
        dr.fit(data, drivers=TERMS, engine="bayes")
    fit = dr.fit(data, drivers=TERMS, draws=10)
    with pytest.raises(dr.errors.InputError, match=r"measure='car' is of single columns.*Use measure='lmg'"):
        dr.importance(fit, "car")
    for call in (dr.measures, dr.clones, dr.probe, dr.sensitivity):
        with pytest.raises(dr.errors.InputError, match=r"takes drivers as they are, and this fit has `a:b`, `c.2`"):
            call(fit)
