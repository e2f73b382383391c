"""Write a benchmark's table into README.md, between its two markers, with the machine it was measured on."""

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

README = Path(__file__).with_name("README.md")


def machine(*packages: str) -> str:
    """Name processor, cores, how busy they were, Python and package versions, and the date, in one line."""
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"{_processor()}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.0f}; {platform.system()}; "
        f"Python {platform.python_version()}, {versions}; "
        f"{datetime.now(UTC):%Y-%m-%d}."
    )


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", listing.read_text(), re.MULTILINE) if listing.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


def table(head: list[str], rows: list[list[str]]) -> str:
    """Lay out a markdown table, numbers to the right."""
    lines = [head, ["---:"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write_section(name: str, text: str) -> None:
    """Replace what stands between the markers `<!-- name:begin -->` and `<!-- name:end -->`, or fail."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    page = README.read_text(encoding="utf-8")
    head, found, rest = page.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise SystemExit(f"{README} lacks the markers {begin} and {end}; add them where the table belongs.")
    README.write_text(f"{head}{begin}\n{text.strip()}\n{end}{tail}", encoding="utf-8")
