"""What only a browser shows of the other pages: pictures drawn, formulas set, nothing fetched from outside."""

import pytest

pytestmark = pytest.mark.browser


def test_the_algorithms_page_draws_its_picture_and_its_formula(open_tab):
    tab = open_tab("?lang=en")
    tab.page.get_by_text("Algorithms", exact=True).click()
    tab.page.locator("[data-testid=stGraphVizChart] svg g.node").first.wait_for()
    nodes = tab.page.locator("[data-testid=stGraphVizChart] svg g.node")
    assert {"actor", "critic", "loss"} <= set(" ".join(nodes.all_text_contents()).split())
    tab.page.locator("[data-testid=stMain] .katex-display").first.wait_for()
    assert tab.page.locator(".katex-error").count() == 0
    for name in ("DQN", "GRPO", "DAPO", "DPO", "TRPO", "REINFORCE"):
        tab.page.locator(".st-key-algorithm").get_by_text(name, exact=True).click()
        tab.settle()
        assert tab.page.locator(".katex-error").count() == 0, name
        assert tab.page.locator("[data-testid=stException]").count() == 0
    assert not tab.outside


def test_the_compare_page_draws_what_differs(open_tab):
    tab = open_tab("?lang=en&compare=gymnasium.article")
    tab.page.get_by_text("Compare", exact=True).click()
    tab.page.locator("[data-testid=stVegaLiteChart] :is(canvas, svg)").first.wait_for()
    assert tab.page.get_by_text("fewer out of 100").count() >= 1
    assert tab.page.locator("[data-testid=stException]").count() == 0
    assert not tab.outside


@pytest.mark.parametrize("page", ["compare", "algorithms", "notebook", "models", "models/"])
def test_a_page_opened_by_its_own_address_logs_no_error(open_tab, page):
    tab = open_tab(f"{page}?lang=en")
    tab.page.get_by_role("heading", level=2).first.wait_for()
    assert f"/{page.rstrip('/')}?" in tab.page.url
    assert not tab.errors
    assert not tab.outside


def test_the_notebook_page_opens(open_tab):
    tab = open_tab("?lang=en")
    tab.page.get_by_text("Notebook", exact=True).first.click()
    tab.settle()
    assert tab.page.get_by_role("heading", level=2).first.inner_text()
    assert tab.page.locator("[data-testid=stException]").count() == 0
    assert not tab.outside
