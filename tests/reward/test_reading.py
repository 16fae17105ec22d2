"""Wrappers and functions as people write them, run on recorded episodes: they pay what their designs pay."""

import copy
import inspect
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from playground import RewardConfig
from playground.flight.trajectory import Trajectory
from playground.insight.library import library_of
from playground.reward.account import decompose, reward_of
from playground.reward.reading.read import read_python
from playground.words.errors import InvalidInput, error_words
from playground.worlds import find_world

FILES = sorted((Path(__file__).parents[1] / "data" / "wrappers").glob("*.py"))
REFUSED = {"x1_running_minimum": 20, "x2_average": 16}
"""Files that have no words in the language, and the line that says so."""
READ = [path for path in FILES if path.stem not in REFUSED]


class Replay(gym.Env):
    """The environment of a recorded episode, in double precision."""

    def __init__(self, episode: Trajectory) -> None:
        self.episode, self.number = episode, 0
        self.lander = SimpleNamespace(awake=True)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        self.number, self.lander.awake = 0, True
        return self.episode.observations[0].astype(np.float64), {}

    def step(self, action: Any) -> Any:
        reward = float(self.episode.rewards[self.number])
        self.number += 1
        last = self.number == len(self.episode)
        terminated = last and self.episode.terminated
        self.lander.awake = not (terminated and reward > 0)
        observation = self.episode.observations[self.number].astype(np.float64)
        return observation, reward, terminated, last and not terminated, {}


def paid(source: str, episode: Trajectory, cache: dict[str, Any]) -> list[float]:
    """What the code pays, run as its author would run it."""
    if not cache:
        exec(compile(source, "pasted.py", "exec"), cache)
    made = [
        v
        for k, v in cache.items()
        if inspect.isclass(v) and issubclass(v, gym.Wrapper) and v.__module__ != "gymnasium.core"
    ]
    env = Replay(episode)
    if made:
        wrapped = made[0](env)
        wrapped.reset()
        return [float(wrapped.step(int(action))[1]) for action in episode.actions]
    function = next(v for k, v in cache.items() if inspect.isfunction(v))
    before, _ = env.reset()
    result = []
    for action in episode.actions:
        after, reward, terminated, truncated, info = env.step(action)
        names = set(inspect.signature(function).parameters)
        pairs = {"prev_obs": "prev_obs", "s2": "s", "next_obs": "obs", "next_state": "state"}
        old = next((before_name for name, before_name in pairs.items() if name in names), None)
        values = dict.fromkeys(("obs", "next_obs", "state", "next_state", "s", "s2", "prev_obs"), after)
        values |= {old: before} if old else {}
        values |= dict.fromkeys(("action", "a"), int(action)) | dict.fromkeys(("reward", "env_reward"), reward)
        values |= {"terminated": terminated, "truncated": truncated, "done": terminated or truncated, "info": info}
        result.append(float(function(**{name: copy.copy(values[name]) for name in names})))
        before = after
    return result


def assert_agrees(path: Path, episodes: list[Trajectory]) -> None:
    source = path.read_text(encoding="utf-8")
    design = read_python(source, RewardConfig).design
    cache: dict[str, Any] = {}
    for episode in episodes:
        ours = reward_of(decompose(episode.transitions, design, 0.995), design)
        np.testing.assert_allclose(ours, paid(source, episode, cache), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("path", READ, ids=lambda path: path.stem)
def test_a_design_pays_what_the_code_pays_that_it_was_read_from(path: Path) -> None:
    assert_agrees(path, library_of(find_world()).episodes[::9])


@pytest.mark.slow
@pytest.mark.parametrize("path", READ, ids=lambda path: path.stem)
def test_it_pays_the_same_on_every_recorded_step(path: Path) -> None:
    assert_agrees(path, library_of(find_world()).episodes)


@pytest.mark.parametrize(("name", "line"), REFUSED.items())
def test_what_has_no_word_in_the_language_is_refused_with_its_line(name: str, line: int) -> None:
    source = next(path for path in FILES if path.stem == name).read_text()
    with pytest.raises(InvalidInput) as caught:
        read_python(source, RewardConfig)
    assert (caught.value.code, caught.value.params["line"]) == ("reading_field", str(line))


def body(*lines: str) -> str:
    return "\n".join(["def reward(obs, action):", *(f"    {line}" for line in lines)])


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        ("def reward(obs:\n  return", "reading_syntax", 1),
        ("x = 1\n", "reading_nothing", None),
        ("", "reading_nothing", None),
        ("#" * 1_000_000, "reading_long", None),
        (body("return " + "(" * 300 + "1" + ")" * 300), "reading_syntax", 2),
        (body("return " + "-" * 3000 + "1"), "reading_nested", None),
        (body("return obs[9]"), "reading_index", 2),
        (body("return action[0]"), "reading_throttle", 2),
        (body("import os", "os.system('ls')", "return 1.0"), "reading_call", 3),
        (body("exec('1')", "return 1.0"), "reading_forbidden", 2),
        (body("return eval('1')"), "reading_forbidden", 2),
        (body("return open('f').read()"), "reading_forbidden", 2),
        (body("return obs.__class__"), "reading_forbidden", 2),
        (body("while True:", "    pass", "return 1.0"), "reading_loop", 2),
        (body("for i in range(int(obs[0])):", "    pass", "return 1.0"), "reading_loop", 2),
        ("import numpy as np\n" + body("return np.random.rand()"), "reading_random", 3),
        ("import random\n" + body("return random.random()"), "reading_random", 3),
        (body("return model(obs)"), "reading_call", 2),
        (body("x, y = obs", "return x"), "reading_unpack", 2),
        ("def reward(obs, weights):\n    return weights", "reading_parameter", 1),
        ("def reward_a(obs):\n    return 1\ndef reward_b(obs):\n    return 2", "reading_several", None),
        (body("'words'"), "reading_no_value", None),
        (body("return reward(obs, action)"), "reading_deep", 2),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence_of_each_language(
    source: str, code: str, line: int | None
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_python(source, RewardConfig)
    assert caught.value.code == code
    if line is not None:
        assert caught.value.params["line"] == str(line)
    assert error_words(caught.value, "en") != error_words(caught.value, "zh")


def wrapper(step: str, reset: str = "self.k = 0", more: str = "") -> str:
    lines = [f"        {line}" for line in step.splitlines()]
    return "\n".join(
        [
            "class Shaped(gym.Wrapper):",
            "    def reset(self, **kwargs):",
            "        obs, info = self.env.reset(**kwargs)",
            f"        {reset}",
            "        return obs, info",
            more,
            "    def step(self, action):",
            "        obs, r, terminated, truncated, info = self.env.step(action)",
            *lines,
            "        return obs, r, terminated, truncated, info",
        ]
    )


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("w = {'a': 1.0}\nw.update(a=2.0)\nr += w['a']", "reading_statement"),
        ("w = {'a': 1.0}\nv = w\nv['a'] = 2.0\nr += w['a']", "reading_statement"),
        ("w = {'a': 1.0}\nself.change(w)\nr += w['a']", "reading_statement"),
        ("w = {}\nif r > 0:\n    w['a'] = 1.0\nr += sum(w.values())", "reading_mixed"),
        ("w = [1.0]\nw.extend([2.0])\nr += sum(w)", "reading_statement"),
        ("info['a'] = 1.0\nr += info.get('a', 0.0)", "reading_info"),
        ("terminated = terminated or obs[0] > 0.5", "reading_changes"),
        ("obs[0] = 0.0", "reading_statement"),
        ("k = 2.0\nf = lambda v: k * v\nr = f(r)", "reading_call"),
        ("r += int(obs[0])", "reading_call"),
        ("r += round(obs[0])", "reading_call"),
        ("r += obs[0] // 2", "reading_value"),
        ("self.env.step(0)", "reading_two_steps"),
        ("if self.env.unwrapped.game_over:\n    r = -1.0", "reading_value"),
    ],
)
def test_what_would_come_out_inexact_is_refused(step: str, code: str) -> None:
    helpers = "    def change(self, w):\n        w['a'] = 2.0\n    def log(self, obs):\n        self.m = obs[0]"
    with pytest.raises(InvalidInput) as caught:
        read_python(wrapper(step, more=helpers), RewardConfig)
    assert caught.value.code == code


@pytest.mark.parametrize("reset", ["self.k = self.k + 1", "self.j = self.k"])
def test_what_a_reset_keeps_of_earlier_episodes_is_refused(reset: str) -> None:
    field = reset[5]
    init = "    def __init__(self, env):\n        self.k = 0\n        self.j = 0"
    with pytest.raises(InvalidInput) as caught:
        read_python(wrapper(f"self.k += 1\nr += self.{field}", reset, init), RewardConfig)
    assert caught.value.code == "reading_not_reset"


def test_a_method_with_the_name_of_a_logger_is_followed() -> None:
    helper = "    def log(self, obs):\n        self.m = obs[0]"
    (term,) = read_python(wrapper("self.log(obs)\nr += self.m", more=helper), RewardConfig).terms
    assert term.expression == "x"


def test_or_of_numbers_is_one_of_them() -> None:
    (term,) = read_python(body("return obs[0] or 0.5"), RewardConfig).terms
    assert term.expression == "x if x != 0 else 0.5"


def test_a_field_that_outlives_its_episode_is_refused() -> None:
    source = (Path(FILES[0]).parent / "s28_previous_shaping.py").read_text()
    with pytest.raises(InvalidInput) as caught:
        read_python(source.replace("        self.prev_shaping = None\n        return", "        return"), RewardConfig)
    assert caught.value.code == "reading_not_reset"


def test_a_sum_becomes_terms_with_weights_and_names() -> None:
    reading = read_python((Path(FILES[0]).parent / "s01_soft.py").read_text(), RewardConfig)
    assert reading.w_env == 1
    assert [(t.expression, t.weight) for t in reading.terms] == [
        ("abs(vx)", -0.1), ("abs(vy)", -0.1), ("abs(angle)", -0.05), ("fires", -0.01),
    ]  # fmt: skip
