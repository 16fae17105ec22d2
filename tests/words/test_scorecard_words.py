"""A scorecard in words: the same scores wherever it is shown, in every language, for every world."""

import re

import pytest

from playground.lab.models.card import write_card
from playground.lab.models.store import ModelStore
from playground.words.say import LANGUAGES
from playground.words.scorecard import headline, own_return, rows, scores

SUMMARY = {
    "episodes": 100,
    "landing_rate": 0.97,
    "crash_rate": 0.02,
    "fall_rate": 0.02,
    "out_of_bounds_rate": 0.0,
    "timeout_rate": 0.01,
    "on_pad_rate": 0.95,
    "native_return_mean": -12.34,
    "native_return_iqm": 270.0,
    "native_return_low95": -20.0,
    "native_return_high95": 5.0,
    "touchdown_speed_m_s": 1.234,
    "main_firings": 76.4,
    "side_firings": 40.2,
    "seconds_to_land": None,
}


def test_every_score_stands_there_once_with_its_unit():
    values = {score.key: score.value for score in scores(SUMMARY, "en")}
    assert values == {
        "landed": "97 of 100",
        "crashed": "2 of 100",
        "timeout": "1 of 100",
        "native": "−12.3",
        "touchdown": "1.23 m/s",
        "fuel": "76 + 40",
        "time": "never",
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_details_and_help_are_sentences_of_the_language(lang):
    for score in scores(SUMMARY, lang):
        assert score.label
        assert score.help
        assert "{" not in score.detail + score.help
        assert (re.search(r"[\u4e00-\u9fff]", score.label + score.help) is not None) == (lang == "zh")
    assert "95" in scores(SUMMARY, lang)[0].detail


def test_scores_of_another_world_are_shown_under_their_names():
    summary = {"episodes": 20, "juggled_rate": 0.5, "seconds_in_air": 3.25, "tilt_deg": None}
    summary |= {name: 1.0 for name in SUMMARY if name.startswith("native")}
    labels = {"tilt_deg": {"en": "Tilt", "zh": "倾角"}}
    assert rows(summary, "en", labels) == [
        ["juggled", "10 of 20", ""],
        ["Gymnasium return", "1.0", "95 % interval 1.0 to 1.0, interquartile mean 1.0"],
        ["seconds in air", "3.25", ""],
        ["Tilt", "never", ""],
    ]
    assert rows(summary, "zh", labels)[-1][0] == "倾角"
    assert headline(summary, "en", "juggled_rate") == "It succeeds in 10 of 20 episodes."


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ((0.97, 0.02, 0.01), "It lands: 97 of 100."),
        ((0.7, 0.3, 0.0), "It mostly lands: 70 of 100."),
        ((0.0, 1.0, 0.0), "It crashes: 100 of 100."),
        ((0.0, 0.1, 0.9), "It never finishes: 90 of 100 episodes run out of time"),
        ((0.4, 0.3, 0.3), "Mixed results: of 100, 40 land, 30 crash and 30 never finish."),
    ],
)
def test_the_headline_says_what_most_episodes_do(rates, words):
    names = ("landing_rate", "crash_rate", "timeout_rate")
    assert headline(SUMMARY | dict(zip(names, rates, strict=True)), "en").startswith(words)


def test_own_return_says_whose_it_is_where_terms_are_only_logged():
    assert own_return(285.16, "en").value == "285.2"
    assert "Gymnasium's reward" in own_return(1.0, "en", logged=True).help


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_model_card_has_the_same_scores(lang):
    model = ModelStore().resolve("gymnasium")
    card = write_card(model, lang)
    for label, value, _ in rows(model.summary, lang):
        assert f"| {label} | {value}" in card
    assert ("## 成绩单" in card) == (lang == "zh")
