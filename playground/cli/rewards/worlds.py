"""``playground worlds``: the registered worlds and what can be done in each."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from playground.cli.options import add_json
from playground.cli.printing import DONE, put
from playground.words.say import say
from playground.words.tables import to_lines

if TYPE_CHECKING:
    from playground.flight.world import World


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """Only ``--json``."""
    add_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """List them."""
    from playground.worlds import REGISTRY, find_world

    lang = arguments.lang
    worlds = [abilities(find_world(name)) for name in REGISTRY]
    heads = (
        "id",
        "observation_size",
        "actions",
        "terms",
        "presets",
        "max_steps",
        "conditions",
        "recorded_behaviours",
        "forecast",
    )
    rows: list[list[object]] = [[say(f"cli.worlds.{head}", lang) for head in heads]]
    rows += [[_cell(world[head], lang) for head in heads] for world in worlds]
    put(arguments, {"worlds": worlds}, to_lines(rows))
    return DONE


def abilities(world: "World") -> Mapping[str, Any]:
    """A world as plain values: its sizes, and what it has besides what every world has."""
    return {
        "id": world.id,
        "observation_size": world.observation_size,
        "actions": list(world.actions),
        "terms": [term.key for term in world.terms],
        "presets": [preset.slug for preset in world.presets],
        "max_steps": world.max_steps,
        "conditions": list(world.conditions),
        "recorded_behaviours": world.behaviours is not None,
        "forecast": world.forecast is not None,
        "branches": world.can_fork,
    }


def _cell(value: object, lang: str) -> str:
    """A list as its length, a switch as yes or no."""
    if isinstance(value, bool):
        return say("cli.yes" if value else "cli.no", lang)
    return str(len(value)) if isinstance(value, list) else str(value)
