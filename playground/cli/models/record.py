"""``playground record``: one episode as GIF, MP4 or PNG."""

import argparse
from pathlib import Path

from playground.cli.options import add_model, add_seed, check_range, translated
from playground.cli.printing import DONE
from playground.words.say import name_of, say


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """The model, the file, and the episode."""
    add_model(parser, lang)
    parser.add_argument("out", type=Path, metavar="OUT.gif|OUT.mp4|OUT.png", help=translated("cli.record.out", lang))
    add_seed(parser, lang)
    parser.add_argument("--step", type=int, help=translated("cli.record.step", lang))


def run(arguments: argparse.Namespace) -> int:
    """Fly the episode and write the file."""
    from playground.flight.recording import check_suffix, record, to_png
    from playground.flight.rollout import run_episode
    from playground.lab.files import explain_os_errors
    from playground.lab.models.store import ModelStore

    out, seed, lang = arguments.out, arguments.seed, arguments.lang
    check_suffix(out)
    check_range("seed", seed, 0, 2**31)
    model = ModelStore().resolve(arguments.model)
    episode = run_episode(model.spec.world, model.policy, seed)
    if arguments.step is not None:
        check_range("step", arguments.step, 0, len(episode))
    picture = out.suffix.lower() == ".png"
    data = to_png(episode, arguments.step) if picture else record(episode, out)
    with explain_os_errors(out.parent):
        out.write_bytes(data)
    outcome = name_of("outcome", episode.outcome, lang).lower()  # inside a sentence
    about = say("cli.breakdown.episode", lang, seed=seed, outcome=outcome, count=len(episode))
    print(say("cli.record.written", lang, file=out, about=about, bytes=f"{len(data):,}"))
    return DONE
