"""A term of one's own is written on the page, and its dial, its dot and the address have it."""

import pytest

from playground.app.styles import PRIVATE

pytestmark = pytest.mark.browser


def test_a_term_is_written_and_gets_a_dial(open_tab):
    tab = open_tab("?lang=en")
    page = tab.page
    page.locator(".st-key-add_term button").first.click()
    for kind, text in (("name_new input", "drift"), ("expression_new textarea", "abs(vx)")):
        box = page.locator(f".st-key-own_{kind}")
        box.fill(text)
        box.press("Tab")
        tab.settle()
    page.locator(".st-key-own_save_new button").click()
    page.wait_for_url("**terms=**drift**")
    label = page.locator(f".st-key-slide_own_drift {PRIVATE['slider_label']}").first
    dot = label.evaluate("e => getComputedStyle(e, '::before').backgroundColor")
    assert dot == "rgb(217, 70, 239)"
    assert not tab.errors
