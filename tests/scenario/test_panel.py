"""A panel to play with: it says what the what-if says, and holds nobody's answers."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.defaults import MIN_BASE_CELL, MIN_BASE_MODEL
from drivers.errors import InputError
from drivers.scenario.panel_kept import kept_of, offered
from drivers.scenario.panel_make import panel_of
from drivers.scenario.panel_points import placed
from drivers.scenario.population import population_of
from tests.scenario.made import answers_of

PART_OF_INTERVAL = 0.1
"""The grid keeps pairs of drivers, and counts of at least five: changes differ by so much of a half-width."""


@pytest.fixture(scope="module")
def answers():
    return answers_of(n=1500, weights=True)


@pytest.fixture(scope="module")
def fit(answers):
    return dr.fit(answers, model="ordinal", engine="bayes", draws=200, seed=3)


@pytest.fixture(scope="module")
def panel(answers, fit):
    return panel_of([fit], population_of(fit, answers, ("channel",)), ("channel",))


@pytest.mark.parametrize("moves", [{"speed": 0.5}, {"value": 1.0}, {"speed": -0.7}, {"speed": 0.3, "value": 0.6}])
def test_changes_are_those_of_the_what_if(answers, fit, panel, moves):
    actions = [dr.shift(name, by, worsening=by < 0) for name, by in moves.items()]
    rows = dr.what_if(fit, actions, answers=answers, by="channel").tidy().set_index(["segment", "measure"])
    for group in panel.groups:
        for measure, ends in zip(("mean", "top2"), panel.answer("csat", moves, group.name).ends(), strict=True):
            row = rows.loc[(group.name, measure)]
            half = (row["high"] - row["low"]) / 2
            assert abs(ends[2] - row["change"]) < PART_OF_INTERVAL * half
            assert ends[6] - ends[5] == pytest.approx(2 * half, rel=0.1)
            assert ends[0] == pytest.approx(row["before"], abs=0.01)


def test_no_move_changes_nothing_and_no_move_leaves_the_scale(panel):
    assert (panel.answer("csat", {}).change == 0).all()
    assert (panel.answer("csat", {"speed": 0.0}).change == 0).all()
    far = panel.answer("csat", {"speed": 50.0, "value": 50.0})
    after = far.before + far.change
    assert (after[:, 0] <= 5).all() and (after[:, 1] <= 1).all()
    assert panel.possible("speed", 50.0) == pytest.approx(5 - panel.groups[0].centre[0], abs=1e-5)


def test_draws_of_the_people_are_kept(answers, fit, panel):
    """Averages before any move differ between draws as much as in the what-if."""
    before = dr.what_if(fit, dr.shift("speed", 0.5), answers=answers, by="channel").before[:, :, 0]
    mine = np.column_stack([panel.answer("csat", {}, group.name).before[:, 0] for group in panel.groups])
    np.testing.assert_allclose(mine.std(axis=0), before.std(axis=0), rtol=0.03)
    assert min(np.corrcoef(mine[:, b], before[:, b])[0, 1] for b in range(4)) > 0.98


def test_only_pairs_are_kept_so_who_gave_three_answers_together_cannot_be_told():
    """Two surveys with the same tables of every two drivers, and the opposite of each other in all three."""
    def survey(parity):
        patterns = [p for p in np.ndindex(2, 2, 2) if sum(p) % 2 == parity]
        x = np.repeat(np.array(patterns) * 3 + 1, 60, axis=0)
        said = np.clip(np.round(x.mean(axis=1) + np.tile([-1, 0, 1], 80)), 1, 5).astype(int)
        frame = pd.DataFrame(x, columns=["a", "b", "c"]).assign(csat=said)
        return dr.read(frame, dr.Survey(drivers=["a", "b", "c"], outcomes=["csat"], scale=(1, 5)))

    weights = []
    for parity in (0, 1):
        fit = dr.fit(survey(parity), draws=20)
        weights.append(panel_of([fit], population_of(fit)).groups[0].weight)
    np.testing.assert_allclose(weights[0], weights[1], atol=2e-6)
    assert (weights[0] > 0).sum() >= 8, "both kinds of patterns have weight in both"


def test_every_number_kept_stands_for_enough_people():
    answers = answers_of(n=90, seed=4)
    fit = dr.fit(answers, draws=20)
    population = population_of(fit, answers, ("channel",))
    sets = placed(population)
    groups, insides = offered(sets, "channel")
    assert len(groups) < 3, "the smallest of three groups is below the base, and one more would give it away"
    kept, n = kept_of(sets, insides), population.sets[0].cells.n
    for inside in insides:
        here, count = sets[0].place[inside[0]], n[inside[0]]
        for j, classes in enumerate(kept.classes):
            assert np.bincount(classes[here[:, j]], weights=count).min() >= MIN_BASE_CELL
        for j, k, first, second in kept.pairs:
            blocks = Counter()
            for row, c in zip(here, count, strict=True):
                blocks[first[row[j]], second[row[k]]] += c
            many = (first[-1] + 1) * (second[-1] + 1)
            assert first[-1] == 0 or second[-1] == 0 or (len(blocks) == many and min(blocks.values()) >= MIN_BASE_CELL)


def test_groups_below_the_base_are_not_offered_and_do_not_follow_from_the_others():
    rng = np.random.default_rng(8)
    sizes = {"a": 200, "b": 120, "c": MIN_BASE_MODEL - 4, "d": 150}
    frame = pd.DataFrame({
        "x": rng.integers(1, 6, sum(sizes.values())), "csat": rng.integers(1, 6, sum(sizes.values())),
        "place": np.repeat(list(sizes), list(sizes.values())),
    })  # fmt: skip
    answers = dr.read(frame, dr.Survey(drivers=["x"], outcomes=["csat"], scale=(1, 5), segments=["place"]))
    fit = dr.fit(answers, draws=20)
    panel = panel_of([fit], population_of(fit, answers, ("place",)), ("place",))
    assert [group.name for group in panel.groups] == ["all", "place=a", "place=d"], "b would give c away"
    assert all(group.n >= MIN_BASE_MODEL for group in panel.groups)


def test_many_drivers_and_measured_ones_stand_on_fewer_points():
    rng = np.random.default_rng(2)
    halo = rng.standard_normal((1200, 1))
    x = np.clip(np.round(3.4 + 0.7 * halo + 0.8 * rng.standard_normal((1200, 6))), 1, 5)
    wait = rng.gamma(3.0, 4.0, 1200).round(1)
    said = np.clip(np.round(x.mean(axis=1) - 0.05 * wait + 1 + rng.normal(0, 0.7, 1200)), 1, 5).astype(int)
    names = [f"d{j}" for j in range(6)]
    frame = pd.DataFrame(x, columns=names).assign(wait=wait, csat=said)
    items = {"wait": {"scale": "open", "direction": "lower"}, "d5": {"direction": "lower"}}
    survey = dr.Survey(drivers=[*names, "wait"], outcomes=["csat"], scale=(1, 5), items=items)
    answers = dr.read(frame, survey)
    fit = dr.fit(answers, model="ordinal", engine="bayes", draws=200, seed=3)
    panel = panel_of([fit], population_of(fit))
    waiting = panel.sliders[-1]
    assert len(panel.points) <= 1024 and len(waiting.values) <= 8 and waiting.lower and panel.sliders[5].lower
    assert wait.min() < waiting.low < waiting.values[0] < waiting.values[-1] < waiting.high < wait.max(), "nobody's"
    for name, by, asked in (("d0", 0.5, 0.5), ("d5", 0.5, -0.5), ("wait", 2.0, -2.0)):
        row = dr.what_if(fit, dr.shift(name, asked), measures=["mean"]).tidy().iloc[0]
        ends = panel.answer("csat", {name: by}).ends()[0]
        assert abs(ends[2] - row["change"]) < 0.3 * (row["high"] - row["low"]) / 2, name


def test_what_a_panel_cannot_hold_is_refused(answers, fit, panel):
    with pytest.raises(InputError, match=r"`sped` \(did you mean `speed`\?\) is not a driver of this panel"):
        panel.answer("csat", {"sped": 0.5})
    with pytest.raises(InputError, match="is not a group of this panel"):
        panel.answer("csat", {"speed": 0.5}, "channel=fax")
    with pytest.raises(InputError, match="is not an outcome of this panel"):
        panel.answer("nps", {})
    controlled = dr.fit(answers_of(n=300, controls=["channel"]), draws=20)
    with pytest.raises(InputError, match="has controls, products or drivers that may not apply"):
        panel_of([controlled], population_of(controlled))
    alone = dr.fit(answers, drivers=["speed"], draws=20)
    with pytest.raises(InputError, match="share their drivers"):
        panel_of([fit, alone], population_of(fit))
