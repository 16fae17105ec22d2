"""The slow evaluator against values worked out by hand, so that it can be trusted as a reference."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from playground.flight.trajectory import Trajectory
from playground.worlds import DEFAULT_ID, find_world
from tests.reward.reference_evaluator import reference

WILD = [json.loads(line) for line in (Path(__file__).parents[1] / "data" / "wild_rewards.jsonl").open(encoding="utf-8")]


def episode(terminated: bool = True, last: float = 100.0) -> Trajectory:
    observations = np.zeros((5, 8), np.float32)
    observations[:, 0] = [3, 3, 0, 1, 0]
    observations[:, 1] = [4, 0, 0, 1, 0]
    observations[:, 6] = [0, 0, 1, 0, 1]
    observations[:, 7] = [0, 0, 0, 0, 1]
    return Trajectory(
        find_world(DEFAULT_ID),
        1,
        observations,
        np.array([0, 2, 1, 3]),
        np.array([0.5, -1.0, 2.0, last]),
        terminated,
    )


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("dist", [3, 0, math.sqrt(2), 0]),
        ("prev(dist)", [5, 3, 0, math.sqrt(2)]),
        ("delta(legs)", [0, 1, -1, 2]),
        ("phi = 2*x\nphi - prev(phi)", [0, -6, 2, -2]),
        ("action + 10*prev_action", [0, 2, 21, 13]),
        ("main + 2*side + 4*idle + 8*fires", [4, 9, 10, 10]),
        ("count(x > 0)", [1, 1, 2, 2]),
        ("total(env)", [0.5, -0.5, 1.5, 101.5]),
        ("streak(legs == 0)", [1, 0, 1, 0]),
        ("once(left) + 10*ever(left)", [0, 11, 10, 10]),
        ("0 if t < 3 else count(fires)", [0, 0, 2, 3]),
        ("1/x if x > 0 else 7", [1 / 3, 7, 1, 7]),
        ("landed - crashed + 10*done + 100*timeout", [0, 0, 0, 11]),
        ("idle = streak(x > 0)\nidle", [1, 0, 1, 0]),
        ("0 < x < 2", [0, 0, 1, 0]),
        ("-t % 3", [2, 1, 0, 2]),
        ("sign(env)*gamma", [0.9, -0.9, 0.9, 0.9]),
    ],
)
def test_matches_values_worked_out_by_hand(text: str, values: list[float]) -> None:
    assert reference(text, episode(), 0.9) == pytest.approx(values)


def test_a_crash_and_a_timeout_are_told_apart() -> None:
    assert reference("crashed", episode(last=-100.0))[-1] == 1
    assert reference("timeout + terminated", episode(terminated=False))[-1] == 1


def test_every_wild_reward_of_this_world_has_a_value() -> None:
    unknown = {"a_main", "a_side", "asteroid_hit", "platform_hit_wrong", "pad_x", "hit_obstacle"}
    counted = 0
    for wild in WILD:
        if not any(name in wild["formula"] for name in unknown):
            assert np.isfinite(reference(wild["formula"], episode())).all(), wild["id"]
            counted += 1
    assert counted == 46
