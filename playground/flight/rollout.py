"""Fly whole episodes: many landers side by side, one batched policy call a step.

A policy sees the observations of all landers that still fly, so the cost of a step is the physics.
All landers of a call live at once, so a thousand episodes are better flown in batches.

Leaves out: rewards (any reward is computed from the trajectory afterwards) and pictures.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.flight.policy import Pilot
from playground.flight.trajectory import Trajectory
from playground.worlds.lunar_lander.conditions import CALM, Conditions
from playground.worlds.lunar_lander.simulator import MAX_STEPS, make_simulator


def run_episode(pilot: Pilot, seed: int, max_steps: int = MAX_STEPS, conditions: Conditions = CALM) -> Trajectory:
    """One episode from ``reset(seed)`` to its end or the time limit."""
    return run_episodes(pilot, [seed], max_steps, conditions)[0]


def run_episodes(
    pilot: Pilot, seeds: Iterable[int], max_steps: int = MAX_STEPS, conditions: Conditions = CALM
) -> list[Trajectory]:
    """One episode for each seed, flown side by side; the same as one after the other for a pilot without memory.

    Args:
        pilot: chooses the actions of all landers at once.
        seeds: one for each episode.
        max_steps: the time limit.
        conditions: the world that they are flown in.
    """
    flights = [Flight(seed, conditions) for seed in seeds]
    fly_on(flights, pilot, max_steps)
    return [flight.finish() for flight in flights]


def refly(actions: Sequence[int] | npt.NDArray[Any], seed: int, conditions: Conditions = CALM) -> Trajectory:
    """The episode that a list of actions gives from ``reset(seed)``; the physics are deterministic."""
    flight = Flight(seed, conditions)
    for action in actions:
        flight.step(int(action))
        if flight.terminated:
            break
    return flight.finish()


def replay(trajectory: Trajectory, render_mode: str | None = None) -> Iterator[Any]:
    """The simulator in every state of an episode: after the reset, then after each step.

    Raises:
        RuntimeError: flown again, the lander went elsewhere, so what is seen would not be of this episode.
    """
    simulator = make_simulator(render_mode, trajectory.conditions)
    simulator.reset(seed=trajectory.seed)
    yield simulator
    for action, wanted in zip(trajectory.actions.tolist(), trajectory.observations[1:], strict=True):
        observation, *_ = simulator.step(action)
        if not np.array_equal(observation, wanted):
            raise RuntimeError(f"the episode of seed {trajectory.seed} could not be flown again exactly")
        yield simulator
    simulator.close()


class Flight:
    """One lander on its way, and what it has met.

    Args:
        seed: of ``reset``.
        conditions: the world that it flies in.
    """

    def __init__(self, seed: int, conditions: Conditions = CALM) -> None:
        self.seed, self.conditions = seed, conditions
        self.simulator = make_simulator(conditions=conditions)
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
        return Trajectory(self.seed, observations, actions, rewards, ended, self.conditions)


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
