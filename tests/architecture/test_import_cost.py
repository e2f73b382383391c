"""`import drivers` costs next to nothing: heavy packages load on first use."""

import json
import subprocess
import sys

import pytest

HEAVY = {
    "arviz", "arviz_stats", "duckdb", "great_tables", "jinja2", "matplotlib", "narwhals", "netCDF4", "numba", "numpy",
    "nutpie", "pandas", "playwright", "pptx", "pyarrow", "pydantic", "pymc", "pytensor", "rich", "scipy", "statsmodels",
    "typer", "typst", "xarray", "xlsxwriter",
}  # fmt: skip
MOST_MODULES = 60
"""Modules `import drivers` may add to a bare interpreter; it adds about 25, pandas alone adds more than 1,000."""

COUNT = """
import json, sys
before = set(sys.modules)
{statement}
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded_by(statement: str) -> set[str]:
    code = COUNT.format(statement=statement)
    run = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout))


@pytest.mark.parametrize("statement", ["import drivers", "import drivers as dr; dir(dr); dr.fit; dr.read; dr.errors"])
def test_importing_loads_nothing_heavy(statement):
    loaded = loaded_by(statement)
    assert not {name.split(".")[0] for name in loaded} & HEAVY
    assert len(loaded) <= MOST_MODULES, sorted(loaded)


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("drivers.survey.schema", {"pandas", "scipy", "matplotlib", "statsmodels", "numba", "duckdb"}),
        ("drivers.cells.collapse", {"matplotlib", "statsmodels", "numba", "duckdb"}),
        ("drivers.importance.result", {"matplotlib", "statsmodels", "numba", "duckdb"}),
        ("drivers.cli.app", HEAVY - {"typer", "rich"}),
    ],
)
def test_a_stage_loads_only_what_it_needs(module, unwanted):
    assert not {name.split(".")[0] for name in loaded_by(f"import {module}")} & unwanted


def test_the_counter_sees_a_heavy_import():
    assert "numpy" in loaded_by("import numpy")
