"""The fifth notebook: what it says of the simulated truth is what its cells compute (that they run, nbmake tests)."""

import json
from pathlib import Path

import numpy as np
import pytest

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "05_bayesian_uncertainty.ipynb"
TRUTH = np.array([0.48, 0.49, 0.30, 0.13])
QUICK = ("answers", "before", "verdict", "stubborn", "learnt", "imp", "pairs")
"""What the quick cells make; the hierarchical fit is left to nbmake."""


@pytest.fixture(scope="module")
def code() -> list[str]:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert not [c for c in cells if c["cell_type"] == "code" and (c["outputs"] or c["execution_count"])]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def test_it_says_what_is_found(code, root, monkeypatch):
    monkeypatch.chdir(root)
    names: dict[str, object] = {}
    for source in (s for s in code if any(s.startswith(f"{name} = ") or f"\n{name} = " in s for name in QUICK)):
        lines = [line for line in source.splitlines() if not line.endswith(".plot();")]
        exec(compile("\n".join(lines), "notebook", "exec"), names)  # noqa: S102 - our own notebook
    table = names["fit"].tidy().iloc[:4]
    assert ((table["low"] < TRUTH) & (table["high"] > TRUTH)).all()
    prior = names["before"].tidy().set_index("quantity").loc["r2"]
    assert prior["low"] == pytest.approx(1 / 8, abs=0.03) and prior["high"] == pytest.approx(3 / 4, abs=0.05)
    assert names["verdict"].verdict == "ready"
    assert "Prior and answers disagree about" in names["dr"].diagnose(names["stubborn"]).words
    learnt = names["learnt"].tidy().query("quantity == 'slope'")
    assert (learnt["narrower"] > 0.88).all()  # "nine tenths"
    first = names["imp"].tidy().set_index("driver")
    assert first["p_first"].idxmax() == "service_speed"
    assert first.at["service_speed", "p_first"] == pytest.approx(0.9, abs=0.04)
    pair = names["pairs"].tidy().iloc[0]
    assert {pair["driver"], pair["other"]} == {"service_speed", "product_quality"}
    assert pair["verdict"] not in ("tie", "very likely larger")
