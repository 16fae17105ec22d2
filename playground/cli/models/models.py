"""``playground models``: list the models, or delete a trained one."""

import argparse
import sys
from collections.abc import Sequence

from playground.cli.options import add_json, translated
from playground.cli.printing import DONE, put
from playground.words.errors import InvalidInput, error_words
from playground.words.numbers import NOTHING, fixed, percent
from playground.words.say import say
from playground.words.tables import to_lines


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """What to delete."""
    parser.add_argument("--delete", metavar="KEY", help=translated("cli.models.delete", lang))
    add_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """List or delete. A damaged model is named and does not hide the others."""
    from playground.lab.models.model import SHORT
    from playground.lab.models.store import ModelStore

    lang, store = arguments.lang, ModelStore()
    if arguments.delete is not None:
        model = store.resolve(arguments.delete)
        store.delete(model.key)
        put(arguments, {"deleted": model.key}, [say("cli.models.deleted", lang, key=model.key[:SHORT])])
        return DONE
    heads = ("model", "key", "world", "success", "native", "steps", "seed")
    rows: list[Sequence[object]] = [[say(f"cli.models.{head}", lang) for head in heads]]
    values = []
    for model in (*store.list_shipped(), *store.list_trained()):
        try:
            summary, spec = model.summary, model.spec
        except InvalidInput as error:
            print(f"playground: {error_words(error, lang)}", file=sys.stderr)
            continue
        imported = model.manifest.get("imported")
        values.append(
            {
                "key": model.key,
                "preset": model.slug,
                "imported": imported,
                "reward_known": model.reward_known,
                "env": spec.env,
                "seed": spec.seed,
                "folder": str(model.folder),
                "scorecard": summary,
            }
        )
        name = model.slug or say("cli.models.imported" if imported else "cli.models.trained", lang)
        name += "" if model.reward_known else say("cli.models.unknown", lang)
        scores = (percent(summary[spec.world.success_rate]), fixed(summary["native_return_mean"]))
        trained = (NOTHING, NOTHING) if imported else (f"{model.manifest['steps']:,}", spec.seed)
        rows.append((name, model.key[:SHORT], spec.env, *scores, *trained))
    put(arguments, {"models": values}, to_lines(rows))
    return DONE
