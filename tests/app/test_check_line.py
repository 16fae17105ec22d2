"""The check's line above the episode: it follows the sliders, in both languages, and never forbids."""

import re
from dataclasses import replace

import pytest

from playground.insight.check import CHECKS, check_reward
from playground.insight.forecast.predict import outcomes_of
from playground.insight.library import library_of
from playground.lab.models.store import ModelStore
from playground.lab.notebook.entry import Entry
from playground.lab.notebook.notebook import Notebook
from playground.words.forecast import forecast_sentence
from playground.words.say import load_texts, say
from playground.worlds.lunar_lander.behaviours import CRASHES, LANDINGS
from playground.worlds.lunar_lander.presets import PRESET, PRESETS
from playground.worlds.lunar_lander.world import WORLD as LANDER


def line(app) -> str:
    return next(m.value for m in app.markdown if "-badge[" in m.value)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.slug)
def test_every_preset_shows_its_verdict(start, preset):
    app = start(preset=preset.slug)
    assert not app.exception
    found = check_reward(preset.config)
    assert say(f"check.verdict.{found.verdict}", "en") in line(app)
    assert not app.button(key="train").label.startswith("Forbidden")


def test_the_verdict_follows_the_slider_at_once(start):
    app = start(preset="gymnasium")
    assert ":green-badge" in line(app)
    app.number_input(key="type_crash").set_value(-500.0).run()
    assert ":red-badge" in line(app)
    assert "Crashing pays more than landing" in line(app)
    assert app.button(key="train").label == "Train"


def test_the_discount_of_the_settings_counts(start):
    assert ":red-badge" in line(start(preset="gymnasium", gamma="0"))


@pytest.mark.parametrize(
    ("settings", "told"), [({}, False), ({"until_landing": "0.94"}, False), ({"steps": "20000"}, True)]
)
def test_a_forecast_for_other_settings_says_so(start, settings, told):
    app = start(preset="gymnasium", **settings)
    assert (say("forecast.unusual", "en") in line(app)) == told


@pytest.mark.parametrize("slug", ["gymnasium", "article", "legs-farm", "potential"])
def test_the_chinese_check_speaks_chinese_alone(start, slug):
    app = start(preset=slug, lang="zh")
    shown = "\n".join(
        m.value for m in app.markdown if "badge" in m.value or ":material" in m.value or "| :--" in m.value
    )
    shown = re.sub(r":[a-z-]+(-badge)?\[|:material/\w+:|Gymnasium|PPO|\d+(\.\d+)?(e\+\d+)?", "", shown)
    assert not re.search(r"[A-Za-z]{3,}", shown), shown


def test_all_wording_exists_in_chinese():
    for check in CHECKS:
        assert f"check.{check.__name__.strip('_')}.ok" in load_texts("zh")


def test_landing_and_crashing_alike_is_told_as_that(start):
    """Potential-based terms alone leave every finished episode with the same return, so neither pays more."""
    app = start(preset="potential", w_landing="0", w_crash="0", penalty_main="0", penalty_side="0")
    assert say("check.suicide.tie", "en") in line(app)


def test_all_zero_weights_are_told(start, own_home):
    app = start(
        preset="article", w_distance="0", w_velocity="0", w_angle="0", w_legs="0", penalty_main="0", penalty_side="0"
    )
    assert not app.exception
    assert ":red-badge" in line(app)
    assert PRESET["article"].config.w_landing == 0


def test_a_broken_reward_is_fixed_with_one_click_and_broken_again_with_another(start):
    app = start(preset="fuel-miser")
    assert ":red-badge" in line(app)
    app.session_state["repair"] = True
    app.run()
    app.button(key="apply_repair").click().run()
    assert not app.exception
    assert ":red-badge" not in line(app)
    assert app.number_input(key="type_pen_main").value < 6
    app.button(key="undo_repair").click().run()
    assert app.number_input(key="type_pen_main").value == 6
    assert ":red-badge" in line(app)


def test_one_slider_alone_fixes_it_too(start):
    app = start(preset="fuel-miser")
    app.session_state["repair"] = True
    app.run()
    app.button(key="repair_w_crash").click().run()
    assert not app.exception
    assert ":red-badge" not in line(app)
    assert app.number_input(key="type_pen_main").value == 6


def test_only_sliders_that_matter_are_shaded(start):
    styles = "".join(element.proto.body for element in start(preset="fuel-miser").get("html"))
    assert ".st-key-slide_pen_main [role=group]" in styles
    assert ".st-key-slide_legs [role=group]" not in styles


def test_a_check_plays_the_two_behaviours_that_disagree_and_gives_way_again(start, shown):
    app = start(preset="article")
    app.session_state["evidence"] = True
    app.run()
    app.button(key="play_suicide").click().run()
    assert not app.exception
    crash, landing = shown(app)["episodes"]
    library = library_of(LANDER)
    suicide = check_reward(PRESET["article"].config)["suicide"]
    assert [crash["id"], landing["id"]] == [f"recorded-{place}" for place in suicide.episodes]
    assert crash["seed"] == landing["seed"]
    assert library.behaviours[suicide.episodes[0]] in CRASHES
    assert library.behaviours[suicide.episodes[1]] in LANDINGS
    app.button(key="close_evidence").click().run()
    assert len(shown(app)["episodes"]) == 1


def test_what_pays_best_can_be_played(start, shown):
    app = start(preset="legs-farm")
    app.session_state["evidence"] = True
    app.run()
    app.button(key="play_favourite").click().run()
    assert not app.exception
    favourite = check_reward(PRESET["legs-farm"].config).favourite
    assert shown(app)["episodes"][0]["id"] == f"recorded-{favourite.episode}"


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.slug)
def test_every_shipped_model_is_compared_with_its_forecast(start, preset):
    summary = ModelStore().resolve(preset.slug).summary
    came = max(outcomes_of(LANDER), key=lambda outcome: summary[f"{outcome}_rate"])
    predicted = check_reward(preset.config).predicted
    assert predicted is not None
    app = start(preset=preset.slug)
    told = " ".join(caption.value for caption in app.caption)
    if not predicted.familiar:  # then against what the check says pays best
        hit = came == check_reward(preset.config).favourite.outcome
        assert ("As the check expected." in told) == hit
        assert ("The check expected" in told) == (not hit)
        return
    settled = predicted.kind in ("sure", "probable")
    assert ("As forecast: " in told) == (settled and came == predicted.outcome)
    assert ("The forecast was undecided" in told) == (not settled)
    assert (re.search(r"The forecast was [^u]", told) is not None) == (settled and came != predicted.outcome)


def test_a_model_is_compared_with_the_forecast_of_then_not_with_todays(start):
    prediction = {"verdict": "sound", "pays_best": "soft landing", "margin": 0.2}
    prediction |= {"landing": 0.02, "crash": 0.95, "timeout": 0.03, "familiar": True}
    book = Notebook(ModelStore())
    book.record(Entry(ModelStore().resolve("gymnasium").key, "training", prediction=prediction))
    told = " ".join(caption.value for caption in start(preset="gymnasium").caption)
    assert "The forecast was a crash (95 %), but PPO ended in a landing." in told
    assert "Forecast made after training" not in told


@pytest.mark.parametrize(
    "prediction", [{"margin": 0.2}, {"margin": "much", "pays_best": "soft landing"}, {"pays_best": 3}]
)
def test_a_prediction_that_is_not_whole_is_made_again(start, prediction):
    book = Notebook(ModelStore())
    book.record(Entry(ModelStore().resolve("gymnasium").key, "training", prediction=prediction))
    app = start(preset="gymnasium")
    assert not app.exception
    assert "Forecast made after training" in " ".join(caption.value for caption in app.caption)


def test_a_negative_weight_is_explained_among_the_evidence(start):
    app = start(preset="gymnasium")
    app.number_input(key="type_legs").set_value(-10.0)
    app.session_state["evidence"] = True
    app.run()
    assert any("below 0" in caption.value and "Legs" in caption.value for caption in app.caption)


def test_the_forecast_stands_under_the_verdict_and_follows_the_slider(start):
    app = start(preset="gymnasium")
    before = check_reward(PRESET["gymnasium"].config).predicted
    assert before is not None
    assert forecast_sentence(before, "en") in line(app)
    app.number_input(key="type_crash").set_value(-500.0).run()
    after = check_reward(replace(PRESET["gymnasium"].config, w_crash=-500.0)).predicted
    assert after is not None
    assert forecast_sentence(after, "en") in line(app)
