"""Options that several commands have, and how their values are read.

Leaves out: what only one command has.
"""

import argparse
import ast
import errno
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.words.errors import InvalidInput
from playground.words.say import LANGUAGES, say

if TYPE_CHECKING:
    from playground.flight.world import World
    from playground.lab.models.store import ModelStore
    from playground.training.spec import TrainSpec

FIRST_SEED = 1000
"""The first seed that policies are evaluated on."""


def translated(key: str, lang: str, **values: object) -> str:
    """A text for argparse, which reads ``%`` as the start of a field of its own."""
    return say(key, lang, **values).replace("%", "%%")


def add_json(parser: argparse.ArgumentParser, lang: str) -> None:
    """``--json``."""
    parser.add_argument("--json", action="store_true", help=translated("cli.option.json", lang))


def add_language(parser: argparse.ArgumentParser, lang: str) -> None:
    """``--lang``, for the help alone: `take_language` has read it before."""
    choices = "|".join(LANGUAGES)
    about = translated("cli.option.lang", lang)
    parser.add_argument("--lang", metavar=choices, default=argparse.SUPPRESS, help=about)


def add_reward(parser: argparse.ArgumentParser, lang: str) -> None:
    """A reward, by name or file."""
    parser.add_argument("reward", metavar="REWARD", help=translated("cli.option.reward", lang))


def add_model(parser: argparse.ArgumentParser, lang: str) -> None:
    """A model, by name, key or folder."""
    parser.add_argument("model", metavar="MODEL", help=translated("cli.option.model", lang))


def add_gamma(parser: argparse.ArgumentParser, lang: str) -> None:
    """``--gamma``, of a reward that belongs to no training."""
    parser.add_argument("--gamma", type=float, default=0.995, help=translated("cli.option.gamma", lang))


def add_seed(parser: argparse.ArgumentParser, lang: str) -> None:
    """``--seed``, of one episode."""
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help=translated("cli.option.seed", lang))


def add_world(parser: argparse.ArgumentParser, lang: str) -> None:
    """``--world``."""
    parser.add_argument("--world", metavar="ID", help=translated("cli.option.world", lang))


def world_of(arguments: argparse.Namespace) -> "World":
    """The world of ``--world``, else the default.

    Raises:
        InvalidInput: none of that name is registered.
    """
    from playground.worlds import DEFAULT_ID, find_world

    return find_world(DEFAULT_ID if arguments.world is None else arguments.world)


def check_behaviours(world: "World") -> None:
    """Refuse a world without recorded behaviours, for what needs them.

    Raises:
        InvalidInput: names the world.
    """
    if world.behaviours is None:
        raise InvalidInput("no_behaviours", world=world.id)


def start_key(store: "ModelStore", name: str, world: "World") -> str:
    """The key of a model to start a training from.

    Raises:
        InvalidInput: there is no such model, or it plays in another world.
    """
    model = store.resolve(name)
    if model.spec.world is not world:
        raise InvalidInput("start_of_other_world", value=name, world=model.spec.env, wanted=world.id)
    return model.key


def check_default_world(command: str, specs: "Iterable[TrainSpec]") -> None:
    """Refuse models of several worlds, and of a world that a command does not know.

    Raises:
        InvalidInput: names the worlds.
    """
    from playground.worlds import DEFAULT_ID

    worlds = list(dict.fromkeys(spec.env for spec in specs))
    if len(worlds) > 1:
        raise InvalidInput("several_worlds", worlds=", ".join(worlds))
    if worlds != [DEFAULT_ID]:
        raise InvalidInput("not_in_this_world", command=command, known=DEFAULT_ID, world=worlds[0])


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Refuse an option that is out of range.

    Raises:
        InvalidInput: names it.
    """
    if not low <= value <= high:
        raise InvalidInput("out_of_range", field=name, low=low, high=high, value=value)


def layers_reader(lang: str) -> Callable[[str], tuple[int, ...]]:
    """Reads layer widths from a text like ``64,64``.

    >>> layers_reader("en")("64,64")
    (64, 64)
    """

    def layers(text: str) -> tuple[int, ...]:
        try:
            return tuple(int(part) for part in split_commas(text))
        except ValueError:
            raise argparse.ArgumentTypeError(say("cli.not_layers", lang, value=repr(text))) from None

    return layers


def split_commas(text: str) -> list[str]:
    """The parts of a text that are separated by commas.

    >>> split_commas("ppo, grpo,")
    ['ppo', 'grpo']
    """
    return [part.strip() for part in text.split(",") if part.strip()]


def read_number(name: str, text: str) -> float:
    """A number.

    Raises:
        InvalidInput: it is none.
    """
    try:
        return float(text)
    except ValueError:
        raise InvalidInput("not_a_number", field=name, value=text) from None


def read_setting(text: str) -> tuple[str, Any]:
    """Name and value of a text like ``group_size=8``; a value that is no number, switch or list is text.

    Raises:
        InvalidInput: it is nothing of the kind.

    >>> read_setting("hidden=64,64"), read_setting("clip_higher=false"), read_setting("judge=return")
    (('hidden', (64, 64)), ('clip_higher', False), ('judge', 'return'))
    """
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise InvalidInput("not_a_setting", value=text)
    switches = {"true": True, "false": False}
    if value.strip().lower() in switches:
        return name.strip(), switches[value.strip().lower()]
    try:
        return name.strip(), ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return name.strip(), value.strip()


def read_file(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        InvalidInput: it cannot be read.
    """
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise InvalidInput("cannot_read", file=str(path), reason=getattr(error, "strerror", None) or error) from None


def check_target(path: Path | None) -> None:
    """Refuse a file that cannot be written, before hours of work rather than after them.

    Raises:
        InvalidInput: its folder does not exist, or it is a folder itself.
    """
    if path is not None and (path.is_dir() or not path.parent.is_dir()):
        reason = os.strerror(errno.EISDIR if path.is_dir() else errno.ENOENT)
        raise InvalidInput("cannot_write", folder=str(path.parent), reason=reason)


def write_text(path: Path, text: str) -> None:
    """Write a file.

    Raises:
        InvalidInput: it cannot be written.
    """
    from playground.lab.files import explain_os_errors

    with explain_os_errors(path.parent):
        path.write_text(text, encoding="utf-8")
