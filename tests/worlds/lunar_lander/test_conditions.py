"""Flights under other gravity, wind and turbulence: Gymnasium's, step by step, and nothing new without them."""

from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.flight.fork import fork
from playground.flight.recording import to_png
from playground.flight.rollout import refly, replay, run_episode, run_episodes
from playground.flight.scorecard import EVALUATION_SEEDS, evaluate, score
from playground.lab.models.store import ModelStore
from playground.words.errors import InvalidInput
from playground.worlds import DEFAULT_ID as ENV_ID
from playground.worlds.lunar_lander.conditions import CALM, CONDITIONS, DEFAULT, Conditions, parse_conditions
from playground.worlds.lunar_lander.geometry import STEPS_PER_SECOND
from playground.worlds.lunar_lander.probes import Constant, Heuristic
from playground.worlds.lunar_lander.scene import film, instruments
from playground.worlds.lunar_lander.simulator import make_simulator
from playground.worlds.lunar_lander.world import WORLD as LANDER

WINDY = Conditions(gravity=-7.5, wind_power=12.0, turbulence_power=1.0)
WILD = np.random.default_rng(5).integers(0, 4, 300).tolist()


def gymnasium_steps(conditions: Conditions, seed: int, actions: list[int]) -> tuple[Any, Any, Any]:
    """Observations, rewards and terminations of Gymnasium's own environment, over more than one episode."""
    env = gym.make(
        ENV_ID,
        gravity=conditions.gravity,
        enable_wind=conditions.wind_power > 0 or conditions.turbulence_power > 0,
        wind_power=conditions.wind_power,
        turbulence_power=conditions.turbulence_power,
    )
    steps = walk(env, seed, actions)
    env.close()
    return steps


def walk(env: Any, seed: int, actions: list[int]) -> tuple[Any, Any, Any]:
    observations, rewards, ends = [env.reset(seed=seed)[0]], [], []
    for action in actions:
        observation, reward, terminated, _, _ = env.step(action)
        observations.append(observation)
        rewards.append(float(reward))
        ends.append(bool(terminated))
        if terminated:
            observations.append(env.reset(seed=seed + len(ends))[0])
    return np.stack(observations), rewards, ends


@pytest.mark.parametrize("name", CONDITIONS)
@pytest.mark.parametrize("actions", [[0] * 250, WILD])
def test_every_named_condition_is_gymnasiums_step_by_step(name: str, actions: list[int]) -> None:
    theirs = gymnasium_steps(CONDITIONS[name], 7, actions)
    ours = walk(make_simulator(conditions=CONDITIONS[name]), 7, actions)
    assert any(theirs[2])
    np.testing.assert_array_equal(ours[0], theirs[0])
    assert ours[1:] == theirs[1:]


@settings(max_examples=25)
@given(
    gravity=st.floats(-12, 0, exclude_min=True, exclude_max=True),
    wind=st.floats(0, 20),
    turbulence=st.floats(0, 2),
    seed=st.integers(0, 2**31),
)
def test_any_conditions_are_gymnasiums(gravity: float, wind: float, turbulence: float, seed: int) -> None:
    conditions = Conditions(gravity, wind, turbulence)
    theirs = gymnasium_steps(conditions, seed, WILD[:60])
    ours = walk(make_simulator(conditions=conditions), seed, WILD[:60])
    np.testing.assert_array_equal(ours[0], theirs[0])
    assert ours[1:] == theirs[1:]


def test_an_episode_of_a_policy_in_the_wind_is_gymnasiums() -> None:
    policy = ModelStore().resolve("gymnasium").policy
    episode = run_episode(LANDER, policy, 1003, conditions=WINDY)
    observations, rewards, ends = gymnasium_steps(WINDY, 1003, episode.actions.tolist())
    np.testing.assert_array_equal(episode.observations, observations[: len(episode) + 1])
    assert episode.rewards.tolist() == rewards
    assert episode.terminated
    assert ends[-1]


def test_the_default_conditions_change_nothing() -> None:
    """Every number of the shipped model's hundred episodes, to the last bit."""
    model = ModelStore().resolve("gymnasium")
    card = evaluate(LANDER, model.policy, model.spec.gamma, EVALUATION_SEEDS[:10], Conditions())
    plain = score(run_episodes(LANDER, model.policy, EVALUATION_SEEDS[:10]), model.spec.gamma)
    assert card.to_json() == plain.to_json()
    assert card.native_return.tolist() == model.scorecard.native_return[:10].tolist()
    assert card.steps.tolist() == model.scorecard.steps[:10].tolist()
    assert not make_simulator().enable_wind


def test_wind_blows_a_preset_away_from_where_it_landed() -> None:
    model = ModelStore().resolve("gymnasium")
    calm, storm = (
        evaluate(LANDER, model.policy, 0.995, EVALUATION_SEEDS[:40], CONDITIONS[name])
        for name in (DEFAULT, "strong-wind")
    )
    assert calm.seeds.tolist() == storm.seeds.tolist()
    assert calm.rate("landed") == 1.0
    assert 0.3 < storm.rate("landed") < 0.9  # type: ignore[arg-type]


def test_a_fall_has_the_acceleration_of_its_gravity() -> None:
    episode = run_episode(LANDER, Constant(0), 3, max_steps=20, conditions=Conditions(gravity=-3.0))
    speeds = instruments(episode)["speed_y_m_s"]
    assert np.diff(speeds)[3:] * STEPS_PER_SECOND == pytest.approx(-3.0, abs=0.05)
    assert instruments(episode)["push_y_m_s2"][4:] == pytest.approx(0.0, abs=0.05)


def test_an_episode_knows_its_conditions_and_is_flown_again_in_them() -> None:
    episode = run_episode(LANDER, Heuristic(), 11, conditions=WINDY)
    assert episode.conditions == WINDY
    assert sum(1 for _ in replay(episode)) == len(episode) + 1
    assert len(film(episode)) == len(episode) + 1
    assert to_png(episode)
    again = refly(LANDER, episode.actions, 11, WINDY)
    np.testing.assert_array_equal(again.observations, episode.observations)
    with pytest.raises(RuntimeError):
        list(replay(replace(episode, conditions=CALM)))


def test_branches_of_an_episode_keep_its_wind() -> None:
    """Idle branches draw no engine noise, so the branch with the episode's own action is the episode."""
    episode = run_episode(LANDER, Constant(0), 11, conditions=WINDY)
    branch = fork(episode, 30, Constant(0), continuations=1)[0][0]
    np.testing.assert_array_equal(branch.observations, episode.observations[30:])
    assert branch.conditions == WINDY


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gravity", -12.0),
        ("gravity", 0.0),
        ("gravity", 9.81),
        ("gravity", float("nan")),
        ("gravity", "-10"),
        ("gravity", True),
        ("wind_power", -0.1),
        ("wind_power", 20.1),
        ("wind_power", float("inf")),
        ("turbulence_power", -1.0),
        ("turbulence_power", 2.5),
    ],
)
def test_conditions_that_the_lander_refuses_are_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(InvalidInput, match=field):
        Conditions(**{field: value})


def test_turbulence_alone_is_wind_to_gymnasium() -> None:
    assert Conditions(turbulence_power=0.1).windy
    assert Conditions(wind_power=0.1).windy
    assert not Conditions(gravity=-1.0).windy


def test_names_are_read_with_the_default_always_first() -> None:
    assert parse_conditions("all") == dict(CONDITIONS)
    assert list(parse_conditions("strong-wind, light-wind")) == [DEFAULT, "light-wind", "strong-wind"]
    assert list(parse_conditions("")) == [DEFAULT]
    with pytest.raises(InvalidInput, match="rain"):
        parse_conditions("light-wind,rain")
