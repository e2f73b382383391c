"""A plan's file: every way to write an option, and what is not understood is named with its place."""

import pytest

import drivers as dr
from drivers.errors import InputError
from drivers.scenario.plan_file import EXAMPLE, read_plan

WHOLE = """
budget = 50
measure = "top2"
tail = 0.1

[[options]]
name = "a"
shift = {driver = "speed", by = 0.25}
where = {channel = "phone"}
cost = 20
steps = 2
fixed = 5

[[options]]
name = "b"
lift = {driver = "value", to = 3}
then = [{move = {driver = "speed", share = 0.1}}]
cost = {low = 1, high = 3}

[[options]]
name = "c"
move = {driver = "value", share = 0.1}
cost = [1, 2, 4]
"""


def read(tmp_path, text):
    path = tmp_path / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return read_plan(path)


def test_a_file_is_what_one_would_type(tmp_path):
    found = read(tmp_path, WHOLE)
    assert (found.budget, found.measure, found.tail, found.customer) == (50.0, "top2", 0.1, None)
    assert found.options == (
        dr.option(dr.shift("speed", 0.25).where(channel="phone"), cost=20, steps=2, fixed=5, name="a"),
        dr.option(dr.lift("value", to=3) + dr.move("speed", share=0.1), cost=(1, 3), name="b"),
        dr.option(dr.move("value", share=0.1), cost=[1, 2, 4], name="c"),
    )


def test_the_example_and_the_bundled_file_are_read(tmp_path, root):
    assert read(tmp_path, EXAMPLE).options[0].costs == pytest.approx([0, 20000, 40000, 60000])
    assert len(read_plan(root / "reports" / "scenarios" / "plan.toml").options) == 5


def test_a_customer_is_read(tmp_path):
    link = "[customer]\nmargin = 10\ndiscount = 0.1\nstay = [1.0, 0.1]\nslope = [0.5, 0.1]\ncentre = 3.5\n"
    assert read(tmp_path, EXAMPLE + "\n" + link).customer == dr.Customer(
        margin=10, discount=0.1, stay=(1, 0.1), slope=(0.5, 0.1), centre=3.5
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("budgte = 3", "`budgte` (did you mean `budget`?) is not understood; there are `budget`, `measure`"),
        ("budget = 3", "has no options. Write one for each thing that can be bought:\n[[options]]"),
        ("budget = [", "is no TOML file"),
        ('budget = "much"\n' + EXAMPLE, "budget = 'much' is not a number"),
        (EXAMPLE.replace("cost = 20000", ""), "option 1 (Faster service) has no cost; write cost = 20000, per step."),
        (EXAMPLE.replace("cost = 20000", "cost = -1"), "`Faster service` costs -1, below 0"),
        (EXAMPLE.replace("cost = 20000", 'cost = "x"'), "cost = 'x' is not a number"),
        (EXAMPLE.replace("cost = 20000", "cost = {low = 1}"), "a range of costs has two ends"),
        (EXAMPLE.replace("steps = 3", "steps = 1.5"), "steps = 1.5 is not a whole number"),
        (EXAMPLE.replace("steps = 3", "stps = 3"), "option 1 (Faster service): `stps` (did you mean `steps`?)"),
        (EXAMPLE.replace("shift", "shfit"), "`shfit` (did you mean `shift`?) is not understood"),
        (EXAMPLE.replace("by =", "bye ="), "option 1 (Faster service), shift: `bye` (did you mean `by`?)"),
        (EXAMPLE.replace(", by = 0.25", ""), "shift lacks `by`"),
        (EXAMPLE.replace("{driver = \"service_speed\", by = 0.25}", "0.25"), "shift is a table of `driver`, `by`"),
        ("[[options]]\ncost = 3", "option 1 says nothing of what is done; name one of `shift`"),
        (EXAMPLE + "\n[customer]\nmargin = 1", "customer lacks `discount`, `stay`, `slope`, `centre`"),
    ],
)
def test_what_is_not_understood_is_named_with_its_place(tmp_path, text, said):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_plan(tmp_path / "none.toml")
