"""Every sentence, table and figure of the gap chapter says the number behind it."""

import re
from dataclasses import replace

import numpy as np
import pytest

import drivers as dr
from drivers.gap.direct import direct_gap
from drivers.report import gap_figures as figures
from drivers.report import gap_groups as groups
from drivers.report import gap_sentences as said
from drivers.report import gap_tables as tables
from drivers.report.content import Estimate, Hidden, Number
from drivers.report.words import chance
from tests.gap.made import answers, table

DRAWS = 200
LABELS = {"a": "Time spent waiting there", "b": "Advice by our staff", "c": "What it did cost", "y": "Overall"}


@pytest.fixture(scope="module")
def asked():
    items = {name: {"label": words} for name, words in LABELS.items()} | {"g": {"label": "Against expectation"}}
    return answers(table(900), outcomes=("y", "g"), direct="g", items=items)


@pytest.fixture(scope="module")
def joint(asked):
    return dr.joint_gap(asked, "y", draws=DRAWS)


@pytest.fixture(scope="module")
def compare(asked):
    return dr.two_outcomes(asked, "y", draws=DRAWS)


@pytest.fixture(scope="module")
def latent(asked):
    return dr.latent_gap(asked, draws=DRAWS)


@pytest.fixture(scope="module")
def direct(asked):
    return direct_gap(asked, draws=DRAWS, by=("channel", "wave"))


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")


def quoted(text: str) -> list[str]:
    return re.findall("“([^”]+)”", text)


def test_closers_are_the_drivers_whose_difference_is_likely_above_zero(joint):
    rows = joint.tidy()
    (first, *rest) = said.closers(joint)
    likely = rows[rows["p_positive"] >= 0.80].sort_values("difference", ascending=False)
    assert len(likely) and first.key == "gap-closers"
    assert quoted(first.text)[1 : 1 + len(likely)] == likely["label"].tolist()
    for row in likely.itertuples():
        assert f"“{row.label}” ({chance(row.p_positive)})" in first.text
    best = likely.iloc[0]
    size = f"“{best.label}”: {best.difference:.2f} points ({best.difference_low:.2f} to {best.difference_high:.2f})"
    assert size in plain(first.text)
    assert "association, not effect" in first.text
    opened = [name for one in rest if one.key == "gap-open" for name in quoted(one.text)]
    unsure = rows[np.maximum(rows["p_positive"], 1 - rows["p_positive"]) < 0.60]
    assert sorted(opened) == sorted(unsure["label"])


@pytest.mark.parametrize(("p", "key"), [(0.97, "gap-closers"), (0.02, "gap-opposite"), (0.5, "gap-open"), (0.7, None)])
def test_each_probability_has_its_sentence(joint, p, key):
    told = said.closers(replace(joint, p_closes=np.full(3, p)))
    assert [one.key for one in told] == ([key] if key else [])


def test_two_outcomes_name_who_matters_more_for_which_with_how_sure(compare):
    rows = compare.tidy()
    text = said.two(compare).text
    more, less = rows[rows["p_more_for_gap"] >= 0.80], rows[rows["p_more_for_gap"] <= 0.20]
    assert len(more) and len(less)  # the made survey has both
    before, after = text.split("more for satisfaction than for the gap: ")
    assert quoted(before) == more["label"].tolist() and quoted(after) == less["label"].tolist()
    for row in more.itertuples():
        assert f"“{row.label}” ({chance(row.p_more_for_gap)})" in before
    for row in less.itertuples():
        assert f"“{row.label}” ({chance(1 - row.p_more_for_gap)})" in after
    assert said.two(compare).numbers == {f"p more for gap {r.driver}": r.p_more_for_gap for r in rows.itertuples()}


def test_two_outcomes_alike_are_called_so(compare):
    same = replace(compare, draws=np.stack([compare.draws[0], compare.draws[0][::-1]]))
    assert said.two(same).text.endswith("cannot be told: no difference is likely.")


def test_the_latent_sentence_is_of_the_furthest_pair(latent):
    worst = latent.tidy().sort_values("gap").iloc[0]
    text = said.latent(latent).text
    way = "below" if worst["gap"] < 0 else "above"
    size = f"{abs(worst['gap']):.2f} standard deviations {way}"
    assert text.startswith(f"On the latent scale “{worst['label']}” lies {size}")
    assert f"less than expected with probability {chance(worst['below'])}." in text
    first, *rest = latent.pairs
    odd = replace(latent, pairs=(replace(first, freed=50.0), *(replace(pair, freed=0.0) for pair in rest)))
    assert f"what they expect of “{first.label}”, so part of that gap is wording" in said.latent(odd).text
    alike = replace(odd, pairs=tuple(replace(pair, freed=0.0) for pair in latent.pairs))
    assert "wording" not in said.latent(alike).text


def test_the_direct_sentence_has_its_shares_and_first_driver(direct):
    text = plain(said.direct(direct).text)
    for row in direct.shares.itertuples():
        assert f"{row.share:.0%} ({row.low:.0%} to {row.high:.0%}) {row.part}".replace("%", " %") in text
    assert direct.shares["share"].sum() == pytest.approx(1.0)
    first = direct.tidy().sort_values("share").iloc[-1]
    assert f"goes with “{first['label']}”, the first with probability {plain(chance(first['p_first']))}." in text


def test_people_of_a_segment_are_counted_from_its_answers(direct):
    frame = table(900)
    rows = groups.people_to_show(direct)
    assert rows["by"].unique().tolist() == ["channel", "quarter"]
    for row in rows.itertuples():
        said_there = frame.loc[frame[row.by] == row.group, "g"]
        assert row.worse == pytest.approx((said_there < 3).mean())
        assert row.better == pytest.approx((said_there > 3).mean())
        assert row.n == len(said_there)


def test_small_segments_are_hidden_and_cannot_be_guessed(asked):
    frame = table(900).assign(channel=np.r_[["shop"] * 3, ["app"] * 40, ["web"] * 857])
    found = direct_gap(answers(frame, outcomes=("y", "g"), direct="g"), draws=DRAWS, by="channel")
    (made,) = groups.people_tables(groups.people_to_show(found), "channel", dr.Survey(drivers=("a",), outcomes=("y",)))
    column = {head: [row[k] for row in made.rows] for k, head in enumerate(made.columns)}
    assert all(isinstance(cell, Hidden) for head in ("shop", "app") for cell in column[head])
    assert all(isinstance(cell, (Estimate, Number)) for cell in column["web"])
    assert any("Withheld" in note for note in made.notes)


def test_gaps_by_segment_are_those_of_the_scores(asked):
    scores = dr.gap_scores(asked, "channel")
    (made,) = groups.gap_tables(groups.gaps_to_show(scores), "channel", asked.survey)
    frame = table(900)
    for row, name in zip(made.rows, "abc", strict=True):
        for k, group in enumerate(made.columns[1:], start=1):
            here = frame[frame["channel"] == group]
            assert row[k].value == pytest.approx((here[name] - here[f"e{name}"]).mean())
            assert row[k].low < row[k].value < row[k].high


def values(made, column):
    return [row[made.columns.index(column)].value for row in made.rows]


def test_tables_hold_the_results(joint, compare, direct):
    found, rows = tables.joint_table(joint), joint.tidy()
    for head, name in (("Perceived", "perceived"), ("Expected", "expected"), ("Gap", "difference"),
                       ("P(closes)", "p_positive"), ("Share of the gap", "share_gap")):  # fmt: skip
        assert values(found, head) == rows[name].tolist()
    found, rows = tables.compare_table(compare), compare.tidy().sort_values("share_satisfaction", ascending=False)
    explained = compare.draws.sum(axis=2)
    for column, (head, name) in enumerate(((compare.words[0], "satisfaction"), ("The gap", "gap"))):
        r2 = rows[f"share_{name}"].sum()
        assert values(found, head) == pytest.approx([*rows[f"share_{name}"], r2, 1 - r2])
        (_, *together), (_, *rest) = found.rows[-2:]
        low, high = np.quantile(explained[column], [(1 - compare.level) / 2, (1 + compare.level) / 2])
        assert (together[column].low, together[column].high) == pytest.approx((low, high))
        assert (rest[column].low, rest[column].high) == pytest.approx((1 - high, 1 - low))
    assert [row[-1] for row in found.rows[:-2]] == rows["verdict"].tolist()
    assert values(tables.direct_people(direct), "People") == direct.shares["share"].tolist()
    assert values(tables.direct_table(direct), "Latent slope") == direct.tidy()["slope"].tolist()


def test_surfaces_and_their_simpler_models_stand_in_the_tables(asked):
    found = dr.surface(asked, "y", draws=DRAWS)
    made = tables.surface_table(found)
    for k in range(5):
        assert values(made, f"a{k + 1}") == [one.a[k] for one in found.surfaces]
    shown = tables.constraints_table(found)
    models = found.constraints().query("model != 'full'")
    assert values(shown, "Log density against the full surface") == (-models["worse"]).tolist()
    assert [row[-1] for row in shown.rows] == models["verdict"].tolist()
    for one in found.surfaces:
        low, high = np.quantile(one.b_draws[:, :2], [0.05, 0.95], axis=0)
        way = "up" if low[0] > 0 else "down" if high[0] < 0 else "neither up nor down"
        assert f"the outcome goes {way}" in one.reading()
        assert ("higher where less had been expected" in one.reading()) == (high[1] < 0)
        assert one.reading() in figures.surface_figure(one, found.label).alt


def test_alternative_texts_hold_the_numbers_drawn(joint, compare, latent):
    for row in joint.tidy().itertuples():
        assert f"{row.label}: perceived {row.perceived:+.2f}, expected {row.expected:+.2f}" in plain(
            figures.joint_figure(joint).alt
        )
    for row in compare.tidy().itertuples():
        words = f"{row.label}: {row.relative_satisfaction:.0%} and {row.relative_gap:.0%}".replace("%", " %")
        assert words in plain(figures.compare_figure(compare).alt)
    for row in latent.tidy().itertuples():
        assert f"{row.label} {row.gap:+.2f}" in plain(figures.latent_figure(latent).alt)


def test_asymmetry_and_necessity_say_their_verdicts(asked):
    bent = dr.asymmetry(asked, "y")
    rows = bent.tidy()
    text = tables.asymmetry_words(bent)
    for word in ("dissatisfier", "satisfier"):
        named = rows.loc[rows["verdict"] == word, "label"].tolist()
        assert (f"({word})" in text) == bool(named)
        assert all(f"“{label}”" in text for label in named)
    needed = dr.necessity(asked, "y", permutations=99)
    named = needed.tidy().query("verdict == 'necessary'")["label"].tolist()
    text = tables.necessity_words(needed)
    assert ("No driver is a necessary condition" in text) == (not named)
    assert all(f"“{label}”" in text for label in named)
    table_ = needed.bottleneck()
    assert [c.driver for c in needed.bottlenecks] == [d for d in table_ if (table_[d] != 1).any()]


def test_rho_is_told_only_where_it_predicts_better(asked):
    found = dr.compensation(asked, "y")
    better = found.models.set_index("model").loc["constant elasticity"]
    clear = better["better"] > 2 * better["error"] and better["latent"] > 2 * better["latent_error"]
    assert found.stated == clear == (found.to_dict()["rho"] is not None)
    assert ("cannot be told" in found.reading()) == (not clear)


@pytest.mark.parametrize(("text", "title"), [
    ("Two of 3 fall short: a and b. Furthest is a.", "Two of 3 fall short: a and b."),
    ("It goes with a; in brackets how sure.", "It goes with a"), ("word " * 60 + ".", ""),
])
def test_a_slide_is_headed_by_the_first_sentence_if_short(latent, text, title):
    assert figures.titled(figures.latent_figure(latent), text).says == title
