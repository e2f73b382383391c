"""How long does a what-if take? `uv run python benchmarks/scenario.py [--record]` prints a table."""

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
from record import machine, table, write_section

import drivers as dr
from drivers.fit.result import Draws, Fit
from drivers.scenario.evaluate import Request, evaluate
from drivers.scenario.follow import block_path
from drivers.scenario.parts import parts_of
from drivers.scenario.population import population_of
from drivers.scenario.surface import surface_of

DRAWS = 4000
REPEATS = 3


def fit_of(cells: int, points: int) -> Fit:
    """Return an ordinal fit on so many patterns of six drivers, with 4,000 draws around its estimate."""
    rng = np.random.default_rng(1)
    patterns = np.array(list(product(range(1, 6), repeat=6)))
    rows = patterns[rng.choice(len(patterns), cells, replace=False)].astype(float)
    rows = np.repeat(rows, 4, axis=0)
    eta = rows @ np.array([0.5, 0.4, 0.3, 0.2, 0.1, 0.1])
    cuts = np.linspace(2.0, 7.0, points - 1)
    low = 0 if points == 11 else 1
    said = low + (rng.standard_normal(len(rows))[:, None] + eta[:, None] > cuts).sum(axis=1)
    names = [f"driver_{j}" for j in range(6)]
    frame = pd.DataFrame(rows, columns=names).assign(said=said, channel=rng.choice(["a", "b", "c"], len(rows)))
    ends = {"said": {"scale": (low, low + points - 1)}}
    survey = dr.Survey(drivers=names, outcomes=["said"], scale=(1, 5), items=ends)
    fit = dr.fit(dr.read(frame, survey), model="ordinal", draws=2)
    point = fit.point

    def around(values: np.ndarray, spread: float) -> np.ndarray:
        return values + spread * rng.standard_normal((1, DRAWS, values.shape[-1]))

    def same(values: np.ndarray) -> np.ndarray:
        return np.repeat(values, DRAWS, axis=1)

    return replace(fit, draws=Draws(
        slopes=around(point.slopes, 0.01), intercept=same(point.intercept), cuts=np.sort(around(point.cuts, 0.005)),
        error_sd=same(point.error_sd), x_mean=same(point.x_mean), x_cov=same(point.x_cov),
    ))  # fmt: skip


def ways(fit: Fit) -> dict[str, Callable[[], object]]:
    """Return what is timed, by name."""
    action = dr.shift("driver_0", 0.5)
    modelled, population = surface_of(fit), population_of(fit)
    parts = parts_of(population)
    alone, block = Request(action=action), Request(action=action, path=block_path(fit, [0]))
    return {
        "averages, driver alone": lambda: evaluate(fit, modelled, population, [alone], parts),
        "averages, alone and block": lambda: evaluate(fit, modelled, population, [alone, block], parts),
        "dr.what_if, all of it": lambda: dr.what_if(fit, action),
    }


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Fastest of some runs, by the clock and in processor seconds of all threads."""
    found = []
    for _ in range(REPEATS):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(found)


def main() -> None:
    """Print the table, and write it into README.md if asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--record", action="store_true", help="write the table into benchmarks/README.md")
    given = parser.parse_args()
    rows = []
    for cells, points in ((1000, 5), (5000, 5), (5000, 11)):
        for name, work in ways(fit_of(cells, points)).items():
            work()
            wall, cpu = timed(work)
            rows.append([name, f"{DRAWS:,}", f"{cells:,}", f"{points}", f"{wall:.2f}", f"{cpu:.2f}"])
    head = ["what", "draws", "cells", "points of the outcome", "seconds", "CPU seconds, all cores"]
    text = table(head, rows) + f"\n\nFastest of {REPEATS}. {machine('numpy', 'numba')}\n" + (
        f"Load average while it ran: {os.getloadavg()[0]:.0f}. Where that is above the number of cores the machine was "
        "shared and seconds by the clock\nhold waiting; CPU seconds over the cores are what an idle machine needs."
    )
    print(text)
    if given.record:
        write_section("scenario", text)


if __name__ == "__main__":
    main()
