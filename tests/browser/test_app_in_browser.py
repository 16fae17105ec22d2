"""What only a browser shows: the picture moves, nothing is fetched from outside, jobs survive a refresh."""

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

    def button(self, key: str):
        return self.page.locator(f".st-key-{key} button").first


@pytest.fixture
def open_tab(browser, url):
    def opened(path: str = "", **context) -> Tab:
        return Tab(browser, url, **context).open(path)

    return opened


pytestmark = pytest.mark.browser

QUICK = "?lang=en&preset=gymnasium&steps=4096&n_envs=4&n_steps=64&batch_size=64&n_epochs=1&net_arch=8"


def test_first_screen_plays_an_episode_beside_its_parts(open_tab):
    tab = open_tab("?lang=en")
    picture = tab.page.locator("[data-testid=stImage] img")
    picture.wait_for()
    assert picture.get_attribute("src").endswith(".gif")
    assert picture.evaluate("img => img.complete && img.naturalWidth") == 600
    tab.page.locator("[data-testid=stVegaLiteChart]").first.wait_for()
    assert tab.page.get_by_role("heading", level=2).first.inner_text()
    assert tab.page.locator("[data-testid=stMetric]").count() == 8
    assert tab.page.locator("[data-testid=stException]").count() == 0
    assert not tab.errors
    assert not tab.outside


def test_language_follows_the_browser(open_tab):
    tab = open_tab(locale="zh-CN")
    assert tab.page.get_by_text("你的奖励", exact=True).count() == 1
    assert "lang=zh" in tab.page.url


def test_nothing_is_cut_off_on_a_phone(open_tab):
    tab = open_tab("?lang=en", viewport={"width": 390, "height": 844})
    tab.page.locator("[data-testid=stImage] img").wait_for()
    wide = tab.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= 390


def test_a_typed_weight_goes_into_the_address_and_rescores(open_tab):
    tab = open_tab("?lang=en")
    metric = tab.page.locator("[data-testid=stMetricValue]").first
    before = metric.inner_text()
    box = tab.page.locator(".st-key-type_legs input")
    box.fill("35")
    box.press("Enter")
    tab.page.wait_for_url("**w_legs=35**")
    tab.settle()
    assert metric.inner_text() != before
    assert tab.page.get_by_text("Your new weights on the old behaviour").count() == 1


def test_training_survives_a_refresh_and_a_second_browser_and_ends_on_screen(open_tab):
    one = open_tab(QUICK.replace("steps=4096", "steps=200000"))
    one.button("train").click()
    one.page.get_by_text("of 200,192 steps").wait_for()
    one.page.reload()
    one.page.get_by_text("of 200,192 steps").wait_for()
    two = open_tab(QUICK.replace("steps=4096", "steps=200000"))
    two.page.get_by_text("of 200,192 steps").wait_for()
    two.page.get_by_role("button", name="Cancel").click()
    one.page.get_by_text("Cancelled after").wait_for()
    one.page.get_by_role("button", name="Discard").click()
    one.page.get_by_text("Cancelled after").wait_for(state="hidden")
    assert one.page.locator("[data-testid=stException]").count() == 0


def test_a_double_click_on_train_is_one_job_and_its_model_comes_on_screen(open_tab, own_home):
    tab = open_tab(QUICK)
    tab.button("train").dblclick()
    tab.page.get_by_text("On screen").first.wait_for(timeout=90_000)
    assert len([path for path in own_home.iterdir() if len(path.name) == 64]) == 1
    tab.open(QUICK)
    tab.page.get_by_text("On screen").first.wait_for()  # loaded, not trained again
