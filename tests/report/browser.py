"""A real headless browser for tests of pages, or the reason why there is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@contextmanager
def chromium() -> Iterator[Any]:
    """Start a Chromium found on the machine or one that playwright brought along; skip the test without any."""
    from playwright.sync_api import Error, sync_playwright

    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    with sync_playwright() as driver:
        if found is None and not Path(driver.chromium.executable_path).exists():
            pytest.skip("no Chromium here: apt-get install chromium, or python -m playwright install chromium")
        try:
            browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except Error as problem:
            pytest.skip(f"the browser {found or 'of playwright'} does not start: {str(problem).splitlines()[0]}")
        yield browser
        browser.close()
