"""Which environments can be a world: observations that are one row of numbers, and numbered actions.

Leaves out: everything else that a world declares.
"""

from typing import Any

from playground.flight.world import World
from playground.words.errors import InvalidInput


def check_spaces(environment: Any, world: World) -> None:
    """Refuse an environment that policies here cannot fly, or that is not what the world declares.

    Args:
        environment: from ``world.make``, not reset yet.
        world: where it belongs.

    Raises:
        InvalidInput: its observations are an image, a dictionary or another structure, its actions are continuous or
            several at once, or there are more or fewer of either than the world has names for.
    """
    from gymnasium import spaces  # not needed by those who only read what was flown

    seen, acts = environment.observation_space, environment.action_space
    if not isinstance(seen, spaces.Box) or len(seen.shape) != 1:
        raise InvalidInput("unsupported_observations", env=world.id, value=describe(seen))
    if not isinstance(acts, spaces.Discrete) or acts.start != 0:
        raise InvalidInput("unsupported_actions", env=world.id, value=describe(acts))
    sizes, declared = (seen.shape[0], int(acts.n)), (world.observation_size, len(world.actions))
    if sizes != declared:
        raise InvalidInput(
            "other_sizes",
            env=world.id,
            numbers=sizes[0],
            actions=sizes[1],
            known_numbers=declared[0],
            known_actions=declared[1],
        )


def describe(space: Any) -> str:
    """A space in a few words, for an error.

    >>> from gymnasium import spaces
    >>> describe(spaces.Box(0, 255, (96, 96, 3)))
    'Box of shape (96, 96, 3)'
    >>> describe(spaces.Dict({"goal": spaces.Discrete(2)}))
    'Dict'
    >>> describe(spaces.Discrete(3, start=1))
    'Discrete from 1 to 3'
    """
    from gymnasium import spaces

    name = type(space).__name__
    if isinstance(space, spaces.Box):
        return f"{name} of shape {space.shape}"
    return f"{name} from {space.start} to {space.start + space.n - 1}" if isinstance(space, spaces.Discrete) else name
