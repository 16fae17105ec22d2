"""Rewards that people wrote, as formulas: the evaluator over arrays against the slow and obvious one, step by step."""

import json
from pathlib import Path

import numpy as np
import pytest

from playground.insight.library import library_of
from playground.reward.expression.program import program_of
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD
from tests.reward.reference_evaluator import reference

FILE = Path(__file__).parents[1] / "data" / "wild_rewards.jsonl"
FORMULAS = {row["id"]: row["formula"] for row in map(json.loads, FILE.read_text().splitlines())}
ELSEWHERE = {
    "s16": "asteroid_hit",
    "s17": "platform_hit_wrong",
    "s18": "a_side",
    "s24": "a_side",
    "s26": "a_side",
    "s41": "pad_x",
    "s43": "hit_obstacle",
}
"""About what the discrete lander does not have: obstacles, moved pads, throttles."""
GAMMA = 0.99
EPISODES = library_of(WORLD).episodes


def agree(formula: str, every: int) -> None:
    program = program_of(((formula, "state"),), RewardConfig.vocabulary)
    for episode in EPISODES[::every]:
        mine = program.evaluate(episode.transitions, GAMMA)[:, 0]
        np.testing.assert_allclose(mine, reference(formula, episode, GAMMA), rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", [name for name in FORMULAS if name not in ELSEWHERE])
def test_a_formula_pays_what_its_steps_say_one_by_one(name):
    agree(FORMULAS[name], every=29)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in FORMULAS if name not in ELSEWHERE])
def test_a_formula_pays_it_in_one_recorded_episode_of_four(name):
    agree(FORMULAS[name], every=4)


@pytest.mark.parametrize(("name", "missing"), ELSEWHERE.items())
def test_what_the_lander_does_not_have_is_named(name, missing):
    with pytest.raises(InvalidInput) as caught:
        program_of(((FORMULAS[name], "state"),), RewardConfig.vocabulary)
    assert caught.value.code in ("term_name", "term_name_near")
    assert caught.value.params["value"] in (missing, "a_main")
