"""What a plan claims and what it brings: `uv run python benchmarks/winners_curse.py`.

Simulated surveys with eight drivers, whose true slopes differ by less than they are known: the budget buys one of eight
equally dear options. Claimed gains are held against what the option chosen brings in truth.
"""

import sys

import numpy as np
import pandas as pd
from record import machine, table, write_section

import drivers as dr
from drivers.stats.shrinkage import posterior_of

SURVEYS, ANSWERS, DRIVERS = 400, 300, 8
SLOPES = (0.10, 0.04)
"""Mean and standard deviation of the true slopes; their estimates have a standard error of about .05."""

MOST = 0.05  # how far claimed may be from realised, as a part of it


def one_survey(seed: int) -> list[tuple[float, float]]:
    """Return (claimed, realised) of each way to choose, in a survey of its own."""
    rng = np.random.default_rng(seed)
    names = [f"x{j}" for j in range(DRIVERS)]
    slopes = rng.normal(*SLOPES, DRIVERS)
    x = rng.choice(5, (ANSWERS, DRIVERS), p=[0.1, 0.2, 0.3, 0.25, 0.15]) + 1.0
    y = x @ slopes + rng.normal(0, 1.03, ANSWERS)
    survey = dr.Survey.model_validate({"drivers": names, "outcomes": ["y"], "scale": [1, 5],
                                       "items": {"y": {"scale": "open"}}})  # fmt: skip
    answers = dr.read(pd.DataFrame(x, columns=names).assign(y=y), survey)
    options = [dr.option(dr.shift(name, 0.5), cost=1, name=name) for name in names]
    truth = slopes * (np.minimum(x + 0.5, 5) - x).mean(axis=0)
    found = []
    for engine, draws in (("regression", 300), ("bayes", 400)):
        plan = dr.plan(dr.fit(answers, engine=engine, draws=draws, seed=seed), options, budget=1)
        if engine == "regression":
            naive = int(plan.point[:, 1].argmax())
            found.append((float(plan.point[naive, 1]), float(truth[naive])))
        mean = plan.raw.mean(axis=0)[:, 1]
        if engine == "bayes":
            found.append((float(mean.max()), float(truth[mean.argmax()])))
        at = int(plan.chosen.argmax())
        found.append((plan.claims()["gain"], float(truth[at]) if plan.chosen.any() else 0.0))
    return found


def without_a_survey(spread: float) -> list[str]:
    """Return a row: the best of eight estimates, true effects differing by `spread` standard errors, 4,000 times."""
    rng, rows, se = np.random.default_rng(1), np.arange(4000), 0.05
    truth = rng.normal(0.10, spread * se, (4000, 8))
    seen = truth + rng.normal(0, se, truth.shape)
    means = np.array([posterior_of(one, se**2 * np.eye(8), se)[0] for one in seen])
    off = []
    for values in (seen, means):
        best = values.argmax(axis=1)
        off.append(f"{100 * (values[rows, best].mean() / truth[rows, best].mean() - 1):+.0f} %")
    return [f"{spread:g}", *off]


def main() -> int:
    """Measure, print, record; exit with 1 when a plan claims more, or less, than the limit allows."""
    pairs = np.array([one_survey(seed) for seed in range(SURVEYS)])  # (surveys, ways, 2)
    ways = ["best of the estimates (plug-in)", "`plan`, regression", "best posterior mean, prior by default",
            "`plan`, posterior, prior by default"]  # fmt: skip
    claimed, realised = pairs.mean(axis=0).T
    error = pairs.std(axis=0, ddof=1).T / np.sqrt(SURVEYS)
    rows = [
        [way, f"{a:.4f}", f"{b:.4f}", f"{100 * (a / b - 1):+.0f} %", f"{100 * np.hypot(*e / b):.0f} %"]
        for way, a, b, e in zip(ways, claimed, realised, error.T, strict=True)
    ]
    text = "\n\n".join([
        table(["the option chosen by", "claimed", "realised", "claimed too much", "standard error"], rows),
        f"{SURVEYS} surveys of {ANSWERS} answers, linear; gain in points of the mean of half a point more of one "
        f"driver in eight. `plan` may be off by {MOST:.0%}.",
        table(["spread of truths, standard errors", "estimates claim too much", "shrunk"],
              [without_a_survey(spread) for spread in (0.4, 0.8, 1.2, 1.6)]),
        machine("numpy"),
    ])  # fmt: skip
    print(text)
    write_section("winners_curse", text)
    off = [abs(claimed[k] / realised[k] - 1) for k in (1, 3)]
    return 0 if max(off) <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
