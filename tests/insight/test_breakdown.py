"""What each part paid, step by step: by hand, discounted, as shares, and as a table that adds up."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from playground.flight.rollout import run_episode
from playground.flight.trajectory import Trajectory
from playground.insight.breakdown import break_down, to_csv
from playground.worlds.lunar_lander.presets import GYMNASIUM, PRESET
from playground.worlds.lunar_lander.probes import Constant, Heuristic
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER

KEYS = ("distance", "velocity", "angle", "legs", "pen_main", "pen_side", "time", "landing", "crash", "env_reward")


def descent() -> Trajectory:
    """Three steps straight down the middle: 1.0 to 0.5 to 0.25 to the ground, and a crash."""
    observations = np.zeros((4, 8), np.float32)
    observations[:, 1] = [1.0, 0.5, 0.25, 0.0]
    return Trajectory(LANDER, 3, observations, np.array([0, 2, 1]), np.array([1.0, 2.0, -100.0]), True)


REWARD = RewardConfig(w_distance=8, penalty_main=3, penalty_side=1, w_crash=20, w_env=0.5, replace_reward=True)


def column(values: np.ndarray, key: str) -> list[float]:
    return values[:, KEYS.index(key)].tolist()


def test_parts_of_a_descent_by_hand() -> None:
    parts = break_down(descent(), REWARD, 0.9)
    assert column(parts.raw, "distance") == [-0.5, -0.25, 0.0]
    assert column(parts.paid, "distance") == [-4.0, -2.0, 0.0]
    assert column(parts.paid, "pen_main") == [0.0, -3.0, 0.0]
    assert column(parts.paid, "pen_side") == [0.0, 0.0, -1.0]
    assert column(parts.paid, "crash") == [0.0, 0.0, -20.0]
    assert column(parts.paid, "env_reward") == [0.5, 1.0, -50.0]
    assert parts.rewards.tolist() == [-3.5, -4.0, -71.0]
    assert parts.total == -78.5


def test_totals_are_told_by_key_in_order() -> None:
    parts = break_down(descent(), REWARD, 0.9)
    assert tuple(parts.totals) == tuple(parts.raw_totals) == tuple(parts.shares) == KEYS
    assert parts.totals == dict.fromkeys(KEYS, 0.0) | {
        "distance": -6.0,
        "pen_main": -3.0,
        "pen_side": -1.0,
        "crash": -20.0,
        "env_reward": -48.5,
    }
    assert parts.raw_totals["time"] == 3.0
    assert parts.raw_totals["env_reward"] == -97.0


def test_cumulative_is_what_was_paid_so_far() -> None:
    parts = break_down(descent(), REWARD, 0.9)
    assert column(parts.cumulative, "distance") == [-4.0, -6.0, -6.0]
    assert column(parts.cumulative, "env_reward") == [0.5, 1.5, -48.5]
    assert parts.cumulative[-1].sum() == parts.total


def test_discounting_weighs_each_step_by_hand() -> None:
    parts = break_down(descent(), REWARD, 0.5, discounted=True)
    assert parts.rewards.tolist() == [-3.5, -4.0 / 2, -71.0 / 4]
    assert parts.total == -3.5 - 2.0 - 17.75
    assert column(parts.paid, "distance") == [-4.0, -1.0, 0.0]
    assert column(parts.raw, "distance") == [-0.5, -0.25, 0.0]  # raw stays raw


def test_shares_by_hand() -> None:
    shares = break_down(descent(), REWARD, 0.9).shares
    # 6 for distance, 3 and 1 for engines, 20 for the crash, 0.5 + 1 + 50 for Gymnasium's own: 81.5 in all
    assert shares["distance"] == pytest.approx(6 / 81.5)
    assert shares["env_reward"] == pytest.approx(51.5 / 81.5)
    assert shares["crash"] == pytest.approx(20 / 81.5)
    assert shares["time"] == 0.0


def test_a_part_that_pays_and_charges_does_not_cancel_out_of_the_shares() -> None:
    observations = np.zeros((3, 8), np.float32)
    observations[:, 1] = [0.0, 1.0, 0.0]  # away and back
    episode = Trajectory(LANDER, 0, observations, np.array([0, 0]), np.array([0.0, 0.0]), False)
    parts = break_down(episode, RewardConfig(form="progress", w_distance=5, penalty_time=5, replace_reward=True), 0.9)
    assert parts.totals["distance"] == 0.0
    assert parts.shares["distance"] == pytest.approx(0.5)
    assert parts.shares["time"] == pytest.approx(0.5)


@pytest.fixture(scope="module")
def landing() -> Trajectory:
    return run_episode(LANDER, Heuristic(), 200)


def test_shares_sum_to_one_for_every_preset(landing: Trajectory) -> None:
    for preset in PRESET.values():
        shares = break_down(landing, preset.config, 0.99).shares
        assert sum(shares.values()) == pytest.approx(1.0)
        assert min(shares.values()) >= 0


def test_shares_are_all_zero_when_nothing_was_paid(landing: Trajectory) -> None:
    parts = break_down(landing, RewardConfig(replace_reward=True), 0.99)
    assert set(parts.shares.values()) == {0.0}
    assert parts.total == 0.0


def test_an_episode_under_gymnasium_preset_pays_its_own_rewards() -> None:
    for pilot, seed in ((Heuristic(), 200), (Constant(0), 4)):
        episode = run_episode(LANDER, pilot, seed)
        np.testing.assert_allclose(break_down(episode, GYMNASIUM, 0.99).rewards, episode.rewards, atol=1e-4)


def test_log_only_breaks_down_into_gymnasium_reward_alone(landing: Trajectory) -> None:
    parts = break_down(landing, replace(GYMNASIUM, replace_reward=False), 0.99)
    assert parts.rewards.tolist() == landing.rewards.tolist()
    assert parts.totals["env_reward"] == pytest.approx(landing.rewards.sum())
    assert {key for key, value in parts.totals.items() if value} == {"env_reward"}
    assert parts.raw_totals["landing"] == 1.0  # what would have been paid for stays visible


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_of_a_descent_by_hand() -> None:
    table = rows(to_csv(descent(), break_down(descent(), REWARD, 0.9)))
    assert [row["step"] for row in table] == ["1", "2", "3"]
    assert [float(row["seconds"]) for row in table] == [0.02, 0.04, 0.06]
    assert [row["action"] for row in table] == ["idle", "main", "left"]
    assert [float(row["reward"]) for row in table] == [-3.5, -4.0, -71.0]
    assert [float(row["native_reward"]) for row in table] == [1.0, 2.0, -100.0]
    assert [float(row["return_so_far"]) for row in table] == [-3.5, -7.5, -78.5]


@pytest.mark.parametrize("discounted", [False, True])
def test_csv_keeps_every_digit_and_its_rows_add_up(landing: Trajectory, discounted: bool) -> None:
    reward = RewardConfig(
        form="potential", w_distance=1 / 3, w_legs=0.1, penalty_main=0.7, w_landing=1e5, w_env=1e-3, replace_reward=True
    )
    parts = break_down(landing, reward, 0.99, discounted)
    table = rows(to_csv(landing, parts))
    assert len(table) == len(landing)
    for step, row in enumerate(table):
        assert [float(row[f"raw.{key}"]) for key in KEYS] == parts.raw[step].tolist()
        paid = [float(row[f"paid.{key}"]) for key in KEYS]
        assert paid == parts.paid[step].tolist()
        assert sum(paid) == pytest.approx(float(row["reward"]), rel=1e-12, abs=1e-12)
        assert float(row["native_reward"]) == landing.rewards[step]
    assert float(table[-1]["return_so_far"]) == pytest.approx(parts.total)


def test_csv_has_one_header_and_plain_line_ends(landing: Trajectory) -> None:
    text = to_csv(landing, break_down(landing, GYMNASIUM, 0.99))
    assert "\r" not in text
    assert text.count("\n") == len(landing) + 1
    head = text.splitlines()[0].split(",")
    assert head == [
        "step",
        "seconds",
        "action",
        *(f"raw.{key}" for key in KEYS),
        *(f"paid.{key}" for key in KEYS),
        "reward",
        "native_reward",
        "return_so_far",
    ]
