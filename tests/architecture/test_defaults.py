"""The README's table of defaults is the code's."""

import ast
from pathlib import Path

from drivers import defaults


def test_readme_prints_every_default_with_its_value_and_meaning(root: Path) -> None:
    table = (root / "README.md").read_text(encoding="utf-8")
    waiting: list[str] = []
    seen = 0
    for node in ast.parse(Path(str(defaults.__file__)).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            waiting.append(node.target.id)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and waiting:
            meaning = " ".join(str(node.value.value).split())
            for name in waiting:
                assert f"| `{name}` | {getattr(defaults, name)} | {meaning} |" in table
                seen += 1
            waiting = []
    assert not waiting
    assert seen == sum(name.isupper() for name in vars(defaults))
