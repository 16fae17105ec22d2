"""Terms of one's own on the page: from a link, from the ready ones, written, wrong, changed, removed."""

import json
from dataclasses import replace

import numpy as np
import pytest

from playground.app.address import LINK_LIMIT, fits_link
from playground.app.session import Session
from playground.app.styles import dial_key, own_slider, term_style
from playground.insight.columns import column_of
from playground.insight.library import library_of
from playground.lab.models.store import ModelStore
from playground.reward.own import MAX_TERMS, OwnTerm
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.term_gallery import READY_TERMS
from playground.worlds.lunar_lander.world import WORLD as LANDER

SPIN = {"name": "spin", "expression": "omega ** 2", "form": "state", "weight": -2.5}
LINK = json.dumps([SPIN])


def terms_of(app):
    return app.session_state["session"].draft.own_terms


def opened(app, key):
    app.session_state[key] = True
    return app.run()


def words(app):
    return " ".join(box.value for box in [*app.error, *app.warning])


def test_a_link_brings_its_terms_with_their_dials(start, shown):
    app = start(terms=LINK)
    assert not app.exception
    assert terms_of(app) == (OwnTerm(**SPIN),)
    assert app.slider(key="slide_own_spin").value == -2.5
    part = next(part for part in shown(app)["parts"] if part["key"] == "spin")
    assert part["name"] == "spin"
    assert part["colour"] == app.session_state["session"].draft.term("spin").colour
    assert SPIN["expression"] in str(app.query_params["terms"])


def test_a_dial_moves_the_weight_and_leads_back_to_it(start):
    app = start(terms=LINK)
    app.number_input(key="type_own_spin").set_value(-4.0).run()
    assert terms_of(app)[0].weight == -4.0
    app.button(key="reset_own_spin").click().run()
    assert terms_of(app)[0].weight == -2.5
    assert not app.exception


def test_your_return_counts_own_terms(start):
    app = start(terms=LINK)
    card = ModelStore().resolve("gymnasium").scorecard
    expected = card.returns(replace(GYMNASIUM, own_terms=(OwnTerm(**SPIN),))).mean()
    texts = [metric.value.replace(",", "").replace("−", "-") for metric in app.metric]
    assert float(texts[0]) == pytest.approx(expected, abs=0.06)


def test_a_term_is_written_checked_and_added(start):
    app = opened(start(), "add_term")
    app.text_input(key="own_name_new").set_value("drift").run()
    app.text_area(key="own_expression_new").set_value("abs(vxx)").run()
    assert "vx" in words(app)
    assert app.button(key="own_save_new").disabled
    assert not terms_of(app)
    app.text_area(key="own_expression_new").set_value("abs(vx)").run()
    assert not app.error
    table = next(text.value for text in app.markdown if "recorded behaviours" in text.value)
    assert "episode on screen" in table
    app.number_input(key="own_weight_new").set_value(-3.0).run()
    app.button(key="own_save_new").click().run()
    assert terms_of(app) == (OwnTerm("drift", "abs(vx)", "state", -3.0),)
    assert not app.exception


def test_a_ready_term_fills_the_boxes(start):
    app = opened(start(), "add_term")
    ready = READY_TERMS[2].term
    app.selectbox(key="own_gallery").set_value(ready.name).run()
    assert app.text_area(key="own_expression_new").value == ready.expression
    app.button(key="own_save_new").click().run()
    assert terms_of(app) == (ready,)


def test_a_term_is_renamed_removed_and_brought_back(start):
    app = opened(start(terms=LINK), "edit_spin")
    app.text_input(key="own_name_spin_").set_value("turning").run()
    app.button(key="own_save_spin_").click().run()
    assert terms_of(app) == (OwnTerm(**SPIN | {"name": "turning"}),)
    app = opened(app, "edit_turning")
    app.button(key="own_remove_turning_").click().run()
    assert terms_of(app) == ()
    app.button(key="undo_remove").click().run()
    assert terms_of(app) == (OwnTerm(**SPIN | {"name": "turning"}),)
    assert not app.exception


@pytest.mark.parametrize("name", ["legs", "vx", "max", "spin", "for", "1st", ""])
def test_a_name_that_is_taken_or_no_name_is_refused(start, name):
    app = opened(start(terms=LINK), "add_term")
    app.text_area(key="own_expression_new").set_value("vx").run()
    app.text_input(key="own_name_new").set_value(name).run()
    assert app.error
    assert app.button(key="own_save_new").disabled
    assert len(terms_of(app)) == 1


def test_a_megabyte_is_refused_and_stays_in_the_box(start):
    app = opened(start(), "add_term")
    pasted = "x + " * 250_000 + "x"
    app.text_input(key="own_name_new").set_value("long").run()
    app.text_area(key="own_expression_new").set_value(pasted).run()
    assert "characters" in words(app)
    assert app.text_area(key="own_expression_new").value == pasted
    assert not app.exception


def test_a_term_that_is_no_number_leaves_the_page_whole(start, shown):
    app = start(terms=json.dumps([SPIN, {"name": "broken", "expression": "1 / (x - x)"}]))
    assert not app.exception
    assert "broken" in words(app)
    assert "spin" in {part["key"] for part in shown(app)["parts"]}
    assert len(terms_of(app)) == 2
    assert app.slider(key="slide_own_broken")


@pytest.mark.parametrize("expression", ["omega ** 2", "1 / (x - x)"])
def test_every_panel_opens(start, expression):
    app = start(terms=json.dumps([SPIN | {"expression": expression}]))
    for panel in ("share", "more_table", "more_code", "more_episodes", "add_term", "edit_spin", "own_names_new"):
        opened(app, panel)
        assert not app.exception
        assert "went wrong" not in words(app)
    assert any("atan2(y, x)" in text.value for text in app.markdown)
    assert any("spin" in code.value for code in app.code)


@pytest.mark.parametrize(
    "terms", ["[", "[1]", '[{"name": "a"}]', '[{"name":"a","expression":"__import__"}]', "x" * 70_000]
)
def test_a_bad_link_says_what_is_wrong(start, terms):
    app = start(terms=terms)
    assert not app.exception
    assert app.warning
    assert terms_of(app) == ()


def test_terms_too_long_for_an_address_are_kept_out_of_it(start):
    text = "vx" + " + vx" * 60
    many = tuple(OwnTerm(f"t{number}", text) for number in range(MAX_TERMS))
    state = Session(draft=GYMNASIUM.changed(own_terms=many))
    assert LINK_LIMIT == 6000
    assert not fits_link(state)
    app = start()
    app.session_state["session"].draft = state.draft
    app.run()
    assert "terms" not in app.query_params
    assert terms_of(app) == many
    assert any("JSON" in caption.value for caption in app.caption)


def test_chinese_pages_say_it_in_chinese(start):
    app = start(lang="zh", terms='[{"name": "a", "expression": "vxx"}]')
    assert any("\u4e00" <= letter <= "\u9fff" for letter in words(app))
    assert not app.exception


@pytest.mark.parametrize("ready", READY_TERMS, ids=lambda ready: ready.term.name)
def test_ready_terms_are_numbers_and_not_all_the_same(ready):
    design = GYMNASIUM.changed(own_terms=(ready.term,))
    column = column_of(library_of(LANDER), ready.term.expression, ready.term.form, 0.99, design.language)
    assert np.isfinite([column.low, column.mean, column.high]).all()
    assert column.low < column.high
    assert ready.label.keys() == ready.help.keys() == {"en", "zh"}


def test_a_sliders_range_stays_while_it_moves():
    homes = {"spin": 5.0}
    assert own_slider(OwnTerm("spin", "vx", weight=0.5), homes) == own_slider(OwnTerm("spin", "vx", weight=5.0), homes)


def test_own_dials_have_keys_of_their_own_and_a_dot_each():
    design = GYMNASIUM.changed(own_terms=(OwnTerm("all", "vx"),))
    assert dial_key(design.term("all")) == "own_all"
    assert ".st-key-slide_own_all " in term_style(design)
    assert design.term("all").colour in term_style(design)
