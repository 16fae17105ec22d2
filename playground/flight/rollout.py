"""Fly whole episodes: many side by side, one batched policy call a step.

A policy sees the observations of all that still fly, so the cost of a step is the physics.
All environments of a call live at once, so a thousand episodes are better flown in batches.

Leaves out: rewards (any reward is computed from the trajectory afterwards) and pictures.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.flight.policy import Pilot
from playground.flight.spaces import check_spaces
from playground.flight.trajectory import Trajectory
from playground.flight.world import World


def make_environment(world: World, conditions: Any = None, render_mode: str | None = None) -> Any:
    """A bare environment; without conditions it has the world's default ones.

    Raises:
        InvalidInput: its observations or actions are of a kind that cannot be used here.
    """
    if render_mode == "rgb_array":  # pictures need no screen, and SDL complains on the terminal where there is none
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    environment = world.make(world.calm if conditions is None else conditions, render_mode)
    check_spaces(environment, world)
    return environment


def run_episode(
    world: World, pilot: Pilot, seed: int, max_steps: int | None = None, conditions: Any = None
) -> Trajectory:
    """One episode from ``reset(seed)`` to its end or the time limit."""
    return run_episodes(world, pilot, [seed], max_steps, conditions)[0]


def run_episodes(
    world: World, pilot: Pilot, seeds: Iterable[int], max_steps: int | None = None, conditions: Any = None
) -> list[Trajectory]:
    """One episode for each seed, flown side by side; the same as one after the other for a pilot without memory.

    Args:
        world: where they are flown.
        pilot: chooses the actions of all of them at once.
        seeds: one for each episode.
        max_steps: the time limit; by default the world's.
        conditions: of the world; by default its own.
    """
    flights = [Flight(world, seed, conditions) for seed in seeds]
    fly_on(flights, pilot, world.max_steps if max_steps is None else max_steps)
    return [flight.finish() for flight in flights]


def refly(world: World, actions: Sequence[int] | npt.NDArray[Any], seed: int, conditions: Any = None) -> Trajectory:
    """The episode that a list of actions gives from ``reset(seed)``; the physics are deterministic."""
    flight = Flight(world, seed, conditions)
    for action in actions:
        flight.step(int(action))
        if flight.terminated:
            break
    return flight.finish()


def replay(trajectory: Trajectory, render_mode: str | None = None) -> Iterator[Any]:
    """The simulator in every state of an episode: after the reset, then after each step.

    Raises:
        RuntimeError: flown again, it went elsewhere, so what is seen would not be of this episode.
    """
    simulator = make_environment(trajectory.world, trajectory.conditions, render_mode)
    simulator.reset(seed=trajectory.seed)
    yield simulator
    for action, wanted in zip(trajectory.actions.tolist(), trajectory.observations[1:], strict=True):
        observation, *_ = simulator.step(action)
        if not np.array_equal(observation, wanted):
            raise RuntimeError(f"the episode of seed {trajectory.seed} could not be flown again exactly")
        yield simulator
    simulator.close()


class Flight:
    """One episode on its way, and what it has met.

    Args:
        world: where it is flown.
        seed: of ``reset``.
        conditions: of the world; by default its own.
    """

    def __init__(self, world: World, seed: int, conditions: Any = None) -> None:
        self.world, self.seed, self.conditions = world, seed, conditions
        self.simulator = make_environment(world, conditions)
        observation, _ = self.simulator.reset(seed=seed)
        self.observations = [observation]
        self.actions: list[int] = []
        self.rewards: list[float] = []
        self.terminated = False

    def step(self, action: int) -> None:
        """Take one action."""
        observation, reward, self.terminated, _, _ = self.simulator.step(action)
        self.observations.append(observation)
        self.actions.append(action)
        self.rewards.append(float(reward))

    def finish(self) -> Trajectory:
        """The episode so far; the simulated world is gone after it."""
        self.simulator.close()
        return self.so_far()

    def so_far(self) -> Trajectory:
        """The episode up to now."""
        observations, actions = np.stack(self.observations), np.array(self.actions, np.int64)
        rewards, ended = np.array(self.rewards), bool(self.terminated)
        return Trajectory(self.world, self.seed, observations, actions, rewards, ended, self.conditions)


def fly_on(flights: Iterable[Flight], pilot: Pilot, steps: int) -> None:
    """Go on with all flights that have not ended, side by side, for at most ``steps`` steps."""
    flying = [flight for flight in flights if not flight.terminated]
    for _ in range(steps):
        if not flying:
            break
        actions = pilot.act(np.stack([flight.observations[-1] for flight in flying]))
        for flight, action in zip(flying, actions.tolist(), strict=True):
            flight.step(action)
        flying = [flight for flight in flying if not flight.terminated]
