"""Response surfaces: published coefficients, shapes, simpler models and refusals."""

import numpy as np
import pytest

import drivers as dr
from drivers.errors import DataError, TooFewAnswersError
from drivers.stats.leave_one_out import loo_linear
from drivers.stats.surface import SHAPE, surface_axes, surface_terms
from tests.gap.made import answers, kiosk, mobi, mobi_cells, table

PRINTED = 5e-6
COMPUTED = [6.66312, 0.38899, 0.07539, 0.02176, 0.00718, 0.00018]
"""b0..b5 of mobi, no published values; methods of Edwards & Parry (1993)."""
R = 1e-9
"""Agreement with R's lm in double precision, both solving one least-squares problem of 200 rows."""
LAVAAN = 1e-6
"""Agreement with lavaan, whose optimiser stops there; coefficients only (its standard errors divide by n)."""


def test_mobi_as_computed(shared):
    found = dr.surface(mobi(shared, drivers=("PERQ1",), expectations={"PERQ1": "CUEX1"}), "CUSA1", draws=50)
    one = found["PERQ1"]
    np.testing.assert_allclose([one.intercept, *one.b], COMPUTED, atol=PRINTED)
    np.testing.assert_allclose(one.a, [0.46437, 0.02912, 0.31360, 0.01477, 0.02158], atol=PRINTED)
    error = np.sqrt(np.diag(SHAPE @ one.b_model_cov @ SHAPE.T))
    np.testing.assert_allclose(error, [0.11170, 0.02495, 0.11993, 0.04201, 0.02849], atol=PRINTED)
    models = found.constraints().set_index("model")
    np.testing.assert_allclose(models.loc[["full", "additive", "gap"], "r2"], [0.38323, 0.37882, 0.03668], atol=PRINTED)
    assert models.at["gap", "f"] == pytest.approx(34.275, abs=5e-4)
    assert models.at["gap", "df"] == (4.0, 244.0)
    assert models.at["gap", "verdict"] == "predicts worse than the full surface"
    assert models.at["additive", "verdict"] == "predicts as well as the full surface"


def test_mobi_from_counts_alone():
    t = mobi_cells()
    x = surface_terms(t["x"].to_numpy() - 5.5, t["y"].to_numpy() - 5.5)
    design = np.column_stack([np.ones(len(t)), x])
    n = t["n"].to_numpy()
    b = np.linalg.solve(design.T @ (design * n[:, None]), design.T @ t["sum"].to_numpy())
    np.testing.assert_allclose(b, COMPUTED, atol=PRINTED)


@pytest.mark.parametrize(("name", "item"), [("kiosk_item11_waiting", "11"), ("kiosk_all24", None)])
def test_kiosk_against_r(shared, golden, name, item):
    """R> RSA(sat_overall ~ e * p); there x is expected and y perceived, here the other way round."""
    published = golden("rsa_golden")[name]
    if item:
        found = dr.surface(kiosk(shared, (item,)), draws=50)["p11"]
        b, cov, intercept = found.b, found.b_model_cov, found.intercept
    else:
        import pandas as pd

        frame = pd.read_csv(shared / "data" / "kiosk_servqual.csv")
        frame["p11"], frame["e11"] = (frame[[f"{k}{j:02d}" for j in range(1, 25)]].mean(axis=1) for k in "pe")
        given = dr.Survey(drivers=("p11",), outcomes=("sat_overall",), scale=(1, 7), expectations={"p11": "e11"},
                          items={"sat_overall": {"scale": (1, 5)}})  # fmt: skip
        one = dr.surface(dr.read(frame, given), draws=50)["p11"]
        b, cov, intercept = one.b, one.b_model_cov, one.intercept
    swap = [1, 0, 4, 3, 2]
    want = [published["lm_coef"][f"b{k}"] for k in range(1, 6)]
    np.testing.assert_allclose(b[swap], want, atol=R)
    assert intercept == pytest.approx(published["lm_coef"]["b0"], abs=R)
    theirs = cov[np.ix_(swap, swap)]
    np.testing.assert_allclose(np.sqrt(np.diag(theirs)), [published["lm_se"][f"b{k}"] for k in range(1, 6)], rtol=R)
    np.testing.assert_allclose(SHAPE @ b[swap], [published["a_lm"][f"a{k}"] for k in range(1, 6)], atol=R)
    np.testing.assert_allclose(
        np.sqrt(np.diag(SHAPE @ theirs @ SHAPE.T)), [published["a_lm_se"][f"a{k}"] for k in range(1, 6)], rtol=R
    )
    lavaan = {row["label"]: row["est"] for row in published["rsa_full"]}
    axes = surface_axes(np.array([lavaan[f"b{k}"] for k in range(1, 6)]))
    for key, value in (("X0", axes.x0), ("Y0", axes.y0), ("p11", axes.p11), ("p10", axes.p10), ("p21", axes.p21),
                       ("p20", axes.p20)):  # fmt: skip
        assert value == pytest.approx(lavaan[key], rel=LAVAAN)


def test_kiosk_models_against_r(shared, golden):
    published = golden("rsa_golden")["kiosk_item11_waiting"]["rsa_model_r2"]
    models = dr.surface(kiosk(shared, ("11",)), draws=50).constraints().set_index("model")["r2"]
    for ours, theirs in (("full", "full"), ("additive", "additive"), ("gap", "diff"), ("squared gap", "SQD")):
        assert models[ours] == pytest.approx(published[theirs], abs=LAVAAN)


def test_leaving_one_out_is_refitting_without_it():
    """The closed form equals Student's t density of a fit to everybody else."""
    from scipy.stats import t as student

    rng = np.random.default_rng(1)
    x, z = rng.normal(size=(30, 2)), rng.normal(size=30)
    found = loo_linear(x, z, np.ones(30), np.ones(30))
    design = np.column_stack([np.ones(30), x])
    for i in range(30):
        rest = np.delete(np.arange(30), i)
        b, (squares,), *_ = np.linalg.lstsq(design[rest], z[rest], rcond=None)
        inverse = np.linalg.inv(design[rest].T @ design[rest])
        scale = np.sqrt(squares / 26 * (1 + design[i] @ inverse @ design[i]))
        assert found.density[i] == pytest.approx(student.logpdf(z[i], 26, design[i] @ b, scale), abs=1e-10)


def test_a_congruence_surface_is_recognised():
    rng = np.random.default_rng(5)
    frame = table(2000)
    away = (frame["a"] - frame["ea"]) ** 2
    frame["y"] = np.clip(np.rint(4.6 - 0.35 * away + 0.5 * rng.normal(size=2000)), 1, 5).astype(int)
    found = dr.surface(answers(frame), drivers=["a"], draws=200)
    one = found["a"]
    models = found.constraints().set_index("model")
    assert one.a_high[3] < 0
    assert models.at["squared gap", "r2"] > models.at["additive", "r2"]
    assert one.turned  # along a ridge there is an axis and no stationary point
    assert one.axes.p11 == pytest.approx(1.0, abs=0.1)


def test_ordinal_and_both_engines_tell_the_same_shape():
    shapes = [
        dr.surface(answers(), drivers=["a"], model="ordinal", engine=engine, draws=400)["a"]
        for engine in ("regression", "bayes")
    ]
    np.testing.assert_allclose(shapes[0].a, shapes[1].a, atol=0.1)
    np.testing.assert_allclose(shapes[0].a_high - shapes[0].a_low, shapes[1].a_high - shapes[1].a_low, rtol=0.2)


def test_several_drivers_at_once_hold_the_others_equal():
    together = dr.surface(answers(), drivers=["a", "b"], together=True, draws=50)
    assert [each.driver for each in together.surfaces] == ["a", "b"]
    assert together.constraints()["terms"].tolist() == [10, 4, 2, 2]
    alone = dr.surface(answers(), drivers=["a"], draws=50)["a"]
    assert together["a"].a[0] < alone.a[0]  # b goes with a


def test_a_pair_of_answers_is_one_point_over_all_other_answers():
    found = dr.surface(answers(table(400)), draws=50)
    for one in found.surfaces:
        pairs = {(perceived, expected) for perceived, expected, _ in one.points}
        assert len(pairs) == len(one.points) and one.points[:, 2].sum() == one.n


def test_constant_expectations_are_named_with_the_cure():
    frame = table().assign(ea=5)
    said = r"all 600 answers to `ea` are 5\. What everybody answers alike .* take its pair out"
    with pytest.raises(DataError, match=said):
        dr.surface(answers(frame))


def test_too_few_off_the_diagonal():
    frame = table()
    frame["ea"] = np.where(np.arange(600) < 12, np.where(frame["a"] == 3, 4, 3), frame["a"])
    off = int((frame["a"] != frame["ea"]).sum())
    with pytest.raises(TooFewAnswersError, match=rf"`a`: {off} of 600 perceived something else .* 20 are needed"):
        dr.surface(answers(frame))


def test_intervals_do_not_depend_on_what_makes_the_cells():
    """People of one pattern weigh differently; with a hair's breadth between their answers each is a cell alone."""
    frame = table().assign(w=lambda t: t["w"] ** 3)
    apart = frame.assign(a=lambda t: t["a"] + 1e-9 * np.arange(600))
    together, alone = (
        dr.surface(answers(each, weight="w", scale=(0, 6)), drivers=["a"], draws=100)["a"] for each in (frame, apart)
    )
    assert len(together.points) < 30 < 600 == len(alone.points)
    np.testing.assert_allclose(together.a, alone.a, atol=1e-6)
    np.testing.assert_allclose(together.a_high - together.a_low, alone.a_high - alone.a_low, rtol=1e-6)
    assert together.df == pytest.approx(alone.df, rel=1e-9)
