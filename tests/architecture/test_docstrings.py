"""Public signatures are typed and closed, and docstrings say what goes in, what comes out and what may go wrong."""

import ast
import re
import tomllib

import pytest
from numpydoc.hooks.validate_docstrings import AstValidator
from numpydoc.validate import validate

from tests.architecture.source import ROOT, Module, modules, own_nodes, public_definitions

CHECKS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["numpydoc_validation"]["checks"]
OWN_COLUMNS = {"drivers.scenario.action.Action.where"}
"""Takes columns of the user's own survey as keywords, which no signature can list."""

SECTION = re.compile(r"^\s*-{3,}\s*$", re.MULTILINE)


class Validator(AstValidator):
    """numpydoc's reader of source; the parameters of a class without `__init__` are its annotated fields."""

    @property
    def signature_parameters(self) -> tuple[str, ...]:
        if not isinstance(self.node, ast.ClassDef) or any(getattr(n, "name", "") == "__init__" for n in self.node.body):
            return super().signature_parameters
        fields = [ast.unparse(n.target) for n in self.node.body if isinstance(n, ast.AnnAssign)]
        return tuple(field for field in fields if field in self.doc_all_parameters)


def public(module: Module) -> list[tuple[tuple[ast.AST, ...], ast.AST, str]]:
    """Return (ancestors, node, name) of the module itself and of everything public in it."""
    if any(part.startswith("_") for part in module.name.split(".")):
        return []
    whole = [((), module.tree, module.name)]
    for ancestors, node in public_definitions(module.tree):
        named = [*(a.name for a in ancestors if isinstance(a, ast.ClassDef)), node.name]
        whole.append((ancestors, node, ".".join([module.name, *named])))
    return whole


def numpydoc_faults(module: Module) -> list[str]:
    found = []
    for ancestors, node, name in public(module):
        report = validate(name, Validator, ast_node=node, filename=str(module.path), ancestry=list(ancestors))
        faults = [(code, text) for code, text in report["errors"] if code in CHECKS]
        found += [f"{module.where}:{_line(node)} {name}: {code} {text}" for code, text in _kept(node, faults)]
    return found


def _kept(node: ast.AST, faults: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out PR01 where a docstring without sections names every argument in backticks in its sentences."""
    if _is_command(node):
        return [fault for fault in faults if fault[0] != "PR01"]
    doc = ast.get_docstring(node) or ""
    makers = [n for n in getattr(node, "body", []) if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
    function = makers[0] if isinstance(node, ast.ClassDef) and makers else node
    if isinstance(function, ast.FunctionDef) and doc and not SECTION.search(doc):
        arguments = {a.arg for a in _arguments(function)} - {"self", "cls"}
        if all(f"`{argument}`" in doc for argument in arguments):
            return [fault for fault in faults if fault[0] != "PR01"]
    return faults


def raises_faults(module: Module) -> list[str]:
    return [
        f"{module.where}:{node.lineno} {name}: raises, but its docstring has no Raises section"
        for _, node, name in public(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not _is_command(node)
        and any(isinstance(inner, ast.Raise) for inner in own_nodes(node))
        and not re.search(r"^\s*Raises\n\s*-{3,}", ast.get_docstring(node) or "", re.MULTILINE)
    ]


def signature_faults(module: Module) -> list[str]:
    found = []
    for ancestors, node, name in public(module):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        bound = isinstance(ancestors[-1], ast.ClassDef) and not _is_static(node)
        untyped = [a.arg for a in _arguments(node)[bound:] if a.annotation is None]
        if untyped:
            found.append(f"{module.where}:{node.lineno} {name}: no type for {', '.join(untyped)}")
        if node.returns is None:
            found.append(f"{module.where}:{node.lineno} {name}: no return type")
        rest = node.args.kwarg if name not in OWN_COLUMNS else None
        if rest and not ast.unparse(rest.annotation or node).startswith("Unpack["):
            found.append(f"{module.where}:{node.lineno} {name}: **{rest.arg} hides what may be passed")
    return found


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    of = node.args
    starred = [a for a in (of.vararg, of.kwarg) if a]
    return [*of.posonlyargs, *of.args, *starred, *of.kwonlyargs]


def _is_static(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list)


def _is_command(node: ast.AST) -> bool:
    """Whether typer prints the docstring as the help of a command, whose options carry help of their own."""
    decorators = [ast.unparse(decorator) for decorator in getattr(node, "decorator_list", [])]
    return any(text.startswith(("app.command(", "app.callback(")) for text in decorators)


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 1)


@pytest.mark.parametrize("faults", [numpydoc_faults, raises_faults, signature_faults])
def test_everything_public_is_documented_and_typed(faults):
    found = [line for module in modules() for line in faults(module)]
    assert not found, "\n".join([f"{len(found)} to mend:", *found])


BAD = '''
def share(outcome, *, level: float = 0.9, **kwargs) -> float:
    """Share of variance

    Parameters
    ----------
    outcome : str
        Column.
    levle : float
        Level.
    """
    raise ValueError(outcome)

def bare(x: int) -> int:
    """Return a number."""
    return x

class Spec:
    """What to explain.

    Parameters
    ----------
    outcomes : str
        Column.
    """
    outcome: str
'''

GOOD = '''
"""A file."""

def label(name: str) -> str:
    """Return the words for the column `name`."""
    def inner():
        raise ValueError
    return name

def share(outcome: str) -> float:
    """Return a share.

    Parameters
    ----------
    outcome : str
        Column.

    Returns
    -------
    float
        In R2 units.

    Raises
    ------
    ValueError
        Always.
    """
    raise ValueError(outcome)

class Spec:
    """What to explain.

    Parameters
    ----------
    outcome : str
        Column.
    """
    outcome: str
    level: float = 0.9

    def replace(self, **changes: Unpack[Fields]) -> None:
        """Return a copy with `changes`."""

@app.command()
def check(survey: Needed) -> None:
    """Hold data against their definition."""
    raise typer.Exit

class _Hidden:
    def method(self, x): ...
'''


def _module(tmp_path, text: str) -> Module:
    path = tmp_path / "share.py"
    path.write_text(text)
    return Module(path=path, name="drivers.share", is_package=False, tree=ast.parse(text))


def test_faults_are_found(tmp_path):
    module = _module(tmp_path, BAD)
    codes = re.findall(r": ([A-Z]{2}\d\d) ", "\n".join(numpydoc_faults(module)))
    assert sorted(codes) == ["GL08", "PR01", "PR01", "PR02", "PR02", "SS03"]
    assert len(raises_faults(module)) == 1
    assert [line.split(": ")[1] for line in signature_faults(module)] == [
        "no type for outcome, kwargs", "**kwargs hides what may be passed",
    ]  # fmt: skip


def test_good_habits_pass(tmp_path):
    module = _module(tmp_path, GOOD)
    assert numpydoc_faults(module) + raises_faults(module) + signature_faults(module) == []
