"""The names that an own term of the lander may use, each with its unit, range and sentence.

Leaves out: the words that every world has (``reward.expression.vocabulary``).
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from playground.reward.expression.vocabulary import Kind, Vocabulary, Word, any_world
from playground.reward.term import Transitions
from playground.worlds.lunar_lander.geometry import MAX_STEPS, N_ACTIONS

IDLE, LEFT, MAIN, RIGHT = range(N_ACTIONS)


def _coordinate(
    name: str, index: int, low: float, high: float, help: Mapping[str, str], unit: str = "", kind: Kind = "number"
) -> Word:
    if kind == "truth":
        return Word(name, kind, "state", help, lambda o: o[..., index] > 0.5, unit, low, high, f"o[{index}] > 0.5")
    return Word(name, kind, "state", help, lambda o: o[..., index], unit, low, high, f"o[{index}]")


def _fires(name: str, actions: tuple[int, ...], help: Mapping[str, str]) -> Word:
    def of(steps: Transitions) -> Any:
        return np.isin(steps.actions, actions)

    return Word(name, "truth", "action", help, of, python=f"action in {(*actions,)}")


def _ended(steps: Transitions) -> Any:
    return np.asarray(steps.terminated, np.bool_)


VOCABULARY: Final = Vocabulary(
    (
        _coordinate("x", 0, -1, 1, {"en": "Sideways from the pad.", "zh": "相对着陆区的水平位置。"}, "half screens"),
        _coordinate("y", 1, 0, 1.5, {"en": "Above the pad.", "zh": "相对着陆区的高度。"}, "half screens"),
        _coordinate("vx", 2, -1, 1, {"en": "Sideways speed, scaled.", "zh": "水平速度（已缩放）。"}),
        _coordinate("vy", 3, -1, 1, {"en": "Upward speed, scaled.", "zh": "向上的速度（已缩放）。"}),
        _coordinate("angle", 4, -1, 1, {"en": "Tilt from upright.", "zh": "机身倾角。"}, "rad"),
        _coordinate("omega", 5, -1, 1, {"en": "Rate of turning, scaled.", "zh": "角速度（已缩放）。"}, "rad / 0.4 s"),
        _coordinate("left", 6, 0, 1, {"en": "The left leg touches the ground.", "zh": "左支腿触地。"}, kind="truth"),
        _coordinate("right", 7, 0, 1, {"en": "The right leg touches the ground.", "zh": "右支腿触地。"}, kind="truth"),
        Word(
            "legs",
            "count",
            "state",
            {"en": "How many legs touch the ground: 0, 1 or 2.", "zh": "触地的支腿数：0、1 或 2。"},
            lambda obs: (obs[..., 6] > 0.5) * 1.0 + (obs[..., 7] > 0.5),
            high=2,
            python="(o[6] > 0.5) + (o[7] > 0.5)",
        ),
        Word(
            "dist",
            "number",
            "state",
            {
                "en": "Distance to the middle of the pad: sqrt(x**2 + y**2).",
                "zh": "到着陆区中心的距离：sqrt(x**2 + y**2)。",
            },
            lambda obs: np.sqrt(obs[..., 0] ** 2 + obs[..., 1] ** 2),
            "half screens",
            high=1.5,
            python="math.sqrt(o[0] ** 2 + o[1] ** 2)",
        ),
        Word(
            "speed",
            "number",
            "state",
            {"en": "Speed, scaled: sqrt(vx**2 + vy**2).", "zh": "速率（已缩放）：sqrt(vx**2 + vy**2)。"},
            lambda obs: np.sqrt(obs[..., 2] ** 2 + obs[..., 3] ** 2),
            high=1.5,
            python="math.sqrt(o[2] ** 2 + o[3] ** 2)",
        ),
        _fires("main", (MAIN,), {"en": "The main engine fires.", "zh": "主引擎点火。"}),
        _fires("side", (LEFT, RIGHT), {"en": "A side engine fires.", "zh": "任一侧引擎点火。"}),
        _fires("fires", (LEFT, MAIN, RIGHT), {"en": "Any engine fires.", "zh": "任一引擎点火。"}),
        _fires("idle", (IDLE,), {"en": "No engine fires.", "zh": "没有引擎点火。"}),
        _fires("left_engine", (LEFT,), {"en": "The left engine fires (action 1).", "zh": "左引擎点火（动作 1）。"}),
        _fires("right_engine", (RIGHT,), {"en": "The right engine fires (action 3).", "zh": "右引擎点火（动作 3）。"}),
        Word(
            "landed",
            "truth",
            "end",
            {
                "en": "The lander has come to rest on this step: Gymnasium's +100.",
                "zh": "着陆器在这一步停稳：Gymnasium 给 +100。",
            },
            lambda steps: _ended(steps) & (np.asarray(steps.rewards) > 0),
            python="terminated and reward > 0",
        ),
        Word(
            "crashed",
            "truth",
            "end",
            {
                "en": "It fell or left the screen on this step: Gymnasium's −100.",
                "zh": "在这一步坠毁或飞出画面：Gymnasium 给 −100。",
            },
            lambda steps: _ended(steps) & (np.asarray(steps.rewards) <= 0),
            python="terminated and reward <= 0",
        ),
        Word(
            "out_of_bounds",
            "truth",
            "end",
            {"en": "It left the screen sideways on this step.", "zh": "在这一步从侧面飞出画面。"},
            lambda steps: (
                _ended(steps)
                & (np.asarray(steps.rewards) <= 0)
                & (np.abs(np.asarray(steps.next_observations)[..., 0]) >= 1)
            ),
            python="terminated and reward <= 0 and abs(float(o[0])) >= 1",
        ),
        *any_world(MAX_STEPS, N_ACTIONS),
    )
)
