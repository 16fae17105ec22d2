"""Train a design again with other seeds, another discount or another algorithm, and fly all under other conditions.

The plan is a list of specs, and the queue is the ordinary one: a model that exists is reused, a training that was
killed goes on from its checkpoint, and a command or a page that is asked again finds everything where it stood.
Flights are kept in ``robustness/`` of the home folder, by what decides them: policy, conditions and starts. A process
of its own stays with a test until its last flight, so a page only looks on.

Leaves out: what the flights mean (``insight.success_rates``), printing, and clearing old flights away.
"""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from filelock import FileLock, Timeout

from playground.flight.rollout import run_episodes
from playground.flight.scorecard import EVALUATION_SEEDS, Scorecard, evaluate
from playground.lab.files import explain_os_errors, read_json, write_atomically
from playground.lab.locks import lock
from playground.lab.models.model import SHORT, Model, open_model
from playground.lab.models.store import ModelStore
from playground.lab.queue.batch import Batch, Progress, train_all
from playground.lab.queue.contract import Queue
from playground.lab.queue.processes import start_detached
from playground.training.spec import BUDGETS, TrainSpec, for_algorithm
from playground.words.errors import InvalidInput
from playground.worlds import find_world, load_reward
from playground.worlds.lunar_lander.conditions import CALM, Conditions

Setting = Literal["seed", "gamma", "algorithm"]
SEEDS: Final = 5
MOST_SEEDS: Final = 100
FLIGHTS: Final = "robustness"
"""The folder of kept flights in the home."""
BREATH: Final = 10.0
"""Seconds in which no second process is started for a test: the first may not have begun yet."""


@dataclass(frozen=True)
class Design:
    """What is put to the test."""

    name: str
    spec: TrainSpec
    folder: Path | None = None
    """Where its model lies, if that is not in the store."""


@dataclass(frozen=True)
class Variant:
    """One training of a design, which differs from it in one setting."""

    spec: TrainSpec
    setting: Setting
    """``seed`` for the design's own training, too."""
    folder: Path | None = None
    """Where its model lies, if that is not in the store."""

    @property
    def key(self) -> str:
        """Of its spec."""
        return self.spec.key

    @property
    def value(self) -> int | float | str:
        """Of the setting in which it differs."""
        value: int | float | str = getattr(self.spec, self.setting)
        return value


@dataclass(frozen=True)
class Failure:
    """A variant that does not count, and why."""

    variant: Variant
    state: Literal["failed", "cancelled", "interrupted", "gone"]
    """``gone``: neither a model nor a job exists."""
    message: str = ""


@dataclass(frozen=True)
class Trained:
    """What the trainings of a plan have come to so far."""

    done: tuple[Variant, ...] = ()
    failed: tuple[Failure, ...] = ()
    share: float = 0.0
    """Of all training, 0 to 1; one that failed counts as over."""
    settled: bool = True
    """Nothing trains or waits."""


@dataclass(frozen=True)
class Flights:
    """The scorecards of a plan."""

    cards: dict[Variant, dict[str, Scorecard]] = field(default_factory=dict)
    """By variant and the condition's name."""
    failed: tuple[Failure, ...] = ()


def find_design(store: ModelStore, name: str, budget: str | None = None) -> Design:
    """A design by its model or its reward.

    Args:
        store: where models are.
        name: a model as `ModelStore.resolve` knows it, a preset's name, or a reward JSON file.
        budget: how long all its variants train, a key of ``BUDGETS``; by default as long as the model did.

    Raises:
        InvalidInput: nothing has this name, or several do, or it is damaged.
    """
    changes = BUDGETS[budget] if budget else {}
    try:
        model = store.resolve(name)
    except InvalidInput as error:
        if error.code != "unknown_model":
            raise
        try:
            return Design(Path(name).stem, replace(TrainSpec(load_reward(name, find_world())), **changes))
        except InvalidInput as other:
            raise InvalidInput("unknown_design", value=name) from None if other.code == "unknown_preset" else other
    spec = replace(model.spec, **changes)
    lies_elsewhere = spec == model.spec and store.find(spec.key) is None
    return Design(model.slug or model.key[:SHORT], spec, model.folder if lies_elsewhere else None)


def other_gamma(spec: TrainSpec) -> float:
    """A discount to try beside the design's own: 0.99, which most of the literature uses, or 0.995."""
    return 0.995 if spec.gamma == 0.99 else 0.99


def plan_variants(
    design: Design, seeds: int = SEEDS, gammas: Sequence[float] = (), algorithms: Sequence[str] = ()
) -> list[Variant]:
    """The trainings of an overfit test, the design's own first; the same for the same design.

    Args:
        design: what is put to the test.
        seeds: how many trainings differ in nothing but the seed, the design's own among them.
        gammas: discounts to try with the design's own seed.
        algorithms: to try with the design's own seed.

    Raises:
        InvalidInput: fewer than one seed, or a value that no training takes.
    """
    if isinstance(seeds, bool) or not isinstance(seeds, int):
        raise InvalidInput("not_an_integer", field="seeds", value=seeds)
    if not 1 <= seeds <= MOST_SEEDS:
        raise InvalidInput("out_of_range", field="seeds", low=1, high=MOST_SEEDS, value=seeds)
    spec = design.spec
    numbers = [spec.seed, *(seed for seed in range(seeds) if seed != spec.seed)][:seeds]
    variants = [Variant(replace(spec, seed=seed), "seed") for seed in numbers]
    variants[0] = replace(variants[0], folder=design.folder)
    variants += [Variant(replace(spec, gamma=gamma), "gamma") for gamma in gammas]
    variants += [Variant(for_algorithm(spec, name), "algorithm") for name in algorithms]
    unlike: dict[str, Variant] = {}
    for variant in variants:
        unlike.setdefault(variant.key, variant)
    return list(unlike.values())


def model_of(store: ModelStore, variant: Variant) -> Model | None:
    """The model of a variant, if it exists."""
    if variant.folder is not None:
        with suppress(InvalidInput):
            return open_model(variant.folder)
    return store.find(variant.key)


def batch_of(queue: Queue, plan: Sequence[Variant]) -> Batch:
    """The trainings of a plan as one piece of work; a model that lies in a folder of its own needs none."""
    kept = [variant for variant in plan if variant.folder is not None and model_of(queue.store, variant)]
    return Batch(queue, [variant.spec for variant in plan if variant not in kept])


def trained(queue: Queue, plan: Sequence[Variant], now: Progress | None = None) -> Trained:
    """What the trainings of a plan have come to so far.

    Args:
        queue: who trains.
        plan: the variants.
        now: where its batch stands; by default it is asked.
    """
    now = now or batch_of(queue, plan).progress()
    by_key = {variant.key: variant for variant in plan}
    failed = tuple(Failure(by_key[f.key], f.state, f.message) for f in now.failed)
    unfinished = {*now.running, *now.waiting, *(failure.key for failure in now.failed)}
    done = tuple(variant for variant in plan if variant.key not in unfinished)
    others = len(plan) - len(now.done) - len(unfinished)  # they lie in folders of their own
    share = (now.share * (len(plan) - others) + others) / max(len(plan), 1)
    return Trained(done, failed, share, now.settled)


def is_tested(queue: Queue, plan: Sequence[Variant]) -> bool:
    """Whether a process stays with the test of a plan."""
    try:
        with _attendance(queue, plan).acquire(timeout=0):
            return False
    except Timeout:
        return True
    except (InvalidInput, OSError):
        return False


def _attendance(queue: Queue, plan: Sequence[Variant]) -> FileLock:
    return lock(queue.store.home, f"test-{batch_of(queue, plan).name}")


def start_test(queue: Queue, names: Sequence[str], plan: Sequence[Variant]) -> None:
    """Have a plan trained and flown, whoever stays to look.

    Args:
        queue: who trains.
        names: of the designs, as `find_design` knows them.
        plan: theirs, with the defaults of ``playground robustness``.

    Raises:
        InvalidInput: the home folder cannot be written to.
    """
    batch_of(queue, plan).start()
    attend_test(queue, names, plan)


def attend_test(queue: Queue, names: Sequence[str], plan: Sequence[Variant]) -> None:
    """See to it that a process stays with a test: the command ``playground robustness``; see `start_test`.

    Raises:
        InvalidInput: the home folder cannot be written to.
    """
    folder = queue.store.home / FLIGHTS
    log = folder / f"{batch_of(queue, plan).name}.log"
    with explain_os_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if log.exists() and time.time() - log.stat().st_mtime < BREATH:
            return
        log.touch()
    process = start_detached(
        "playground", ["robustness", *names, "--json"], log, {"PLAYGROUND_HOME": str(folder.parent)}
    )
    threading.Thread(target=process.wait, daemon=True).start()  # so that no zombie is left


def run_test(
    queue: Queue,
    plan: Sequence[Variant],
    conditions: Mapping[str, Conditions],
    on_training: Callable[[Trained], None] = lambda trained: None,
    on_flight: Callable[[int, int], None] = lambda flown, total: None,
) -> tuple[Trained, Flights]:
    """Train what is missing of a plan and fly all of it; what `start_test` starts.

    Args:
        queue: who trains.
        plan: the variants.
        conditions: by name.
        on_training: called as the trainings go on.
        on_flight: called with how many of how many scorecards exist.

    Raises:
        InvalidInput: the home folder cannot be written to.
    """
    batch = batch_of(queue, plan)
    attendance = _attendance(queue, plan)
    with suppress(Timeout, OSError):  # two may work on one plan: the queue and the kept flights are shared
        attendance.acquire(timeout=0)
    try:
        if batch.missing:
            train_all(batch, lambda now: on_training(trained(queue, plan, now)))
        outcome = trained(queue, plan)
        return outcome, fly_all(queue.store, outcome.done, conditions, on_flight)
    finally:
        attendance.release()


def unflown(
    store: ModelStore, plan: Sequence[Variant], conditions: Mapping[str, Conditions]
) -> list[tuple[Variant, str]]:
    """Which models of a plan have not flown under which conditions.

    Raises:
        InvalidInput: a model is damaged.
    """
    return [
        (variant, name)
        for variant in plan
        if (model := model_of(store, variant)) is not None
        for name, weather in conditions.items()
        if kept_card(store, model, weather) is None
    ]


def flight_file(store: ModelStore, model: Model, conditions: Conditions, seeds: Sequence[int]) -> Path:
    """Where a model's scorecard under some conditions is kept."""
    policy = model.manifest["sha256"].get("policy.safetensors")
    decides = [policy, model.spec.gamma, asdict(conditions), list(seeds)]
    name = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
    return store.home / FLIGHTS / f"{name}.json"


def kept_card(
    store: ModelStore, model: Model, conditions: Conditions, seeds: Sequence[int] = EVALUATION_SEEDS
) -> Scorecard | None:
    """A model's scorecard under some conditions, if it has flown them already.

    Raises:
        InvalidInput: the model is damaged.
    """
    if conditions == CALM and model.scorecard.seeds.tolist() == list(seeds):
        return model.scorecard
    value = read_json(flight_file(store, model, conditions, seeds))
    if value is None:
        return None
    try:
        world = model.spec.world
        card = Scorecard.from_json(value, world, lambda: run_episodes(world, model.policy, seeds, None, conditions))
    except (KeyError, TypeError, ValueError):  # a term was added since, or the file is damaged: it is flown again
        return None
    return card if card.seeds.tolist() == list(seeds) and len(card.outcomes) == len(seeds) else None


def fly(store: ModelStore, model: Model, conditions: Conditions, seeds: Sequence[int] = EVALUATION_SEEDS) -> Scorecard:
    """A model's scorecard under some conditions, flown now unless it is kept.

    Raises:
        InvalidInput: the model is damaged.
    """
    card = kept_card(store, model, conditions, seeds)
    if card is None:
        card = evaluate(model.spec.world, model.policy, model.spec.gamma, seeds, conditions)
        with suppress(InvalidInput):  # a home that cannot be written to costs time, not the result
            write_atomically(flight_file(store, model, conditions, seeds), json.dumps(card.to_json()).encode())
    return card


def fly_all(
    store: ModelStore,
    plan: Sequence[Variant],
    conditions: Mapping[str, Conditions],
    on_flight: Callable[[int, int], None] = lambda flown, total: None,
) -> Flights:
    """Fly every existing model of a plan under every condition, over the same starts.

    Args:
        store: where models and flights are.
        plan: whose models to fly; a model that is missing or damaged is named, and the others count.
        conditions: by name.
        on_flight: called with how many of how many scorecards exist.
    """
    cards: dict[Variant, dict[str, Scorecard]] = {}
    failed = []
    total = len(plan) * len(conditions)
    for index, variant in enumerate(plan):
        model = model_of(store, variant)
        try:
            if model is None:
                failed.append(Failure(variant, "gone"))
                continue
            flown: dict[str, Scorecard] = {}
            for name, world in conditions.items():
                on_flight(index * len(conditions) + len(flown), total)
                flown[name] = fly(store, model, world)
            cards[variant] = flown
        except InvalidInput as error:
            gone = model_of(store, variant) is None
            failed.append(Failure(variant, "gone") if gone else Failure(variant, "failed", str(error)))
    on_flight(total, total)
    return Flights(cards, tuple(failed))
