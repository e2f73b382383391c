"""Do what-ifs hold the true effects? `uv run python benchmarks/scenario_coverage.py [--surveys 1000]`.

Simulated shop surveys with ordinal outcomes and drivers near their ceiling; what three actions do is known by
integration, never from a sample. It ends with exit code 1 when a bias or a coverage is off.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import sys
import time
from dataclasses import replace

import numpy as np
from record import machine, table, write_section

import drivers as dr
from drivers.scenario.action import Action
from drivers.scenario.evaluate import Request, evaluate
from drivers.scenario.parts import parts_of
from drivers.scenario.population import population_of
from drivers.scenario.surface import surface_of
from drivers.simulate.do_effects import DoEffect, do_effect, lifted, matched, shifted
from drivers.simulate.spec import STORE_DRIVERS, StoreVisits

SEED = 51_000
LEVEL = 0.9
BAND = (0.88, 0.92)
ERRORS = 2.0
"""Monte-Carlo standard errors by which a bias, or a coverage its band, may be off."""

SPEC = StoreVisits(
    n=4000, waves=1, weight_cv=0.4, blank=(0.0, 0.0, 0.0), break_off=0.0, drift=(),
    drivers=tuple(replace(d, applies=(1.0,) * 4, dont_know=0.0) for d in STORE_DRIVERS),
)  # fmt: skip
DRIVER, TO = "service_speed", "chat"
ACTIONS: dict[str, tuple[Action, DoEffect]] = {
    "shift +0.5": (dr.shift(DRIVER, 0.5), do_effect(SPEC, DRIVER, shifted(0.5))),
    "shift +0.5 by phone": (
        dr.shift(DRIVER, 0.5).where(channel="phone"), do_effect(SPEC, DRIVER, shifted(0.5), among="channel=phone")
    ),
    "lift to 4": (dr.lift(DRIVER, to=4), do_effect(SPEC, DRIVER, lifted(4))),
    "match chat": (
        dr.match(DRIVER, segment="channel", to=TO), do_effect(SPEC, DRIVER, matched(SPEC, DRIVER, f"channel={TO}"))
    ),
}  # fmt: skip
ENGINES = {"bootstrap": {"engine": "regression", "draws": 300}, "posterior": {"engine": "bayes", "draws": 300}}
DRIVERS = [driver.name for driver in SPEC.drivers]
SURVEYS = {
    outcome: dr.Survey(
        drivers=DRIVERS, outcomes=[outcome], scale=(1, 5), weight="weight", segments=["channel"],
        items={"recommend": {"scale": (0, 10)}} if outcome == "recommend" else {},
    )
    for outcome in ("satisfaction", "recommend")
}  # fmt: skip
OUTCOMES = {"satisfaction": ("mean", "top2"), "recommend": ("mean", "nps")}


def one_survey(seed: int, engine: str, outcome: str) -> np.ndarray:
    """Estimate, low, high (actions, measures, 3) of one survey.

    Its draws have a seed of their own: with one seed for all surveys the same 300 draws are a little too wide or too
    narrow in every one of them, and that error does not average out.
    """
    frame = dr.simulate(SPEC, seed=seed).frame[[*DRIVERS, outcome, "channel", "weight"]]
    answers = dr.read(frame, SURVEYS[outcome])
    fit = dr.fit(answers, outcome=outcome, model="ordinal", seed=seed, **ENGINES[engine])
    population = population_of(fit, answers, ("channel",))
    modelled = surface_of(fit, OUTCOMES[outcome])
    requests = [Request(action=action) for action, _ in ACTIONS.values()]
    found = []
    for effect in evaluate(fit, modelled, population, requests, parts_of(population)):
        point = effect.change[:, 0].mean(axis=0) if engine == "posterior" else effect.point_change[0]
        low, high = np.quantile(effect.change[:, 0], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
        found.append(np.column_stack([point, low, high]))
    return np.array(found)


def run(engine: str, outcome: str, surveys: int) -> tuple[list[list[str]], int]:
    """Return the rows of one engine and outcome, and how many promises were not kept."""
    made, failed = [], 0
    for i in range(surveys):
        try:
            made.append(one_survey(SEED + i, engine, outcome))
        except dr.errors.EmptyCategoryError:  # nobody at one of the lowest points: no such survey can be analysed
            failed += 1
        if (i + 1) % 100 == 0:
            print(f"{engine} {outcome}: {i + 1} of {surveys}", file=sys.stderr, flush=True)
            for line in judged(engine, outcome, made)[0]:
                print("  ", *line, file=sys.stderr, flush=True)
    if failed:
        print(f"{engine} {outcome}: {failed} surveys without an answer at some point were refused", file=sys.stderr)
    return judged(engine, outcome, made)


def judged(engine: str, outcome: str, made: list[np.ndarray]) -> tuple[list[list[str]], int]:
    """Return a row per action and measure, and how many promises were not kept."""
    got = np.array(made)
    count = len(got)
    rows, broken = [], 0
    for a, (name, (_, truth)) in enumerate(ACTIONS.items()):
        for k, measure in enumerate(OUTCOMES[outcome]):
            true = getattr(truth, "recommend" if (outcome, measure) == ("recommend", "mean") else measure)
            point, low, high = got[:, a, k].T
            bias, error = point.mean() - true, point.std(ddof=1) / np.sqrt(count)
            held = ((low <= true) & (true <= high)).mean()
            noise = np.sqrt(LEVEL * (1 - LEVEL) / count)
            off = abs(bias) > ERRORS * error or not BAND[0] - noise <= held <= BAND[1] + noise
            broken += off
            rows.append([
                engine, name, f"{outcome}, {measure}", f"{count:,}", f"{true:.4f}", f"{bias / error:+.1f}",
                f"{100 * bias / true:+.2f} %", f"{held:.3f}{' !' if off else ''}",
            ])
    return rows, broken


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--surveys", type=int, default=1000)
    parser.add_argument("--only", help="engine:outcome, several by commas, in this order")
    parser.add_argument("--record", action="store_true", help="write the table into benchmarks/README.md")
    given = parser.parse_args()
    start, rows, broken = time.process_time(), [], 0
    every = ",".join(f"{engine}:{outcome}" for engine in ENGINES for outcome in OUTCOMES)
    for asked in (given.only or every).split(","):
        engine, outcome = asked.split(":")
        more, off = run(engine, outcome, given.surveys)
        rows, broken = rows + more, broken + off
    head = ["draws", "action", "change in", "surveys", "truth", "bias, MC errors", "bias", "90 % intervals hold"]
    text = table(head, rows) + (
        f"\n\nCPU {time.process_time() - start:,.0f} s. {machine('numpy', 'numba')}"
    )
    print(text)
    if given.record:
        write_section("scenario-coverage", text)
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
