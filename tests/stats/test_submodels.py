from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln

from drivers.errors import CollinearDriversError, EmptyCategoryError, InputError, SeparationError
from drivers.stats.cumulative import FloatArray, IntArray, Link, fit_cumulative
from drivers.stats.dominance import dominance_of_fits
from drivers.stats.fit_index import FitIndex, fit_index
from drivers.stats.owen import owen_of_fits
from drivers.stats.submodels import SubmodelFits, likelihood_dominance, submodels
from tests.golden.counts import esoph, housing

GOLDEN = 1e-8  # R's own optimisers stop there
FOUR_DIGITS = 5e-5
THREE_DIGITS = 5e-4
NEWTON = 1e-9  # of log-likelihoods in hundreds

AGE_ALCOHOL_TOBACCO = [[0, 1, 2, 3, 4], [5, 6, 7], [8, 9, 10]]
INFLUENCE_TYPE_CONTACT = [[0, 1], [2, 3, 4], [5]]


def answers(n: int = 300, p: int = 4, points: int = 5, seed: int = 1) -> tuple[FloatArray, IntArray]:
    """Correlated items of so many points and an ordered outcome of four, that go together by .5, .4, .3, ..."""
    rng = np.random.default_rng(seed)
    x = np.clip(np.round(rng.normal(size=(n, p)) + rng.normal(size=(n, 1)) + points / 2), 1, points)
    latent = x @ (0.5 - 0.1 * np.arange(p)) + rng.normal(size=n)
    return x, np.searchsorted(np.quantile(latent, [0.25, 0.5, 0.75]), latent).astype(np.intp)


# published and recorded numbers


@pytest.mark.parametrize(
    ("index", "published", "more_digits"),
    [
        ("mcfadden", [0.256, 0.283, 0.052], [0.2555, 0.2834, 0.0525]),
        ("cox_snell", [0.407, 0.441, 0.113], [0.4075, 0.4406, 0.1130]),
        ("nagelkerke", [0.409, 0.442, 0.113], [0.4092, 0.4424, 0.1134]),
        ("estrella", [0.422, 0.457, 0.114], [0.4215, 0.4568, 0.1143]),
    ],
)
def test_esoph_by_grouped_rows_as_published(index: FitIndex, published: list[float], more_digits: list[float]) -> None:
    # Azen & Traxel (2009), doi:10.3102/1076998609332754; R dominanceanalysis README: 88 rows as n, and binomial
    # constants in the log-likelihoods
    x, y, count, table = esoph()
    fits = submodels(x, y, count, "logit", groups=AGE_ALCOHOL_TOBACCO)
    constants = (gammaln(table.sum(axis=1) + 1) - gammaln(table + 1).sum(axis=1)).sum()
    assert fits.null + constants == pytest.approx(-241.5042, abs=FOUR_DIGITS)
    assert fits.loglik[-1] + constants == pytest.approx(-98.6959, abs=FOUR_DIGITS)
    by_rows = fit_index(fits.loglik + constants, fits.null + constants, 88, index)
    found = dominance_of_fits(by_rows)
    np.testing.assert_allclose(found.general, published, atol=THREE_DIGITS, rtol=0)
    np.testing.assert_allclose(found.general, more_digits, atol=FOUR_DIGITS, rtol=0)
    # alcohol completely dominates age and tobacco, age dominates tobacco
    np.testing.assert_array_equal(found.complete, [[np.nan, 0, 1], [1, np.nan, 1], [0, 0, np.nan]])


@pytest.mark.parametrize(
    ("index", "shares"),
    [
        ("mcfadden", [0.1247, 0.1383, 0.0256]),
        ("cox_snell", [0.1096, 0.1216, 0.0227]),
        ("estrella", [0.1263, 0.1400, 0.0259]),
    ],
)
def test_esoph_by_person(index: FitIndex, shares: list[float]) -> None:
    x, y, count, _ = esoph()
    fits = submodels(x, y, count, "logit", groups=AGE_ALCOHOL_TOBACCO)
    assert fits.n == 975
    np.testing.assert_allclose(likelihood_dominance(fits, index).general, shares, atol=FOUR_DIGITS, rtol=0)
    if index == "mcfadden":
        assert likelihood_dominance(fits).fit == pytest.approx(0.2887, abs=FOUR_DIGITS)


def test_copenhagen_housing() -> None:
    # MASS::polr help page: deviance 3479.149 (logit); 3479.689 (probit); null log-likelihood -1824.4388
    x, y, count = housing()
    fits = submodels(x, y, count, "logit", groups=INFLUENCE_TYPE_CONTACT)
    assert -2 * fits.loglik[-1] == pytest.approx(3479.149, abs=THREE_DIGITS)
    assert fits.null == pytest.approx(-1824.4388, abs=FOUR_DIGITS)
    assert fits.n == 1681
    mcfadden, estrella = likelihood_dominance(fits), likelihood_dominance(fits, "estrella")
    np.testing.assert_allclose(mcfadden.general, [0.029201, 0.014989, 0.002326], atol=5e-7, rtol=0)
    np.testing.assert_allclose(estrella.general, [0.061695, 0.031673, 0.004858], atol=5e-7, rtol=0)
    assert mcfadden.fit == pytest.approx(0.046515, abs=1e-6)
    probit = submodels(x, y, count, "probit", groups=INFLUENCE_TYPE_CONTACT)
    assert -2 * probit.loglik[-1] == pytest.approx(3479.689, abs=THREE_DIGITS)


@pytest.mark.parametrize("case", ["domir_mcfadden_logit_mobi", "domir_mcfadden_ordlogit_mobi_cusa1"])
def test_matches_domir(case: str, shared: Any, golden: Callable[[str], Any]) -> None:
    import pandas as pd

    recorded, mobi = golden("rwa_dominance_golden")[case], pd.read_csv(shared / "data" / "mobi.csv")
    scores = [mobi.filter(regex=f"^{name}").mean(axis=1) for name in ("IMAG", "CUEX", "PERQ", "PERV")]
    top = (mobi.filter(regex="^CUSA").mean(axis=1) > 8.5).to_numpy().astype(np.intp)
    each_point = np.unique(mobi["CUSA1"], return_inverse=True)[1]
    y = top if "ordlogit" not in case else each_point
    found = likelihood_dominance(submodels(np.column_stack(scores), y, np.ones(len(y)), "logit"))
    assert found.fit == pytest.approx(recorded["value"], abs=GOLDEN)
    np.testing.assert_allclose(found.general, [*recorded["general"].values()], atol=GOLDEN, rtol=0)
    gains = [[*by_size.values()] for by_size in recorded["conditional"].values()]
    np.testing.assert_allclose(found.conditional, gains, atol=GOLDEN, rtol=0)
    won = [[np.nan if share is None else share for share in row.values()] for row in recorded["complete"].values()]
    np.testing.assert_array_equal(found.won, won)


# laws


@given(
    seed=st.integers(0, 2**16), link=st.sampled_from(["logit", "probit"]), points=st.integers(2, 6),
    categories=st.integers(2, 4),
)  # fmt: skip
def test_every_submodel_is_the_fit_of_its_drivers(seed: int, link: Link, points: int, categories: int) -> None:
    x, y = answers(p=3, points=points, seed=seed)
    y = np.minimum(y, categories - 1)
    weight = np.random.default_rng(seed).exponential(size=len(y))
    fits = submodels(x, y, weight, link)
    for held in range(1, 8):
        alone = fit_cumulative(x[:, [j for j in range(3) if held >> j & 1]], y, weight, link)
        assert fits.loglik[held] == pytest.approx(alone.loglik, abs=NEWTON)
    assert fits.loglik[0] == pytest.approx(fits.null, abs=NEWTON)


@given(seed=st.integers(0, 2**16))
def test_no_driver_lowers_the_likelihood_and_shares_add_up(seed: int) -> None:
    x, y = answers(p=4, seed=seed)
    found = likelihood_dominance(submodels(x, y, np.ones(len(y)), "logit"), "nagelkerke")
    assert (found.general >= 0).all()
    assert (found.conditional >= -1e-12).all()
    assert found.general.sum() == pytest.approx(float(found.fit), abs=1e-14)


def test_splitting_cells_and_the_order_of_drivers_do_not_matter() -> None:
    x, y = answers(n=400, p=4)
    weight = np.ones(len(y))
    fits = submodels(x, y, weight, "probit")
    halves = submodels(np.repeat(x, 2, axis=0), np.repeat(y, 2), np.repeat(weight, 2) / 2, "probit")
    np.testing.assert_allclose(halves.loglik, fits.loglik, atol=NEWTON, rtol=0)
    order = [2, 0, 3, 1]
    moved = likelihood_dominance(submodels(x[:, order] * 7 - 3, y, weight, "probit"))
    np.testing.assert_allclose(moved.general, likelihood_dominance(fits).general[order], atol=1e-12, rtol=0)


def test_always_in_and_groups_are_in_together() -> None:
    x, y = answers(n=500, p=5)
    weight = np.ones(len(y))
    every = submodels(x, y, weight, "logit").loglik
    blocks = submodels(x, y, weight, "logit", groups=[[4, 0], [2], [3]], always=[1])
    for held in range(8):
        inside = sum(1 << j for j in [1] + [4, 0] * (held & 1) + [2] * (held >> 1 & 1) + [3] * (held >> 2))
        assert blocks.loglik[held] == pytest.approx(every[inside], abs=NEWTON)
    found = likelihood_dominance(blocks)
    beyond = fit_index(every[[31, 2]], blocks.null, blocks.n)
    assert found.general.sum() == pytest.approx(beyond[0] - beyond[1], abs=1e-12)
    split = owen_of_fits(fit_index(every, blocks.null, blocks.n), [[4, 0], [2], [3], [1]])
    assert split.sum() == pytest.approx(beyond[0], abs=1e-12)


def test_fits_do_not_depend_on_workers_and_resume_where_they_stopped() -> None:
    x, y = answers(n=300, p=7)
    weight = np.ones(len(y))
    whole = submodels(x, y, weight, "logit", workers=1)
    np.testing.assert_array_equal(submodels(x, y, weight, "logit", workers=4).loglik, whole.loglik)
    seen: list[SubmodelFits] = []

    def stop_half_way(fits: SubmodelFits) -> None:
        seen.append(fits)
        if fits.done >= 64:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        submodels(x, y, weight, "logit", workers=2, progress=stop_half_way)
    assert 64 <= seen[-1].done < 128
    with pytest.raises(InputError, match=rf"Only {seen[-1].done} of 128 submodels were fitted; finish them"):
        likelihood_dominance(seen[-1])
    finished = submodels(x, y, weight, "logit", resume=seen[-1])
    np.testing.assert_array_equal(finished.loglik, whole.loglik)
    assert (finished.steps, finished.cells) == (whole.steps, whole.cells)
    with pytest.raises(InputError, match="`resume` holds fits of other answers"):
        submodels(x, y, weight, "probit", resume=seen[-1])


def test_cells_merge_and_newton_starts_close_by() -> None:
    x, y = answers(n=3000, p=6)
    fits = submodels(x, y, np.ones(len(y)), "probit")
    assert fits.steps <= 4 * 64  # a start at no effect takes 5 to 7
    assert fits.cells < 3000 * 64 / 2


# known truth


def test_recovers_the_order_of_known_effects() -> None:
    x, y = answers(n=4000, p=4, seed=3)
    found = likelihood_dominance(submodels(x, y, np.ones(len(y)), "probit"))
    assert np.argsort(-found.general).tolist() == [0, 1, 2, 3]
    assert (found.complete[0, 1:] == 1).all()


# refusals


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda x, y, w: (x[1:], y, w), InputError, r"Shapes \(299, 4\), \(300,\), \(300,\) differ"),
        (lambda x, y, w: (np.where(x == 1, np.nan, x), y, w), InputError, "must be finite numbers"),
        (lambda x, y, w: (x, y, -w), InputError, "no weight negative"),
        (lambda x, y, w: (x, 0 * y, w), InputError, "outcome does not vary"),
        (lambda x, y, w: (x, 2 * y, w), EmptyCategoryError, r"No one answered in categories \[1, 3, 5\]"),
        (lambda x, y, w: (np.column_stack([x, x[:, 0]]), y, w), CollinearDriversError, r"positions \[0, 4\]"),
        (lambda x, y, w: (np.column_stack([x, y >= 2]), y, w), SeparationError, r"positions \[.*4\] .* no maximum"),
    ],
)
def test_what_cannot_be_fitted_is_refused(
    change: Callable[..., tuple[FloatArray, IntArray, FloatArray]], error: type[Exception], message: str
) -> None:
    x, y = answers()
    x, y, weight = change(x, y, np.ones(len(y)))
    with pytest.raises(error, match=message):
        submodels(x, y, weight, "logit")


def test_too_many_and_unknown_are_refused_with_the_cure() -> None:
    with pytest.raises(InputError, match=r"17 drivers have 131,072 submodels to fit; at most 65,536 are"):
        submodels(np.zeros((5, 17)), np.array([0, 1, 0, 1, 0]), np.ones(5), "logit")
    with pytest.raises(InputError, match=r"index='efron' is not known; choose one of `mcfadden`, `estrella`"):
        fit_index(np.array([-1.0]), -2.0, 5, "efron")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="Without drivers the fit is perfect already"):
        fit_index(np.array([0.0]), 0.0, 5)
