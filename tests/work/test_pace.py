"""Long work on draws tells its time, and keeps what is made when it is stopped."""

import numpy as np
import pytest

from drivers.work import pace
from drivers.work.pace import Told, in_chunks


def test_chunks_change_nothing_and_long_work_tells_its_time(capsys, monkeypatch):
    stack = np.arange(50.0)
    done = in_chunks(lambda part: part * 2, stack, step=7, what="doubling", made_of=())
    np.testing.assert_array_equal(done, 2 * stack)
    assert capsys.readouterr().err == ""
    ticks = iter(range(1000))
    monkeypatch.setattr(pace.time, "monotonic", lambda: 3.0 * next(ticks))
    in_chunks(lambda part: part * 2, stack, step=7, what="doubling", made_of=())
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("  3.0 s  doubling: 7 of 50 draws, about 18 s to go; Ctrl-C after 200 keeps those made")
    assert len(said) == 2  # then every 10 seconds
    told = Told("fitting")
    for part in range(1, 5):
        told(part, 8)
    assert capsys.readouterr().err == "  6.0 s  fitting: 2 of 8 parts, about 18 s to go ...\n"


def stopping(after):
    """Work that is interrupted once so many chunks are done."""
    made = []

    def work(part):
        if len(made) == after:
            raise KeyboardInterrupt
        made.append(part)
        return part

    return work


def test_interrupted_work_keeps_what_is_made_when_it_is_enough():
    stack = np.arange(1000.0)
    assert len(in_chunks(stopping(3), stack, step=100, what="w", made_of=())) == 300
    with pytest.raises(KeyboardInterrupt):
        in_chunks(stopping(1), stack, step=100, what="w", made_of=())
