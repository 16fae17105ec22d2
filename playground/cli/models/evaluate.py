"""``playground evaluate``: fly a model over held-out seeds and print its scorecard."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from playground.cli.options import FIRST_SEED, add_json, add_model, check_range, translated
from playground.cli.printing import DONE, put
from playground.words.errors import InvalidInput
from playground.words.numbers import fixed
from playground.words.say import say
from playground.words.scorecard import rows as score_rows
from playground.words.tables import to_lines

if TYPE_CHECKING:
    from playground.flight.world import World

CONDITIONS: Final = ("gravity", "wind_power", "turbulence_power")
"""Options that change the world, where it has such conditions."""


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """The model, the episodes, and the conditions."""
    add_model(parser, lang)
    parser.add_argument("--episodes", type=int, default=100, help=translated("cli.evaluate.episodes", lang))
    parser.add_argument("--seed-start", type=int, default=FIRST_SEED, help=translated("cli.evaluate.seed_start", lang))
    for name in CONDITIONS:
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=float, help=translated(f"cli.evaluate.{name}", lang))
    add_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """Fly the episodes and print the scorecard."""
    from playground.flight.scorecard import evaluate
    from playground.lab.models.store import ModelStore

    check_range("episodes", arguments.episodes, 1, 10_000)
    check_range("seed-start", arguments.seed_start, 0, 2**31)
    model = ModelStore().resolve(arguments.model)
    world = model.spec.world
    options = {name: getattr(arguments, name) for name in CONDITIONS if getattr(arguments, name) is not None}
    conditions = changed_conditions(world, options)
    seeds = range(arguments.seed_start, arguments.seed_start + arguments.episodes)
    card = evaluate(world, model.policy, model.spec.gamma, seeds, conditions)
    mean = float(card.returns(model.spec.reward).mean())
    value = {
        "key": model.key,
        "seed_start": seeds.start,
        "conditions": None if conditions is None else asdict(conditions),
        "designed_return_mean": mean,
        "scorecard": card.summary,
    }
    own = say("cli.evaluate.own_return", arguments.lang, value=fixed(mean, 1))
    put(arguments, value, [*to_lines(score_rows(card.summary, arguments.lang), left=(0, 2)), own])
    return DONE


def changed_conditions(world: "World", options: Mapping[str, float]) -> Any:
    """A world's default conditions with some of them changed.

    Raises:
        InvalidInput: the world has no such condition, or the value is out of its range.
    """
    default = world.calm
    for name in options:
        if not is_dataclass(default) or not hasattr(default, name):
            raise InvalidInput("no_condition", field=name.replace("_", "-"), world=world.id)
    return replace(default, **options) if options else default
