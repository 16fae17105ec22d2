"""Links are kept for years: what an older version wrote into the address leads to the same page."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl

import pytest

from playground.app import session
from playground.app.address import LINKED, SETTINGS, address_of, read_setting, write_setting
from playground.app.session import COMPARED, Session, read_address
from playground.lab.models.store import ModelStore
from playground.reward.design import defaults_of
from playground.training.spec import TrainSpec
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import GYMNASIUM, PRESET
from playground.worlds.lunar_lander.terms import RewardConfig

OLD = (Path(__file__).parents[1] / "data" / "old_links.txt").read_text("utf-8").splitlines()
"""What the first version wrote: every preset, every field of a reward, every setting, models, comparisons, episodes."""
STORE = ModelStore()


@pytest.mark.parametrize("link", OLD)
def test_a_link_of_an_older_version_leads_to_the_same_page(link):
    query = dict(parse_qsl(link))
    state = read_address(query)
    assert not state.problems
    assert address_of(state, state.spec, query["lang"]) == query


def test_the_old_links_name_every_parameter():
    named = {name for link in OLD for name, _ in parse_qsl(link)}
    assert set(defaults_of(RewardConfig)) <= named
    assert {"preset", "model", "compare", "episode", "lang"} <= named
    assert {dict(parse_qsl(link))["preset"] for link in OLD} == set(PRESET)


def test_a_link_to_a_design_shows_that_design():
    state = read_address({"preset": "gymnasium", "w_legs": "20", "gamma": "0.99", "episode": "1007"})
    assert state.draft == replace(GYMNASIUM, w_legs=20.0)
    assert state.spec.gamma == 0.99
    assert state.seed == 1007


def test_a_link_to_a_model_that_is_gone_says_so_and_shows_the_presets(own_home):
    state = read_address({"preset": "sparse", "w_legs": "3", "model": "ab" * 32})
    assert [problem.code for problem in state.problems] == ["unknown_model"]
    assert state.shown == STORE.resolve("sparse").key
    assert state.draft.w_legs == 3


@pytest.mark.parametrize("linked", [{}, {"model": STORE.resolve("article").key}])
def test_a_training_that_goes_on_is_waited_for_whatever_is_on_screen(linked, own_home, monkeypatch):
    query = {"preset": "gymnasium", "w_legs": "33", **linked}
    running = SimpleNamespace(key=read_address(query).spec.key, alive=True)
    monkeypatch.setattr(session, "board", lambda: SimpleNamespace(find={running.key: running}.get))
    state = read_address(query)
    assert state.watching == running.key
    assert state.shown == linked.get("model", STORE.resolve("gymnasium").key)
    running.alive = False
    assert read_address(query).watching is None


def test_a_comparison_keeps_the_models_that_are_left(own_home):
    article = STORE.resolve("article").key
    state = read_address({"compare": f"{article[:LINKED]}.{'ab' * 6}"})
    assert state.compared == [article]
    assert [problem.code for problem in state.problems] == ["unknown_model"]
    assert len(read_address({"compare": ".".join([article[:LINKED]] * 30)}).compared) == COMPARED


@pytest.mark.parametrize("preset", ["cart-pole", "mountain-car", "../../etc/passwd", ""])
def test_a_preset_of_another_world_is_not_one_of_the_landers(preset):
    state = read_address({"preset": preset, "w_legs": "7"})
    assert [problem.code for problem in state.problems] == ["unknown_preset"]
    assert state.draft.w_legs == 7
    assert state.preset in PRESET


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_read_as_it_was_written(name):
    default = getattr(TrainSpec(GYMNASIUM), name)
    assert read_setting(name, write_setting(default)) == default


@pytest.mark.parametrize(("name", "text"), [("steps", "many"), ("keep_best", "1"), ("net_arch", "64,x"), ("gamma", "")])
def test_a_setting_of_the_wrong_type_is_refused(name, text):
    with pytest.raises(InvalidInput):
        read_setting(name, text)


def test_an_untouched_page_has_a_short_address():
    state = Session()
    state.choose_preset(state.preset)
    assert address_of(state, state.spec, "en") == {"preset": "gymnasium", "lang": "en"}
