"""Long runs of simulation-based calibration that can be interrupted, and the page their tables go to, by section.

Ranks are appended to a file per model and defect, one line of JSON a survey, and taken up from there the next time;
the files are deleted once the section stands on the page. Delete them yourself (`build/calibration`) if the code was
changed in between.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.fit.bayes.calibration import ALARM, Verdict, judge

Ranks = dict[str, int] | None
ROOT = Path(__file__).parents[3]
STORE = ROOT / "build" / "calibration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """``run(seed, defect)`` gives the ranks of one survey; ``defects`` words and number of runs by name; a ``note``.

    Of all surveys a part of ``refused`` may be refused.
    """

    run: Callable[[int, str], Ranks]
    runs: int = 500
    defects: dict[str, tuple[str, int]] = field(default_factory=dict)
    note: str = ""
    refused: float = 0.015

    def verdict(self, runs: int, defect: str = "") -> Verdict:
        """Judge the first `runs` surveys."""
        return judge([self.run(seed, defect) for seed in range(runs)])


def kept_ranks(name: str, study: Study, defect: str, runs: int) -> tuple[list[Ranks], Path]:
    """Return the ranks of `runs` surveys, those kept from an earlier attempt first, and the file that keeps them."""
    STORE.mkdir(parents=True, exist_ok=True)
    path = STORE / f"{re.sub(r'[^a-z0-9]+', '-', f'{name} {defect}'.lower()).strip('-')}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found = [json.loads(line)["ranks"] for line in lines[:runs]]
    with path.open("a", encoding="utf-8") as out:
        for seed in range(len(found), runs):
            found.append(study.run(seed, defect))
            out.write(json.dumps({"seed": seed, "ranks": found[-1]}) + "\n")
            out.flush()
    return found, path


def finish(page: Path, head: str, names: list[str], name: str, study: Study) -> dict[str, Verdict]:
    """Run a study to its end, put its section on `page` and return the verdicts, by defect; "" is the model itself."""
    verdicts, paths = {}, []
    for defect, runs in {"": study.runs, **{one: runs for one, (_, runs) in study.defects.items()}}.items():
        ranks, path = kept_ranks(name, study, defect, runs)
        verdicts[defect] = judge(ranks)
        paths.append(path)
    put_section(page, head, names, name, section(study, verdicts))
    for path in paths:
        path.unlink()
    return verdicts


def smallest_p(verdict: Verdict) -> float:
    """The smallest p-value of all quantities and both tests."""
    return float(verdict.table[["chi2_p", "ecdf_p"]].to_numpy().min())


def section(study: Study, verdicts: dict[str, Verdict]) -> str:
    """What stands on the page under the model's name."""
    own = verdicts[""]
    limit = ALARM / (2 * len(own.table))
    lines = [
        f"{'Passed' if own.passed else 'FAILED'}: {own.runs} posteriors, {own.refused} refused, smallest p "
        f"{smallest_p(own):.4f} (limit {limit:.5f}).{study.note and ' '}{study.note}", "",
        "| quantity | chi2 p | ECDF p | mean rank (50 expected) |", "| --- | ---: | ---: | ---: |",
        *(f"| {row.quantity} | {row.chi2_p:.3f} | {row.ecdf_p:.3f} | {row.mean_rank:.1f} |"
          for row in own.table.itertuples()),
    ]  # fmt: skip
    if study.defects:
        lines += ["", "| seeded defect | posteriors | refused | smallest p | |", "| --- | ---: | ---: | ---: | --- |"]
    for defect, (words, _) in study.defects.items():
        found = verdicts[defect]
        lines.append(
            f"| {words} | {found.runs} | {found.refused} | {smallest_p(found):.1e} | "
            f"{'MISSED' if found.passed else 'caught'} |"
        )
    return "\n".join(lines)


def put_section(page: Path, head: str, names: list[str], name: str, text: str) -> None:
    """Write `text` under the heading `name`; sections of other `names` stay as they are, in the order of `names`."""
    before = page.read_text(encoding="utf-8") if page.exists() else ""
    found = dict(re.findall(r"^## (.+?)\n\n(.*?)\s*(?=^## |\Z)", before, re.MULTILINE | re.DOTALL))
    found[name] = text
    body = "".join(f"\n## {one}\n\n{found[one]}\n" for one in names if one in found)
    page.write_text(f"{head}\n{body}", encoding="utf-8")
