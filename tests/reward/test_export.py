"""The exported file stands alone and pays the same as the wrapper that it was exported from."""

import ast
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from playground import RewardConfig, RewardShapingWrapper
from playground.reward.design import terms_of
from playground.reward.export import to_formula, to_python
from playground.worlds.lunar_lander.presets import PRESETS
from playground.worlds.lunar_lander.probes import Heuristic

TERMS = terms_of(RewardConfig)

Choose = Callable[[Any], int]


def exported(config: RewardConfig, gamma: float = 0.995) -> Any:
    """The wrapper class of the exported source."""
    names: dict[str, Any] = {"__name__": "designed_reward"}
    exec(compile(to_python(config, gamma), "designed_reward.py", "exec"), names)
    return names["DesignedReward"]


def randomly(seed: int) -> Choose:
    rng = np.random.default_rng(seed)
    return lambda observation: int(rng.integers(4))


def well(observation: Any) -> int:
    return int(Heuristic().act(observation[None])[0])


def assert_same_pay(
    config: RewardConfig, choose: Choose, seed: int, limit: int | None = None, gamma: float = 0.97
) -> float:
    """Fly both wrappers side by side; the last step's own reward tells how it ended."""
    ours = RewardShapingWrapper(gym.make("LunarLander-v3", max_episode_steps=limit), config, gamma)
    theirs = exported(config, gamma)(gym.make("LunarLander-v3", max_episode_steps=limit))
    observation, _ = ours.reset(seed=seed)
    np.testing.assert_array_equal(theirs.reset(seed=seed)[0], observation)
    while True:
        action = choose(observation)
        observation, reward, terminated, truncated, info = ours.step(action)
        after, paid, *ended, _ = theirs.step(action)
        np.testing.assert_array_equal(after, observation)
        assert paid == pytest.approx(reward, rel=1e-12, abs=1e-9)
        assert ended == [terminated, truncated]
        if terminated or truncated:
            ours.close()
            theirs.close()
            return float(info["reward_components"]["env_reward"])


def random_config(seed: int, form: str, replace_reward: bool) -> RewardConfig:
    rng = np.random.default_rng(seed)
    weights = {f.name: float(rng.uniform(-100, 100)) for f in fields(RewardConfig) if f.name[:2] in ("w_", "pe")}
    return RewardConfig(**weights, scale=float(rng.uniform(-2, 2)), form=form, replace_reward=replace_reward)


@pytest.mark.parametrize("slug", [p.slug for p in PRESETS])
def test_every_preset_pays_the_same_on_a_crash(slug: str) -> None:
    config = next(p.config for p in PRESETS if p.slug == slug)
    assert assert_same_pay(config, randomly(1), seed=1) == -100


@pytest.mark.parametrize("slug", [p.slug for p in PRESETS])
def test_every_preset_pays_the_same_on_a_landing(slug: str) -> None:
    config = next(p.config for p in PRESETS if p.slug == slug)
    assert assert_same_pay(config, well, seed=200) == 100


@pytest.mark.parametrize("form", ["state", "progress", "potential"])
@pytest.mark.parametrize("replace_reward", [True, False])
def test_random_rewards_pay_the_same(form: str, replace_reward: bool) -> None:
    for seed in range(3):
        config = random_config(seed, form, replace_reward)
        assert_same_pay(config, randomly(seed), seed)
        assert_same_pay(config, randomly(seed), seed, limit=25)


@pytest.mark.parametrize("form", ["state", "progress", "potential"])
def test_a_random_reward_pays_the_same_on_a_landing(form: str) -> None:
    assert assert_same_pay(random_config(5, form, replace_reward=True), well, seed=200) == 100


@pytest.mark.parametrize("key", [term.key for term in TERMS])
def test_a_reward_of_one_term_pays_the_same(key: str) -> None:
    term = next(t for t in TERMS if t.key == key)
    for form in ("state", "progress", "potential"):
        config = RewardConfig(**{term.weight: 3.0}, form=form, replace_reward=True)
        assert_same_pay(config, randomly(2), seed=2)


def test_log_only_pays_gymnasium_reward() -> None:
    source = to_python(RewardConfig(w_legs=10, w_env=5, replace_reward=False))
    assert "legs" not in source
    assert exported(RewardConfig(w_legs=10, w_env=5)).env_weight == 1.0


def test_the_discount_is_written_into_the_file() -> None:
    config = RewardConfig(w_distance=1, form="potential", replace_reward=True)
    assert exported(config, 0.9).gamma == 0.9
    assert exported(config).gamma == 0.995


def test_terms_that_do_not_count_are_left_out() -> None:
    source = to_python(RewardConfig(w_legs=10, replace_reward=True))
    defined = {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}
    assert defined == {"legs", "reset", "step", "pay"}


@pytest.mark.parametrize("form", ["state", "progress", "potential"])
def test_the_file_imports_nothing_but_gymnasium_and_numpy(form: str) -> None:
    source = to_python(random_config(0, form, replace_reward=True))
    imported = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module)
    assert imported == {"typing", "gymnasium", "numpy"}


def test_the_file_runs_where_this_project_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "designed_reward.py").write_text(to_python(PRESETS[0].config))
    script = (
        "import sys; sys.modules['playground'] = None\n"  # an import of it would fail
        "import gymnasium\n"
        "from designed_reward import DesignedReward\n"
        "env = DesignedReward(gymnasium.make('LunarLander-v3'))\n"
        "plain = gymnasium.make('LunarLander-v3')\n"
        "env.reset(seed=3), plain.reset(seed=3)\n"
        "for _ in range(60):\n"
        "    assert abs(env.step(0)[1] - plain.step(0)[1]) < 1e-4\n"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("config", "line"),
    [
        (RewardConfig(), "reward = r"),
        (RewardConfig(replace_reward=True), "reward = 0"),
        (RewardConfig(replace_reward=True, w_env=0.5), "reward = 0.5·r"),
        (RewardConfig(replace_reward=True, w_legs=10, penalty_main=0.3), "reward = 10·legs(o′) − 0.3·pen_main"),
        (RewardConfig(replace_reward=True, w_legs=1, form="progress", scale=2, w_env=-3), "reward = 2·(Δlegs) − 3·r"),
        (RewardConfig(replace_reward=True, w_legs=-1, penalty_time=-0.25), "reward = −legs(o′) + 0.25·time"),
        (RewardConfig(replace_reward=True, w_legs=123456.789), "reward = 123456.789·legs(o′)"),
    ],
)
def test_a_formula_by_hand(config: RewardConfig, line: str) -> None:
    assert to_formula(config).splitlines()[0] == line


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.slug)
def test_a_formula_explains_every_term_that_it_names(preset: Any) -> None:
    line, *rest = to_formula(preset.config, 0.9).splitlines()
    for term in TERMS:
        used = getattr(preset.config, term.weight) != 0
        assert (term.key in line) == used
        assert any(text.startswith((f"{term.key}:", f"{term.key}(o):")) for text in rest) == used
    assert ("γ = 0.9" in "".join(rest)) == (preset.config.form == "potential")
