"""Paths of causes beside the textbook's graphs."""

import pytest

from drivers.errors import InputError
from drivers.stats.graph import descendants, directed_path, nodes_of, open_backdoor, parents, read_edges


def test_a_chain_is_read_and_ordered():
    edges = read_edges(["speed -> value -> csat", "speed->csat"])
    assert edges == {("speed", "value"), ("value", "csat"), ("speed", "csat")}
    assert nodes_of(edges) == ("speed", "value", "csat")
    assert parents(edges, "csat") == {"speed", "value"}
    assert descendants(edges, ["speed"]) == {"value", "csat"}
    assert directed_path(read_edges(["a -> b -> c", "c -> d"]), "a", "d") == ("a", "b", "c", "d")
    assert directed_path(edges, "csat", "speed") is None


def test_a_common_cause_has_to_be_held():
    edges = read_edges(["region -> speed", "region -> csat", "speed -> csat"])
    assert open_backdoor(edges, "speed", "csat", set()) == "speed <- region -> csat"
    assert open_backdoor(edges, "speed", "csat", {"region"}) is None


def test_holding_what_two_causes_meet_in_opens_a_path():
    # M-bias: x <- u -> m <- v -> y
    edges = read_edges(["u -> x", "u -> m", "v -> m", "v -> y", "x -> y"])
    assert open_backdoor(edges, "x", "y", set()) is None
    assert open_backdoor(edges, "x", "y", {"m"}) == "x <- u -> m <- v -> y"
    assert open_backdoor(edges, "x", "y", {"m", "v"}) is None


def test_holding_a_consequence_of_a_collider_opens_it_too():
    edges = read_edges(["u -> x", "u -> m", "v -> m", "v -> y", "x -> y", "m -> k"])
    assert open_backdoor(edges, "x", "y", {"k"}) == "x <- u -> m <- v -> y"


def test_pearls_graph_needs_two():
    # Pearl 2009, figure 3.4: {X3, X4} and {X4, X5} close the back doors of Xi, X4 alone opens one
    edges = read_edges([
        "X1 -> X3", "X1 -> X4", "X2 -> X4", "X2 -> X5", "X3 -> Xi", "X4 -> Xi", "X4 -> Xj", "X5 -> Xj", "Xi -> X6 -> Xj"
    ])  # fmt: skip
    assert open_backdoor(edges, "Xi", "Xj", {"X3", "X4"}) is None
    assert open_backdoor(edges, "Xi", "Xj", {"X4", "X5"}) is None
    assert open_backdoor(edges, "Xi", "Xj", {"X4"}) == "Xi <- X3 <- X1 -> X4 <- X2 -> X5 -> Xj"
    assert open_backdoor(edges, "Xi", "Xj", set()) is not None


@pytest.mark.parametrize("line", ["speed", "-> csat", "speed -> -> csat", ""])
def test_what_is_no_arrow_is_refused(line):
    with pytest.raises(InputError, match="is no arrow between causes"):
        read_edges([line])


def test_circles_are_named():
    with pytest.raises(InputError, match="circle: a -> b -> c -> a"):
        read_edges(["a -> b -> c", "c -> a"])
    with pytest.raises(InputError, match="circle: a -> a"):
        read_edges(["a -> a"])
