"""Reward Playground: design a reward for a Gymnasium environment and see what it really teaches.

Five names are public at the top. The first two are those that a reader of a reward-shaping tutorial expects::

    from playground import RewardConfig, RewardShapingWrapper
    from playground import OwnTerm
    from playground import assert_reward_sound, find_world

All are loaded on first use, so ``import playground`` costs nothing. Everything else is imported from its room.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playground.flight.wrapper import RewardShapingWrapper
    from playground.insight.check import assert_reward_sound
    from playground.reward.own import OwnTerm
    from playground.worlds import find_world
    from playground.worlds.lunar_lander.terms import RewardConfig

__version__ = "0.1.0"
__all__ = ["OwnTerm", "RewardConfig", "RewardShapingWrapper", "__version__", "assert_reward_sound", "find_world"]

_ROOMS = {
    "OwnTerm": "playground.reward.own",
    "RewardConfig": "playground.worlds.lunar_lander.terms",
    "RewardShapingWrapper": "playground.flight.wrapper",
    "assert_reward_sound": "playground.insight.check",
    "find_world": "playground.worlds",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for (PEP 562)."""
    if name in _ROOMS:
        return getattr(import_module(_ROOMS[name]), name)
    raise AttributeError(f"module 'playground' has no attribute {name!r}")
