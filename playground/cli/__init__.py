"""The command line: the playground's work without a browser.

Human output by default, ``--json`` for programs. Exit status: 0 done, 1 failed, 2 bad input.
Heavy libraries are imported by the command that needs them, so ``playground presets`` stays quick.

Leaves out: what the commands do (``rewards``, ``models``, ``studies``).
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from playground import __version__
from playground.cli.models import (
    breakdown_command,
    evaluate_command,
    export_model_command,
    import_command,
    layers,
    models_command,
    record_command,
    train_command,
    train_settings,
)
from playground.cli.printing import BAD_INPUT, FAILED, fail
from playground.cli.rewards import check_command, export_command, presets_command, probes_command, repair_command
from playground.cli.studies import (
    algorithms_command,
    bench_command,
    compare_command,
    notebook_command,
    race_command,
    robustness_command,
)
from playground.training.algorithms import HALF_TRAINED
from playground.words.errors import InvalidInput


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    argv = sys.argv[1:] if argv is None else list(argv)
    handed_on = argv[1:] if argv[:1] == ["app"] and not {"-h", "--help"} & set(argv[1:2]) else []
    arguments = build_parser().parse_args(argv[:1] if handed_on else argv)
    arguments.handed_on = [option for option in handed_on if option != "--"]
    run: Callable[[argparse.Namespace], int] = arguments.run
    try:
        return run(arguments)
    except InvalidInput as error:
        return fail(arguments, str(error), BAD_INPUT, code=error.code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (FloatingPointError, RuntimeError, ChildProcessError) as error:
        return fail(arguments, str(error), FAILED, code="failed")
    except KeyboardInterrupt:
        return fail(arguments, "stopped", FAILED, code="stopped")


def build_parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    parser = argparse.ArgumentParser(
        prog="playground", description="Design a reward for LunarLander and see what it teaches."
    )
    parser.add_argument("--version", action="version", version=f"reward-playground {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], int], help: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help, description=help)
        command.set_defaults(run=run)
        return command

    def with_json(command: argparse.ArgumentParser) -> None:
        command.add_argument("--json", action="store_true", help="print one JSON object, for programs")

    reward_help = "a preset's name or a reward JSON file"
    model_help = "a preset's name, a model's key or its first letters, or a folder"

    train = add("train", train_command, "Train a policy on a reward, or find the model that is there already.")
    what = train.add_mutually_exclusive_group(required=True)
    what.add_argument("reward", nargs="?", metavar="REWARD", help=reward_help)
    what.add_argument("--spec", type=Path, help="a whole train spec as JSON instead")
    for name, kind in train_settings().items():
        train.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar=kind.__name__.upper().strip("_"))
    train.add_argument(
        "--set",
        action="append",
        metavar="NAME=VALUE",
        help="a setting of another algorithm than ppo; see `playground algorithms NAME`",
    )
    train.add_argument("--budget", choices=["quick", "standard", "best"], help="quick: only until it lands")
    train.add_argument("--hypothesis", metavar="TEXT", default="", help="one line for the notebook: what it is to show")
    train.add_argument("--parent", metavar="KEY|PRESET", help="for the notebook: the design that it was changed from")
    train.add_argument("--out", type=Path, help="also copy the model's folder here")
    train.add_argument("--quiet", action="store_true", help="no progress")
    with_json(train)

    evaluate = add("evaluate", evaluate_command, "Fly a model over held-out seeds and print its scorecard.")
    evaluate.add_argument("model", metavar="MODEL", help=model_help)
    evaluate.add_argument("--episodes", type=int, default=100)
    evaluate.add_argument("--seed-start", type=int, default=1000)
    evaluate.add_argument("--gravity", type=float, default=-10.0, help="in m/s², above -12 and below 0")
    evaluate.add_argument("--wind-power", type=float, default=0.0, help="0 to 20; Gymnasium's own wind has 15")
    evaluate.add_argument("--turbulence-power", type=float, default=0.0, help="0 to 2; Gymnasium's own wind has 1.5")
    with_json(evaluate)

    breakdown = add("breakdown", breakdown_command, "What each component paid in one episode.")
    breakdown.add_argument("model", metavar="MODEL", help=model_help)
    breakdown.add_argument("--seed", type=int, default=1000)
    breakdown.add_argument("--reward", metavar="REWARD", help=f"score it under another reward: {reward_help}")
    breakdown.add_argument("--discounted", action="store_true", help="weigh step t by γ to the t")
    breakdown.add_argument("--csv", type=Path, help="write the table of all steps here")
    with_json(breakdown)

    record = add("record", record_command, "Record one episode as GIF, MP4 or PNG.")
    record.add_argument("model", metavar="MODEL", help=model_help)
    record.add_argument("out", type=Path, metavar="OUT.gif|OUT.mp4|OUT.png")
    record.add_argument("--seed", type=int, default=1000)
    record.add_argument("--step", type=int, help="for a PNG: the frame after this many steps (default: the last)")

    export = add("export", export_command, "Print a reward as Python that runs without this project, or as JSON.")
    export.add_argument("reward", metavar="REWARD", help=reward_help)
    export.add_argument("--to", choices=["python", "json"], default="python")
    export.add_argument("--gamma", type=float, default=0.995, help="the discount that the potential form needs")

    check = add("check", check_command, "What a reward would prefer, before any training. Exit status 0, 3 or 4.")
    check.add_argument("reward", metavar="REWARD", help=reward_help)
    check.add_argument("--gamma", type=float, default=0.995, help="the discount")
    with_json(check)

    repair = add("repair", repair_command, "The smallest change of a reward's weights after which landing pays best.")
    repair.add_argument("reward", metavar="REWARD", help=reward_help)
    repair.add_argument("--gamma", type=float, default=0.995, help="the discount")
    repair.add_argument("--out", type=Path, help="write the mended reward here, as JSON")
    with_json(repair)

    probes = add("probes", probes_command, "The recorded behaviours that a check ranks.")
    probes.add_argument("--record", action="store_true", help="fly them all anew and replace the shipped file")
    with_json(probes)

    models = add("models", models_command, "List the models at hand; delete a trained one.")
    models.add_argument("--delete", metavar="KEY", help="delete the trained model with this key")
    with_json(models)

    compared = add("compare", compare_command, "Hold models against the first of them; write a report.")
    compared.add_argument("models", nargs="+", metavar="MODEL", help=model_help)
    compared.add_argument("--out", type=Path, help="write the whole comparison here, as .html or .md")
    compared.add_argument("--seed", type=int, default=1000, help="of the episodes that the report shows")
    compared.add_argument("--lang", choices=["en", "zh"], default="en", help="of the words")
    with_json(compared)

    notebook = add("notebook", notebook_command, "What was tried: every training and comparison, and what came of it.")
    actions = notebook.add_subparsers(dest="action", required=True, metavar="ACTION")

    def act(name: str, help: str, key: bool = False) -> argparse.ArgumentParser:
        action = actions.add_parser(name, help=help, description=help)
        if key:
            action.add_argument("key", metavar="KEY", help="an entry's key or its first letters")
        if name != "export":
            with_json(action)
        return action

    listed = act("list", "List the entries, newest first.")
    listed.add_argument(
        "--query", metavar="WORDS", default="", help="only with these in name, note, hypothesis, change"
    )
    listed.add_argument("--starred", action="store_true", help="only with a star")
    listed.add_argument("--all", action="store_true", help="archived ones, too")
    listed.add_argument("--tree", action="store_true", help="trainings only, each below the design it was changed from")
    act("show", "Show all that is known of an entry.", key=True)
    exported = act("export", "Write every entry as CSV. What a spreadsheet may run gets an apostrophe in front.")
    exported.add_argument("out", type=Path, nargs="?", metavar="OUT.csv", help="by default it is printed")
    act("rebuild", "Write the notebook again from the models; comparisons, names, notes and stars are kept.")
    noted = act("note", "Name, note, star or archive an entry.", key=True)
    noted.add_argument("--name", metavar="TEXT")
    noted.add_argument("--note", metavar="TEXT")
    noted.add_argument("--star", dest="starred", action=argparse.BooleanOptionalAction)
    noted.add_argument("--archive", dest="archived", action=argparse.BooleanOptionalAction)

    tested = add("robustness", robustness_command, "The overfit test: other seeds, another discount, other weather.")
    tested.add_argument("designs", nargs="+", metavar="MODEL|REWARD", help=f"{model_help}, or a reward JSON file")
    tested.add_argument("--seeds", type=int, default=5, help="trainings in all that differ in the seed (default: 5)")
    tested.add_argument("--gamma", help="other discounts, separated by commas (default: 0.99; '' for none)")
    tested.add_argument("--algorithms", help="others to train with, separated by commas; see `playground algorithms`")
    tested.add_argument("--conditions", default="all", help="names separated by commas (default: all)")
    tested.add_argument("--budget", choices=["quick", "standard", "best"], help="train all of them so long instead")
    tested.add_argument("--out", type=Path, help="also write the results as JSON here")
    tested.add_argument("--lang", choices=["en", "zh"], default="en", help="of the words")
    with_json(tested)

    listed = add("algorithms", algorithms_command, "List the algorithms that can train, or the settings of one.")
    listed.add_argument("name", nargs="?", metavar="NAME", help="the algorithm whose settings to list")
    with_json(listed)

    race = add("race", race_command, "Train several algorithms on one reward with the same budget, one by one.")
    race.add_argument("reward", metavar="REWARD", help=reward_help)
    race.add_argument("--algorithms", metavar="A,B", help="separated by commas (default: all)")
    race.add_argument("--seconds", type=float, default=0.0, help="of learning for each training")
    race.add_argument("--steps", type=int, default=0, help="for each training, instead of seconds")
    race.add_argument("--seeds", type=int, default=3, help="trainings of each algorithm (default: 3)")
    race.add_argument(
        "--vary",
        metavar="'NAME=VALUE …'",
        action="append",
        default=[],
        help="settings of a further entrant beside the defaults; may be given often",
    )
    race.add_argument("--gamma", type=float, help="the discount of all of them")
    race.add_argument(
        "--start",
        metavar="MODEL",
        default=HALF_TRAINED,
        help=f"what those begin with that go on from a trained policy (default: {HALF_TRAINED}): {model_help}",
    )
    race.add_argument("--out", type=Path, help="also write the table here, as Markdown")
    race.add_argument("--figure", type=Path, metavar="FILE.svg", help="also draw landings against steps here")
    with_json(race)

    with_json(add("presets", presets_command, "List the presets and what each one teaches."))

    imports = add(
        "import", import_command, "Import a Stable-Baselines3 PPO zip as a model, without running what is in it."
    )
    imports.add_argument("zip", type=Path, metavar="ZIP")
    imports.add_argument("--reward", metavar="REWARD", help=f"what it was trained on, if that is known: {reward_help}")
    imports.add_argument("--activation", choices=["tanh", "relu"], help="by default what the zip says, else tanh")
    imports.add_argument("--net-arch", type=layers, metavar="64,64", help="its hidden layers")
    imports.add_argument("--out", type=Path, help="the model folder to make; by default it joins your models")
    with_json(imports)

    exports = add("export-model", export_model_command, "Write a model as one file for other tools.")
    exports.add_argument("model", metavar="MODEL", help=model_help)
    exports.add_argument(
        "--to",
        choices=["sb3", "card", "tensorboard"],
        required=True,
        help="Stable-Baselines3's zip, a model card, or the learning curve as an event file",
    )
    exports.add_argument("--out", type=Path, help="the file to make; by default the model's name, in this folder")
    with_json(exports)

    bench = add("bench", bench_command, "Measure the playground on this machine.")
    bench.add_argument("--full", action="store_true", help="with the peers' trainings, growth and many rewards: hours")
    bench.add_argument("--only", metavar="PART", help="one part, for instance steps, app, landing or rewards")
    bench.add_argument("--out", type=Path, help="write the results as JSON here")
    with_json(bench)

    add("app", app_command, "Open the app in a browser; further options go to `streamlit run`.")
    return parser


def app_command(arguments: argparse.Namespace) -> int:
    """``playground app``."""
    from playground.lab.paths import app_script, home_folder

    script = app_script()
    config = ["--browser.gatherUsageStats=false", "--server.address=127.0.0.1"]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *config, *arguments.handed_on]
    environment = os.environ | {"PLAYGROUND_HOME": str(home_folder())}
    return subprocess.run(command, cwd=script.parent, env=environment, check=False).returncode
