"""An exported file with own terms, run as its reader would run it: the same pay on recorded episodes."""

from typing import Any

import gymnasium
import numpy as np
import pytest

from playground.insight.library import library_of
from playground.reward.account import decompose, reward_of
from playground.reward.export import to_formula, to_python
from playground.reward.expression.vocabulary import FUNCTIONS
from playground.reward.own import OwnTerm
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD
from tests.reward.test_wild_rewards import ELSEWHERE, FORMULAS

EPISODES = library_of(WORLD).episodes[::24]
GAMMA = 0.97


class Replay(gymnasium.Env[Any, Any]):
    """A recorded episode as an environment."""

    observation_space = gymnasium.spaces.Box(-10, 10, (8,))
    action_space = gymnasium.spaces.Discrete(4)

    def __init__(self, episode):
        self.episode, self.now = episode, 0

    def reset(self, *, seed=None, options=None):
        self.now = 0
        return self.episode.observations[0], {}

    def step(self, action):
        assert action == self.episode.actions[self.now]
        self.now += 1
        last = self.now == len(self.episode)
        terminated = last and self.episode.terminated
        reward = self.episode.rewards[self.now - 1]
        return self.episode.observations[self.now], reward, terminated, last and not terminated, {}


def paid_by_the_file(design, episodes):
    namespace: dict[str, Any] = {}
    exec(compile(to_python(design, GAMMA), "designed.py", "exec"), namespace)
    for episode in episodes:
        env = namespace["DesignedReward"](Replay(episode))
        for _ in range(2):  # what a reset must forget
            env.reset()
            paid = [env.step(int(action))[1] for action in episode.actions]
        yield episode, np.array(paid)


def check(design, episodes=EPISODES):
    for episode, paid in paid_by_the_file(design, episodes):
        wanted = reward_of(decompose(episode.transitions, design, GAMMA), design)
        np.testing.assert_allclose(paid, wanted, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", [name for name in FORMULAS if name not in ELSEWHERE])
def test_a_reward_that_somebody_wrote_pays_the_same_in_its_file(name):
    check(RewardConfig(replace_reward=True, own_terms=(OwnTerm("wild", FORMULAS[name]),)), EPISODES[::2])


def test_every_word_and_function_pays_the_same():
    words = [OwnTerm(f"word_{word.name}", word.name) for word in RewardConfig.vocabulary]
    for start in range(0, len(words), 20):
        check(RewardConfig(replace_reward=True, own_terms=tuple(words[start : start + 20])))
    calls = {
        "min": "min(x, left, 0.1)",
        "max": "max(x, y, vy)",
        "clip": "clip(vy, -0.1, 0.1)",
        "atan2": "atan2(x, y)",
        "hypot": "hypot(x, vy)",
        "log": "log(1 + dist)",
        "sqrt": "sqrt(dist)",
        "count": "count(x > 0) + count(y > prev(y))",
        "streak": "streak(fires) if left else streak(idle)",
        "ever": "2 if ever(left) and not ever(right) else 1",
        "once": "once(legs) * 3",
    }
    terms = tuple(OwnTerm(f"f_{name}", calls.get(name, f"{name}(omega)")) for name in FUNCTIONS)
    check(RewardConfig(replace_reward=True, own_terms=terms))


def test_forms_scale_and_the_worlds_terms_stand_beside_them():
    terms = (
        OwnTerm("a", "low = y < 0.5\n-dist if low else -2*dist", "progress", 3.0),
        OwnTerm("b", "-speed", "potential", -2.0),
        OwnTerm("state", "delta(abs(x)) + total(y)", weight=0.5),
        OwnTerm("absent", "t", weight=0.0),
    )
    for form in ("state", "progress", "potential"):
        check(GYMNASIUM.changed(form=form, scale=2.0, w_env=0.5, own_terms=terms))
    assert "term_absent" not in to_python(GYMNASIUM.changed(own_terms=terms))


def test_a_name_of_a_line_may_be_any_name():
    text = "now = x\nself = y + now\nmath = vy\nabs_ = abs(math)\nmax = 2\nnow + self * max(abs_, math) + max"
    check(RewardConfig(replace_reward=True, own_terms=(OwnTerm("odd", text),)))


def test_a_reward_that_only_logs_pays_gymnasium_reward():
    check(RewardConfig(own_terms=(OwnTerm("odd", "t"),)))


def test_a_file_without_own_terms_has_nothing_of_them():
    assert "SimpleNamespace" not in to_python(GYMNASIUM)


def test_a_formula_names_own_terms_and_what_they_are():
    design = RewardConfig(
        replace_reward=True, own_terms=(OwnTerm("a", "-dist", "progress", 2.0), OwnTerm("b", "t > 9", weight=-1.0))
    )
    lines = to_formula(design).splitlines()
    assert lines[0] == "reward = 2·Δa − b"
    assert "Δf = f(o′) − f(o)" in lines
    assert "a: -dist" in lines
    assert "b: t > 9" in lines
