"""LunarLander without wrappers.

``gymnasium.make`` stacks an order check, a type check and a time limit around the lander. Everything
that flies many episodes here steps the bare class instead and counts to ``MAX_STEPS`` itself. Without
a render mode no smoke is simulated; the physics are the same (LunarLander's own comment says so).

Leaves out: rewards and policies.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from gymnasium import spaces
from gymnasium.envs.box2d.lunar_lander import LunarLander

from playground.worlds.lunar_lander.conditions import CALM, Conditions
from playground.worlds.lunar_lander.geometry import N_ACTIONS


class Simulator(LunarLander):
    """Gymnasium's lander with two costs of its step taken out; a test holds every number against the original.

    A step draws two random numbers one by one, and checks its action against a space: together about a quarter of
    its time. Here the numbers of an episode are drawn in blocks from the same stream, and actions are ours.
    """

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """Reset as Gymnasium does, then draw in blocks. Without a seed the stream goes on after the last block."""
        if isinstance(self._np_random, _Blocks):
            self._np_random = self._np_random.generator
        self.action_space = _DISCRETE
        result = super().reset(seed=seed, options=options)
        self._np_random = _Blocks(self.np_random)  # type: ignore[assignment]
        self.action_space = _ANY
        return result

    def reseed_noise(self, entropy: Sequence[int]) -> None:
        """Draw the engines' noise from these numbers on; the world stays as it is."""
        self._np_random = _Blocks(np.random.default_rng(entropy))  # type: ignore[assignment]


class _Blocks:
    """A generator's ``uniform(low, high)``, the same numbers, drawn 512 at a time."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.generator = generator
        self._next: Iterator[float] = iter(())

    def uniform(self, low: float, high: float) -> float:
        draw = next(self._next, None)
        if draw is None:
            self._next = iter(self.generator.random(512).tolist())
            draw = next(self._next)
        return float(low + (high - low) * draw)


class _Any:
    """An action space that trusts its caller."""

    def contains(self, action: object) -> bool:
        return True


_DISCRETE: Final = spaces.Discrete(N_ACTIONS)
_ANY: Final[Any] = _Any()


def make_simulator(render_mode: str | None = None, conditions: Conditions = CALM) -> Any:
    """A bare LunarLander with discrete actions.

    Wind blows in a pattern whose phase Gymnasium draws from the episode's own stream at each reset.
    """
    return Simulator(
        render_mode=render_mode,
        gravity=conditions.gravity,
        enable_wind=conditions.windy,
        wind_power=conditions.wind_power,
        turbulence_power=conditions.turbulence_power,
    )
