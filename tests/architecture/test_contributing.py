"""CONTRIBUTING.md keeps true to pyproject.toml and to the files it names; README holds the two commands."""

import re
import tomllib
from pathlib import Path

import pytest

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture
def contributing(root) -> str:
    return (root / "CONTRIBUTING.md").read_text(encoding="utf-8")


def section(text: str, title: str) -> str:
    return text.split(f"\n## {title}\n")[1].split("\n## ")[0]


def dependencies() -> set[str]:
    listed = [
        *PROJECT["project"]["dependencies"],
        *(line for extra in PROJECT["project"]["optional-dependencies"].values() for line in extra),
        *(line for group in PROJECT["dependency-groups"].values() for line in group),
    ]
    return {re.match(r"[\w.-]+", line)[0].lower() for line in listed}


def test_every_dependency_has_a_line_and_every_line_a_dependency(contributing):
    lines = section(contributing, "What each dependency earns").splitlines()
    named = {match[1] for line in lines if (match := re.match(r"- `([\w.-]+)`: \w", line))}
    assert named == dependencies()


def test_the_files_to_imitate_exist(root, contributing):
    rows = [line.split("|") for line in section(contributing, "Where does new code go?").splitlines()]
    rows = [row for row in rows if len(row) == 5 and "`" in row[3]]
    named = [path for row in rows for cell in row[2:4] for path in re.findall(r"`([\w./]+)`", cell) if "/" in path]
    assert len(rows) > 10
    assert not [path for path in named if not (root / path).exists()]


@pytest.mark.parametrize(
    ("comment", "command"),
    [
        ("# run the demo report", "pip install uv && uv run drivers demo"),
        ("# run the tests", "pip install uv && uv run --all-extras pytest"),
    ],
)
def test_the_two_commands_stand_in_readme_and_contributing(root, contributing, comment, command):
    assert f"{comment}\n{command}\n" in (root / "README.md").read_text(encoding="utf-8")
    assert f"{comment}\n{command}\n" in contributing
