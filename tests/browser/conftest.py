"""A running app and a browser on it, for all browser tests."""

import os
import shutil
from collections.abc import Iterator

import pytest

from playground.bench import running_app

READY = "[data-testid=stApp][data-test-script-state=notRunning]"


@pytest.fixture
def url(own_home) -> Iterator[str]:
    with running_app() as (address, _, _):
        yield address


@pytest.fixture
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is missing; CI must install it")
        pytest.skip("needs Debian's chromium")
    flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
    with sync_api.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=flags)
        yield started
        started.close()


class Tab:
    """One browser tab on the app, with everything that it complained about."""

    def __init__(self, browser, url: str, **context) -> None:
        self.url = url
        self.page = browser.new_context(**{"viewport": {"width": 1440, "height": 1000}, **context}).new_page()
        self.page.set_default_timeout(30_000)
        self.errors: list[str] = []
        self.outside: list[str] = []
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.page.on(
            "request",
            lambda r: (
                None if "127.0.0.1" in r.url or r.url.startswith(("data:", "blob:")) else self.outside.append(r.url)
            ),
        )

    def open(self, path: str = "") -> "Tab":
        self.page.goto(f"{self.url}/{path}")
        return self.settle()

    def settle(self) -> "Tab":
        self.page.wait_for_timeout(300)
        self.page.wait_for_selector(READY)
        return self

    @property
    def player(self):
        return self.page.locator("[data-testid=player]")

    @property
    def step(self) -> int:
        """Where the playhead is, once the player is drawn."""
        return int(self.page.locator("[data-testid=player][data-step]").first.get_attribute("data-step"))

    def wait(self, condition) -> None:
        for _ in range(300):
            if condition():
                return
            self.page.wait_for_timeout(100)
        pytest.fail("it never came to that")

    def button(self, key: str):
        return self.page.locator(f".st-key-{key} button").first


@pytest.fixture
def open_tab(browser, url):
    def opened(path: str = "", **context) -> Tab:
        return Tab(browser, url, **context).open(path)

    return opened
