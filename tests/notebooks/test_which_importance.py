"""The second notebook: what it says of measures and shares is what its cells compute (that they run, nbmake tests)."""

import json
from pathlib import Path

import numpy as np
import pytest

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "02_which_importance.ipynb"


@pytest.fixture(scope="module")
def code() -> list[str]:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert not [c for c in cells if c["cell_type"] == "code" and (c["outputs"] or c["execution_count"])]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def test_its_cars_have_the_published_shares(code):
    names: dict[str, object] = {}
    for source in code[:2]:
        exec(compile(source, "notebook", "exec"), names)  # noqa: S102 - our own notebook
    found = names["cars_table"].estimates
    # R> rwa(mtcars, "mpg", c("cyl", "disp", "hp", "gear")), README of rwa, seven decimals; LMG computed
    np.testing.assert_allclose(found["relative_weights"], [0.2284797, 0.2221469, 0.2321744, 0.0963886], atol=5e-8)
    np.testing.assert_allclose(
        found["lmg"], [0.247052033235, 0.243499594796, 0.210912899544, 0.077725111408], atol=1e-9
    )


def test_a_copy_takes_part_of_a_share_and_the_group_gives_it_back(code, root, monkeypatch):
    monkeypatch.chdir(root)
    needed = [s for s in code if "data = next" in s or "twice_fit = " in s or "grouped = " in s]
    names: dict[str, object] = {}
    for source in needed:
        lines = [line for line in source.splitlines() if not line.endswith(".plot();") and "dr.measures" not in line]
        before = ["import numpy as np", "import pandas as pd", "import drivers as dr"]
        exec(compile("\n".join([*before, *lines]), "notebook", "exec"), names)  # noqa: S102 - our own notebook
    once, twice, grouped = (
        names[name].tidy().set_index("driver")["share"] for name in ("once", "twice", "grouped")
    )
    assert twice["service_speed"] < 0.75 * once["service_speed"]
    assert grouped["speed"] == pytest.approx(once["service_speed"], abs=0.002)
