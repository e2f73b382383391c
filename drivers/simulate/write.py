"""Write a simulated survey to a folder: answers, definition, truth and codebook, whole files or none."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from drivers.errors import InputError
from drivers.simulate.codebook import TITLE, codebook
from drivers.simulate.definition import DATA_FILE
from drivers.simulate.spec import StoreVisits
from drivers.simulate.survey import Simulated, simulate

TOML_FILE = "store_visits.toml"
TRUTH_FILE = "store_visits_truth.csv"
CODEBOOK_FILE = "README.md"
TRUTH_DIGITS = 8
"""Significant digits of the truth file: far above any sampling error, far below the last bits of a machine."""


def spec_with(*, seed: int | None = None, n: int | None = None, waves: int | None = None) -> StoreVisits:
    """Return the bundled survey's specification with what the command line changes.

    Parameters
    ----------
    seed : int, optional
        Seed of the answers.
    n : int, optional
        Answers expected per wave.
    waves : int, optional
        Number of quarters.

    Returns
    -------
    StoreVisits
        The specification; what is left out stays as bundled.

    Raises
    ------
    InputError
        If the numbers make no survey.
    """
    usual = StoreVisits()
    return replace(
        usual,
        seed=usual.seed if seed is None else seed,
        n=usual.n if n is None else n,
        waves=usual.waves if waves is None else waves,
    )


def write_survey(spec: StoreVisits | None, out: str | Path) -> tuple[Path, ...]:
    """Simulate a survey and write its four files; the command `drivers simulate`.

    Parameters
    ----------
    spec : StoreVisits or None
        What to simulate; None means the bundled survey.
    out : str or Path
        Folder to write to; made when missing.

    Returns
    -------
    tuple of Path
        The answers (CSV), the definition (TOML), the truth (CSV) and the codebook (Markdown).

    Raises
    ------
    InputError
        If the specification contradicts itself, the folder cannot be written, or it holds a README that is not a
        codebook of ours. No half-written file is left.

    Notes
    -----
    The same specification gives the same bytes. All files are written under other names in the same folder, then
    moved into place.
    """
    simulated = simulate(spec)
    folder = Path(out)
    texts = {folder / name: text for name, text in survey_files(simulated).items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _refuse_foreign_readme(folder / CODEBOOK_FILE)
        _write_all(texts)
    except OSError as fault:
        raise InputError(f"Cannot write the simulated survey to `{folder}`: {fault.strerror or fault}. "
                         "Choose another folder: --out DIR.") from fault
    return tuple(texts)


def survey_files(simulated: Simulated) -> dict[str, str]:
    """Return the text of every file by its name.

    Parameters
    ----------
    simulated : Simulated
        A simulated survey.

    Returns
    -------
    dict of str to str
        Answers, definition, truth and codebook, in this order.
    """
    table = simulated.truth.tidy()
    table["value"] = [f"{value:.{TRUTH_DIGITS}g}" for value in table["value"]]
    return {
        DATA_FILE: simulated.frame.to_csv(index=False, lineterminator="\n"),
        TOML_FILE: simulated.survey.to_toml(),
        TRUTH_FILE: table.to_csv(index=False, lineterminator="\n"),
        CODEBOOK_FILE: codebook(simulated),
    }


def _refuse_foreign_readme(path: Path) -> None:
    """Refuse a folder whose README is not a codebook of ours, such as the top folder of a project."""
    if path.exists() and not path.read_bytes().startswith(TITLE.encode("utf-8")):
        raise InputError(f"`{path}` is not a codebook written here and would be replaced. "
                         "Write to a folder of its own: --out DIR.")


def _write_all(texts: dict[Path, str]) -> None:
    """Write all files under other names, then move them into place; leave none behind on failure."""
    drafts = {path: path.with_name(f".{path.name}.{os.getpid()}.part") for path in texts}
    try:
        for path, draft in drafts.items():
            draft.write_bytes(texts[path].encode("utf-8"))
        for path, draft in drafts.items():
            os.replace(draft, path)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
