"""Files stay short, are named for one topic, and live in a folder of the pipeline."""

import ast

from tests.architecture.source import PACKAGE, ROOT, modules

MOST_LINES = 400
MOST_FUNCTION_LINES = 60
"""Of code, the docstring not counted."""

VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "core", "base", "shared"}
TOP_FILES = {"__init__.py", "__main__.py", "_callable.py", "defaults.py", "errors.py", "py.typed"}
FOLDERS = {
    "work", "stats", "survey", "read", "cells", "simulate", "fit", "importance", "gap", "scenario", "change", "plot",
    "report", "cli",
}  # fmt: skip


def test_no_file_is_longer_than_400_lines():
    lines = {m.where: m.path.read_text(encoding="utf-8").count("\n") for m in modules()}
    tests = (ROOT / "tests").rglob("*.py")
    lines |= {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8").count("\n") for path in tests}
    long = {where: n for where, n in lines.items() if n > MOST_LINES}
    assert not long, f"Split by topic: {long}"


def test_no_function_is_longer_than_60_lines():
    long = {}
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = node.end_lineno - node.lineno + 1 - (ast.get_docstring(node) or "").count("\n")
                long |= {f"{module.where} {node.name}": lines} if lines > MOST_FUNCTION_LINES else {}
    assert not long, f"Split by step: {long}"


def test_no_file_or_folder_has_a_vague_name():
    vague = [m.where for m in modules() if VAGUE & set(m.name.split("."))]
    assert not vague, f"Name these for the one thing they do: {vague}"


def test_everything_at_the_top_is_a_known_file_or_a_stage():
    found = {path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"}
    assert found <= TOP_FILES | FOLDERS, f"No such place in the pipeline: {sorted(found - TOP_FILES - FOLDERS)}"


def test_every_folder_with_code_is_a_package():
    bare = {m.path.parent for m in modules() if not (m.path.parent / "__init__.py").exists()}
    assert not bare, f"Add an __init__.py with a line that says what the folder holds: {sorted(map(str, bare))}"
