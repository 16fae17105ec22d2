import ast

import pytest
from command_line import run

from playground.reward.codec import parse_reward
from playground.worlds.lunar_lander.presets import PRESET
from playground.worlds.lunar_lander.terms import RewardConfig


@pytest.mark.parametrize("slug", PRESET)
def test_every_preset_exports_as_json_that_comes_back(capsys, slug):
    status, out, _ = run(capsys, "export", slug, "--to", "json")
    assert status == 0
    assert parse_reward(out, RewardConfig) == PRESET[slug].config


@pytest.mark.parametrize("slug", PRESET)
def test_every_preset_exports_as_python_without_this_project(capsys, slug):
    status, out, _ = run(capsys, "export", slug)
    assert status == 0
    tree = ast.parse(out)
    assert "DesignedReward" in {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    modules = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    modules |= {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    assert modules == {"typing", "gymnasium", "numpy"}
    assert run(capsys, "export", slug, "--to", "python")[1] == out
