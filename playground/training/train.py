"""The one loop around every learner: evaluate, save, report, stop, resume, and keep the best policy.

A learner is a generator that goes on for ever, or until it is done. Between two of its updates this loop flies the
validation episodes for the learning curve, writes a checkpoint about ten times, and ends the training when the budget
is used up or, if the spec says so, when it succeeds. During long phases, such as sampling a thousand pairs of episodes,
it reports progress and obeys a stop through `Task.tick`.

Leaves out: learning (``learners``), where files go and who runs when (``lab``).
"""

import contextlib
import importlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from playground.flight.cores import available_cores
from playground.flight.fleet import Fleet
from playground.flight.policy import Policy
from playground.flight.scorecard import EVALUATION_SEEDS, score
from playground.training.algorithms import ALGORITHMS, Algorithm
from playground.training.checkpoint import (
    curve_state,
    dump_checkpoint,
    learned_state,
    load_curve,
    load_learned,
    read_checkpoint,
)
from playground.training.curve import CURVE_POINTS, VALIDATION_SEEDS, Curve
from playground.training.learners.task import Kept, Metrics, Task, Update, whole_rollouts
from playground.training.nets import check_finite, dump_checkpoints, dump_policy, hidden_widths
from playground.training.result import (
    Learned,
    Progress,
    Result,
    Stopped,
    dump_updates,
    grown_since,
    learned_from,
    resident_bytes,
)
from playground.training.sb3_io import dump_actor_critic
from playground.training.spec import TrainSpec
from playground.words.errors import InvalidInput

LANDING_SEEDS: Final = range(900, 964)
"""Flown to see whether a training with ``until_landing`` has succeeded."""
FIRST_LOOK: Final = 4
"""So many of them must all succeed before the others are flown."""
LOOK_EVERY: Final = 8_192
"""Steps between two such looks, rounded to whole rollouts where all are alike."""
CHECKPOINTS: Final = 10
TICK: Final = 0.5
"""Seconds between two reports within a long phase."""
WORTH_A_PROCESS: Final = 50_000
"""Fewer steps than these are over before another process has started."""


def train(
    spec: TrainSpec,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    *,
    initial: Policy | None = None,
    checkpoint: bytes | None = None,
    on_checkpoint: Callable[[bytes], None] = lambda data: None,
    should_stop: Callable[[], bool] = lambda: False,
    validation: Sequence[int] = VALIDATION_SEEDS,
    evaluation: Sequence[int] = EVALUATION_SEEDS,
    landing: Sequence[int] = LANDING_SEEDS,
) -> Result:
    """Train a policy with the algorithm that the spec names.

    Args:
        spec: what to train.
        on_progress: called after every update, and about twice a second in between.
        initial: the policy of ``spec.init_from``.
        checkpoint: bytes that ``on_checkpoint`` got in an earlier run of the same spec; damaged ones are ignored.
        on_checkpoint: called about ten times with all that a resume needs; never, if the algorithm cannot resume.
        should_stop: asked after every update, and about twice a second in between.
        validation: seeds of the episodes of the learning curve.
        evaluation: seeds of the final scorecard's episodes.
        landing: seeds of the episodes that decide whether ``until_landing`` is reached.

    Raises:
        InvalidInput: a setting is out of range, or ``initial`` is missing or does not fit.
        Stopped: ``should_stop`` said so; the last checkpoint still holds.
        FloatingPointError: the network's weights became NaN or infinite.
    """
    resident = resident_bytes()
    algorithm = ALGORITHMS[spec.algorithm]
    learner = learner_of(algorithm)
    settings = spec if algorithm.in_spec else learner.Settings(**spec.all_settings)
    if initial is not None and not algorithm.in_spec:
        check_start(spec, initial, settings)
    torch.set_num_threads(1)
    torch.manual_seed(spec.seed)
    rollout = learner.steps_per_update(settings) if hasattr(learner, "steps_per_update") else 0
    run = _Run(spec, initial, rollout, Curve(spec, validation), on_progress, should_stop)
    state = None if checkpoint is None else read_checkpoint(checkpoint, spec)
    environments = getattr(settings, "n_envs", 2)
    with (
        threadpool_limits(1),
        contextlib.closing(Fleet(spec.world, environments, remote_groups(spec), run.tick)) as fleet,
    ):
        kept = Kept() if state is None else run.restore(state)
        task = Task(spec.reward, spec.gamma, spec.seed, fleet, run.share_of, initial, spec.steps, run.tick, kept)
        updates: Iterator[Update] = learner.learn(task, settings)
        succeeded = False
        with contextlib.closing(updates):  # type: ignore[type-var]
            for update in updates:
                check_finite(update.policy)
                run.last = update
                if run.look_due() and succeeds(fleet, update.policy, spec.until_landing, landing):
                    succeeded = True
                    break
                run.obey()
                if run.evaluation_due():
                    run.evaluate(fleet)
                if run.share >= 1:
                    break
                if run.checkpoint_due() and (held := kept.state()):
                    on_checkpoint(dump_checkpoint(run.state() | {"learner": held}))
                run.report()
        run.evaluate(fleet)
        run.report()
        curve, policy, steps = run.curve, run.last.policy, run.last.steps
        if spec.keep_best and not succeeded and curve.best is not None:
            policy, steps = curve.best, curve.best_steps
        card = score(fleet.run(policy, evaluation), spec.gamma)
        to_zip = run.last.to_zip or (lambda policy: dump_actor_critic(spec, policy))
        model_zip = to_zip(policy)
    return Result(
        policy=dump_policy(policy),
        model_zip=model_zip,
        curve=curve.rows,
        scorecard=card,
        steps=run.last.steps,
        seconds=run.seconds,
        kept=steps,
        checkpoints=dump_checkpoints(curve.kept),
        updates=dump_updates(run.learned),
        extra={"episodes": run.last.episodes, "memory": {**run.last.holds, "process": grown_since(resident)}},
    )


def learner_of(algorithm: Algorithm) -> Any:
    """The module of an algorithm's learner."""
    return importlib.import_module(algorithm.module)


def check_start(spec: TrainSpec, initial: Policy, settings: Any) -> None:
    """Refuse a model to start from that the learner cannot take as it is, or could take only against its settings.

    Raises:
        InvalidInput: says why.
    """
    name = spec.init_from[:8]
    if initial.q_values:
        raise InvalidInput("not_a_policy", value=name, algorithm=spec.algorithm)
    widths = tuple(hidden_widths(initial.actor))
    hidden = getattr(settings, "hidden", widths)
    if hidden not in (widths, getattr(type(settings)(), "hidden", widths)):
        raise InvalidInput("other_hidden", value=name)


def succeeds(fleet: Fleet, policy: Policy, wanted: float, seeds: Sequence[int]) -> bool:
    """Whether enough episodes are successes; the first few decide about most policies.

    Args:
        fleet: flies them.
        policy: as it is now.
        wanted: share of each part that has to succeed.
        seeds: of the episodes.
    """
    for part in (seeds[:FIRST_LOOK], seeds[FIRST_LOOK:]):
        if part and np.mean([trajectory.succeeded for trajectory in fleet.run(policy, part)]) < wanted:
            return False
    return True


def remote_groups(spec: TrainSpec) -> int:
    """How many groups of environments fly in another process: one, given a second core and steps worth its start."""
    return int(available_cores() > 1 and spec.steps >= WORTH_A_PROCESS)


class _Every:
    """Says, between two updates, whether another part of the way has been covered."""

    def __init__(self, part: float) -> None:
        self.part = part
        self.covered = 0

    def due(self, position: float) -> bool:
        before, self.covered = self.covered, math.floor(position / self.part)
        return self.covered > before


class _Run:
    """A training under way: its clock, its curve and its last update."""

    def __init__(
        self,
        spec: TrainSpec,
        initial: Policy | None,
        rollout: int,
        curve: Curve,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self.spec, self.initial, self.curve = spec, initial, curve
        self.on_progress, self.should_stop = on_progress, should_stop
        self.learned: list[Learned] = []
        self.last = Update(0, 0, Policy((), ()))
        self._rollout = 0 if spec.seconds else rollout
        if self._rollout:  # all updates are alike and the budget is steps, so everything happens after whole updates
            self._evaluations = _Every(whole_rollouts(spec.steps, rollout, CURVE_POINTS))
            self._checkpoints = _Every(whole_rollouts(spec.steps, rollout, CHECKPOINTS))
            self._looks = _Every(rollout * max(1, round(LOOK_EVERY / rollout)))
        else:
            self._evaluations, self._checkpoints = _Every(1 / CURVE_POINTS), _Every(1 / CHECKPOINTS)
            self._looks = _Every(LOOK_EVERY)
        self._evaluated: Update | None = None
        self._spent = 0.0
        self._began = self._ticked = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Spent so far, earlier runs included."""
        return self._spent + time.perf_counter() - self._began

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
    def _position(self) -> float:
        return self.last.steps if self._rollout else self.share

    def evaluation_due(self) -> bool:
        """Whether it is time for a row of the curve."""
        return self._evaluations.due(self._position)

    def checkpoint_due(self) -> bool:
        """Whether it is time for a checkpoint."""
        return self._checkpoints.due(self._position)

    def look_due(self) -> bool:
        """Whether it is time to see if the training has succeeded."""
        return self.spec.until_landing > 0 and self._looks.due(self.last.steps)

    def evaluate(self, fleet: Fleet) -> None:
        """Add a row to the curve, unless the last update has one."""
        last = self.last
        if self._evaluated is last:
            return
        self._evaluated = last
        metrics: Metrics = last.metrics() if callable(last.metrics) else last.metrics
        measured = {"episodes": float(last.episodes), **metrics}
        self.curve.evaluate(last.policy, last.steps, lambda: self.seconds, fleet.run, measured)
        if last.batch:
            self.learned.append(learned_from(last.steps, last.batch, metrics, len(self.learned)))

    def obey(self) -> None:
        """End the training if somebody asked for it."""
        if self.should_stop():
            raise Stopped

    def tick(self, flown: int = 0) -> None:
        """Within a long phase: obey a stop and report, about twice a second.

        Args:
            flown: steps since the last update.
        """
        if time.perf_counter() - self._ticked >= TICK:
            self.obey()
            self.report(flown)

    def report(self, flown: int = 0) -> None:
        """Tell how far the training is."""
        last, steps, total = self.last, self.last.steps + flown, self.spec.steps
        if self._rollout:
            total = self._rollout * math.ceil(total / self._rollout)
        elif steps and self.share and (self.spec.seconds or last.share is not None):
            total = round(steps / self.share)  # what ends it is not steps
        policy = last.policy if last.policy.actor else self.initial
        self.on_progress(Progress(steps, max(total, steps), self.seconds, self.curve.rows, policy))
        self._ticked = time.perf_counter()

    def state(self) -> dict[str, Any]:
        """All that a resume needs beside the learner's own state."""
        return {
            "steps": self.last.steps,
            "episodes": self.last.episodes,
            "share": self.last.share,
            "seconds": self.seconds,
            "curve": curve_state(self.curve),
            "learned": learned_state(self.learned),
        }

    def restore(self, state: Any) -> Kept:
        """Go on from a checkpoint; what the learner kept."""
        load_curve(self.curve, state["curve"])
        self.learned = load_learned(state["learned"])
        newest = self.curve.kept[-1].policy if self.curve.kept else Policy((), ())
        self.last = Update(state["steps"], state["episodes"], newest, share=state.get("share"))
        self._spent = state["seconds"]
        for every, position in (
            (self._evaluations, self._position),
            (self._checkpoints, self._position),
            (self._looks, self.last.steps),
        ):
            every.due(position)
        return Kept(state["learner"])
