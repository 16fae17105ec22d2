"""``playground presets``: a world's presets and what each one teaches."""

import argparse

from playground.cli.options import add_json, add_world, world_of
from playground.cli.printing import DONE, put
from playground.words.say import FALLBACK, label


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """The world."""
    add_world(parser, lang)
    add_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """List them."""
    from playground.reward.codec import changed_fields

    presets = world_of(arguments).presets
    values = [
        {"slug": preset.slug, "lesson": label(preset.lesson, FALLBACK), "reward": changed_fields(preset.config)}
        for preset in presets
    ]
    width = max(len(preset.slug) for preset in presets)
    lines = [f"{preset.slug:<{width}}  {label(preset.lesson, arguments.lang)}" for preset in presets]
    put(arguments, {"presets": values}, lines)
    return DONE
