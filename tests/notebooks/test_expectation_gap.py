"""The third notebook: what it says of the simulated truth is what its cells compute (that they run, nbmake tests)."""

import json
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "03_expectation_gap.ipynb"


@pytest.fixture(scope="module")
def code() -> list[str]:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert not [c for c in cells if c["cell_type"] == "code" and (c["outputs"] or c["execution_count"])]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def test_it_says_what_is_found(code, root, monkeypatch):
    monkeypatch.chdir(root)
    names: dict[str, object] = {}
    needed = [s for s in code if any(f"{name} = " in s for name in ("answers", "surface", "bend", "necessity"))]
    for source in needed:
        lines = [line for line in source.splitlines() if not line.endswith(".plot();")]
        exec(compile("\n".join(lines), "notebook", "exec"), names)  # noqa: S102 - our own notebook
    models = names["surface"].constraints().set_index("model")
    assert models.at["gap", "r2"] == pytest.approx(0.5 * models.at["additive", "r2"], rel=0.05)  # "half"
    assert models.at["gap", "verdict"] == "predicts worse than the full surface"
    assert models.at["additive", "verdict"] == "predicts as well as the full surface"
    expected = names["surface"].tidy().set_index("term").loc["b2"]
    assert expected["low"] < 0 < expected["high"]
    bend = names["bend"]
    assert bend["ordinal"].at_top == pytest.approx(1 / 3, abs=0.02)
    assert set(bend["ordinal"].tidy()["verdict"]) == {"cannot be separated"}
    assert "dissatisfier" in set(bend["linear"].tidy()["verdict"])  # the bend that is not there
    assert "necessary" not in set(names["necessity"].tidy()["verdict"])
