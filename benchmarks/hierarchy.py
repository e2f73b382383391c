"""What slopes by segment cost, and how many effective draws they give: `uv run python benchmarks/hierarchy.py`.

Eight segments, four drivers, ordinal probit. Each run is a process of its own that reads a Parquet file, fits, and
prints the fewest effective draws of any parameter. With `--peers PYTHON`, an interpreter that has bambi and nutpie, it
also runs Bambi's `y ~ a + b + c + d + (a + b + c + d | g)`, at most ten minutes each.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from bayes import measure
from record import machine, table, write_section

SIZES = (2_000, 20_000, 1_000_000)
LIMIT_PEER = 600.0
FEWEST = 400
DRAWS = 4000
TIMES = 3.0
"""Effective draws per CPU second, over Bambi's."""

OURS = """
import sys
import drivers as dr
items = ["a", "b", "c", "d"]
survey = dr.Survey(drivers=items, outcomes=("y",), segments=("g",), scale=(1, 5))
fit = dr.fit(dr.read(sys.argv[1], survey), model="ordinal", engine="bayes", by="g")
fit.summary()
found = fit.diagnostics
print(found["ess"], found["divergences"], found["retried"])
"""

BAMBI = """
import sys, warnings
warnings.simplefilter("ignore")
import arviz as az, bambi as bmb, pandas as pd
table = pd.read_parquet(sys.argv[1])
items = ["a", "b", "c", "d"]
table[items] = (table[items] - table[items].mean()) / table[items].std()
table["y"] = pd.Categorical(table["y"], ordered=True)
spread = bmb.Prior("Normal", mu=0, sigma=bmb.Prior("HalfNormal", sigma=0.3))
level = bmb.Prior("Normal", mu=0, sigma=bmb.Prior("HalfNormal", sigma=0.5))
priors = {item: bmb.Prior("Normal", mu=0, sigma=0.5) for item in items}
priors |= {f"{item}|g": spread for item in items} | {"1|g": level}
model = bmb.Model("y ~ a + b + c + d + (a + b + c + d | g)", table, family="cumulative", link="probit", priors=priors)
found = model.fit(
    draws=1000, chains=4, inference_method=sys.argv[2], random_seed=1, progressbar=False, target_accept=0.9
)
ess = min(float(one.min()) for one in az.ess(found).to_dataset().data_vars.values()) if hasattr(
    az.ess(found), "to_dataset") else min(float(one.min()) for one in az.ess(found).data_vars.values())
print(ess, int(found["sample_stats"]["diverging"].sum()), False)
"""


def answers(n: int, folder: Path) -> Path:
    """Simulate four five-point drivers whose slopes differ by segment, and a five-point outcome; return the file."""
    rng = np.random.default_rng(n)
    group = rng.choice(8, n, p=np.array([8, 7, 6, 5, 4, 3, 2, 1]) / 36)
    slopes = np.array([0.6, 0.4, 0.2, 0.0]) + 0.12 * rng.normal(size=(8, 4))
    level = 0.25 * rng.normal(size=8)
    latent = 0.67 * rng.normal(size=(n, 1)) + 0.74 * rng.normal(size=(n, 4))
    x = np.clip(np.round(3.4 + 1.1 * latent), 1, 5)
    eta = (x * slopes[group]).sum(axis=1) + level[group]
    y = np.digitize(eta + rng.normal(size=n), [1.8, 2.8, 4.0, 5.0]) + 1
    made = pd.DataFrame(np.column_stack([x, y]).astype(np.int8), columns=[*"abcd", "y"])
    path = folder / f"{n}.parquet"
    made.assign(g=np.array([f"segment {k}" for k in range(8)])[group]).to_parquet(path)
    return path


def main() -> int:
    """Measure, print, record; 1 if a limit is not met."""
    rows: list[list[str]] = []
    per_second: dict[int, float] = {}
    missed = False
    with tempfile.TemporaryDirectory() as name:
        paths = {n: answers(n, Path(name)) for n in SIZES}
        measure([sys.executable, "-c", OURS, str(paths[2_000])])  # compiles
        runs = [("drivers", [sys.executable, "-c", OURS], n, "") for n in SIZES]
        if "--peers" in sys.argv:
            python = sys.argv[sys.argv.index("--peers") + 1]
            runs += [("Bambi, nutpie", [python, "-c", BAMBI], n, "nutpie") for n in SIZES[:2]]
        for what, command, n, method in runs:
            found = measure([*command, str(paths[n]), method], limit=LIMIT_PEER if method else None)
            if found is None:
                most = DRAWS / LIMIT_PEER  # all its draws effective, one core busy, done at the very moment
                missed |= per_second[n] < TIMES * most
                rows.append([what, f"{n:,}", "", f"over {LIMIT_PEER:.0f}", f"up to {DRAWS:,}", "",
                             f"below {most:.1f}", f"over {per_second[n] / most:.0f}"])  # fmt: skip
                print(rows[-1], file=sys.stderr, flush=True)
                continue
            ess, diverged, retried = found[2].split()
            rate = float(ess) / found[0]
            if what == "drivers":
                per_second[n] = rate
                missed |= float(ess) < FEWEST or int(diverged) > 0
            else:
                missed |= per_second[n] < TIMES * rate
            times = "" if what == "drivers" else f"{per_second[n] / rate:.1f}"
            again = " (second attempt)" if retried == "True" else ""
            rows.append([
                what, f"{n:,}", f"{found[0]:.1f}", f"{found[1]:.1f}", f"{float(ess):,.0f}{again}", diverged,
                f"{rate:.1f}", times,
            ])  # fmt: skip
            print(rows[-1], file=sys.stderr, flush=True)
    head = ["what", "answers", "CPU, s", "elapsed, s", "fewest effective draws", "diverged", "of them a CPU second",
            "ours over it"]  # fmt: skip
    text = "\n\n".join([
        table(head, [[*row, *[""] * (len(head) - len(row))] for row in rows]),
        "Process start to summary, code compiled before; 4 chains of 1,000 draws, target acceptance 0.9, eight "
        f"segments of 1 to 8 thirty-sixths. Limits: {FEWEST} effective draws and none diverged at every size; "
        f"{TIMES:g} times Bambi's effective draws a CPU second. Bambi's effects have the same priors of spreads, but "
        "are independent and not held to add up to zero. Where it was stopped it is given all of its draws as "
        "effective, and one busy core.",
        machine("numpy", "numba", "nutpie"),
    ])  # fmt: skip
    print(text)
    write_section("hierarchy", text)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
