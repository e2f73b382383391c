"""What the architecture tests read: the files of `drivers/` as syntax trees, and what is public in them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "drivers"

type Function = ast.FunctionDef | ast.AsyncFunctionDef
type Definition = Function | ast.ClassDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One file: dotted `name` ("drivers.fit.run"), whether it is a folder's `__init__`, and its tree."""

    path: Path
    name: str
    is_package: bool
    tree: ast.Module

    @property
    def where(self) -> str:
        return (self.path.relative_to(ROOT) if self.path.is_relative_to(ROOT) else self.path).as_posix()


@cache
def modules() -> tuple[Module, ...]:
    """Return every Python file of the package."""
    return tuple(read_module(path) for path in sorted(PACKAGE.rglob("*.py")))


def read_module(path: Path, root: Path = ROOT) -> Module:
    parts = path.relative_to(root).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts)
    return Module(path=path, name=name, is_package=is_package, tree=ast.parse(path.read_text(encoding="utf-8")))


def public_definitions(tree: ast.Module) -> Iterator[tuple[tuple[ast.AST, ...], Definition]]:
    """Yield (ancestors, definition) of every public function, class and method; private classes hide their own."""
    yield from _public((tree,), tree)


def _public(ancestors: tuple[ast.AST, ...], scope: ast.Module | ast.ClassDef) -> Iterator:
    for node in scope.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield ancestors, node
            if isinstance(node, ast.ClassDef):
                yield from _public((*ancestors, node), node)


def own_nodes(function: Function) -> Iterator[ast.AST]:
    """Yield the nodes of a function's body, leaving out functions and classes defined inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))
