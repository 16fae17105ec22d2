"""Sentences on a check, a forecast, a repair and a comparison: one source for page, command line, card and report."""

import contextlib
import io
import re
from dataclasses import dataclass

import pytest

from playground.cli import main
from playground.insight.check import check_reward
from playground.insight.repair import repair_reward
from playground.words.check import finding_sentence, ranking_rows, verdict_sentence
from playground.words.comparison import gap_values, headline, score_cell
from playground.words.forecast import forecast_sentence
from playground.words.race import race_rows
from playground.words.repair import consequence, introduction, repair_lines
from playground.words.say import LANGUAGES
from playground.worlds.lunar_lander.presets import PRESET

LATIN = re.compile(r"[A-Za-z]{3,}")


@dataclass
class Gap:
    mean: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        return self.low > 0 or self.high < 0


def printed(*arguments: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        main(arguments)
    return out.getvalue()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("slug", ["gymnasium", "article", "fuel-miser"])
def test_a_check_on_the_command_line_says_what_the_page_says(slug, lang):
    check = check_reward(PRESET[slug].config)
    text = printed("check", slug, "--lang", lang)
    assert verdict_sentence(check, lang) in text
    assert forecast_sentence(check.predicted, lang) in text
    for finding in check.checks:
        assert finding_sentence(finding, check.design, lang) in text
    for cell in ranking_rows(check, lang)[1]:
        assert cell in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_repair_on_the_command_line_says_what_the_page_says(lang):
    reward = PRESET["fuel-miser"].config
    repair = repair_reward(reward)
    text = printed("repair", "fuel-miser", "--lang", lang)
    names = reward.weight_names(lang)
    assert introduction(repair, names, lang) in text
    assert repair.after is not None
    assert consequence(repair.after, lang) in text
    for line in repair_lines(repair, repair.changes(reward), names, lang):
        assert line in text


def test_a_chinese_check_and_repair_are_chinese():
    for command in ("check", "repair"):
        text = printed(command, "article", "--lang", "zh").replace("PPO", "").replace("Gymnasium", "")
        assert not LATIN.search(text), text


def test_a_reward_that_is_sound_needs_no_repair():
    repair = repair_reward(PRESET["gymnasium"].config)
    assert introduction(repair, {}, "en") == "Nothing to fix: landing pays best, and nothing is in doubt."


@pytest.mark.parametrize(
    ("gap", "count", "words"),
    [
        (Gap(12.0, 5.0, 20.0), 90, "B lands 12 more out of 100 than A (95 % interval 5 to 20)."),
        (Gap(-12.0, -20.0, -5.0), 70, "B lands 12 fewer out of 100 than A (95 % interval 5 to 20)."),
        (Gap(-1.0, -5.0, 3.0), 70, "B and A may land equally often: the difference is −1 out of 100"),
        (Gap(0.0, 0.0, 0.0), 100, "B and A land from the same starts: 100 of 100."),
        (Gap(0.0, 0.0, 0.0), 0, "Neither B nor A lands: 0 of 100."),
    ],
)
def test_a_headline_says_who_lands_more(gap, count, words):
    assert headline("B", "A", gap, count, "en").startswith(words)
    assert headline("B", "A", gap, count, "en", verb="succeeds").replace("succeed", "land").count("land") == 1


def test_a_clear_difference_has_no_signs_and_an_unclear_one_has():
    assert gap_values(Gap(-12.0, -20.0, -5.0)) == {"n": "12", "signed": "−12", "low": "5", "high": "20"}
    assert gap_values(Gap(-1.0, -5.0, 3.0)) == {"n": "−1", "signed": "−1", "low": "−5", "high": "+3"}


def test_a_score_beside_another_shows_the_difference_and_is_bold_where_that_is_clear():
    assert score_cell("touchdown", 1.5, None) == "1.50 m/s"
    assert score_cell("native", -3.0, Gap(-2.0, -3.0, -1.0)) == "−3.0 (**−2.0**; −3.0 … −1.0)"
    assert score_cell("landed", 97.0, Gap(0.0, 0.0, 0.0)) == "97 (=)"
    assert score_cell("time", None, None) == "–"


def test_a_race_shows_an_interval_where_there_is_one_else_each_seed():
    entrant = {"title": "GRPO", "landings": [97, 98], "native_return": [-1.0, 200.0], "seconds_to_goal": [5.0]}
    entrant |= {"keys": ["a", "b"], "steps_to_goal": [], "steps": [1000.0, 1000.0], "memory": {"networks": 20_480}}
    _, row = race_rows([entrant], "en")
    assert row == ["GRPO", "97, 98", "100 (−1–200)", "5 s (1 of 2 seeds)", "–", "1,000", "20 KiB", "–", "–"]
    _, row = race_rows([entrant | {"landing": {"mean": 97.5, "low": 90.0, "high": 100.0}}], "zh")
    assert row[1] == "98 (90–100)"
    assert row[3] == "5 s (2 个种子中 1 个)"
