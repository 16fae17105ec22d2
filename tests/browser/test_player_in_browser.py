"""The player draws what it is told, where Gymnasium draws it, and plays as one expects."""

import io

import numpy as np
import pytest
from PIL import Image

from playground.app.player import make_film, scene_data, to_html
from playground.flight.recording import frames
from playground.flight.rollout import refly, run_episode
from playground.insight.breakdown import break_down
from playground.lab.models.store import ModelStore
from playground.reward.design import keys_of, terms_of
from playground.worlds.lunar_lander.geometry import MAX_STEPS
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.scene import film
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER

PART_KEYS = keys_of(terms_of(RewardConfig))

pytestmark = pytest.mark.browser

HULL = (128, 102, 230)
GYM_FLAG, FLAG = (204, 204, 0), (230, 198, 25)
KEYS = [key for key, factor in zip(PART_KEYS, GYMNASIUM.factors, strict=True) if factor]


@pytest.fixture(scope="module")
def landing():
    return run_episode(LANDER, ModelStore().resolve("gymnasium").policy, 1001)


def page_of(tmp_path, *episodes, reward=GYMNASIUM, keys=KEYS):
    films = [make_film(f"e{i}", episode, film(episode), None) for i, episode in enumerate(episodes)]
    paid = [break_down(episode, reward, 0.99).paid for episode in episodes]
    names = [f"pilot {i}" for i in range(len(episodes))]
    path = tmp_path / "player.html"
    path.write_text(to_html(scene_data(films, names, paid, PART_KEYS, keys, 0.99, "file"), "player"), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def opened(browser, tmp_path):
    """Opens the offline player, which is the app's player without an app."""

    def opening(*episodes, size=(1240, 900), still=True, **how):
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce" if still else "no-preference"
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.errors = []
        page.on("console", lambda m: page.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: page.errors.append(str(e)))
        page.goto(page_of(tmp_path, *episodes, **how))
        page.locator("[data-testid=player][data-step]").wait_for()
        return page

    return opening


def seek(page, step):
    page.locator("input.seek").evaluate("(e, v) => { e.value = v; e.dispatchEvent(new Event('input')); }", step)
    assert page.locator("[data-testid=player]").get_attribute("data-step") == str(step)


def picture(page):
    """The canvas in Gymnasium's 600 x 400 pixels."""
    url = page.locator("canvas.scene").first.evaluate(
        """canvas => {
            const copy = document.createElement("canvas");
            copy.width = 600; copy.height = 400;
            copy.getContext("2d").drawImage(canvas, 0, 0, 600, 400);
            return copy.toDataURL("image/png");
        }"""
    )
    import base64

    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB"), int)


def places(image, colour, near=40):
    """Rows and columns of the pixels of a colour."""
    return np.argwhere(np.abs(image - np.array(colour)).sum(axis=2) < near)


def flag_places(image, colour):
    """Upper left corner of each flag, which stand where the pad begins and ends."""
    found = places(image, colour)
    found = found[found[:, 0] < found[:, 0].min() + 12]  # without the line between them
    split = (found[:, 1].min() + found[:, 1].max()) / 2
    return [found[found[:, 1] < split].min(axis=0), found[found[:, 1] > split].min(axis=0)]


def slant(points):
    """Direction of the longest axis of a cloud of pixels, in radians."""
    centred = points - points.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    return np.arctan2(axes[0, 1], axes[1, 1])


@pytest.mark.parametrize("step", [0, 70, 100, 150, -1])
def test_the_picture_is_gymnasiums_within_two_pixels(opened, landing, step):
    page = opened(landing, size=(1500, 900))
    page.evaluate("document.querySelectorAll('.screen').forEach(e => e.style.width = '600px')")
    page.wait_for_timeout(200)
    seek(page, step % (len(landing) + 1))
    ours = picture(page)
    theirs = np.asarray(list(frames(landing))[step], int)
    mine, own = places(ours, HULL), places(theirs, HULL)
    assert len(mine) > 200
    assert np.abs(mine.mean(axis=0) - own.mean(axis=0)).max() < 2
    turn = slant(mine) - slant(own)
    turn = (turn + np.pi / 2) % np.pi - np.pi / 2
    assert abs(turn) * 20 < 2  # two pixels at the hull's corners


def test_the_pad_is_gymnasiums_within_two_pixels(opened, landing):
    page = opened(landing, size=(1500, 900))
    seek(page, 0)  # nothing stands before the flags yet
    flags, other = flag_places(picture(page), FLAG), flag_places(np.asarray(next(frames(landing)), int), GYM_FLAG)
    for flag, same in zip(flags, other, strict=True):
        assert np.abs(flag - same).max() <= 2


def test_bars_and_numbers_are_the_account(opened, landing):
    page = opened(landing)
    paid = break_down(landing, GYMNASIUM, 0.99)
    for step in (0, 150, len(landing)):
        seek(page, step)
        shown = page.locator(".row .sofar").all_inner_texts()[1:]
        sums = paid.paid[:step].sum(axis=0)
        wanted = [*(sums[PART_KEYS.index(key)] for key in KEYS), sums.sum()]
        for text, value in zip(shown, wanted, strict=True):
            number = float(text.replace("−", "-").replace("+", "").replace(",", ""))
            assert number == pytest.approx(value, abs=0.051, rel=1e-3)
    page.get_by_text("Discounted", exact=True).click()
    discounted = break_down(landing, GYMNASIUM, 0.99, discounted=True).total
    last = page.locator(".row.sum .sofar").inner_text()
    assert float(last.replace("−", "-").replace("+", "")) == pytest.approx(discounted, abs=0.06)
    assert not page.errors


def test_keys_alone_are_enough(opened, landing):
    page = opened(landing)
    player = page.locator("[data-testid=player]")

    def at():
        return int(player.get_attribute("data-step"))

    assert at() == len(landing)  # who wants no motion sees the end first
    page.keyboard.press("Tab")
    moves = {"Home": 0, "ArrowRight": 1, "Shift+ArrowRight": 11, "ArrowLeft": 10, "End": len(landing)}
    for key, wanted in moves.items():
        page.keyboard.press(key)
        assert at() == wanted
    page.keyboard.press("Home")
    page.keyboard.press("m")
    assert at() > 0
    moment = page.locator(".mark").first
    assert moment.get_attribute("aria-label")
    page.keyboard.press("Space")
    assert player.get_attribute("data-playing") == "true"
    page.keyboard.press("Space")
    assert player.get_attribute("data-playing") == "false"
    assert not page.errors


def test_the_chart_is_a_handle_too(opened, landing):
    page = opened(landing)
    box = page.locator(".chart-box").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60, steps=5)
    page.mouse.up()
    step = int(page.locator("[data-testid=player]").get_attribute("data-step"))
    assert abs(step - len(landing) / 2) < 0.1 * len(landing)


def test_it_plays_in_real_time_and_faster(opened, landing):
    page = opened(landing, still=False)
    player = page.locator("[data-testid=player]")
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    page.select_option("select.speed", "4")
    page.locator("button.play").click()
    page.wait_for_function(
        "n => Number(document.querySelector('[data-testid=player]').dataset.step) === n", arg=len(landing)
    )
    assert page.locator(".end").first.inner_text() == "Landed"
    page.wait_for_function("Number(document.querySelector('[data-testid=player]').dataset.step) < 100")  # again
    assert player.get_attribute("data-playing") == "true"


def test_a_screen_reader_hears_the_outcome_and_the_totals(opened, landing):
    told = opened(landing).locator(".summary").inner_text()
    total = break_down(landing, GYMNASIUM, 0.99).total
    assert "Landed" in told
    assert f"Return +{total:.1f}" in told
    assert "Distance" in told


def test_two_policies_share_a_playhead(opened, landing):
    other = run_episode(LANDER, ModelStore().resolve("article").policy, 1001)
    page = opened(landing, other)
    seek(page, len(other))
    paid = [break_down(episode, GYMNASIUM, 0.99).paid[: len(other)].sum() for episode in (landing, other)]
    gap = page.locator(".row.sum .now").inner_text().replace("−", "-").replace("+", "")
    assert float(gap) == pytest.approx(paid[0] - paid[1], abs=0.06)
    page.get_by_text("Side by side").click()
    assert page.locator("canvas.scene:visible").count() == 2
    assert not page.errors


@pytest.mark.parametrize(
    ("actions", "reward"),
    [
        ([0], GYMNASIUM),
        ([0] * 40, RewardConfig(replace_reward=True)),
        ([2, 1, 3] * 20, RewardConfig(w_distance=1e6, w_legs=1e-6, penalty_main=1e-6, replace_reward=True)),
    ],
    ids=["one step", "nothing pays", "huge beside tiny"],
)
@pytest.mark.parametrize("size", [(1240, 900), (390, 844)])
def test_odd_episodes_stay_readable(opened, actions, reward, size):
    keys = [key for key, factor in zip(PART_KEYS, reward.factors, strict=True) if factor]
    page = opened(refly(LANDER, actions, 4), reward=reward, keys=keys, size=size)
    texts = page.locator("[data-testid=player]").inner_text()
    assert "NaN" not in texts
    assert "Infinity" not in texts
    assert page.locator(".row.sum .sofar").inner_text()
    page.get_by_text("Each step", exact=True).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert not page.errors


def test_a_time_out_of_a_thousand_steps_plays(opened):
    hover = run_episode(LANDER, ModelStore().resolve("sparse").policy, 1000)
    assert len(hover) == MAX_STEPS
    page = opened(hover)
    seek(page, MAX_STEPS)
    assert page.locator(".end").first.inner_text() == "Time ran out"


def test_a_frame_is_saved_as_a_picture(opened, landing):
    page = opened(landing)
    seek(page, 100)
    with page.expect_download() as download:
        page.locator(".transport button.icon").last.click()
    image = Image.open(download.value.path())
    assert download.value.suggested_filename == "file-step100.png"
    assert image.size[0] == 2 * (600 + 420)
    assert len(image.convert("RGB").getcolors(1 << 24)) > 20


def test_why_is_answered_in_the_app(open_tab):
    tab = open_tab("?lang=en")
    tab.player.locator("canvas.scene").first.focus()
    tab.page.keyboard.press("Home")
    tab.page.get_by_text("Why this action?", exact=True).click()
    tab.player.locator(".why .option").first.wait_for()
    assert tab.player.locator(".why .option").count() == 4
    assert tab.step == 0
    tab.player.locator(".why .close").click()
    assert tab.player.locator(".why:visible").count() == 0
    tab.page.get_by_text("Why this action?", exact=True).click()  # the very same question again
    tab.player.locator(".why .option").first.wait_for()
    assert tab.player.locator("button.ask").is_enabled()
    assert not tab.errors


def test_a_flight_by_hand_goes_into_the_list(open_tab):
    tab = open_tab("?lang=en")
    tab.page.get_by_text("Fly it yourself", exact=True).click()
    tab.page.keyboard.down("ArrowLeft")  # tumbles and falls
    tab.wait(lambda: tab.page.get_by_text("Why this action?", exact=True).count() == 1)
    assert tab.player.locator(".who").first.inner_text() == "By hand 1"
    assert tab.player.locator(".row.sum").count() == 1
    tab.wait(lambda: tab.step > 50)
    assert not tab.errors


def test_a_flight_that_is_given_up_does_not_come_back(open_tab):
    tab = open_tab("?lang=en")
    tab.page.get_by_text("Fly it yourself", exact=True).click()
    tab.wait(lambda: tab.step > 3)
    tab.page.keyboard.press("Escape")
    tab.page.get_by_text("Why this action?", exact=True).wait_for()
    tab.page.wait_for_timeout(1000)
    assert tab.page.get_by_text("Stop", exact=True).count() == 0
    assert tab.player.locator(".who").first.inner_text() == "Gymnasium's own"
    assert not tab.errors


def test_a_downloaded_flight_by_hand_is_that_flight_in_the_session_s_language(open_tab):
    tab = open_tab("?lang=zh")
    tab.page.get_by_text("手动驾驶", exact=True).click()
    tab.page.keyboard.down("ArrowLeft")
    tab.wait(lambda: tab.page.get_by_text("为什么选这个动作？", exact=True).count() == 1)
    tab.button("downloads").click()
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name="HTML").click()
    page = download.value.path().read_text(encoding="utf-8")
    assert "手动 1" in page
    assert 'lang="zh"' in page


def test_a_picked_thumbnail_is_played(open_tab):
    tab = open_tab("?lang=en")
    tab.page.get_by_text("All 100 episodes").click()
    gallery = tab.page.locator("[data-testid=gallery]")
    gallery.locator("button").nth(7).click()
    tab.page.wait_for_url("**episode=1007**")
    gallery.locator("button.chosen[data-seed='1007']").wait_for()
    gallery.locator("select").select_option("native")
    card = ModelStore().resolve("gymnasium").scorecard
    best = str(card.seeds[card.native_return.argmax()])
    assert gallery.locator("button").first.get_attribute("data-seed") == best


def test_a_hundred_episodes_leave_no_memory_behind(open_tab):
    tab = open_tab("?lang=en")
    session = tab.page.context.new_cdp_session(tab.page)

    def heap():
        session.send("HeapProfiler.collectGarbage")
        return session.send("Runtime.getHeapUsage")["usedSize"] / 2**20

    def switch(times):
        for _ in range(times):
            before = tab.page.url
            tab.button("next").click()
            tab.page.wait_for_function("url => location.href !== url", arg=before)
        tab.settle()

    switch(20)
    before = heap()
    switch(80)
    assert heap() - before < 10  # MiB; the data of eighty episodes are more than that
    assert not tab.errors
