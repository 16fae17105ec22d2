"""Streamlit's private selectors still match, and what they style is seen."""

import pytest

from playground.app.styles import PRIVATE, SOUND_COLOUR
from playground.worlds.lunar_lander.presets import GYMNASIUM

pytestmark = pytest.mark.browser

GREEN = f"rgb({', '.join(str(int(SOUND_COLOUR[i : i + 2], 16)) for i in (1, 3, 5))})"
AFTER = "e => { const s = getComputedStyle(e, '::after'); return [s.backgroundImage, s.height, s.content]; }"
INSIDE = ("slider_rail", "slider_label")
GONE = ("thumb_value", "slider_ends")


def test_every_private_selector_matches(open_tab):
    page = open_tab("?lang=en").page
    page.locator(f".st-key-slide_legs {PRIVATE['slider_rail']}").first.wait_for(state="attached")
    missing = {
        name: selector
        for name, selector in PRIVATE.items()
        if page.locator(f".st-key-slide_legs {selector}" if name in INSIDE else selector).count() == 0
    }
    assert not missing
    for name in GONE:
        assert page.locator(f"{PRIVATE[name]}:visible").count() == 0


def test_green_bands_lie_under_the_sliders_that_matter_and_follow_the_weights(open_tab):
    tab = open_tab("?lang=en")
    rail = tab.page.locator(f".st-key-slide_legs {PRIVATE['slider_rail']}").first
    before, height, content = rail.evaluate(AFTER)
    assert GREEN in before
    assert (height, content) == ("3px", '""')
    box = tab.page.locator(".st-key-type_distance input")
    box.fill("20")
    box.press("Enter")
    tab.page.wait_for_url("**w_distance=20**")
    tab.wait(lambda: rail.evaluate(AFTER)[0] != before)


def test_a_term_has_its_colour_beside_its_name(open_tab):
    page = open_tab("?lang=en").page
    colours = {
        page.locator(f".st-key-slide_{key} {PRIVATE['slider_label']}").first.evaluate(
            "e => getComputedStyle(e, '::before').backgroundColor"
        )
        for key in (term.key for term in GYMNASIUM.terms)
    }
    assert len(colours) == len(GYMNASIUM.terms)


def test_a_dial_keeps_its_width_when_the_way_back_appears(open_tab):
    tab = open_tab("?lang=en")
    slider = tab.page.locator(".st-key-slide_legs")
    dial = tab.page.locator(".st-key-dial_legs")
    tab.wait(lambda: dial.evaluate("e => getComputedStyle(e).paddingRight") != "0px")  # the page's styles are there
    before = slider.bounding_box()["width"]
    box = tab.page.locator(".st-key-type_legs input")
    box.fill("20")
    box.press("Enter")
    undo = tab.button("reset_legs")
    undo.wait_for()
    assert abs(slider.bounding_box()["width"] - before) <= 1
    undo.click()
    tab.wait(lambda: box.input_value() == "10")
