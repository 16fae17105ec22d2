"""The rewards that the trainer's settings were chosen on, and those that they are reported on.

Each has an optimum that lands. Both sets have the ``state`` and the ``progress`` form, scales from 0.1 to 1,000, with
and without pay at the end, with and without a cost of fuel and time. Nothing was chosen on `VALIDATION`.

Leaves out: rewards whose optimum is not to land; the presets have those.
"""

from typing import Any, Final

from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.terms import RewardConfig


def _progress(**changes: Any) -> RewardConfig:
    base = {
        "w_distance": 100.0,
        "w_velocity": 100.0,
        "w_angle": 100.0,
        "w_legs": 10.0,
        "penalty_main": 0.3,
        "penalty_side": 0.03,
        "w_landing": 100.0,
        "w_crash": 100.0,
    }
    return RewardConfig(replace_reward=True, form="progress", **(base | changes))


def _state(**changes: Any) -> RewardConfig:
    base = {"w_distance": 1.0, "w_velocity": 1.0, "w_angle": 0.5, "w_legs": 0.1, "w_landing": 500.0, "w_crash": 500.0}
    return RewardConfig(replace_reward=True, form="state", **(base | changes))


TUNING: Final[dict[str, RewardConfig]] = {
    "Gymnasium's": GYMNASIUM,
    "state, end bonuses": _state(),
    "progress, weak velocity, scale 0.1": _progress(w_velocity=30.0, scale=0.1),
    "progress, no legs, no fuel, scale 1000": _progress(
        w_distance=50.0, w_angle=50.0, w_legs=0.0, penalty_main=0.0, penalty_side=0.0, w_landing=300.0, scale=1000.0
    ),
    "progress, a cost of time, crashes free": _progress(w_crash=0.0, penalty_time=0.1),
    "state, fuel, scale 10": _state(penalty_main=0.3, penalty_side=0.1, scale=10.0),
}
"""Settings were chosen on these."""

VALIDATION: Final[dict[str, RewardConfig]] = {
    "progress, scale 0.1": _progress(scale=0.1),
    "progress, scale 1000": _progress(scale=1000.0),
    "progress, weak angle": _progress(w_angle=30.0),
    "progress, strong velocity": _progress(w_velocity=200.0),
    "progress, half distance": _progress(w_distance=50.0),
    "progress, strong legs": _progress(w_legs=40.0),
    "progress, fuel dear": _progress(penalty_main=0.6, penalty_side=0.06),
    "progress, landing pays triple": _progress(w_landing=300.0),
    "progress, no pay for crash or fuel": _progress(w_crash=0.0, penalty_main=0.0, penalty_side=0.0),
    "progress, a cost of time": _progress(penalty_time=0.3),
    "state, strong velocity": _state(w_velocity=2.0),
    "state, no legs": _state(w_legs=0.0),
    "state, landing and crash 1000": _state(w_landing=1000.0, w_crash=1000.0),
    "state, a cost of time, scale 100": _state(penalty_time=0.5, w_crash=1000.0, scale=100.0),
    "progress, no pay at the end": _progress(w_landing=0.0, w_crash=0.0, penalty_time=0.2),
}
"""Settings are reported on these."""
