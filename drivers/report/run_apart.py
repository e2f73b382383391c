"""What keeps two reports apart: other questions, other models, other people; and what was only made differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drivers.report.run_file import Run
from drivers.report.words import listed, percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """What cannot be compared: ``items`` whose scores, ``outcomes`` whose models, each with the reason.

    ``reasons`` puts all of it into sentences, ``settings`` what differs and does not stand in the way. ``independent``
    is False where both runs rest on the same people, so that their errors do not add up.
    """

    items: Mapping[str, str]
    outcomes: Mapping[str, str]
    reasons: tuple[str, ...]
    settings: tuple[str, ...]
    independent: bool


def apart(before: Run, after: Run) -> Apart:
    """Return what keeps the runs `before` and `after` apart."""
    scales = _scales(before, after)
    items = {name: f"its scale is {_scale(a)} in {before.when} and {_scale(b)} in {after.when}"
             for name, (a, b) in scales.items()}  # fmt: skip
    outcomes = _outcomes(before, after, items)
    reasons = [f"Scores of `{name}`: {why}." for name, why in items.items()]
    alike: dict[str, list[str]] = {}
    for name, why in outcomes.items():
        alike.setdefault(why, []).append(f"`{name}`")
    reasons += [f"Slopes and shares for {listed(names)}: {why}." for why, names in alike.items()]
    same = _same_people(before, after)
    reasons += [same] if same else []
    return Apart(items=items, outcomes=outcomes, reasons=tuple(reasons), settings=_settings(before, after),
                 independent=not same)  # fmt: skip


def _scales(before: Run, after: Run) -> dict[str, tuple[Any, Any]]:
    mine, other = before.facts.get("scales", {}), after.facts.get("scales", {})
    return {name: (mine[name], other[name]) for name in mine if name in other and mine[name] != other[name]}


def _scale(found: Any) -> str:
    return f"{found[0]:g} to {found[1]:g}" if isinstance(found, list) else str(found)


def _outcomes(before: Run, after: Run, items: Mapping[str, str]) -> dict[str, str]:
    """Return the outcomes of either run whose models cannot be compared, with the reason."""
    drivers = [list(run.facts["drivers"]) for run in (before, after)]
    models = [_models(run) for run in (before, after)]
    found = {}
    for name in dict.fromkeys((*models[0], *models[1])):
        if name not in models[0] or name not in models[1]:
            found[name] = f"only {(before if name in models[0] else after).when} has a model of it"
        elif set(drivers[0]) != set(drivers[1]):
            found[name] = _other_drivers(before, after, drivers)
        elif models[0][name] != models[1][name]:
            found[name] = f"{models[0][name]} in {before.when}, {models[1][name]} in {after.when}"
        elif changed := [each for each in (name, *drivers[0]) if each in items]:
            found[name] = f"the scale of {listed([f'`{each}`' for each in changed])} is another"
    return found


def _models(run: Run) -> dict[str, str]:
    table = run.tables.get("importance")
    if table is None or not len(table):
        return {}
    rows = table.drop_duplicates("outcome")
    return {name: f"{model} model, {engine} engine"
            for name, model, engine in zip(rows["outcome"], rows["model"], rows["engine"], strict=True)}  # fmt: skip


def _other_drivers(before: Run, after: Run, drivers: list[list[str]]) -> str:
    parts = []
    for run, mine, other in ((before, drivers[0], drivers[1]), (after, drivers[1], drivers[0])):
        only = [f"`{name}`" for name in mine if name not in other]
        parts += [f"{listed(only)} only in {run.when}"] if only else []
    return f"other drivers ({'; '.join(parts)}), and a slope or share depends on what is held equal beside it"


def _same_people(before: Run, after: Run) -> str:
    """Say that both runs rest on the same answers, or may do so; "" where they do not."""
    one, two = before.facts, after.facts
    same_data = one.get("data_sha256") is not None and one["data_sha256"] == two.get("data_sha256")
    if one.get("wave") and two.get("wave"):
        if one["wave"] != two["wave"]:
            return ""
        return (
            f"Changes have no intervals: both runs are about {one['wave']}, "
            f"{'the same answers' if same_data else 'so they share answers'}."
        )
    if same_data:
        return "Changes have no intervals: both runs rest on the same data, so they share answers."
    if one.get("wave_column") or two.get("wave_column"):
        return (
            "Changes have no intervals: a run about all waves together shares answers with the others. Make the runs "
            "with --wave."
        )
    return ""


def _settings(before: Run, after: Run) -> tuple[str, ...]:
    one, two, said = before.facts, after.facts, []
    if one["survey"] != two["survey"]:
        said.append(f"Two surveys: “{one['survey']}” and “{two['survey']}”.")
    if one["outcome"] != two["outcome"]:
        said.append(f"The headline: `{one['outcome']}` in {before.when}, `{two['outcome']}` in {after.when}.")
    if one["definition_sha256"] != two["definition_sha256"]:
        said.append("The definition of the survey is another; what that keeps from being compared is named.")
    labels = one.get("labels", {}), two.get("labels", {})
    renamed = [name for name in labels[0] if name in labels[1] and labels[0][name] != labels[1][name]]
    if renamed:
        said.append(f"Other words for {listed([f'`{name}`' for name in renamed])}: check that it is the same question.")
    if one["level"] != two["level"]:
        said.append(f"Intervals at {percent(one['level'])} and {percent(two['level'])}; changes at the latter.")
    if before.made_with != after.made_with:
        said.append(f"Made with {before.made_with} and {after.made_with}: the changelog says which answers changed.")
    for name, words in (("seed", "Seeds"), ("draws", "Draws")):
        if one[name] != two[name]:
            said.append(f"{words}: {one[name]} and {two[name]}.")
    return tuple(said)
