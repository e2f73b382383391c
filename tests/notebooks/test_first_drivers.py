"""The first notebook: short before its first picture, silent, and the same from either folder."""

import ast
import contextlib
import io
import json
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_first_drivers.ipynb"
MOST_LINES = 9
"""Of code up to and with the first picture: "in under ten lines"."""


@pytest.fixture(scope="module")
def cells() -> list[dict]:
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def code(cells: list[dict]) -> list[str]:
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def shown(sources: list[str]) -> tuple[list[str], int]:
    """Run cells as a notebook does; return what each one shows as text, and the number of pictures."""
    import matplotlib.pyplot as plt

    names: dict[str, object] = {}
    texts = []
    plt.close("all")
    with contextlib.redirect_stderr(io.StringIO()) as errors:
        for source in sources:
            body = ast.parse(source)
            last = body.body.pop() if isinstance(body.body[-1], ast.Expr) else None
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(body, "notebook", "exec"), names)  # noqa: S102 - our own notebook
                value = eval(compile(ast.Expression(last.value), "notebook", "eval"), names) if last else None  # noqa: S307
            texts.append(out.getvalue() + ("" if value is None or source.endswith(";") else str(value)))
    pictures = len(plt.get_fignums())
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")
    assert errors.getvalue() == ""
    return texts, pictures


def test_the_first_picture_takes_under_ten_lines(cells):
    first = code(cells)[0]
    assert first.endswith(".plot();")
    assert sum(bool(line.split("#")[0].strip()) for line in first.splitlines()) <= MOST_LINES


def test_it_runs_without_a_warning_and_alike_from_both_folders(cells, root, monkeypatch):
    monkeypatch.chdir(root)
    from_root, pictures = shown(code(cells))
    monkeypatch.chdir(root / "notebooks")
    assert shown(code(cells)[:2]) == (from_root[:2], 1)
    assert pictures == 5
    assert "Importance for Overall satisfaction" in from_root[1]


def test_it_is_stored_without_outputs(cells):
    stored = [cell for cell in cells if cell["cell_type"] == "code" and (cell["outputs"] or cell["execution_count"])]
    assert not stored, "Clear the outputs before committing: they change with every version of every library."
