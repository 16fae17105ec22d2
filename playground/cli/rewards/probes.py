"""``playground probes``: the recorded behaviours that a check ranks."""

import argparse
import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from playground.cli.options import add_json, add_world, check_behaviours, translated, world_of
from playground.cli.printing import DONE, put
from playground.words.say import name_of, say
from playground.words.tables import to_lines

if TYPE_CHECKING:
    from playground.lab.models.model import Model


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """The world, and whether to fly them again."""
    add_world(parser, lang)
    parser.add_argument("--record", action="store_true", help=translated("cli.probes.record", lang))
    add_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """List what every probe did from every start."""
    from playground.flight.rollout import run_episode
    from playground.insight.library import SEEDS, library_of, make_library, save_library
    from playground.lab.files import explain_os_errors
    from playground.lab.models.store import ModelStore

    lang, world = arguments.lang, world_of(arguments)
    if arguments.record:
        check_behaviours(world)
        assert world.behaviours is not None
        pilots: dict[str, Callable[[int], Any]] = dict(world.probes())
        for preset in world.presets:
            pilots[preset.slug] = functools.partial(_policy_of, ModelStore().resolve(preset.slug))
        episodes = ((name, run_episode(world, pilot(seed), seed)) for name, pilot in pilots.items() for seed in SEEDS)
        path = world.behaviours.recordings
        with explain_os_errors(path.parent):
            save_library(make_library(episodes), path)
        library_of.cache_clear()
    library = library_of(world)
    values = [
        {"probe": str(name), "seed": int(seed), "behaviour": str(behaviour), "steps": int(steps)}
        for name, seed, behaviour, steps in zip(
            library.names, library.seeds, library.behaviours, library.lengths, strict=True
        )
    ]
    rows: list[Sequence[object]] = [
        (say("cli.probes.probe", lang), *(say("cli.probes.seed", lang, seed=seed) for seed in SEEDS))
    ]
    for name in dict.fromkeys(library.names.tolist()):
        behaviours = library.behaviours[library.names == name].tolist()
        rows.append((name, *(name_of("behaviour", behaviour, lang) for behaviour in behaviours)))
    put(arguments, {"probes": values}, to_lines(rows))
    return DONE


def _policy_of(model: "Model", seed: int) -> Any:
    return model.policy
