"""Reward Playground: design a reward for Gymnasium's LunarLander and see what it really teaches.

Two names are public at the top, the same two that a reader of a reward-shaping tutorial expects::

    from playground import RewardConfig, RewardShapingWrapper

Both are loaded on first use, so ``import playground`` costs nothing. Everything else is imported from its room.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playground.flight.wrapper import RewardShapingWrapper
    from playground.worlds.lunar_lander.terms import RewardConfig

__version__ = "0.1.0"
__all__ = ["RewardConfig", "RewardShapingWrapper", "__version__"]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for (PEP 562)."""
    if name == "RewardConfig":
        from playground.worlds.lunar_lander.terms import RewardConfig

        return RewardConfig
    if name == "RewardShapingWrapper":
        from playground.flight.wrapper import RewardShapingWrapper

        return RewardShapingWrapper
    raise AttributeError(f"module 'playground' has no attribute {name!r}")
