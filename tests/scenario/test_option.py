"""Options: what steps do and cost, and prices that make no sense."""

import pytest

import drivers as dr
from drivers.errors import InputError

ONE = dr.shift("speed", 0.25)


def test_steps_are_done_one_after_the_other_and_cost_the_same_each():
    made = dr.option(ONE, cost=10, steps=3, fixed=5)
    assert made.levels == (ONE, ONE + ONE, ONE + ONE + ONE)
    assert made.costs == pytest.approx([0, 15, 25, 35]) and made.sure
    assert made.name == "shift('speed', +0.25)"


def test_curves_and_ranges():
    assert dr.option(ONE, cost=[10, 30, 70]).costs == pytest.approx([0, 10, 30, 70])
    ranged = dr.option(ONE, cost=(10, 20), steps=2, name="x")
    assert (ranged.low, ranged.high, ranged.sure) == ((10, 20), (20, 40), False)
    assert ranged.costs == pytest.approx([0, 15, 30])
    both = dr.option([ONE, dr.lift("speed", to=3)], cost=[(1, 2), 5])
    assert both.levels[1] == dr.lift("speed", to=3) and both.low == (1, 5) and both.high == (2, 5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"cost": -3}, "costs -3, below 0: a budget cannot be spent on what brings money in"),
        ({"cost": 3, "fixed": -5}, "costs -2, below 0"),
        ({"cost": "much"}, "cost='much' is neither a number nor a range"),
        ({"cost": float("nan")}, "a cost of nan is not a finite number"),
        ({"cost": (5, 3)}, "a range of costs runs from the low to the high end"),
        ({"cost": 3, "steps": 0}, "steps=0 is not a whole number from 1 to 50"),
        ({"cost": 3, "steps": 1.5}, "steps=1.5 is not a whole number"),
        ({"cost": [1, 2], "steps": 3}, "has 2 and 3 steps at once"),
        ({"action": [ONE, ONE], "cost": [1, 2, 3]}, "has 2 and 3 steps at once"),
        ({"action": "speed", "cost": 1}, "is not an action"),
    ],
)
def test_prices_that_make_no_sense_are_refused(given, said):
    with pytest.raises(InputError) as caught:
        dr.option(**({"action": ONE} | given))
    assert said in str(caught.value)
