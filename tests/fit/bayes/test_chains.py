"""The sampling layer: reference posteriors of posteriordb, the gate, the second attempt, Ctrl-C, and seeds."""

import math
import signal
import threading

import numpy as np
import pytest
from scipy.stats import norm

import drivers.fit.bayes.chains as layer
from drivers.errors import InputError, SamplingError
from drivers.fit.bayes.chains import sample_chains, sample_model
from drivers.fit.bayes.density import Density, whitened
from drivers.fit.bayes.gate import check_chains
from drivers.fit.bayes.nutpie_run import Run

pytestmark = pytest.mark.bayes
MC = 4  # Monte-Carlo standard errors, ours and theirs together

# T17: eight schools, mu ~ normal(0, 5), tau ~ half-Cauchy(0, 5)
EFFECT = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
ERROR = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])
PUBLISHED = {"mu": (4.4105, 0.033), "tau": (3.6021, 0.032)}
THETA = np.array([6.1505, 4.9396, 3.9059, 4.7960, 3.6144, 4.0511, 6.3172, 4.8840])
THETA_ERROR = 0.056  # the largest of .046 to .056


def schools_value(phi):
    mu, log_tau, z = phi[0], phi[1], phi[2:]
    tau = math.exp(log_tau)
    away = (EFFECT - mu - tau * z) / ERROR**2
    value = -0.5 * ((EFFECT - mu - tau * z) ** 2 / ERROR**2).sum() - 0.5 * z @ z - mu**2 / 50
    value += log_tau - math.log1p((tau / 5) ** 2)
    slope_tau = (away @ z) * tau + 1 - 2 * (tau / 5) ** 2 / (1 + (tau / 5) ** 2)
    return value, np.concatenate([[away.sum() - mu / 25, slope_tau], away * tau - z])


def schools_expand(phi):
    mu, tau = phi[..., 0], np.exp(phi[..., 1])
    return {"mu": mu, "tau": tau, "theta": mu[..., None] + tau[..., None] * phi[..., 2:]}


def schools():
    return Density(
        value=schools_value, expand=schools_expand, start=np.zeros(10), reach=np.ones(10), dims={"theta": ("school",)},
        coords={"school": list("ABCDEFGH")},
    )


def error_of(values, ess):
    return values.std() / math.sqrt(ess)


def test_eight_schools_are_posteriordbs():
    found = sample_chains(schools(), draws=6000, seed=1, accept=0.95)
    table = found.check.table.set_index("parameter")["ess_bulk"]
    for name, (mean, error) in PUBLISHED.items():
        ours = found.draws[name]
        assert ours.shape == (4, 1500)
        assert abs(ours.mean() - mean) < MC * math.hypot(error, error_of(ours, table[f"`{name}`"]))
    for j, school in enumerate("ABCDEFGH"):
        ours = found.draws["theta"][..., j]
        error = math.hypot(THETA_ERROR, error_of(ours, table[f"`theta[{school}]`"]))
        assert abs(ours.mean() - THETA[j]) < MC * error
    tree = found.to_datatree()
    assert tree["posterior"]["theta"].dims == ("chain", "draw", "school")
    assert not tree["sample_stats"]["diverging"].any()
    assert "divergences 0" in found.note()


def test_kidscore_is_posteriordbs():
    # flat coefficients, sigma half-Cauchy(0, 2.5); cross-products of (hs, iq, 1, score) over 434 children
    from drivers.fit.bayes.laplace import find_mode
    from drivers.fit.bayes.target import GaussianTarget
    from drivers.stats.prior_density import PriorArrays

    cross = np.array([
        [341, 34854.308832449475, 341, 30458],
        [34854.308832449475, 4437425, 43400, 3826426.7726508705],
        [341, 43400, 434, 37670],
        [30458, 3826426.7726508705, 37670, 3450038],
    ])
    scale, df = np.array([math.inf, math.inf, math.inf, 2.5]), np.array([math.inf, math.inf, math.inf, 1.0])
    target = GaussianTarget(squares=cross / 434, n=434.0, prior=PriorArrays(location=np.zeros(4), scale=scale, df=df))
    mode, information = find_mode(target)
    density = Density(
        value=lambda phi: target.expand(phi)[:2], start=mode, reach=np.zeros(4),
        expand=lambda phi: {"b": phi[..., :3], "sigma": np.exp(phi[..., 3])},
    )
    root = np.linalg.cholesky(np.linalg.inv(information))
    found = sample_chains(whitened(density, root), draws=4000, seed=2)
    drawn = np.concatenate([found.draws["b"], found.draws["sigma"][..., None]], axis=-1)
    published = np.array([[5.98743, 0.022], [0.562994, 0.0006], [25.7941, 0.058], [18.1392, 0.006]])
    for j, (mean, error) in enumerate(published):
        ours = drawn[..., j]
        assert abs(ours.mean() - mean) < MC * math.hypot(error, error_of(ours, found.check.table["ess_bulk"][j]))


def test_whitening_keeps_the_density_and_its_gradient():
    root = np.tril(np.random.default_rng(1).normal(size=(10, 10))) + 3 * np.eye(10)
    density = whitened(schools(), root)
    z = np.random.default_rng(2).normal(size=10) / 5
    value, gradient = density.value(z)
    assert value == pytest.approx(schools_value(root @ z)[0] + np.log(np.abs(np.diag(root))).sum())
    for j in range(10):
        step = np.eye(10)[j] * 1e-6
        slope = (density.value(z + step)[0] - density.value(z - step)[0]) / 2e-6
        assert gradient[j] == pytest.approx(slope, abs=1e-6)
    np.testing.assert_allclose(density.expand(z)["mu"], schools_expand(root @ z)["mu"])


def test_the_same_seed_gives_the_same_draws_and_another_others():
    one, two = (sample_chains(schools(), draws=1600, seed=3, accept=0.95).draws["mu"] for _ in range(2))
    other = sample_chains(schools(), draws=1600, seed=4, accept=0.95).draws["mu"]
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)
    assert len({chain.tobytes() for chain in one}) == 4


def funnel():
    """Neal's funnel, which no step size explores."""

    def value(phi):
        v, x = phi[0], phi[1:]
        scale = math.exp(-v)
        return -0.5 * v**2 / 9 - 0.5 * scale * x @ x - 0.5 * len(x) * v, np.concatenate([
            [-v / 9 + 0.5 * scale * x @ x - 0.5 * len(x)], -scale * x
        ])

    return Density(
        value=value, expand=lambda phi: {"v": phi[..., 0], "x": phi[..., 1:]}, start=np.zeros(10), reach=np.ones(10)
    )


def whole_normal(size=10):
    return Density(
        value=lambda phi: (-0.5 * float(phi @ phi), -phi), expand=lambda phi: {"v": phi[..., 0], "x": phi[..., 1:]},
        start=np.zeros(size), reach=np.ones(size), words="all independent",
    )


def test_a_fit_that_fails_twice_is_refused_and_names_parameter_and_cure():
    with pytest.raises(SamplingError) as refusal:
        sample_chains(funnel(), draws=2000, seed=5, tune=200)
    text = str(refusal.value)
    assert refusal.value.exit_code == 3
    assert "First attempt (4 chains of 500 draws after 200 of tuning, target acceptance 0.8)" in text
    assert "Second attempt (4 chains of 500 draws after 400 of tuning, target acceptance 0.95)" in text
    assert "`v`" in text
    assert "use narrower priors" in text


def test_a_fit_that_fails_once_is_tried_again_with_better_settings():
    found = sample_chains(schools(), draws=2000, seed=1, tune=100, accept=0.6)  # too eager a step for this funnel
    assert found.retried and found.check.divergences == 0
    assert found.diagnostics()["target_accept"] == pytest.approx(0.9)
    assert found.settings.tune == 200
    assert "at the second attempt" in found.note()


def stats_of(values, **changed):
    energy = np.random.default_rng(0).normal(size=values.shape[:2])
    none = np.zeros(values.shape[:2], dtype=bool)
    return {"energy": energy, "diverging": none, "maxdepth_reached": none} | changed


def test_each_fault_is_named():
    rng = np.random.default_rng(6)
    good = rng.normal(size=(4, 1000, 2))
    assert check_chains({"b": good}, stats_of(good)).passed
    apart = good + np.array([0, 0, 0, 1.0])[:, None, None]
    found = check_chains({"b": apart}, stats_of(apart), {"b": (("speed", "price"),)})
    assert "chains disagree about `b[" in found.faults[0]
    slow = np.cumsum(good, axis=1)
    assert any("effective draws in the tails" in fault for fault in check_chains({"b": slow}, stats_of(slow)).faults)
    diverging = np.zeros((4, 1000), dtype=bool)
    diverging[1, 7] = True
    found = check_chains({"b": good}, stats_of(good, diverging=diverging))
    assert found.faults == ("1 of 4,000 draws diverged",)
    walk = np.cumsum(rng.normal(size=(4, 1000)), axis=1)
    assert "BFMI" in check_chains({"b": good}, stats_of(good, energy=walk)).faults[-1]


def test_constants_are_no_parameters_and_a_nan_is_a_fault():
    good = np.random.default_rng(7).normal(size=(4, 500, 2))
    good[..., 1] = 1.0
    assert list(check_chains({"b": good}, stats_of(good)).table["parameter"]) == ["`b[0]`"]
    good[0, 0, 0] = np.nan
    assert not check_chains({"b": good}, stats_of(good)).passed


def interrupted(draws):
    """What a run looks like after Ctrl-C with so many draws in each chain."""
    phi = np.random.default_rng(8).normal(size=(4, draws, 10))
    return Run(draws={"phi": phi}, stats=stats_of(phi), stopped=True)


def test_an_interrupted_run_is_kept_only_if_it_passes(monkeypatch):
    monkeypatch.setattr(layer, "run_nutpie", lambda *_: interrupted(800))
    found = sample_chains(whole_normal(), draws=4000, seed=1)
    assert found.stopped
    assert found.draws["x"].shape == (4, 800, 9)
    assert "Interrupted: the draws made until then are used" in found.note()
    monkeypatch.setattr(layer, "run_nutpie", lambda *_: interrupted(60))
    with pytest.raises(SamplingError, match="Interrupted after 60 draws of each chain, and those cannot be trusted"):
        sample_chains(whole_normal(), draws=4000, seed=1)


@pytest.fixture
def heard_ctrl_c():
    """Hear Ctrl-C even where the tests run in the background, to which shells let it mean nothing."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard_ctrl_c")
def test_ctrl_c_stops_the_chains_where_they_are():
    import _thread

    calls = iter(range(10**9))

    def value(phi):
        if next(calls) == 20_000:
            threading.Thread(target=_thread.interrupt_main).start()
        return -0.5 * float(phi @ phi), -phi

    density = Density(
        value=value, expand=lambda phi: {"x": phi}, start=np.zeros(3), reach=np.ones(3),
    )
    found = sample_chains(density, draws=400_000, seed=9, tune=300)
    assert found.stopped
    assert 200 <= found.check.draws * 4 < 400_000
    assert found.check.passed


def test_progress_is_told_on_standard_error(monkeypatch, capsys):
    import drivers.fit.bayes.nutpie_run as runner

    monkeypatch.setattr(runner, "SLOW", 0.05)
    sample_chains(whole_normal(), draws=20_000, seed=1)
    heard = capsys.readouterr()
    assert "Markov chains:" in heard.err
    assert "Ctrl-C keeps the draws already made" in heard.err
    assert not heard.out


def test_a_pymc_model_of_ones_own_goes_through_the_same_gate():
    pm = pytest.importorskip("pymc")
    y = norm(1.0, 2.0).rvs(40, random_state=1)
    with pm.Model(coords={"two": ["a", "b"]}) as model:
        mean = pm.Normal("mean", 0, 10, dims="two")
        pm.Normal("y", mean[0], 2.0, observed=y)
    found = sample_model(model, draws=2000, seed=1)
    exact = y.sum() / 4 / (len(y) / 4 + 1 / 100)
    ours = found.draws["mean"][..., 0]
    assert abs(ours.mean() - exact) < MC * error_of(ours, found.check.table["ess_bulk"].min())
    assert found.coords["two"] == ("a", "b")
    with pm.Model() as counted:
        pm.Poisson("count", 3.0)
    with pytest.raises(InputError, match="`count` take whole numbers"):
        sample_model(counted, draws=400, seed=1)


@pytest.mark.parametrize("broken", [ZeroDivisionError("no spread"), math.nan])
def test_where_there_is_no_density_the_chains_diverge_and_do_not_break(broken):
    def value(phi):
        if phi[0] > 1:
            if isinstance(broken, Exception):
                raise broken
            return broken, -phi
        return -0.5 * float(phi @ phi), -phi

    density = Density(value=value, expand=lambda phi: {"x": phi}, start=np.zeros(2), reach=np.ones(2))
    with pytest.raises(SamplingError, match="draws diverged"):
        sample_chains(density, draws=1_000, seed=4, tune=300)
