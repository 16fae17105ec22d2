"""What if it had done something else: every action from one moment of an episode, each flown on by the policy.

A simulator cannot be copied, so each branch flies the episode's actions again up to that moment: the physics are
deterministic, so the branch starts in the same state. From there on its noise is drawn with another seed, the same for
the k-th branch of every action, so that differences between actions are not noise.

Leaves out: rewards, and what the differences mean (``insight.explain``).
"""

from itertools import chain
from typing import Final

from playground.flight.policy import Pilot
from playground.flight.rollout import Flight, fly_on
from playground.flight.trajectory import Trajectory
from playground.words.errors import InvalidInput

CONTINUATIONS: Final = 16


def fork(trajectory: Trajectory, step: int, pilot: Pilot, continuations: int = CONTINUATIONS) -> list[list[Trajectory]]:
    """Every action from the state before ``step``, flown on by a pilot to the end or the time limit.

    Args:
        trajectory: the episode to leave.
        step: 0 to ``len(trajectory) - 1``; the first step that may differ.
        pilot: flies on.
        continuations: branches for each action.

    Returns:
        For each action its branches, which begin at ``step``.

    Raises:
        InvalidInput: the world cannot be taken back to an earlier step.
        ValueError: there is no such step.
    """
    if not trajectory.world.can_fork:
        raise InvalidInput("no_fork", env=trajectory.world.id)
    if not 0 <= step < len(trajectory):
        raise ValueError(f"step must be 0 to {len(trajectory) - 1}, got {step}")
    world = trajectory.world
    past = trajectory.actions[:step].tolist()
    branches = [
        [Flight(world, trajectory.seed, trajectory.conditions) for _ in range(continuations)] for _ in world.actions
    ]
    for action, flights in enumerate(branches):
        for index, flight in enumerate(flights):
            for done in past:
                flight.simulator.step(done)
            flight.observations = [trajectory.observations[step]]
            flight.simulator.reseed_noise((trajectory.seed, step, index))
            flight.step(action)
    fly_on(chain.from_iterable(branches), pilot, world.max_steps - step - 1)
    return [[flight.finish() for flight in flights] for flights in branches]
