"""``playground compare``: models compared with the first of them, and a report of it."""

import argparse
from contextlib import suppress
from pathlib import Path

from playground.cli.options import FIRST_SEED, add_json, check_default_world, translated
from playground.cli.printing import DONE, put
from playground.words.errors import InvalidInput
from playground.words.say import FALLBACK, say
from playground.words.tables import to_lines


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """The models, and the report."""
    parser.add_argument("models", nargs="+", metavar="MODEL", help=translated("cli.option.model", lang))
    parser.add_argument("--out", type=Path, help=translated("cli.compare.out", lang))
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help=translated("cli.compare.seed", lang))
    add_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """Compare, write the report, note it in the notebook and print it."""
    from playground.lab.models.names import names_of
    from playground.lab.models.store import ModelStore
    from playground.lab.notebook.notebook import Notebook
    from playground.studies.compare import LETTERS, compare

    lang, store = arguments.lang, ModelStore()
    models = [store.resolve(name) for name in arguments.models]
    if not 2 <= len(models) <= len(LETTERS):
        raise InvalidInput("too_few_models", count=len(models), limit=len(LETTERS))
    check_default_world("compare", (model.spec for model in models))
    stored = [*store.list_shipped(), *store.list_trained()]
    comparison = compare(models, stored, names_of(models, lang), lang)
    if arguments.out:
        from playground.studies.report import write_report

        write_report(comparison, arguments.out, arguments.seed)
    with suppress(InvalidInput):  # a comparison is worth reading though it cannot be noted
        Notebook(store).record(comparison.entry())
    if arguments.json:
        english = compare(models, stored, names_of(models, FALLBACK), FALLBACK)
        put(arguments, english.to_json(), [])
        return DONE
    turns = comparison.divergences().items()
    warnings = [*comparison.warnings(), *(comparison.divergence_words(letter, turn) for letter, turn in turns)]
    head = [comparison.say("compare.score"), *(one.label for one in comparison.contestants)]
    scores = [[cell.replace("**", "") for cell in row] for row in (head, *comparison.score_rows())]
    cross = [[cell.replace("**", "*") for cell in row] for row in comparison.cross_rows()]
    lines = [
        *comparison.headlines(),
        *(f"! {line}" for line in warnings),
        "",
        *(comparison.change_words(other).replace("**", "") for other in comparison.others),
        "",
        *to_lines(scores),
        *(comparison.seeds_words(one) for one in comparison.contestants if len(one.siblings) > 1),
        "",
        *to_lines(cross),
    ]
    put(arguments, None, [*lines, *([say("cli.compare.report", lang, file=arguments.out)] if arguments.out else [])])
    return DONE
