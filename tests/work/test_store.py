"""A kept result comes back whole or not at all, under a key that nothing else has."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from drivers.errors import InputError, KeepWarning
from drivers.work.pack import pack, unpack
from drivers.work.store import Store, key_of

KEY = key_of("test")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inner:
    one: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outer:
    inner: Inner
    none: None
    number: float
    words: tuple[str, ...]
    more: dict[str, object]


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=8,
)


@given(array=arrays(np.float64, array_shapes(max_dims=3, max_side=4)), value=plain, number=st.floats())
def test_records_come_back_as_they_were(array, value, number):
    made = Outer(inner=Inner(one=array), none=None, number=number, words=("a", "b"), more={"value": value})
    again = unpack(pack(made), Outer, Inner)
    np.testing.assert_array_equal(again.inner.one, array)
    assert (again.none, again.words) == (None, ("a", "b"))
    assert repr((again.number, again.more)) == repr((number, {"value": value}))  # NaN is not equal to itself


def test_only_records_that_are_expected_are_made():
    with pytest.raises(InputError, match="A record of kind Inner was not expected here"):
        unpack(pack(Inner(one=np.ones(2))), Outer)
    with pytest.raises(InputError, match="A function cannot be kept"):
        pack({"a": lambda: 1})


@given(a=plain, b=plain)
def test_the_same_has_the_same_key_and_nothing_else_has(a, b):
    assert key_of(a) == key_of(a)
    assert (key_of(a) == key_of(b)) == (repr(a) == repr(b))
    assert key_of(a, b) != key_of([a, b])


def test_keys_see_every_bit_type_shape_and_label():
    base = np.arange(6.0)
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    made_of = [
        base, base.reshape(2, 3), base.astype(np.float32), np.nextafter(base, 9.0), base[::-1], frame,
        frame.rename(columns={"a": "c"}), frame.iloc[::-1], frame.assign(b=["x", "y"]), 1, 1.0, True, "1", (1,),
        Inner(one=base),
    ]  # fmt: skip
    assert len({key_of(one) for one in made_of}) == len(made_of)
    with pytest.raises(InputError, match="A function cannot be part of a key"):
        key_of(lambda: 1)


def test_what_is_put_is_got(tmp_path):
    store = Store(folder=tmp_path / "deep" / "er")
    assert store.empty
    assert store.get(KEY) is None
    arrays_in = {"x": np.arange(3.0), "words": np.array("grün"), "flags": np.array([True, False])}
    assert store.put(KEY, arrays_in)
    found = store.get(KEY)
    assert list(found) == list(arrays_in)
    for name, array in arrays_in.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
    assert (store.folder.stat().st_mode & 0o777) == 0o700  # answers may be inside
    assert not store.empty
    store.remove([KEY, "0" * 40])
    assert store.empty


@pytest.mark.parametrize("spoil", [lambda raw: raw[: len(raw) // 2], lambda raw: b"", lambda raw: b"no archive at all"])
def test_a_spoilt_file_is_told_and_done_again(tmp_path, spoil):
    store = Store(folder=tmp_path)
    store.put(KEY, {"x": np.arange(1000.0)})
    path = next(tmp_path.iterdir())
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.warns(KeepWarning, match="cannot be read .* it is removed and done again"):
        assert store.get(KEY) is None
    assert store.empty


def test_a_file_with_objects_is_never_unpickled(tmp_path):
    store = Store(folder=tmp_path)
    store.put(KEY, {"x": np.arange(3.0)})
    path = next(tmp_path.iterdir())
    np.savez(path, x=np.array([{"not": "plain"}], dtype=object))
    with pytest.warns(KeepWarning, match="cannot be read"):
        assert store.get(KEY) is None


def test_a_folder_that_cannot_be_used_costs_a_warning_only(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder should be")
    store = Store(folder=blocked / "inside")
    with pytest.warns(KeepWarning, match=r"cannot be kept in .*file/inside .*Set DRIVERS_CACHE"):
        assert not store.put(KEY, {"x": np.ones(1)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", KeepWarning)
        assert store.get(KEY) is None
    assert store.empty
    store.remove([KEY])
    assert store.tidy_up(0) == 0


def test_tidying_up_removes_what_is_old_and_ours(tmp_path):
    store = Store(folder=tmp_path)
    store.put(KEY, {"x": np.ones(1)})
    (tmp_path / f".{KEY}.0.kept.npz.77.part").write_bytes(b"half")  # left by a process that was killed
    (tmp_path / "own.npz").write_bytes(b"the user's")
    assert store.tidy_up(1) == 0
    assert store.tidy_up(-1) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["own.npz"]
