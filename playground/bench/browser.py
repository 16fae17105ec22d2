"""Headless Chromium for measurements, or the reason why there is none.

Leaves out: what is measured in it.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class NoBrowser(Exception):
    """Chromium or its driver is missing; the message says which."""


@contextmanager
def headless_chromium() -> Iterator[Any]:
    """A running browser.

    Raises:
        NoBrowser: playwright or chromium is not installed.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise NoBrowser("playwright is not installed") from None
    chromium = shutil.which("chromium")
    if chromium is None:
        raise NoBrowser("chromium is not installed")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
