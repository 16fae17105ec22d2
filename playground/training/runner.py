"""Run a learner of ``learners``: give it a task, look at what comes out between two updates, and stop it in time.

A learner is a generator that goes on for ever, or until it is done. What it costs in memory is counted: what it says
that it holds, and how far the process grew.

Leaves out: the engine behind ``ppo`` (``engine``), and a resume: a run that was stopped begins again.
"""

import contextlib
import importlib
import math
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import torch
from safetensors.numpy import save as save_safetensors
from threadpoolctl import threadpool_limits

from playground.flight.fleet import Fleet
from playground.flight.policy import Policy
from playground.flight.scorecard import EVALUATION_SEEDS, score
from playground.training.algorithms import ALGORITHMS, Algorithm
from playground.training.learners.task import Task, Update
from playground.training.progress import (
    CURVE_POINTS,
    Curve,
    Progress,
    Result,
    Stopped,
    check_finite,
    dump_checkpoints,
    dump_policy,
    grown_since,
    remote_groups,
    resident_bytes,
    with_same_columns,
)
from playground.training.sb3_export import to_zip
from playground.training.spec import TrainSpec
from playground.words.errors import InvalidInput

SHOWN_UPDATES: Final = 16
"""Updates of which a model keeps what they learned from."""
SHOWN_SAMPLES: Final = 2048
"""Samples of each of them, drawn without order."""


def run_learner(
    spec: TrainSpec,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    *,
    initial: Policy | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Result:
    """Train with the algorithm that the spec names.

    Args:
        spec: what to train.
        on_progress: called after every update.
        initial: the policy of ``spec.init_from``.
        should_stop: asked after every update.

    Raises:
        InvalidInput: a setting is out of range, or the algorithm needs a policy to start from.
        Stopped: ``should_stop`` said so.
        FloatingPointError: the network's weights became NaN or infinite.
    """
    algorithm = ALGORITHMS[spec.algorithm]
    module = learner_of(algorithm)
    settings = module.Settings(**spec.all_settings)
    if initial is not None:
        _check_start(spec, initial, settings)
    torch.set_num_threads(1)
    torch.manual_seed(spec.seed)
    landers = getattr(settings, "n_envs", 2)
    with threadpool_limits(1), contextlib.closing(Fleet(spec.world, landers, remote_groups(spec))) as fleet:
        run = _Run(spec, fleet)
        updates: Iterator[Update] = module.learn(run.task(initial), settings)
        with contextlib.closing(updates):  # type: ignore[type-var]
            for update in updates:
                run.look(update)
                on_progress(run.progress())
                if should_stop():
                    raise Stopped
                if run.over:
                    break
        run.evaluate()
        on_progress(run.progress())
        curve = run.curve
        policy, kept = run.last.policy, run.last.steps
        if spec.keep_best and curve.best is not None:
            policy, kept = curve.best, curve.best_steps
        card = score(fleet.run(policy, EVALUATION_SEEDS), spec.gamma)
    return Result(
        policy=dump_policy(policy),
        model_zip=to_zip(policy, spec),
        curve=curve.rows,
        scorecard=card,
        steps=run.last.steps,
        seconds=run.seconds,
        kept=kept,
        checkpoints=dump_checkpoints(curve.kept),
        updates=dump_updates(run.shown),
        extra={"episodes": run.last.episodes, "memory": {**run.last.holds, "process": grown_since(run.resident)}},
    )


def learner_of(algorithm: Algorithm) -> Any:
    """The module of an algorithm's learner."""
    return importlib.import_module(f"playground.training.learners.{algorithm.file}")


def _check_start(spec: TrainSpec, initial: Policy, settings: Any) -> None:
    """Refuse a model to start from that the learner cannot take as it is, or could take only against its settings."""
    name = spec.init_from[:8]
    if initial.q_values:
        raise InvalidInput("not_a_policy", value=name, algorithm=spec.algorithm)
    widths = tuple(len(bias) for _, bias in initial.actor[:-1])
    hidden = getattr(settings, "hidden", widths)
    if hidden not in (widths, getattr(type(settings)(), "hidden", widths)):
        raise InvalidInput("other_hidden", value=name)


class _Run:
    """A training under way."""

    def __init__(self, spec: TrainSpec, fleet: Fleet) -> None:
        self.spec, self.fleet = spec, fleet
        self.curve = Curve(spec)
        self.shown: list[Update] = []
        self.last = Update(0, 0, Policy((), ()))
        self._began = time.perf_counter()
        self.resident = resident_bytes()
        self._next = 1 / CURVE_POINTS

    def task(self, initial: Policy | None) -> Task:
        """What the learner is given."""
        spec = self.spec
        return Task(spec.reward, spec.gamma, spec.seed, self.fleet, self.share_of, initial)

    @property
    def seconds(self) -> float:
        """Spent so far."""
        return time.perf_counter() - self._began

    @property
    def learning(self) -> float:
        """Seconds without those in which validation episodes were flown."""
        return self.seconds - self.curve.seconds

    def share_of(self, steps: int) -> float:
        """How much of the budget is used, by steps or, if that is set, by seconds."""
        by_time = self.learning / self.spec.seconds if self.spec.seconds else 0.0
        return min(1.0, max(steps / self.spec.steps, by_time))

    @property
    def share(self) -> float:
        """How much of the work is done."""
        return max(self.share_of(self.last.steps), self.last.share or 0.0)

    @property
    def over(self) -> bool:
        """The budget is used up."""
        return self.share >= 1

    def look(self, update: Update) -> None:
        """Take note of an update; now and then, fly the validation episodes."""
        check_finite(update.policy)
        self.last = update
        if self.share >= self._next:
            self._next = (math.floor(self.share * CURVE_POINTS) + 1) / CURVE_POINTS
            self.evaluate()

    def evaluate(self) -> None:
        """Add a row to the curve, unless this update has one."""
        last = self.last
        if self.shown and self.shown[-1] is last:
            return
        told = {"episodes": float(last.episodes), **last.metrics}
        self.curve.evaluate(last.policy, last.steps, lambda: self.seconds, self.fleet.run, told)
        self.curve.rows = with_same_columns(self.curve.rows)
        self.shown.append(last)

    def progress(self) -> Progress:
        """How far the training is."""
        total = self.spec.steps if self.last.share is None and not self.spec.seconds else self.last.steps / self.share
        return Progress(self.last.steps, round(total), self.seconds, self.curve.rows, self.last.policy)


def dump_updates(shown: list[Update]) -> bytes:
    """What updates learned from as safetensors: ``<number>.<what>``, and ``steps``; empty if they told nothing.

    Args:
        shown: in order; of more than ``SHOWN_UPDATES``, evenly spread ones are kept.
    """
    told = [update for update in shown if update.batch]
    if not told:
        return b""
    places = np.unique(np.linspace(0, len(told) - 1, min(SHOWN_UPDATES, len(told))).round().astype(int))
    tensors: dict[str, Any] = {"steps": np.array([told[i].steps for i in places], np.int64)}
    for number, place in enumerate(places.tolist()):
        batch = told[place].batch
        size = min(map(len, batch.values()))
        chosen = np.random.default_rng(number).permutation(size)[:SHOWN_SAMPLES]
        tensors |= {f"{number}.{name}": np.asarray(values, np.float32)[chosen] for name, values in batch.items()}
        for name in ("clip_low", "clip_high"):
            if name in told[place].metrics:
                tensors[f"{number}.{name}"] = np.array([told[place].metrics[name]], np.float32)
    return save_safetensors(tensors)
