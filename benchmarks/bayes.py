"""What a posterior of a cumulative probit costs, from process start to summary: `uv run python benchmarks/bayes.py`.

Each run is a process of its own that reads a Parquet file, fits, and prints the summary; CPU seconds are those of all
its threads and children. With `--peers PYTHON`, an interpreter that has bambi and nutpie, it also runs Bambi and PyMC's
OrderedProbit, each with nutpie and with PyMC's own sampler, at most ten minutes each.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from record import machine, table, write_section

SIZES = (2_000, 20_000, 1_000_000)
LIMIT_PEER = 600.0
LIMIT_MILLION = 1.5
"""CPU time at a million answers over that at 20,000."""

LIMIT_COMMAND = 5.0
"""CPU seconds of the command on the bundled survey, compiled code in its cache."""

OURS = """
import sys
import drivers as dr
items = ["a", "b", "c", "d"]
survey = dr.Survey(drivers=items, outcomes=("y",), scale=(1, 5))
fit = dr.fit(dr.read(sys.argv[1], survey), model="ordinal", engine="bayes")
print(fit.summary())
print("draws", fit.draws.slopes.shape[1], "pareto_k", round(fit.diagnostics["pareto_k"], 2))
"""

BAMBI = """
import sys, warnings
warnings.simplefilter("ignore")
import arviz as az, bambi as bmb, pandas as pd
table = pd.read_parquet(sys.argv[1])
items = ["a", "b", "c", "d"]
table[items] = (table[items] - table[items].mean()) / table[items].std()
table["y"] = pd.Categorical(table["y"], ordered=True)
priors = {item: bmb.Prior("Normal", mu=0, sigma=0.5) for item in items}
model = bmb.Model("y ~ a + b + c + d", table, family="cumulative", link="probit", priors=priors)
found = model.fit(draws=1000, chains=4, inference_method=sys.argv[2], random_seed=1, progressbar=False)
print(az.summary(found))
"""


PYMC = """
import sys, warnings
warnings.simplefilter("ignore")
import arviz as az, numpy as np, pandas as pd, pymc as pm
table = pd.read_parquet(sys.argv[1])
items = ["a", "b", "c", "d"]
x = ((table[items] - table[items].mean()) / table[items].std()).to_numpy()
ordered = pm.distributions.transforms.ordered
with pm.Model():
    b = pm.Normal("b", 0, 0.5, shape=4)
    cuts = pm.Normal("cuts", 0, 1.5, shape=4, transform=ordered, initval=np.linspace(-1.5, 1.5, 4))
    pm.OrderedProbit("y", eta=x @ b, cutpoints=cuts, compute_p=False, observed=table["y"].to_numpy() - 1)
    found = pm.sample(1000, chains=4, nuts_sampler=sys.argv[2], random_seed=1, progressbar=False)
print(az.summary(found))
"""

PEERS = (
    ("Bambi, PyMC's sampler", BAMBI, "pymc", (2_000, 20_000)), ("Bambi, nutpie", BAMBI, "nutpie", (2_000, 20_000)),
    ("PyMC, its sampler", PYMC, "pymc", (2_000,)), ("PyMC, nutpie", PYMC, "nutpie", (2_000, 20_000)),
)  # fmt: skip


RECORDED = (
    ("Bambi, PyMC's sampler", 2_000, 34.0), ("Bambi, PyMC's sampler", 20_000, 213.4), ("Bambi, nutpie", 2_000, 31.4),
    ("Bambi, nutpie", 20_000, 160.8), ("PyMC, its sampler", 2_000, 143.1),
)  # fmt: skip
"""CPU seconds of an earlier run with `--peers` on the machine below: bambi 0.21, pymc 6.4, nutpie 0.16; the sizes left
out were not reached."""


def answers(n: int, folder: Path) -> Path:
    """Simulate four five-point drivers and a five-point outcome with known slopes; return the file."""
    rng = np.random.default_rng(n)
    latent = 0.67 * rng.normal(size=(n, 1)) + 0.74 * rng.normal(size=(n, 4))
    x = np.clip(np.round(3.4 + 1.1 * latent), 1, 5)
    y = np.digitize(x @ [0.6, 0.4, 0.2, 0.0] + rng.normal(size=n), [1.8, 2.8, 4.0, 5.0]) + 1
    path = folder / f"{n}.parquet"
    pd.DataFrame(np.column_stack([x, y]).astype(np.int8), columns=[*"abcd", "y"]).to_parquet(path)
    return path


def measure(command: list[str], limit: float | None = None, **environment: str) -> tuple[float, float, str] | None:
    """Run a process; return CPU seconds, elapsed seconds and the last line it prints, or None if it takes too long."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=limit, env={**os.environ, **environment}
        )
    except subprocess.TimeoutExpired:
        return None
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, time.perf_counter() - began, run.stdout.strip().splitlines()[-1]


def best(command: list[str], runs: int = 3, **environment: str) -> tuple[float, float, str]:
    """Return the run with the least CPU time."""
    found = [measure(command, **environment) for _ in range(runs)]
    return min((one for one in found if one is not None), key=lambda one: one[0])


def peers(python: str, paths: dict[int, Path], ours: dict[int, float], rows: list[list[str]]) -> None:
    """Run the peers with the interpreter `python`, and tell what did not finish."""
    for name, code, method, sizes in PEERS:
        for n in sizes:
            found = measure([python, "-c", code, str(paths[n]), method], limit=LIMIT_PEER)
            spent, elapsed = (f"{found[0]:.1f}", f"{found[1]:.1f}") if found else ("", f"over {LIMIT_PEER:.0f}")
            times = f"; {found[0] / ours[n]:.0f} times our CPU" if found else ""
            rows.append([name, f"{n:,}", spent, elapsed, f"4 chains x 1,000 draws{times}"])
            print(rows[-1], file=sys.stderr, flush=True)


def main() -> int:
    """Measure, print, record; 1 if a limit is not met."""
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = {n: answers(n, folder) for n in SIZES}
        first = measure([sys.executable, "-c", OURS, str(paths[2_000])], NUMBA_CACHE_DIR=str(folder / "numba"))
        assert first is not None
        rows.append(["drivers, first run ever (compiles)", "2,000", f"{first[0]:.1f}", f"{first[1]:.1f}", first[2]])
        spent = {}
        for n, path in paths.items():
            found = best([sys.executable, "-c", OURS, str(path)])
            spent[n] = found[0]
            rows.append(["drivers", f"{n:,}", f"{found[0]:.1f}", f"{found[1]:.1f}", found[2]])
            print(rows[-1], file=sys.stderr, flush=True)
        root = Path(__file__).parents[1]
        asked = ["importance", str(root / "data" / "store_visits.toml"), "--engine", "bayes", "--model", "ordinal"]
        command = [sys.executable, "-m", "drivers", *asked, "--json"]
        first = measure(command, NUMBA_CACHE_DIR=str(folder / "numba of the command"))
        warm = best(command)
        assert first is not None
        if "--peers" in sys.argv:
            peers(sys.argv[sys.argv.index("--peers") + 1], paths, spent, rows)
        else:
            rows += [
                [name, f"{n:,}", f"{took:.1f}", "", f"recorded earlier; {took / spent[n]:.0f} times our CPU"]
                for name, n, took in RECORDED
            ]
    ratio = spent[1_000_000] / spent[20_000]
    text = "\n\n".join([
        table(["what", "answers", "CPU, s", "elapsed, s", "posterior"], rows),
        f"A million answers take {ratio:.2f} times the CPU of 20,000 (limit: {LIMIT_MILLION:g}).",
        f"`drivers importance data/store_visits.toml --engine bayes --model ordinal --json` (9,000 answers, a third of "
        f"them incomplete, weights): {warm[0]:.1f} s of CPU (limit: {LIMIT_COMMAND:g}), {first[0]:.1f} s where numba "
        "has compiled nothing yet.",
        "Best of 3 runs each; one run of peers (4 chains x 1,000 draws, same priors of slopes), their compile cache as "
        "it was found.",
        machine("numpy", "numba", "pandas", "duckdb"),
    ])  # fmt: skip
    print(text)
    write_section("bayes", text)
    return int(ratio > LIMIT_MILLION or warm[0] > LIMIT_COMMAND)


if __name__ == "__main__":
    sys.exit(main())
