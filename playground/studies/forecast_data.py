"""What PPO makes of random rewards: the table from which the forecast is fitted and judged.

``python -m playground.studies.forecast_data`` draws rewards, trains each with the default settings and adds a row a
training to a CSV file; it goes on where an earlier run ended, and each draw depends on its number alone. Half of the
draws lie around the presets, where people work: every weight of one is multiplied by 0.1 to 10. The other half is wide:
any form, each weight log-uniform over three decades up to its slider's end or absent. Draws to fit on are trained with
one seed, draws to judge with three, in turns, so a table that was cut short holds both. What is judged is trained once
more as somebody else would: with the settings that rl_zoo3 publishes for LunarLander, on this project's engine.

With ``--own`` the rewards have own terms (``forecast_draws``), and their table holds each as JSON.

Leaves out: the forecast (``insight.forecast.predict``).
"""

import argparse
import csv
import itertools
import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, get_args

import numpy as np
import psutil

from playground.lab.paths import PACKAGE
from playground.reward.codec import changed_fields, to_fields
from playground.reward.design import Design, defaults_of
from playground.reward.term import FORMS
from playground.studies.forecast_draws import KINDS, draw_own_reward
from playground.training.spec import TrainSpec
from playground.training.train import train
from playground.worlds.lunar_lander.world import WORLD as LANDER

TABLE: Final = PACKAGE / "worlds" / "lunar_lander" / "outcomes.csv"
OWN_TABLE: Final = TABLE.with_name("outcomes_own.csv")
FIT_PER_ROUND: Final = 4
"""Draws to fit on, for each one to judge."""
OWN_FIT_PER_ROUND: Final = 3
"""The same of each kind of rewards with own terms."""
JUDGE_SEEDS: Final = 3
ABSENT: Final = {"distance": 0.15, "velocity": 0.15, "angle": 0.15, "legs": 0.3, "landing": 0.3, "crash": 0.3}
"""How often a wide draw leaves a term out; any other term: half of the time."""
DECADES: Final = 3.0
DIGITS: Final = 3
OTHERWISE: Final[dict[str, Any]] = {
    "gamma": 0.999,
    "learning_rate": 3e-4,
    "schedule": "constant",
    "activation": "tanh",
    "n_envs": 16,
    "n_steps": 1024,
    "batch_size": 64,
    "n_epochs": 4,
    "gae_lambda": 0.98,
    "ent_coef": 0.01,
    "persistence": 0.0,
    "max_grad_norm": 0.5,
    "normalize_reward": False,
    "keep_best": False,
}
"""rl_zoo3's settings for PPO on LunarLander (hyperparams/ppo.yml), and SB3's defaults for what they leave open."""
MEASURED: Final = ("landing", "crash", "timeout", "native_return", "steps")

Purpose = Literal["fit", "judge", "otherwise"]


class Draw(NamedTuple):
    """One training to be made."""

    purpose: Purpose
    number: int
    around: str
    """The preset that the reward was drawn around, or ``wide``; of one with own terms its kind."""
    reward: Design
    seed: int


def draw_reward(purpose: Purpose, number: int) -> tuple[str, Design]:
    """A random reward, the same for the same arguments: where it was drawn, and the reward."""
    rng = np.random.default_rng([("fit", "judge").index(purpose), number])
    if number % 2:
        preset = LANDER.presets[rng.integers(len(LANDER.presets))]
        factors = {term.weight: 10 ** rng.uniform(-1, 1) for term in LANDER.terms}
        weights: dict[str, Any] = {
            name: _rounded(getattr(preset.config, name) * factor) for name, factor in factors.items()
        }
        return preset.slug, preset.config.changed(**weights)
    form = FORMS[rng.integers(len(FORMS))]
    weights = {}
    for term in LANDER.terms:
        size = term.sliders[form].high * 10 ** rng.uniform(-DECADES, 0)
        weights[term.weight] = 0.0 if rng.random() < ABSENT.get(term.key, 0.5) else _rounded(size)
    return "wide", LANDER.design(**{"form": form, "replace_reward": True, **weights})


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def draws() -> Iterator[Draw]:
    """Every training of the table, in order, without end."""
    for number in itertools.count():
        for index in range(FIT_PER_ROUND * number, FIT_PER_ROUND * (number + 1)):
            yield Draw("fit", index, *draw_reward("fit", index), seed=0)
        for seed in range(JUDGE_SEEDS):
            yield Draw("judge", number, *draw_reward("judge", number), seed=seed)
        yield Draw("otherwise", number, *draw_reward("judge", number), seed=0)


def own_draws() -> Iterator[Draw]:
    """Every training of the table of rewards with own terms, in order, without end."""
    for number in itertools.count():
        for kind in KINDS:
            for index in range(OWN_FIT_PER_ROUND * number, OWN_FIT_PER_ROUND * (number + 1)):
                yield Draw("fit", index, kind, draw_own_reward(kind, "fit", index), seed=0)
            for seed in range(JUDGE_SEEDS):
                yield Draw("judge", number, kind, draw_own_reward(kind, "judge", number), seed=seed)


def measure(draw: Draw) -> dict[str, Any]:
    """Train a draw: a row of the table, with the shares of 100 held-out episodes by outcome."""
    settings = OTHERWISE if draw.purpose == "otherwise" else {}
    result = train(TrainSpec(draw.reward, seed=draw.seed, **settings))
    s = result.scorecard.summary
    return {
        "purpose": draw.purpose,
        "draw": draw.number,
        "around": draw.around,
        "seed": draw.seed,
        **fields_of(draw.reward),
        "landing": s["landing_rate"],
        "crash": s["crash_rate"],
        "timeout": s["timeout_rate"],
        "native_return": round(s["native_return_mean"], 2),
        "steps": result.steps,
    }


def fields_of(reward: Design) -> dict[str, Any]:
    """A reward's columns: a number a field, or all of it as JSON where it has own terms."""
    if not reward.own_terms:
        return to_fields(reward)
    return {"reward": json.dumps(changed_fields(reward), separators=(",", ":"))}


def gather(
    path: Path, jobs: int, least: int, only: Purpose | None = None, own: bool = False
) -> Iterator[dict[str, Any]]:
    """Add rows to a table until the first ``least`` trainings of its draws are in it, one core a training.

    Args:
        path: the table; rows that it has are kept.
        jobs: trainings at once.
        least: of all draws, so many are looked at.
        only: leave out those for the other purpose.
        own: take `own_draws` instead of `draws`.

    Yields:
        Each new row once it is in the file.
    """
    reward_columns = ["reward"] if own else [*defaults_of(LANDER.design)]
    columns = ["purpose", "draw", "around", "seed", *reward_columns, *MEASURED]
    done = set()
    if path.exists():
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        done = {(row["purpose"], row["around"] if own else "", int(row["draw"]), int(row["seed"])) for row in rows}
    else:
        path.write_text(",".join(columns) + "\n")
    wanted = [
        d
        for d in itertools.islice(own_draws() if own else draws(), least)
        if (d.purpose, d.around if own else "", d.number, d.seed) not in done and only in (None, d.purpose)
    ]
    context = get_context("spawn")
    cores = context.SimpleQueue()
    for core in sorted(psutil.Process().cpu_affinity())[:jobs]:
        cores.put(core)
    with ProcessPoolExecutor(jobs, context, _stay_on, (cores,)) as pool, path.open("a", newline="") as file:
        writer = csv.DictWriter(file, columns)
        for future in as_completed([pool.submit(measure, draw) for draw in wanted]):
            writer.writerow(future.result())
            file.flush()
            yield future.result()


def _stay_on(cores: Any) -> None:
    """Keep a process on a core of its own, where a training needs no second process."""
    if not cores.empty() and psutil.LINUX:
        os.sched_setaffinity(0, {cores.get()})


def main() -> None:
    """Train until the table is long enough."""
    parser = argparse.ArgumentParser(description="Train random rewards and table what came of them.")
    parser.add_argument("least", type=int, help="rows that the table shall have")
    parser.add_argument("--out", type=Path, help="the table; rows that it has are kept")
    parser.add_argument("--own", action="store_true", help="rewards with own terms")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at once")
    parser.add_argument("--only", choices=get_args(Purpose), help="leave out the draws for the other purpose")
    arguments = parser.parse_args()
    table = arguments.out or (OWN_TABLE if arguments.own else TABLE)
    for row in gather(table, arguments.jobs, arguments.least, arguments.only, arguments.own):
        ends = " ".join(f"{name} {row[name]:.2f}" for name in ("landing", "crash", "timeout"))
        which = f"{row['purpose']} {row['draw']} ({row['around']}, seed {row['seed']})"
        print(f"{which}: {ends}", flush=True)


if __name__ == "__main__":
    main()
