import json

from command_line import run, run_json

from playground.reward.codec import parse_reward
from playground.worlds.lunar_lander.presets import PRESET, PRESETS
from playground.worlds.lunar_lander.terms import RewardConfig


def test_presets_are_listed_with_their_lessons(capsys):
    status, out, _ = run(capsys, "presets")
    assert status == 0
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == [preset.slug for preset in PRESETS]
    assert all(preset.lesson["en"] in line for preset, line in zip(PRESETS, lines, strict=True))


def test_presets_as_json_hold_rewards_that_come_back(capsys):
    for value in run_json(capsys, "presets")["presets"]:
        reward = parse_reward(json.dumps({"schema": 1, **value["reward"]}), RewardConfig)
        assert reward == PRESET[value["slug"]].config
        assert value["lesson"] == PRESET[value["slug"]].lesson["en"]
