"""What only a browser shows: nothing is fetched from outside, nothing is cut off, jobs survive a refresh."""

import pytest

pytestmark = pytest.mark.browser

QUICK = "?lang=en&preset=gymnasium&steps=4096&n_envs=4&n_steps=64&batch_size=64&n_epochs=1&net_arch=8"


def test_first_screen_plays_an_episode_beside_its_parts(open_tab):
    tab = open_tab("?lang=en")
    player = tab.player
    tab.wait(lambda: tab.step > 20)
    assert player.get_attribute("data-playing") == "true"
    assert player.locator(".row").count() == 10
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
    tab.wait(lambda: tab.step > 1)
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
    assert tab.page.get_by_text("Your new weights, the old policy").count() == 1


def test_training_survives_a_refresh_and_a_second_browser_and_ends_on_screen(open_tab):
    one = open_tab(QUICK.replace("steps=4096", "steps=200000"))
    one.button("train").click()
    one.page.get_by_text("of 200,192").wait_for()
    one.page.reload()
    one.page.get_by_text("of 200,192").wait_for()
    two = open_tab(QUICK.replace("steps=4096", "steps=200000"))
    two.page.get_by_text("of 200,192").wait_for()
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
