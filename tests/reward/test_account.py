"""Decomposing and weighing: worked cases, linearity, and the telescoping of potentials."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from playground.reward.account import decompose, decompose_terms, discounts, reward_of, shaped_of, weigh
from playground.reward.design import ENV_KEY, keys_of, terms_of
from playground.reward.term import Transitions
from playground.worlds.lunar_lander.terms import RewardConfig

PART_KEYS = keys_of(terms_of(RewardConfig))

WEIGHTS = (
    "w_distance",
    "w_velocity",
    "w_angle",
    "w_legs",
    "penalty_main",
    "penalty_side",
    "w_landing",
    "w_crash",
    "penalty_time",
)
FORMS = ("state", "progress", "potential")
BEFORE = np.array([0.3, 0.4, 0.6, -0.8, -0.2, 0.1, 0.0, 0.0])  # distance 0.5, speed 1.0, tilt 0.2, no leg
AFTER = np.array([0.0, 0.2, 0.0, -0.4, 0.1, 0.1, 1.0, 1.0])  # distance 0.2, speed 0.4, tilt 0.1, both legs


def one_step(action: int = 0, reward: float = 1.5, terminated: bool = False) -> Transitions:
    return Transitions(BEFORE[None], np.array([action]), AFTER[None], np.array([reward]), np.array([terminated]))


def raw(form: str, gamma: float = 0.9, **step: object) -> dict[str, float]:
    return dict(zip(PART_KEYS, decompose_terms(one_step(**step), terms_of(RewardConfig), form, gamma)[0].tolist()))


def close(**expected: float) -> object:
    return pytest.approx(expected, abs=1e-12)


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False, allow_subnormal=False)


configs = st.builds(
    RewardConfig,
    **{name: numbers(-500, 500) for name in (*WEIGHTS, "w_env")},
    scale=numbers(-10, 10),
    form=st.sampled_from(FORMS),
    replace_reward=st.just(True),
)


@st.composite
def episodes(draw: st.DrawFn, terminated: bool | None = None) -> Transitions:
    """A made-up flight: any observations, any actions, only its last step may terminate."""
    length = draw(st.integers(1, 30))
    seen = draw(arrays(np.float32, (length + 1, 8), elements=st.floats(-2, 2, width=32)))
    actions = draw(arrays(np.int64, length, elements=st.integers(0, 3)))
    rewards = draw(arrays(np.float64, length, elements=st.floats(-20, 20)))
    ended = np.zeros(length, np.bool_)
    ended[-1] = draw(st.booleans()) if terminated is None else terminated
    if ended[-1]:
        rewards[-1] = draw(st.sampled_from([-100.0, 100.0]))
    return Transitions(seen[:-1], actions, seen[1:], rewards, ended)


def potentials(o: np.ndarray) -> list[float]:
    x, y, vx, vy, angle, _, left, right = o.tolist()
    return [-math.hypot(x, y), -math.hypot(vx, vy), -abs(angle), float((left > 0.5) + (right > 0.5))]


def test_state_form_pays_the_value_after_the_step() -> None:
    assert raw("state", action=2) == close(
        distance=-0.2,
        velocity=-0.4,
        angle=-0.1,
        legs=2,
        pen_main=1,
        pen_side=0,
        time=1,
        landing=0,
        crash=0,
        env_reward=1.5,
    )


def test_progress_form_pays_the_difference() -> None:
    assert raw("progress", action=1) == close(
        distance=0.3,
        velocity=0.6,
        angle=0.1,
        legs=2,
        pen_main=0,
        pen_side=1,
        time=1,
        landing=0,
        crash=0,
        env_reward=1.5,
    )


def test_potential_form_discounts_the_value_after_the_step() -> None:
    assert raw("potential", gamma=0.9, action=3) == close(
        distance=0.9 * -0.2 + 0.5,
        velocity=0.9 * -0.4 + 1.0,
        angle=0.9 * -0.1 + 0.2,
        legs=1.8,
        pen_main=0,
        pen_side=1,
        time=1,
        landing=0,
        crash=0,
        env_reward=1.5,
    )


def test_progress_form_drops_all_but_the_outcome_on_a_crash() -> None:
    parts = raw("progress", action=2, reward=-100.0, terminated=True)
    assert parts == dict.fromkeys(PART_KEYS, 0.0) | {"crash": 1.0, "env_reward": -100.0}


def test_progress_form_drops_all_but_the_outcome_on_a_landing() -> None:
    parts = raw("progress", action=1, reward=100.0, terminated=True)
    assert parts == dict.fromkeys(PART_KEYS, 0.0) | {"landing": 1.0, "env_reward": 100.0}


def test_state_form_drops_nothing_on_a_crash() -> None:
    parts = raw("state", action=2, reward=-100.0, terminated=True)
    assert parts == close(
        distance=-0.2,
        velocity=-0.4,
        angle=-0.1,
        legs=2,
        pen_main=1,
        pen_side=0,
        time=1,
        landing=0,
        crash=1,
        env_reward=-100,
    )


def test_potential_form_counts_the_value_after_termination_as_zero_and_keeps_the_penalties() -> None:
    parts = raw("potential", action=2, reward=100.0, terminated=True)
    assert parts == close(
        distance=0.5,
        velocity=1.0,
        angle=0.2,
        legs=0,
        pen_main=1,
        pen_side=0,
        time=1,
        landing=1,
        crash=0,
        env_reward=100,
    )


def test_a_reward_of_100_without_termination_is_no_landing() -> None:
    for reward in (100.0, -100.0):
        parts = raw("state", reward=reward)
        assert (parts["landing"], parts["crash"]) == (0, 0)


def test_gamma_matters_to_the_potential_form_only() -> None:
    assert raw("state", gamma=0.5) == raw("state", gamma=0.9)
    assert raw("progress", gamma=0.5) == raw("progress", gamma=0.9)
    assert raw("potential", gamma=0.5) != raw("potential", gamma=0.9)


def test_columns_are_the_terms_and_then_gymnasium_reward() -> None:
    assert PART_KEYS == (
        "distance",
        "velocity",
        "angle",
        "legs",
        "pen_main",
        "pen_side",
        "time",
        "landing",
        "crash",
        "env_reward",
    )
    assert ENV_KEY == "env_reward"


def test_a_batch_is_decomposed_like_its_steps() -> None:
    rng = np.random.default_rng(0)
    shape = (3, 5)
    batch = Transitions(
        rng.normal(size=(*shape, 8)),
        rng.integers(0, 4, shape),
        rng.normal(size=(*shape, 8)),
        rng.normal(size=shape),
        rng.random(shape) < 0.5,
    )
    for form in FORMS:
        whole = decompose_terms(batch, terms_of(RewardConfig), form, 0.9)
        assert whole.shape == (3, 5, 10)
        for index in np.ndindex(shape):
            single = decompose_terms(
                Transitions(*(part[index] for part in batch[:5])), terms_of(RewardConfig), form, 0.9
            )
            np.testing.assert_array_equal(whole[index], single)


def test_reward_by_hand_with_scale_and_gymnasium_reward_beside_it() -> None:
    config = RewardConfig(
        w_distance=10, w_legs=3, penalty_main=0.5, penalty_time=0.25, scale=2, w_env=4, replace_reward=True
    )
    parts = decompose_terms(one_step(action=2), terms_of(RewardConfig), "state", 0.9)
    # 2 · (10 · −0.2 + 3 · 2 − 0.5 − 0.25) + 4 · 1.5
    assert reward_of(parts, config)[0] == pytest.approx(2 * (-2 + 6 - 0.75) + 6)
    assert shaped_of(parts, config)[0] == pytest.approx(6.5)


def test_log_only_pays_gymnasium_reward_and_still_tells_the_shaped_one() -> None:
    config = RewardConfig(w_legs=3, scale=2, w_env=7, replace_reward=False)
    parts = decompose_terms(one_step(), terms_of(RewardConfig), "state", 0.9)
    assert reward_of(parts, config)[0] == 1.5
    assert weigh(parts, config)[0].tolist() == [0.0] * 9 + [1.5]
    assert shaped_of(parts, config)[0] == 12.0


def test_penalties_and_the_crash_weight_are_charged() -> None:
    config = RewardConfig(**dict.fromkeys(WEIGHTS, 1.0), w_env=5, scale=3, replace_reward=True)
    signed = dict(zip(PART_KEYS, config.factors.tolist()))
    assert signed == {
        "distance": 3,
        "velocity": 3,
        "angle": 3,
        "legs": 3,
        "pen_main": -3,
        "pen_side": -3,
        "time": -3,
        "landing": 3,
        "crash": -3,
        "env_reward": 5,
    }
    assert config.shaping_factors.tolist() == list(signed.values())[:-1]


def test_discounts_by_hand() -> None:
    assert discounts(4, 0.5).tolist() == [1, 0.5, 0.25, 0.125]
    assert discounts(3, 0.0).tolist() == [1, 0, 0]
    assert discounts(3, 1.0).tolist() == [1, 1, 1]


@settings(max_examples=60, deadline=None)
@given(episodes(), configs)
def test_parts_always_sum_to_the_reward(steps: Transitions, config: RewardConfig) -> None:
    components = decompose(steps, config, 0.9)
    np.testing.assert_allclose(weigh(components, config).sum(axis=-1), reward_of(components, config), atol=1e-6)
    shaped = weigh(components, config)[:, :-1].sum(axis=-1)
    np.testing.assert_allclose(shaped_of(components, config), shaped, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(episodes(), configs, configs, numbers(-3, 3), numbers(-3, 3))
def test_reward_is_linear_in_the_weights(
    steps: Transitions, first: RewardConfig, second: RewardConfig, a: float, b: float
) -> None:
    second = replace(second, form=first.form, scale=first.scale)
    both = {name: a * getattr(first, name) + b * getattr(second, name) for name in (*WEIGHTS, "w_env")}
    components = decompose(steps, first, 0.9)
    expected = a * reward_of(components, first) + b * reward_of(components, second)
    np.testing.assert_allclose(reward_of(components, replace(first, **both)), expected, atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(episodes(), configs)
def test_twice_the_scale_doubles_the_terms_and_not_gymnasium_reward(steps: Transitions, config: RewardConfig) -> None:
    components = decompose(steps, config, 0.9)
    double = replace(config, scale=2 * config.scale)
    once, twice = weigh(components, config), weigh(components, double)
    np.testing.assert_allclose(twice[:, :-1], 2 * once[:, :-1], rtol=1e-15, atol=1e-300)  # subnormals lose digits
    np.testing.assert_array_equal(twice[:, -1], once[:, -1])


@settings(max_examples=60, deadline=None)
@given(episodes(), configs)
def test_twice_every_weight_is_twice_the_reward(steps: Transitions, config: RewardConfig) -> None:
    double = replace(config, **{name: 2 * getattr(config, name) for name in (*WEIGHTS, "w_env")})
    components = decompose(steps, config, 0.9)
    twice = reward_of(components, double)
    np.testing.assert_allclose(
        twice, 2 * reward_of(components, config), rtol=0, atol=1e-300
    )  # exact but for subnormals


@settings(max_examples=60, deadline=None)
@given(episodes(), configs)
def test_a_return_is_the_weighing_of_summed_components(steps: Transitions, config: RewardConfig) -> None:
    components = decompose(steps, config, 0.9)
    summed = weigh(components.sum(axis=0), config).sum()
    assert summed == pytest.approx(math.fsum(reward_of(components, config)), abs=1e-4)


@settings(max_examples=80, deadline=None)
@given(episodes(terminated=True), numbers(0.5, 1.0))
def test_potentials_telescope_to_minus_the_first_value_when_terminated(steps: Transitions, gamma: float) -> None:
    paid = decompose_terms(steps, terms_of(RewardConfig), "potential", gamma)[:, :4]
    total = sum(gamma**t * paid[t] for t in range(len(paid)))
    expected = [-value for value in potentials(steps.observations[0])]
    np.testing.assert_allclose(total, expected, atol=1e-9)


@settings(max_examples=80, deadline=None)
@given(episodes(terminated=False), numbers(0.5, 1.0))
def test_potentials_telescope_to_the_two_ends_when_truncated(steps: Transitions, gamma: float) -> None:
    paid = decompose_terms(steps, terms_of(RewardConfig), "potential", gamma)[:, :4]
    total = sum(gamma**t * paid[t] for t in range(len(paid)))
    first, last = potentials(steps.observations[0]), potentials(steps.next_observations[-1])
    expected = [gamma ** len(paid) * end - start for start, end in zip(first, last)]
    np.testing.assert_allclose(total, expected, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(episodes(terminated=False))
def test_progress_telescopes_to_the_difference_of_the_ends(steps: Transitions) -> None:
    total = decompose_terms(steps, terms_of(RewardConfig), "progress", 0.9)[:, :4].sum(axis=0)
    first, last = potentials(steps.observations[0]), potentials(steps.next_observations[-1])
    np.testing.assert_allclose(total, [end - start for start, end in zip(first, last)], atol=1e-9)
