"""Work that is interrupted goes on where it was, with the numbers of an undisturbed run; kill -9 included."""

import signal
import subprocess
import sys
import time
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.fit.regression.estimated import Estimated
from drivers.fit.result import Draws
from drivers.fit.segment_draws import SegmentDraws
from drivers.fit.wave_draws import WaveDraws
from drivers.importance import likelihood as likelihood_module
from drivers.importance import shares
from drivers.stats import impute as impute_module
from drivers.work import pace, resumable
from drivers.work.pace import in_chunks
from drivers.work.pack import pack, unpack
from drivers.work.resumable import Kept, cache_folder
from drivers.work.store import key_of


@pytest.fixture
def eager(monkeypatch):
    """Keep a block after every step of work."""
    monkeypatch.setattr(resumable, "SLOW", -1.0)


def kept(folder):
    return sorted(path.name for path in folder.glob("*")) if folder.is_dir() else []


class Counted:
    """Doubles draws, counts them, and is interrupted after so many chunks."""

    def __init__(self, after=10**9):
        self.done, self.left = 0, after

    def __call__(self, part):
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        self.done += len(part)
        return 2 * part


def test_draws_go_on_where_they_were_and_are_removed_in_the_end(tmp_path, eager, capsys):
    stack = np.arange(100.0)
    with pytest.raises(KeyboardInterrupt), dr.resumable(tmp_path):
        in_chunks(Counted(after=6), stack, step=10, what="doubling", made_of=(1,))
    assert kept(tmp_path)
    capsys.readouterr()
    again, other = Counted(), Counted()
    with dr.resumable(tmp_path):
        in_chunks(other, stack, step=10, what="doubling", made_of=(2,))  # other work finds nothing
        found = in_chunks(again, stack, step=10, what="doubling", made_of=(1,))
    assert (other.done, again.done) == (100, 40)
    np.testing.assert_array_equal(found, 2 * stack)
    assert "going on from 60 of 100 draws of an earlier run" in capsys.readouterr().err
    assert kept(tmp_path) == []


def test_work_that_returned_early_keeps_its_draws_for_the_next_time(tmp_path, monkeypatch):
    stack = np.arange(100.0)
    monkeypatch.setattr(pace, "FEWEST_DRAWS_KEPT", 20)
    with dr.resumable(tmp_path):  # blocks are not due, but the interruption keeps what there is
        assert len(in_chunks(Counted(after=3), stack, step=10, what="w", made_of=())) == 30
    work = Counted()
    with dr.resumable(tmp_path):
        in_chunks(work, stack, step=10, what="w", made_of=())
    assert work.done == 70


def test_without_resumable_nothing_is_written(tmp_path, eager, monkeypatch):
    monkeypatch.setenv("DRIVERS_CACHE", str(tmp_path))
    in_chunks(Counted(), np.arange(100.0), step=10, what="w", made_of=())
    assert kept(tmp_path) == []
    assert cache_folder() == tmp_path
    assert Kept("x").load("0") is None


def test_remembered_work_is_there_after_a_good_end(tmp_path):
    first, second = Counted(), Counted()
    for work in (first, second):
        with dr.resumable(tmp_path, remember=True):
            in_chunks(work, np.arange(50.0), step=10, what="w", made_of=())
    assert (first.done, second.done) == (50, 0)


def survey(n=300, gaps=0.0, seed=1):
    rng = np.random.default_rng(seed)
    x = np.clip(np.rint(3 + rng.normal(size=(n, 1)) * 0.7 + rng.normal(size=(n, 4)) * 0.8), 1, 5)
    y = np.clip(np.rint(x @ [0.4, 0.3, 0.2, 0.0] + 0.5 + 0.7 * rng.normal(size=n)), 1, 5)
    x[rng.random(x.shape) < gaps] = np.nan
    return pd.DataFrame(np.column_stack([x, y]), columns=[*"abcd", "y"])


def fitted(**how):
    return dr.fit(survey(gaps=how.pop("gaps", 0.0)), "y", [*"abcd"], **how)


def test_a_remembered_fit_is_the_fit(tmp_path, monkeypatch):
    import drivers.fit.run as run

    bayes = {"engine": "bayes", "draws": 100}
    for how in (
        {}, {"model": "ordinal"}, {"model": "ordinal", "gaps": 0.2, "imputations": 3}, {"gaps": 0.2}, bayes,
        {**bayes, "gaps": 0.2, "imputations": 3}, {**bayes, "model": "ordinal", "gaps": 0.2, "imputations": 2},
    ):
        how = {"draws": 40, **how}
        with dr.resumable(tmp_path, remember=True):
            whole = fitted(**how)
        with monkeypatch.context() as patch:
            patch.setattr(run, "_estimate", None)  # found, so not called
            with dr.resumable(tmp_path, remember=True):
                again = fitted(**how)
        pd.testing.assert_frame_equal(again.tidy(), whole.tidy())
        pd.testing.assert_frame_equal(dr.importance(again).tidy(), dr.importance(whole).tidy())
        assert again.to_dict() == whole.to_dict()


def test_what_segments_and_waves_hold_is_kept_too():
    rng = np.random.default_rng(3)
    draws = Draws(**{name: rng.normal(size=(2, 5, 3)) for name in (
        "slopes", "intercept", "cuts", "error_sd", "x_mean", "x_cov")})  # fmt: skip
    named = {"columns": ("channel",), "groups": (("web",), ("shop",)), "names": ("web", "shop")}
    numbers = [field.name for field in fields(SegmentDraws) if field.name not in named]
    segments = SegmentDraws(**named, **{name: rng.normal(size=(2, 5)) for name in numbers})
    words = {"column": "wave", "names": ("Q1", "Q2"), "walk": "normal", "season": None}
    numbers = [field.name for field in fields(WaveDraws) if field.name not in words]
    waves = WaveDraws(**words, **{name: rng.normal(size=(2, 5)) for name in numbers})
    whole = Estimated(
        estimate=np.ones(3), model_cov=np.eye(3), robust_cov=np.eye(3), df=9.5, point=draws, draws=draws, loglik=None,
        loglik_null=-3.5, failed=0, resampled="the posterior", notes=("a",), diagnostics={"rhat": 1.002, "of": "nuts"},
        segments=segments, sampler={"energy": np.arange(4.0)}, waves=waves,
    )
    again = unpack(pack(whole), Estimated, Draws, SegmentDraws, WaveDraws)
    assert key_of(again) == key_of(whole) and again.segments.groups == segments.groups


def test_chains_that_were_cut_short_are_not_kept(tmp_path, monkeypatch):
    import drivers.fit.run as run

    real, ran = run._estimate, []

    def estimate(*asked):
        ran.append(asked)
        found = real(*asked)
        return replace(found, diagnostics={**found.diagnostics, "stopped": len(ran) == 1})

    monkeypatch.setattr(run, "_estimate", estimate)
    for _ in range(3):
        with dr.resumable(tmp_path, remember=True):
            fitted(engine="bayes", draws=100)
    assert len(ran) == 2  # the first was cut short, the second is kept


def test_posteriors_of_imputed_data_sets_are_not_drawn_again(tmp_path, eager, monkeypatch):
    import drivers.fit.bayes.estimate as estimate

    how = {"engine": "bayes", "draws": 120, "gaps": 0.2, "imputations": 6}
    whole, real, ran = fitted(**how), estimate._draw_or_escalate, []

    def draw(*asked):
        ran.append(asked)
        if len(ran) == 4:
            raise KeyboardInterrupt
        return real(*asked)

    monkeypatch.setattr(estimate, "_draw_or_escalate", draw)
    with pytest.raises(KeyboardInterrupt), dr.resumable(tmp_path):
        fitted(**how)
    with dr.resumable(tmp_path):
        again = fitted(**how)
    assert len(ran) == 4 + 3  # of six
    assert again.to_dict() == whole.to_dict()
    np.testing.assert_array_equal(again.draws.slopes, whole.draws.slopes)
    assert again.diagnostics == whole.diagnostics


@pytest.mark.parametrize(("imputations", "stopped"), [(6, 4), (24, 7), (24, 23)])  # of 24 the first 20 come before
def test_imputation_goes_on_with_the_chains_that_ended(tmp_path, eager, monkeypatch, imputations, stopped):
    how = {"model": "ordinal", "gaps": 0.25, "imputations": imputations, "draws": 30}
    whole = fitted(**how)
    real, run = impute_module._chain, []

    def chain(*args):
        run.append(args)
        if len(run) == stopped:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(impute_module, "_chain", chain)
    monkeypatch.setattr(impute_module.os, "cpu_count", lambda: 1)
    with pytest.raises(KeyboardInterrupt), dr.resumable(tmp_path):
        fitted(**how)
    before = len(run)
    with dr.resumable(tmp_path):
        again = fitted(**how)
    assert len(run) - before == imputations - stopped + 1
    pd.testing.assert_frame_equal(again.tidy(), whole.tidy())
    np.testing.assert_array_equal(again.draws.slopes, whole.draws.slopes)
    assert kept(tmp_path) == []


def test_sampled_orders_of_the_estimate_go_on(tmp_path, eager, monkeypatch):
    monkeypatch.setattr(shares, "MOST_EXACT", 2)
    monkeypatch.setattr(shares, "MC_TOLERANCE", 2e-4)
    fit = fitted(draws=20)
    whole = dr.importance(fit)
    said = []

    class Told:
        def __init__(self, what):
            pass

        def __call__(self, done, parts):
            said.append(done)
            assert parts >= done
            if len(said) == 2:  # the first round has been kept
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shares, "Told", Told)
        with pytest.raises(KeyboardInterrupt), dr.resumable(tmp_path):
            dr.importance(fit)
        said.append(None)
        with dr.resumable(tmp_path):
            again = dr.importance(fit)
    assert said[:3] == [32, 64, None]
    assert said[3] == 64
    np.testing.assert_array_equal(again.estimate, whole.estimate)
    np.testing.assert_array_equal(again.mc_error, whole.mc_error)


def test_submodels_that_were_fitted_are_not_fitted_again(tmp_path, eager, monkeypatch):
    fit = fitted(model="ordinal", draws=30)
    whole = dr.dominance(fit, index="mcfadden")
    told = []

    class Told:
        def __init__(self, what):
            self.draws = "bootstrap" in what

        def __call__(self, done, parts):
            if self.draws:
                told.append(done)
                if done == 9 and len(told) == 9:
                    raise KeyboardInterrupt

    monkeypatch.setattr(likelihood_module, "Told", Told)
    with pytest.raises(KeyboardInterrupt), dr.resumable(tmp_path):
        dr.dominance(fit, index="mcfadden")
    with dr.resumable(tmp_path):
        again = dr.dominance(fit, index="mcfadden")
    assert told == list(range(1, 17))  # 1..9, then only those that were left
    np.testing.assert_array_equal(again.draws.general, whole.draws.general)
    np.testing.assert_array_equal(again.draws.complete, whole.draws.complete)


SLOWLY = """
import time, sys
import numpy as np
import drivers as dr
from drivers.importance import shares
from drivers.work import resumable
resumable.SLOW = 0.0
shares.SUBSETS_AT_ONCE = 1 << 9
real = shares.in_chunks
def slow(work, stack, **how):
    def waits(part):
        time.sleep({wait})
        print("chunk", flush=True)
        return work(part)
    return real(waits, stack, **how)
shares.in_chunks = slow
rng = np.random.default_rng(1)
x = rng.normal(size=(300, 5)) + rng.normal(size=(300, 1))
import pandas as pd
frame = pd.DataFrame(np.column_stack([x, x.sum(axis=1) + rng.normal(size=300)]), columns=[*"abcde", "y"])
with dr.resumable({folder!r}):
    imp = dr.importance(dr.fit(frame, "y", [*"abcde"], draws=400))
np.save({out!r}, imp.shares)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_a_killed_process_is_taken_up_where_it_was(tmp_path):
    def code(name, folder, wait):
        return SLOWLY.format(folder=str(tmp_path / folder), out=str(tmp_path / name), wait=wait)

    with subprocess.Popen(
        [sys.executable, "-c", code("killed.npy", "kept", 0.05)], stdout=subprocess.PIPE, text=True
    ) as running:
        for _ in range(8):
            running.stdout.readline()
        running.send_signal(signal.SIGKILL)  # in whatever it is doing, writing included
        running.wait(timeout=30)
    assert not (tmp_path / "killed.npy").exists()
    assert kept(tmp_path / "kept")
    begun = time.monotonic()
    seen = {}
    for name, folder in (("again.npy", "kept"), ("whole.npy", "fresh")):
        run = subprocess.run(
            [sys.executable, "-c", code(name, folder, 0)], capture_output=True, text=True, check=True, timeout=120
        )
        seen[name] = (run.stdout.count("chunk"), run.stderr)
    assert "going on from" in seen["again.npy"][1], time.monotonic() - begun
    assert seen["again.npy"][0] < seen["whole.npy"][0]
    np.testing.assert_array_equal(np.load(tmp_path / "again.npy"), np.load(tmp_path / "whole.npy"))
    assert not [name for name in kept(tmp_path / "kept") if name.endswith(".npz")]


def stopping_after(calls, work):
    """`work`, interrupted once it was called so often."""
    made = []

    def step(*args, **named):
        if len(made) == calls:
            raise KeyboardInterrupt
        made.append(1)
        return work(*args, **named)

    return step


def test_bootstrap_draws_of_an_ordinal_fit_go_on_where_they_were(tmp_path, monkeypatch):
    from drivers.fit.regression import ordered

    monkeypatch.setattr(ordered, "TERMS_AT_ONCE", 10 * 300 * 8**2)  # some draws at a time
    whole = fitted(model="ordinal", draws=100)
    real = ordered.refit_draws
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt), dr.resumable(tmp_path):
        patch.setattr(ordered, "refit_draws", stopping_after(3, real))
        fitted(model="ordinal", draws=100)
    assert kept(tmp_path)
    rows = []
    monkeypatch.setattr(ordered, "refit_draws", lambda x, y, w, *rest: rows.append(len(w)) or real(x, y, w, *rest))
    with dr.resumable(tmp_path):
        again = fitted(model="ordinal", draws=100)
    assert 0 < sum(rows) < 80
    np.testing.assert_array_equal(again.draws.slopes, whole.draws.slopes)
    np.testing.assert_array_equal(again.draws.x_cov, whole.draws.x_cov)
    assert kept(tmp_path) == []


def test_fits_of_imputed_data_sets_go_on_where_they_were(tmp_path, eager, monkeypatch):
    from drivers.fit.regression import ordered

    how = {"model": "ordinal", "gaps": 0.2, "imputations": 4, "draws": 40}
    whole = fitted(**how)
    real, calls = ordered.fit_cumulative, []
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt), dr.resumable(tmp_path):
        patch.setattr(ordered, "fit_cumulative", stopping_after(2, real))
        fitted(**how)
    monkeypatch.setattr(ordered, "fit_cumulative", lambda *args: calls.append(1) or real(*args))
    with dr.resumable(tmp_path):
        again = fitted(**how)
    assert len(calls) == 2
    assert again.to_dict() == whole.to_dict()
    np.testing.assert_array_equal(again.draws.slopes, whole.draws.slopes)
    assert kept(tmp_path) == []
