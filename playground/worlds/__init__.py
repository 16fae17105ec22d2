"""The worlds that can be played: a folder each, and a row in the registry below.

A folder declares its ``World``: the environment, its quantities and actions, the terms of its rewards, presets, what
success is and how it is measured. What any world does the same way stands in ``flight``.

Start with ``cart_pole``, the smallest one; ``lunar_lander`` shows all that a world can declare, recorded behaviours and
a forecast among it. A new world is a new folder and a new row; no other file changes.
"""

from functools import cache
from pathlib import Path
from typing import Any, Final

from playground.flight.world import World, load_world
from playground.reward.codec import MAX_BYTES, parse_reward
from playground.reward.design import Design
from playground.reward.reading.source import MAX_BYTES as MAX_SOURCE
from playground.words.errors import InvalidInput

REGISTRY: Final = {
    "LunarLander-v3": "playground.worlds.lunar_lander.world",
    "CartPole-v1": "playground.worlds.cart_pole.world",
    "MountainCar-v0": "playground.worlds.mountain_car.world",
}
"""By Gymnasium's id, the module that declares the world; the first one is the default."""
DEFAULT_ID: Final = next(iter(REGISTRY))


def find_world(id: object = DEFAULT_ID) -> World:
    """The world of a Gymnasium id.

    Raises:
        InvalidInput: none of that id is registered.
    """
    if not isinstance(id, str) or id not in REGISTRY:
        raise InvalidInput("other_environment", value=id, known=", ".join(REGISTRY))
    return _load(id)


@cache
def _load(id: str) -> World:
    return load_world(REGISTRY[id])


def world_of(design: Design) -> World:
    """The world that a reward is for."""
    return find_world(design.env_id)


def find_preset(world: World, slug: str | None) -> Any:
    """A world's preset by its name; None if it has none of that name."""
    return next((preset for preset in world.presets if preset.slug == slug), None)


def load_reward(name: str, world: World) -> Design:
    """A reward by its preset's name, from a JSON file, or from a Python file (``.py``), which is read and never run.

    Raises:
        InvalidInput: neither, or the file is not a reward.
    """
    if (preset := find_preset(world, name)) is not None:
        config: Design = preset.config
        return config
    path = Path(name)
    python = path.suffix == ".py"
    limit = MAX_SOURCE if python else MAX_BYTES
    try:
        if not path.is_file():
            choices = ", ".join(preset.slug for preset in world.presets)
            raise InvalidInput("unknown_preset", value=name, choices=choices)
        with path.open("rb") as file:
            data = file.read(limit + 1)
            size = path.stat().st_size
    except OSError as error:
        raise InvalidInput("cannot_read", file=name, reason=error.strerror) from None
    if len(data) > limit:
        raise InvalidInput("too_big", size=f"{size:,}", limit=f"{limit:,}")
    if python:
        from playground.reward.reading.read import read_python

        design: Design = read_python(data.decode("utf-8-sig", errors="replace"), world.design).design
        return design
    return parse_reward(data, world.design)
