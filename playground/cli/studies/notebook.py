"""``playground notebook``: every training and comparison, and what came of it."""

import argparse
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from playground.cli.options import add_json, add_language, translated, write_text
from playground.cli.printing import DONE, put
from playground.words.errors import InvalidInput, shorten
from playground.words.numbers import fixed, percent
from playground.words.say import say
from playground.words.tables import to_lines, width

if TYPE_CHECKING:
    from playground.lab.notebook.entry import Entry
    from playground.lab.notebook.notebook import Notebook
    from playground.lab.notebook.tree import Branch

TITLE = 48
"""Letters of an entry's title in a list."""


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """The actions and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", title=say("cli.actions", lang))

    def add(name: str, key: bool = False) -> argparse.ArgumentParser:
        about = translated(f"cli.notebook.{name}.about", lang)
        action = actions.add_parser(name, help=about, description=about)
        add_language(action, lang)
        if key:
            action.add_argument("key", metavar="KEY", help=translated("cli.notebook.key", lang))
        if name != "export":
            add_json(action, lang)
        return action

    listed = add("list")
    listed.add_argument("--query", metavar="WORDS", default="", help=translated("cli.notebook.list.query", lang))
    listed.add_argument("--starred", action="store_true", help=translated("cli.notebook.list.starred", lang))
    listed.add_argument("--all", action="store_true", help=translated("cli.notebook.list.all", lang))
    listed.add_argument("--tree", action="store_true", help=translated("cli.notebook.list.tree", lang))
    add("show", key=True)
    exported = add("export")
    out_help = translated("cli.notebook.export.out", lang)
    exported.add_argument("out", type=Path, nargs="?", metavar="OUT.csv", help=out_help)
    add("rebuild")
    noted = add("note", key=True)
    noted.add_argument("--name", metavar="TEXT", help=translated("cli.notebook.note.name", lang))
    noted.add_argument("--note", metavar="TEXT", help=translated("cli.notebook.note.note", lang))
    switch = argparse.BooleanOptionalAction
    noted.add_argument("--star", dest="starred", action=switch, help=translated("cli.notebook.note.star", lang))
    noted.add_argument("--archive", dest="archived", action=switch, help=translated("cli.notebook.note.archive", lang))


def run(arguments: argparse.Namespace) -> int:
    """Do the action."""
    from playground.lab.notebook.notebook import Notebook

    notebook = Notebook()
    if arguments.action == "rebuild":
        _rebuild(notebook, arguments)
        return DONE
    with suppress(InvalidInput):  # what cannot be corrected can still be read
        notebook.settle()
    if arguments.action == "export":
        _write_csv(notebook.export_csv(), arguments)
    elif arguments.action == "list":
        _list(notebook, arguments)
    else:
        names = ("name", "note", "starred", "archived")
        edits = {name: getattr(arguments, name, None) for name in names}
        entry = notebook.edit(arguments.key, **edits) if arguments.action == "note" else notebook.get(arguments.key)
        put(arguments, entry.to_json(), entry_lines(entry, arguments.lang))
    return DONE


def _rebuild(notebook: "Notebook", arguments: argparse.Namespace) -> None:
    done, lang = notebook.rebuild(), arguments.lang
    lines = [say("cli.notebook.rebuild.done", lang, models=done.models, kept=done.kept)]
    if done.aside:
        lines.append(say("cli.notebook.rebuild.aside", lang, file=done.aside))
    aside = None if done.aside is None else str(done.aside)
    put(arguments, {"models": done.models, "kept": done.kept, "aside": aside}, lines)


def _write_csv(text: str, arguments: argparse.Namespace) -> None:
    if arguments.out is None:
        print(text, end="")
        return
    write_text(arguments.out, text)
    print(say("cli.file", arguments.lang, file=arguments.out, bytes=f"{len(text.encode()):,}"))


def _list(notebook: "Notebook", arguments: argparse.Namespace) -> None:
    from playground.lab.notebook.tree import Branch, arrange

    lang = arguments.lang
    kind, archived = "training" if arguments.tree else None, None if arguments.all else False
    entries = notebook.entries(arguments.query, kind=kind, starred=arguments.starred or None, archived=archived)
    branches = arrange(entries) if arguments.tree else [Branch(0, entry) for entry in entries]
    heads = ("entry", "kind", "state", "success", "native", "created")
    head = [say(f"cli.notebook.head.{name}", lang) for name in heads]
    rows = [["  " + head[0], *head[1:]], *(_row(branch, lang) for branch in branches)]
    values = [{"depth": branch.depth, **branch.entry.to_json()} for branch in branches]
    put(arguments, {"entries": values}, to_lines(rows))


def _row(branch: "Branch", lang: str) -> Sequence[str]:
    """An entry in a list, indented as deep as it stands in the tree."""
    from playground.lab.models.model import SHORT

    entry, result = branch.entry, branch.entry.result or {}
    star = "★" if entry.starred else " "
    title = f"{star} {'  ' * branch.depth}{entry.key[:SHORT]} {shorten(entry.title, TITLE)}"
    success, native = result.get(_success_rate(entry)), result.get("native_return_mean")
    return (
        title,
        say(f"notebook.kind.{entry.kind}", lang),
        say(f"notebook.state.{entry.state}", lang),
        "" if success is None else percent(success),
        "" if native is None else fixed(native),
        entry.created[:16],
    )


def _success_rate(entry: "Entry") -> str:
    """The name of the share of episodes that succeed, in the world of an entry's training."""
    from playground.worlds import DEFAULT_ID, find_world

    with suppress(InvalidInput, ValueError):
        return find_world(json.loads(entry.spec).get("env", DEFAULT_ID)).success_rate
    return ""


def entry_lines(entry: "Entry", lang: str) -> list[str]:
    """What is known of an entry, a line a field."""
    texts = entry.in_words()
    for name, kind in (("kind", "notebook.kind"), ("state", "notebook.state")):
        texts[name] = say(f"{kind}.{texts[name]}", lang)
    for name in ("starred", "archived"):
        if name in texts:
            texts[name] = say("cli.yes", lang)
    names = {name: say(f"cli.notebook.field.{name}", lang) for name in texts}
    wide = max(map(width, names.values()))
    return [f"{names[name]}{' ' * (wide - width(names[name]))} {text}" for name, text in texts.items()]
