"""The pipeline flows one way: a file imports only from levels below its own, or from its own folder."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent

import pytest

from tests.architecture.source import Module, modules, read_module

LEVELS = (
    {"errors", "defaults", "_callable"},
    {"work"},
    {"stats"},
    {"survey"},
    {"read"},
    {"cells"},
    {"simulate"},
    {"fit"},
    {"importance"},
    {"gap", "scenario", "change"},
    {"plot"},
    {"report"},
    {"cli", "drivers"},
    {"__main__"},
)
"""Lowest first; "drivers" is the package's own `__init__`."""

LEVEL_OF = {name: level for level, names in enumerate(LEVELS) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """`target` is the dotted module; `function` the innermost function around it, "" at the top of the file."""

    target: str
    line: int
    function: str
    typing_only: bool


def imports(module: Module) -> Iterator[Import]:
    yield from _imports(module, module.tree, "", False)


def _imports(module: Module, node: ast.AST, function: str, typing_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        for target in _targets(module, child):
            yield Import(target=target, line=child.lineno, function=function, typing_only=typing_only)
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _imports(module, child, child.name, typing_only)
        elif isinstance(child, ast.If) and ast.unparse(child.test).removeprefix("typing.") == "TYPE_CHECKING":
            for part in child.body:
                yield from _imports(module, ast.Module([part], []), function, True)
            yield from _imports(module, ast.Module(child.orelse, []), function, typing_only)
        else:
            yield from _imports(module, child, function, typing_only)


def _targets(module: Module, node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        above = module.name.split(".")[: -node.level + module.is_package or None] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        return [f"{base}.{alias.name}" for alias in node.names] if base == "drivers" else [base]
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called = ast.unparse(node.func).rpartition(".")[2]
        return [str(node.args[0].value)] if called in {"import_module", "__import__"} else []
    return []


def folder(dotted: str) -> str:
    """Return the level's name: "fit" of "drivers.fit.run"; "drivers" of the package itself or a name in it."""
    part = dotted.removeprefix("drivers").removeprefix(".").partition(".")[0]
    return part if part in LEVEL_OF else "drivers"


def breaches(module: Module) -> list[str]:
    own = folder(module.name)
    found = []
    for imported in imports(module):
        if imported.target.split(".")[0] != "drivers" or imported.typing_only:
            continue
        wanted = folder(imported.target)
        if wanted == own or LEVEL_OF[wanted] < LEVEL_OF[own]:
            continue
        if wanted == "plot" and imported.function == "plot":  # the one exception: a result's plot() draws itself
            continue
        found.append(f"{module.where}:{imported.line} `{own}` imports `{imported.target}`, which is not below it")
    return found


def test_every_file_imports_only_from_levels_below_it():
    found = [line for module in modules() for line in breaches(module)]
    assert not found, "\n".join(["Move the code down a level, or pass the value in:", *found])


def test_every_file_has_a_level():
    unknown = [m.where for m in modules() if m.name != "drivers" and m.name.split(".")[1] not in LEVEL_OF]
    assert not unknown, f"Give these a place in LEVELS: {unknown}"


FOUND = [
    "from drivers.fit.run import fit",
    "import drivers.report.run",
    "from drivers import cli",
    "from drivers import fit",
    "import drivers",
    "from drivers import __version__",
    "from ..fit import run",
    "def read():\n    from drivers.plot.importance import plot_importance",
    "def plot():\n    from drivers.report.run import report",
    "from drivers.plot.importance import plot_importance",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    pass\nelse:\n    from drivers.fit.run import fit",
    "from importlib import import_module\nimport_module('drivers.fit.run')",
    "if True:\n    try:\n        from drivers.fit.run import fit\n    finally:\n        pass",
]
ALLOWED = [
    "from drivers.errors import DataError",
    "from drivers.survey.schema import Survey",
    "from .tally import tally",
    "from . import tally",
    "import narwhals as nw",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from drivers.fit.result import Fit",
    "import typing\nif typing.TYPE_CHECKING:\n    from drivers.plot.importance import plot_importance",
    "class Scores:\n    def plot(self):\n        from drivers.plot.scores import plot_scores",
]


def _survey_file(tmp_path, text: str) -> Module:
    path = tmp_path / "drivers" / "survey" / "scores.py"
    path.parent.mkdir(parents=True)
    path.write_text(dedent(text))
    return read_module(path, root=tmp_path)


@pytest.mark.parametrize("text", FOUND)
def test_an_import_upward_is_found(tmp_path, text):
    assert len(breaches(_survey_file(tmp_path, text))) == 1


@pytest.mark.parametrize("text", ALLOWED)
def test_an_import_downward_is_allowed(tmp_path, text):
    assert breaches(_survey_file(tmp_path, text)) == []
