"""The task scorecard: every score by hand on made-up flights, and no weight in any of them."""

import inspect
import json
from dataclasses import replace

import numpy as np
import pytest

from playground.flight.rollout import run_episodes
from playground.flight.scorecard import EVALUATION_SEEDS, Scorecard, evaluate, score
from playground.flight.trajectory import Trajectory
from playground.insight.breakdown import break_down
from playground.reward.account import decompose, reward_of
from playground.reward.own import OwnTerm
from playground.worlds.lunar_lander.geometry import PAD_HALF_WIDTH, speed
from playground.worlds.lunar_lander.measures import touchdown_speed
from playground.worlds.lunar_lander.outcomes import Outcome
from playground.worlds.lunar_lander.presets import GYMNASIUM, PRESETS
from playground.worlds.lunar_lander.probes import Constant, Heuristic
from playground.worlds.lunar_lander.simulator import make_simulator
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER


def flight(
    *,
    reward: float = 100.0,
    terminated: bool = True,
    x: float = 0.0,
    steps: int = 4,
    actions: list[int] | None = None,
    first_contact: int | None = None,
    seed: int = 0,
) -> Trajectory:
    """Step rewards of 1, then ``reward``; before a leg touches it goes 2.5 m/s sideways and 1.875 m/s down."""
    observations = np.zeros((steps + 1, 8), np.float32)
    observations[:, 2], observations[:, 3] = 0.5, -0.25
    if first_contact is not None:
        observations[first_contact:, 2:4] = 0.1
        observations[first_contact:, 6] = 1.0
    observations[-1, 0] = x
    rewards = np.ones(steps)
    rewards[-1] = reward
    return Trajectory(LANDER, seed, observations, np.array(actions or [0] * steps), rewards, terminated)


def five() -> list[Trajectory]:
    return [
        flight(seed=1, actions=[2, 2, 1, 3], first_contact=3),
        flight(seed=2, x=0.5, steps=6, actions=[2, 0, 0, 0, 0, 0], first_contact=4),
        flight(seed=3, reward=-100.0, x=0.1),
        flight(seed=4, reward=-100.0, x=-1.2, steps=2),
        flight(seed=5, reward=1.0, terminated=False, steps=8, actions=[1] * 8),
    ]


def test_outcomes_and_rates_by_hand() -> None:
    card = score(five(), 0.99)
    assert card.outcomes.tolist() == ["landed", "landed", "crashed", "out_of_bounds", "timeout"]
    assert card.seeds.tolist() == [1, 2, 3, 4, 5]
    summary = card.summary
    assert summary["episodes"] == len(card) == 5
    assert summary["landing_rate"] == 0.4
    assert summary["on_pad_rate"] == 0.2
    assert summary["crash_rate"] == 0.4
    assert summary["fall_rate"] == 0.2
    assert summary["out_of_bounds_rate"] == 0.2
    assert summary["timeout_rate"] == 0.2
    assert card.rate(Outcome.LANDED, Outcome.TIMEOUT) == pytest.approx(0.6)


def test_counts_and_returns_by_hand() -> None:
    card = score(five(), 0.99)
    assert card.steps.tolist() == [4, 6, 4, 2, 8]
    assert card.native_return.tolist() == [103.0, 105.0, -97.0, -99.0, 8.0]
    assert card.measured["main_firings"].tolist() == [2, 1, 0, 0, 0]
    assert card.measured["side_firings"].tolist() == [2, 0, 0, 0, 8]
    summary = card.summary
    assert summary["native_return_mean"] == pytest.approx(4.0)
    assert summary["native_return_iqm"] == pytest.approx((103 - 97 + 8) / 3)
    assert summary["main_firings"] == pytest.approx(0.6)
    assert summary["side_firings"] == pytest.approx(2.0)
    assert summary["seconds_to_land"] == pytest.approx(5 / 50)
    assert summary["touchdown_speed_m_s"] == pytest.approx(3.125)
    assert summary["native_return_low95"] < 4.0 < summary["native_return_high95"]


def test_a_card_without_landing_or_touchdown_tells_none() -> None:
    summary = score([flight(reward=-100.0), flight(terminated=False, reward=0.0)], 0.99).summary
    assert summary["seconds_to_land"] is None
    assert summary["touchdown_speed_m_s"] is None
    assert summary["landing_rate"] == 0.0


@pytest.mark.parametrize("side", [1, -1])
def test_the_pad_ends_at_its_flags(side: int) -> None:
    edge = np.float32(0.2)
    beyond = np.nextafter(edge, np.float32(1))
    inside, outside = score([flight(x=side * edge), flight(x=side * beyond)], 0.99).measured["on_pad"]
    assert inside
    assert not outside


def test_the_flags_stand_where_the_pad_ends() -> None:
    simulator = make_simulator()
    simulator.reset(seed=0)
    left, right = ((x - 10.0) / 10.0 for x in (simulator.helipad_x1, simulator.helipad_x2))
    assert (left, right) == pytest.approx((-PAD_HALF_WIDTH, PAD_HALF_WIDTH))
    assert PAD_HALF_WIDTH == 0.2


def test_only_a_landing_counts_as_on_the_pad() -> None:
    card = score([flight(reward=-100.0), flight(terminated=False), flight()], 0.99)
    assert card.measured["on_pad"].tolist() == [False, False, True]


def test_touchdown_speed_is_that_of_the_observation_before_the_first_contact() -> None:
    # (0.5 · 50 / 10, 0.25 · 50 / (20 / 3)) metres a second = (2.5, 1.875)
    assert touchdown_speed(flight(first_contact=3)) == pytest.approx(3.125)
    assert touchdown_speed(flight(first_contact=1)) == pytest.approx(3.125)


def test_touchdown_speed_takes_either_leg_and_the_first_touch() -> None:
    episode = flight(steps=6, first_contact=4)
    observations = episode.observations.copy()
    observations[2, 7] = 1.0  # the other leg touches for one step
    observations[1, 2:4] = (0.0, -0.4)
    assert touchdown_speed(replace(episode, observations=observations)) == pytest.approx(0.4 * 50 / (20 / 3))


def test_touchdown_speed_without_contact_is_nan_and_from_the_start_is_the_first() -> None:
    assert np.isnan(touchdown_speed(flight()))
    assert touchdown_speed(flight(first_contact=0)) == pytest.approx(np.hypot(0.1 * 5, 0.1 * 7.5), abs=1e-6)


def test_speed_is_that_of_the_simulated_body() -> None:
    simulator = make_simulator()
    simulator.reset(seed=3)
    for action in np.random.default_rng(0).integers(0, 4, 60).tolist():
        observation, *_ = simulator.step(action)
        velocity = simulator.lander.linearVelocity
        assert speed(observation) == pytest.approx(np.hypot(velocity.x, velocity.y), rel=1e-5)


def test_json_round_trip_keeps_everything() -> None:
    card = score(five(), 0.97)
    text = json.dumps(card.to_json(), allow_nan=False)
    again = Scorecard.from_json(json.loads(text), LANDER)
    assert json.dumps(again.to_json(), allow_nan=False) == text
    assert again.gamma == 0.97
    assert again.summary == card.summary
    for name in ("seeds", "outcomes", "steps", "native_return"):
        np.testing.assert_array_equal(getattr(again, name), getattr(card, name))
    for name in ("on_pad", "touchdown_speed", "main_firings", "side_firings"):  # NaN counts as equal here
        np.testing.assert_array_equal(again.measured[name], card.measured[name])
    for form in ("state", "progress", "potential"):
        np.testing.assert_array_equal(again.totals[form], card.totals[form])


@pytest.fixture(scope="module")
def flown() -> list[Trajectory]:
    cut = run_episodes(LANDER, Heuristic(), range(200, 203), max_steps=60)
    return [*run_episodes(LANDER, Heuristic(), range(200, 206)), *run_episodes(LANDER, Constant(0), range(4)), *cut]


def test_returns_of_any_reward_are_those_of_its_breakdown(flown: list[Trajectory]) -> None:
    card = score(flown, 0.98)
    mixed = [
        RewardConfig(
            w_distance=-3,
            w_angle=40,
            w_legs=7,
            penalty_side=2,
            penalty_time=0.1,
            w_landing=500,
            w_crash=-20,
            w_env=0.3,
            scale=-1.5,
            replace_reward=True,
            form=form,
        )
        for form in ("state", "progress", "potential")
    ]
    for config in [*mixed, replace(mixed[0], replace_reward=False), *(preset.config for preset in PRESETS)]:
        paid = [break_down(episode, config, 0.98) for episode in flown]
        by_step = [parts.rewards.sum() for parts in paid]
        np.testing.assert_allclose(card.returns(config), by_step, rtol=1e-9, atol=1e-6)
        means = card.part_means(config)
        assert sum(means.values()) == pytest.approx(np.mean(by_step), rel=1e-9, abs=1e-6)
        for key, mean in means.items():
            assert mean == pytest.approx(np.mean([parts.totals[key] for parts in paid]), rel=1e-9, abs=1e-6)


def test_log_only_returns_are_gymnasiums(flown: list[Trajectory]) -> None:
    card = score(flown, 0.98)
    np.testing.assert_allclose(card.returns(RewardConfig(w_legs=9)), [e.rewards.sum() for e in flown])


def test_no_weight_and_no_discount_enters_the_scores(flown: list[Trajectory]) -> None:
    for function in (score, evaluate):
        assert not [p for p in inspect.signature(function).parameters if "reward" in p or "config" in p]
    card = score(flown, 0.98)
    before = dict(card.summary)
    for preset in PRESETS:
        card.returns(preset.config)
        card.part_means(preset.config)
    assert card.summary == before == score(flown, 0.5).summary


def test_evaluating_flies_one_episode_for_each_seed() -> None:
    seeds = [7, 9, 11]
    card = evaluate(LANDER, Constant(0), 0.99, seeds)
    by_hand = score(run_episodes(LANDER, Constant(0), seeds), 0.99)
    assert card.seeds.tolist() == seeds
    assert card.to_json() == by_hand.to_json()


def test_the_held_out_seeds_are_a_hundred() -> None:
    assert list(EVALUATION_SEEDS) == list(range(1000, 1100))


def test_a_reward_with_own_terms_is_paid_by_the_episodes_that_were_scored() -> None:
    episodes = run_episodes(LANDER, Constant(0), [1, 2, 3])
    card = score(episodes, 0.99)
    design = GYMNASIUM.changed(own_terms=(OwnTerm("late", "t if y < 0.5 else 0", weight=0.5),))
    by_hand = [float(reward_of(decompose(e.transitions, design, 0.99), design).sum()) for e in episodes]
    assert card.returns(design) == pytest.approx(by_hand, rel=1e-12)
    assert sum(card.part_means(design).values()) == pytest.approx(np.mean(by_hand), rel=1e-12)
    again = Scorecard.from_json(json.loads(json.dumps(card.to_json())), LANDER, lambda: episodes)
    assert again.returns(design) == pytest.approx(by_hand, rel=1e-9)
    with pytest.raises(RuntimeError, match="3 episodes were scored"):
        Scorecard.from_json(card.to_json(), LANDER).returns(design)
