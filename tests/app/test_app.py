"""The pages through Streamlit's own test runner: what a user does, and what then stands there."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from playground.app.player import make_film
from playground.flight.rollout import refly
from playground.lab.models.store import ModelStore
from playground.training.spec import TrainSpec
from playground.words.say import load_texts, say
from playground.worlds.lunar_lander.presets import GYMNASIUM, PRESET
from playground.worlds.lunar_lander.scene import film
from playground.worlds.lunar_lander.world import WORLD as LANDER

SCRIPT = Path(__file__).parents[2] / "streamlit_app.py"
TIMEOUT = 60


def seed_picker(app: AppTest):
    return next(box for box in app.selectbox if box.key.startswith("episode_seed"))


def metric(app: AppTest, key: str) -> str:
    label = say(f"score.{key}", "en")
    return next(m.value for m in app.metric if m.label == label)


@pytest.fixture
def app(start) -> AppTest:
    return start()


def test_first_screen_shows_a_trained_model_without_training(shown, app):
    assert not app.exception
    assert not app.error
    summary = ModelStore().resolve("gymnasium").summary
    assert f"{round(100 * summary['landing_rate'])} of 100" in app.header[0].value
    assert metric(app, "native") == f"{summary['native_return_mean']:.1f}".replace("-", "−")
    assert len(shown(app)["episodes"]) == 1
    assert app.button(key="train").disabled  # it is on screen already


def test_a_slider_rescores_the_old_episodes_and_never_trains(app):
    before, native = metric(app, "your_return"), metric(app, "native")
    app.slider(key="slide_legs").set_value(50.0).run()
    assert not app.exception
    assert metric(app, "your_return") != before
    assert metric(app, "native") == native  # no slider touches the task's own score
    assert any("the old policy" in box.value for box in app.info)
    assert app.button(key="train").label == "Train"
    assert not (ModelStore().home / "jobs").exists()


def test_rescoring_is_the_exact_return_under_the_new_weights(app):
    app.number_input(key="type_legs").set_value(12.5).run()
    card = ModelStore().resolve("gymnasium").scorecard
    from dataclasses import replace

    expected = card.returns(replace(GYMNASIUM, w_legs=12.5)).mean()
    assert float(metric(app, "your_return").replace(",", "")) == pytest.approx(expected, abs=0.06)


def test_slider_and_number_follow_each_other(app):
    app.number_input(key="type_distance").set_value(33.25).run()
    assert app.slider(key="slide_distance").value == 33.25
    app.slider(key="slide_distance").set_value(40.0).run()
    assert app.number_input(key="type_distance").value == 40.0


def test_a_typed_number_may_leave_the_sliders_range(app):
    app.number_input(key="type_distance").set_value(-2500.0).run()
    assert not app.exception
    assert app.slider(key="slide_distance").value == -2500.0


def test_reset_of_one_and_of_all(app):
    app.slider(key="slide_legs").set_value(20.0).run()
    app.slider(key="slide_angle").set_value(20.0).run()
    app.button(key="reset_legs").click().run()
    assert app.slider(key="slide_legs").value == GYMNASIUM.w_legs
    assert app.slider(key="slide_angle").value == 20.0
    app.button(key="reset_all").click().run()
    assert app.slider(key="slide_angle").value == GYMNASIUM.w_angle


@pytest.mark.parametrize("slug", PRESET)
def test_every_preset_brings_its_model(start, slug):
    app = start(preset=slug)
    assert not app.exception
    assert not app.error
    model = ModelStore().resolve(slug)
    assert app.slider(key="slide_distance").value == PRESET[slug].config.w_distance
    assert metric(app, "native") == f"{model.summary['native_return_mean']:.1f}".replace("-", "−")


def test_the_design_survives_in_the_address(start, app):
    app.slider(key="slide_legs").set_value(20.0).run()
    query = dict(app.query_params.items())
    assert query["w_legs"] == "20"
    again = start(**query)
    assert again.slider(key="slide_legs").value == 20.0


@pytest.mark.parametrize(
    "query",
    [
        {"w_legs": "nan"},
        {"w_legs": "1e309"},
        {"w_legs": "<script>"},
        {"preset": "../../etc/passwd"},
        {"form": "cubic"},
        {"replace_reward": "maybe"},
        {"steps": "-5"},
        {"gamma": "2"},
        {"net_arch": "64,sixty"},
        {"lang": "tlh", "episode": "99999999"},
    ],
)
def test_a_bad_link_says_what_is_wrong_and_keeps_the_rest(start, query):
    app = start(w_angle="7", **query)
    assert not app.exception
    assert app.slider(key="slide_angle").value == 7.0
    if "lang" not in query:
        assert app.warning


def test_an_unsound_reward_still_shows_a_page(start):
    app = start(
        **dict.fromkeys(("w_distance", "w_velocity", "w_angle", "w_legs", "w_landing", "w_crash"), "0"),
        penalty_main="0",
        penalty_side="0",
    )
    assert not app.exception
    assert any("All weights are zero" in box.value for box in app.info)


def opened(app, panel):
    """The page with one of the panels open that are drawn only then."""
    app.session_state[panel] = True
    return app.run()


def test_what_nobody_has_opened_is_not_drawn(app):
    """It would cost every move of a slider, and the first page half a hundred elements."""
    assert not [widget for widget in app.number_input if str(widget.key).startswith("set_")]
    assert not app.code
    assert not [button for button in app.button if str(button.key).startswith("play_")]
    for panel in ("settings", "share", "evidence"):
        opened(app, panel)
    assert [widget for widget in app.number_input if str(widget.key).startswith("set_")]
    assert app.code
    assert [button for button in app.button if str(button.key).startswith("play_")]


def test_a_scale_of_zero_is_told_from_weights_of_zero(start):
    app = start(scale="0")
    assert any("The scale is zero" in box.value for box in app.info)


def test_a_number_of_steps_survives_in_the_address(start):
    app = opened(start(preset="legs-farm"), "settings")
    app.number_input(key="set_steps").set_value(500_000).run()
    again = opened(start(**dict(app.query_params.items())), "settings")
    assert again.number_input(key="set_steps").value == 500_000


def test_the_model_on_screen_survives_a_refresh_with_a_changed_draft(start):
    app = start(preset="article")
    app.slider(key="slide_legs").set_value(30.0).run()
    app.selectbox(key="preset").set_value("gymnasium").run()
    app.slider(key="slide_legs").set_value(31.0).run()
    again = start(**dict(app.query_params.items()))
    assert metric(again, "native") == metric(app, "native")
    assert again.header[0].value == app.header[0].value


def test_log_only_says_that_training_sees_gymnasiums_reward(app):
    app.segmented_control(key="mode").set_value("log").run()
    assert not app.exception
    assert metric(app, "your_return") == metric(app, "native")
    assert any("Log only" in caption.value for caption in app.caption)


def test_the_player_shows_the_parts_that_have_a_weight(shown, app):
    keys = [part["key"] for part in shown(app)["parts"]]
    assert keys == ["distance", "velocity", "angle", "legs", "pen_main", "pen_side", "landing", "crash"]
    app.number_input(key="type_legs").set_value(0.0).run()
    assert [part["key"] for part in shown(app)["parts"]] == [key for key in keys if key != "legs"]


def test_what_the_player_is_paid_sums_to_the_scorecards_return(shown, app):
    app.number_input(key="type_angle").set_value(3.5).run()
    episode = shown(app)["episodes"][0]
    paid = np.frombuffer(base64.b64decode(episode["paid"]))
    card = ModelStore().resolve("gymnasium").scorecard
    reward = replace(GYMNASIUM, w_angle=3.5)
    assert paid.sum() == pytest.approx(card.returns(reward)[card.seeds == episode["seed"]][0])


def test_another_policy_flies_beside_it_from_the_same_seed(shown, app):
    article = ModelStore().resolve("article")
    app.selectbox(key="ghost").set_value(article.key).run()
    assert not app.exception
    one, two = shown(app)["episodes"]
    assert one["seed"] == two["seed"]
    assert two["name"] == PRESET["article"].name["en"]


def test_the_hundred_episodes_are_flown_when_they_are_asked_for(shown, app):
    assert not [e for e in app.get("bidi_component") if e.proto.component_name == "episode_gallery"]
    app.session_state["more_episodes"] = True
    app.run()
    assert not app.exception
    assert len(shown(app, "episode_gallery")["episodes"]) == 100


def test_a_flight_by_hand_is_an_episode_like_any_other(shown, app):
    trajectory = refly(LANDER, [0] * 300, 1000)
    app.session_state["own_flights"] = [make_film("own-1", trajectory, film(trajectory), None)]
    app.run()
    seed_picker(app).set_value(-1).run()
    assert not app.exception
    assert shown(app)["episodes"][0]["name"] == "By hand 1"
    assert shown(app)["episodes"][0]["steps"] == len(trajectory)
    app.button(key="next").click().run()
    assert shown(app)["episodes"][0]["name"] == PRESET["gymnasium"].name["en"]


def test_best_and_worst_jump_to_those_episodes(app):
    card = ModelStore().resolve("gymnasium").scorecard
    returns = card.returns(GYMNASIUM)
    app.button(key="worst").click().run()
    assert seed_picker(app).value == card.seeds[returns.argmin()]
    app.button(key="best").click().run()
    assert seed_picker(app).value == card.seeds[returns.argmax()]
    app.button(key="next").click().run()
    assert not app.exception


def test_chinese_page_shows_no_english_sentence_and_no_raw_key(start):
    app = start(lang="zh")
    assert not app.exception
    texts = [
        e.value for kind in ("header", "caption", "markdown", "info") for e in app.get(kind) if isinstance(e.value, str)
    ]
    labels = [w.label for kind in ("button", "slider", "selectbox", "toggle") for w in app.get(kind)]
    raw = {key for key in load_texts("zh") for text in (*texts, *labels) if text == key}
    assert not raw
    assert any("着陆" in text for text in texts)
    english = {text for key, text in load_texts("en").items() if text != load_texts("zh").get(key)}
    assert not english & set(texts + labels)


def test_switching_the_language_keeps_the_design(app):
    app.slider(key="slide_legs").set_value(20.0).run()
    app.segmented_control(key="lang").set_value("zh").run()
    assert app.slider(key="slide_legs").value == 20.0
    assert app.query_params["lang"] == "zh"


def test_training_settings_are_checked_and_kept(app):
    opened(app, "settings").number_input(key="set_seed").set_value(7).run()
    assert app.query_params["seed"] == "7"
    assert app.button(key="train").label == "Train"
    opened(app, "settings").text_input(key="set_net_arch").set_value("64, many").run()
    assert app.warning
    opened(app, "settings").button(key="reset_settings").click().run()
    assert app.button(key="train").disabled


def test_a_damaged_model_is_told_in_words(own_home, app):
    spec = TrainSpec(PRESET["gymnasium"].config, seed=3)
    folder = own_home / spec.key
    folder.mkdir(parents=True)
    summary = dict(ModelStore().resolve("gymnasium").summary)
    manifest = {"key": spec.key, "sha256": {}, "summary": summary, "steps": 1, "seconds": 1}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    opened(app, "settings").number_input(key="set_seed").set_value(3).run()
    assert app.button(key="train").label == "Load"
    app.button(key="train").click().run()
    assert not app.exception
    assert app.error or app.warning


def test_how_long_to_train_is_asked_only_where_nothing_is_trained_yet(app):
    assert not [box for box in app.checkbox if box.key == "warm"]
    app.slider(key="slide_legs").set_value(50.0).run()
    assert not app.exception
    control = next(c for c in app.button_group if c.key == "budget")
    assert control.value == "standard"
    app.run()
    state = app.session_state["session"]
    state.choose_budget("quick")
    app.run()
    assert state.spec.until_landing > 0
    assert app.query_params["until_landing"] == "0.94"
    state.choose_budget("standard")
    app.run()
    assert state.spec.until_landing == 0
    assert "until_landing" not in app.query_params


def test_a_training_may_start_from_the_nearest_model_and_says_which(app):
    app.slider(key="slide_legs").set_value(50.0).run()
    assert app.session_state["session"].spec.init_from == ""  # never silently
    box = app.checkbox(key="warm")
    assert "Gymnasium" in box.label
    box.check().run()
    assert not app.exception
    key = ModelStore().resolve("gymnasium").key
    assert app.session_state["session"].spec.init_from == key
    assert app.query_params["init_from"] == key
    app.checkbox(key="warm").uncheck().run()
    assert app.session_state["session"].spec.init_from == ""
