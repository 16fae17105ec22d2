"""The wrapper: what it pays, what it tells, and what it leaves alone."""

import math
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.box2d.lunar_lander import LunarLander
from gymnasium.envs.classic_control.cartpole import CartPoleEnv

from playground import RewardConfig, RewardShapingWrapper
from playground.words.errors import InvalidInput
from playground.worlds import find_world
from playground.worlds.lunar_lander.probes import Heuristic
from playground.worlds.lunar_lander.simulator import make_simulator

KEYS = {
    "distance",
    "velocity",
    "angle",
    "legs",
    "pen_main",
    "pen_side",
    "env_reward",
    "shaped",
    "time",
    "landing",
    "crash",
}
START = np.array([0.3, 0.4, 0.6, -0.8, 0.2, 0, 0, 0], np.float32)  # distance 0.5, speed 1.0
NEXT = np.array([0.0, 0.2, 0.0, -0.4, -0.1, 0, 1, 0], np.float32)  # distance 0.2, speed 0.4, one leg
Step = tuple[Any, float, bool, bool, dict[str, Any]]


class FakeLander(LunarLander):
    """Starts at ``START``; every step is what the test says."""

    observation_space = gym.spaces.Box(-np.inf, np.inf, (8,), np.float32)
    action_space = gym.spaces.Discrete(4)

    def __init__(self, step: Callable[[int], Step]) -> None:
        self._step = step

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        return START, {"seed": seed, "options": options}

    def step(self, action: int) -> Step:
        return self._step(action)


def wrapped(
    config: RewardConfig, reward: float = 1.5, terminated: bool = False, truncated: bool = False, gamma: float = 0.9
) -> RewardShapingWrapper:
    env = RewardShapingWrapper(FakeLander(lambda _: (NEXT, reward, terminated, truncated, {"own": 7})), config, gamma)
    env.reset(seed=1)
    return env


def components(env: RewardShapingWrapper, action: int = 0) -> dict[str, float]:
    return env.step(action)[4]["reward_components"]


def test_info_has_the_components_and_no_others() -> None:
    env = RewardShapingWrapper(gym.make("LunarLander-v3"), RewardConfig())
    env.reset(seed=0)
    for action in range(4):
        parts = components(env, action)
        assert set(parts) == KEYS
        assert all(type(value) is float for value in parts.values())
    env.close()


def test_components_are_raw_and_unweighted() -> None:
    heavy = RewardConfig(w_distance=50, w_legs=9, penalty_main=4, penalty_time=3, scale=10, replace_reward=True)
    told = components(wrapped(heavy), action=2)
    assert told.pop("shaped") == pytest.approx(10 * (50 * -0.2 + 9 - 4 - 3), abs=1e-4)
    assert told == pytest.approx(
        {
            "distance": -0.2,
            "velocity": -0.4,
            "angle": -0.1,
            "legs": 1,
            "pen_main": 1,
            "pen_side": 0,
            "time": 1,
            "landing": 0,
            "crash": 0,
            "env_reward": 1.5,
        },
        abs=1e-6,
    )


@pytest.mark.parametrize(("action", "main", "side"), [(0, 0, 0), (1, 0, 1), (2, 1, 0), (3, 0, 1)])
def test_engine_components_are_one_where_the_engine_fires(action: int, main: int, side: int) -> None:
    for form in ("state", "progress", "potential"):
        parts = components(wrapped(RewardConfig(form=form)), action)
        assert (parts["pen_main"], parts["pen_side"]) == (main, side)


def test_log_only_leaves_the_reward_untouched_and_still_tells_the_shaped_one() -> None:
    config = RewardConfig(w_legs=10, w_env=3, scale=2, replace_reward=False)
    _, reward, _, _, info = wrapped(config, reward=-0.123456789).step(0)
    assert reward == -0.123456789
    assert info["reward_components"]["shaped"] == 20.0
    assert info["reward_components"]["env_reward"] == -0.123456789


def test_gymnasium_reward_is_added_outside_the_scale() -> None:
    config = RewardConfig(w_legs=10, w_env=3, scale=2, replace_reward=True)
    _, reward, _, _, info = wrapped(config, reward=1.5).step(0)
    assert reward == pytest.approx(2 * 10 + 3 * 1.5)
    assert info["reward_components"]["shaped"] == 20.0


def test_observation_flags_and_the_other_info_pass_through() -> None:
    observation, reward, terminated, truncated, info = wrapped(RewardConfig(), truncated=True).step(0)
    assert observation is NEXT
    assert type(reward) is float
    assert (terminated, truncated) == (False, True)
    assert info["own"] == 7


def test_reset_passes_seed_and_options_on() -> None:
    env = RewardShapingWrapper(FakeLander(lambda _: (NEXT, 0.0, False, False, {})), RewardConfig())
    observation, info = env.reset(seed=5, options={"a": 1})
    assert observation is START
    assert info == {"seed": 5, "options": {"a": 1}}


@pytest.mark.parametrize("form", ["state", "progress", "potential"])
def test_truncation_never_becomes_termination(form: str) -> None:
    config = RewardConfig(w_distance=10, w_legs=10, w_landing=100, w_crash=100, form=form, replace_reward=True)
    for own in (100.0, -100.0, 0.0):
        cut = wrapped(config, reward=own, truncated=True).step(2)
        going = wrapped(config, reward=own).step(2)
        assert cut[2:4] == (False, True)
        assert cut[1] == going[1]
        assert cut[4]["reward_components"] == going[4]["reward_components"]
        assert (cut[4]["reward_components"]["landing"], cut[4]["reward_components"]["crash"]) == (0, 0)


def test_a_step_that_terminates_at_the_time_limit_is_a_termination() -> None:
    env = wrapped(RewardConfig(form="potential"), reward=-100, terminated=True, truncated=True)
    assert components(env) == components(wrapped(RewardConfig(form="potential"), reward=-100, terminated=True))


def test_potential_after_the_step_is_zero_on_termination_only() -> None:
    config = RewardConfig(form="potential", replace_reward=True)
    ended = components(wrapped(config, reward=-100, terminated=True))
    cut = components(wrapped(config, truncated=True))
    assert ended["distance"] == pytest.approx(0.5)
    assert ended["velocity"] == pytest.approx(1.0)
    assert ended["legs"] == 0.0
    assert cut["distance"] == pytest.approx(0.9 * -0.2 + 0.5)
    assert cut["velocity"] == pytest.approx(0.9 * -0.4 + 1.0)
    assert cut["legs"] == pytest.approx(0.9)


@pytest.mark.parametrize(("reward", "landing", "crash"), [(100.0, 1, 0), (-100.0, 0, 1)])
@pytest.mark.parametrize("form", ["state", "progress", "potential"])
def test_the_outcome_is_paid_on_termination_in_every_form(form: str, reward: float, landing: int, crash: int) -> None:
    config = RewardConfig(w_landing=7, w_crash=11, form=form, replace_reward=True)
    _, paid, _, _, info = wrapped(config, reward, terminated=True).step(0)
    assert (info["reward_components"]["landing"], info["reward_components"]["crash"]) == (landing, crash)
    assert paid == 7 * landing - 11 * crash


def test_each_step_starts_where_the_last_one_ended() -> None:
    env = wrapped(RewardConfig(form="progress"))
    assert components(env)["distance"] == pytest.approx(0.3)
    assert components(env)["distance"] == 0.0  # NEXT to NEXT
    env.reset()
    assert components(env)["distance"] == pytest.approx(0.3)


def test_the_default_discount_is_0995() -> None:
    env = RewardShapingWrapper(FakeLander(lambda _: (NEXT, 0.0, False, False, {})), RewardConfig(form="potential"))
    env.reset()
    assert components(env)["legs"] == pytest.approx(0.995)


def test_a_bare_lander_pays_like_a_made_one() -> None:
    config = RewardConfig(w_distance=10, w_angle=-3, penalty_side=1, replace_reward=True)
    made = RewardShapingWrapper(gym.make("LunarLander-v3"), config)
    bare = RewardShapingWrapper(make_simulator(), config)
    made.reset(seed=2)
    bare.reset(seed=2)
    for action in np.random.default_rng(0).integers(0, 4, 50).tolist():
        ours, theirs = made.step(action), bare.step(action)
        assert ours[1] == theirs[1]
        assert ours[4] == theirs[4]


def test_numpy_actions_count_like_plain_ones() -> None:
    for action in (np.int64(2), np.array(2), 2):
        assert components(wrapped(RewardConfig()), action)["pen_main"] == 1.0


def test_the_wrapped_reward_of_a_landing_is_the_sum_written_out_by_hand() -> None:
    """A whole landing under a reward of every kind of part, in form ``state``."""
    config = RewardConfig(
        w_distance=200, w_velocity=50, w_legs=10, penalty_main=0.3, w_landing=1000, penalty_time=2, replace_reward=True
    )
    env = RewardShapingWrapper(gym.make("LunarLander-v3"), config)
    observation, _ = env.reset(seed=200)
    terminated = False
    while not terminated:
        action = int(Heuristic().act(observation[None])[0])
        observation, reward, terminated, truncated, _ = env.step(action)
        x, y, vx, vy, *_, left, right = observation.tolist()
        expected = -200 * math.hypot(x, y) - 50 * math.hypot(vx, vy) + 10 * (left + right) - 2
        expected -= 0.3 if action == 2 else 0
        expected += 1000 if terminated else 0
        assert reward == pytest.approx(expected, abs=1e-9)
        assert not truncated
    env.close()


OWN = RewardConfig(w_landing=100.0, penalty_time=0.5, w_distance=3.0, replace_reward=True)


def test_a_made_environment_can_be_made_again_from_its_spec_and_pays_the_same() -> None:
    env = RewardShapingWrapper(gym.make("LunarLander-v3"), OWN, 0.9)
    again = gym.make(env.spec)
    assert isinstance(again, RewardShapingWrapper)
    assert (again.config, again.gamma) == (OWN, 0.9)
    for one in (env, again):
        one.reset(seed=3)
    for action in np.random.default_rng(0).integers(0, 4, 60).tolist():
        ours, theirs = env.step(action), again.step(action)
        assert ours[1:4] == theirs[1:4]
        assert ours[4] == theirs[4]


def test_a_design_of_another_world_wraps_that_world() -> None:
    config = find_world("CartPole-v1").presets[0].config
    env = RewardShapingWrapper(gym.make("CartPole-v1"), config)
    env.reset(seed=0)
    for _ in range(5):
        _, paid, terminated, _, info = env.step(0)
        assert paid == info["reward_components"]["env_reward"] == 1.0
        assert not terminated


class Doubling(gym.Wrapper):
    """Changes observations without being an ``ObservationWrapper``."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.observation_space = gym.spaces.Box(-9.0, 9.0, (8,), np.float32)


REFUSED = {
    "another id": (lambda: gym.make("CartPole-v1"), "other_wrapped", "CartPole-v1"),
    "a bare one of another class": (lambda: gym.make("MountainCar-v0").unwrapped, "other_wrapped", "MountainCar-v0"),
    "a bare one without a spec": (CartPoleEnv, "other_wrapped", "CartPoleEnv"),
    "continuous actions by id": (lambda: gym.make("LunarLanderContinuous-v3"), "other_wrapped", "Continuous"),
    "continuous actions": (lambda: gym.make("LunarLander-v3", continuous=True), "unsupported_actions", "Box"),
    "bare and continuous": (lambda: LunarLander(continuous=True), "unsupported_actions", "Box of shape (2,)"),
    "normalised observations": (
        lambda: gym.wrappers.NormalizeObservation(gym.make("LunarLander-v3")),
        "changed_inside",
        "NormalizeObservation",
    ),
    "stacked observations": (
        lambda: gym.wrappers.FrameStackObservation(gym.make("LunarLander-v3"), 2),
        "changed_inside",
        "FrameStackObservation",
    ),
    "transformed observations": (
        lambda: gym.wrappers.TransformObservation(gym.make("LunarLander-v3"), lambda o: 2 * o, None),
        "changed_inside",
        "TransformObservation",
    ),
    "scaled rewards": (
        lambda: gym.wrappers.TransformReward(gym.make("LunarLander-v3"), lambda r: r / 100),
        "changed_inside",
        "TransformReward",
    ),
    "another space": (lambda: Doubling(gym.make("LunarLander-v3")), "changed_inside", "Doubling"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_reward_is_not_for_is_refused_by_name(case: str) -> None:
    make, code, name = REFUSED[case]
    with pytest.raises(
        InvalidInput, match="LunarLander-v3" if code != "unsupported_actions" else "discrete"
    ) as refusal:
        RewardShapingWrapper(make(), OWN)
    assert refusal.value.code == code
    assert name in str(refusal.value)


def test_wrappers_that_change_nothing_may_stand_in_between() -> None:
    inner = gym.wrappers.RecordEpisodeStatistics(gym.wrappers.TimeLimit(gym.make("LunarLander-v3"), 50))
    RewardShapingWrapper(inner, OWN).reset(seed=0)
