"""Train a design again with other seeds, another discount or another algorithm, and fly all under other conditions.

The plan is a list of specs, and the queue is the ordinary one: whatever is at hand is reused, a training that was
killed goes on from its checkpoint, and a command or a page that is asked again finds everything where it stood.
Flights are kept in ``robustness/`` of the home folder, by what decides them: policy, conditions and starts.

Leaves out: what the flights mean (``insight.success_rates``), printing, and clearing old flights away.
"""

import hashlib
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from playground.flight.scorecard import EVALUATION_SEEDS, Scorecard, evaluate
from playground.lab.files import read_json, write_atomically
from playground.lab.model import SHORT, Model, open_model
from playground.lab.queue_local import JobBoard
from playground.lab.store import ModelStore
from playground.training.spec import BUDGETS, TrainSpec, for_algorithm
from playground.words.errors import InvalidInput
from playground.worlds import find_world, load_reward
from playground.worlds.lunar_lander.conditions import CALM, Conditions

Setting = Literal["seed", "gamma", "algorithm"]
SEEDS: Final = 5
MOST_SEEDS: Final = 100
POLL: Final = 1.0
"""Seconds between two looks at the queue."""


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
    """``gone``: neither a model nor a job is there."""
    message: str = ""


@dataclass(frozen=True)
class Progress:
    """Where the variants of a plan stand."""

    done: tuple[Variant, ...] = ()
    running: tuple[Variant, ...] = ()
    waiting: tuple[Variant, ...] = ()
    failed: tuple[Failure, ...] = ()
    share: float = 0.0
    """Of all training, 0 to 1; one that failed counts as over."""

    @property
    def settled(self) -> bool:
        """Nothing trains or waits."""
        return not self.running and not self.waiting


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
        InvalidInput: there is no such thing, or several, or it is damaged.
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
    """The model of a variant, if it is at hand."""
    if variant.folder is not None:
        with suppress(InvalidInput):
            return open_model(variant.folder)
    return store.find(variant.key)


def progress(board: JobBoard, plan: Sequence[Variant], asked: Collection[str] | None = None) -> Progress:
    """Where every training of a plan stands; any process may ask.

    Args:
        board: the queue.
        plan: the variants.
        asked: keys that were queued for this plan. What failed before counts as waiting then, because it will be tried
            again, and what was queued but has neither model nor job is gone. By default a failure is a failure, and
            what has neither is waiting.
    """
    places: dict[str, list[Variant]] = {"done": [], "running": [], "queued": []}
    failed: list[Failure] = []
    trained = 0.0
    for variant in plan:
        job = None if model_of(board.store, variant) else board.find(variant.key)
        if job is not None and job.alive:
            places[job.status.state].append(variant)
            trained += min(job.status.steps / max(job.status.total, 1), 1.0)
        elif job is None and model_of(board.store, variant):  # looked at again: a job ends by becoming a model
            places["done"].append(variant)
            trained += 1
        elif asked is not None and variant.key not in asked:
            places["queued"].append(variant)
        elif job is not None:
            failed.append(Failure(variant, job.status.state, job.status.message))  # type: ignore[arg-type]
            trained += 1
        elif asked is None:
            places["queued"].append(variant)
        else:
            failed.append(Failure(variant, "gone"))
            trained += 1
    done, running, waiting = (tuple(place) for place in places.values())
    return Progress(done, running, waiting, tuple(failed), trained / max(len(plan), 1))


def feed(board: JobBoard, plan: Sequence[Variant], asked: set[str]) -> list[Variant]:
    """Queue the next trainings of a plan: as many as run at once, and one to come after them.

    Every job that waits is a process with torch in it, a quarter of a gigabyte, so the plan is not queued all at once.

    Args:
        board: the queue.
        plan: the variants.
        asked: keys that are not queued again; those queued now are added.

    Returns:
        Those queued now.

    Raises:
        InvalidInput: the home folder cannot be written to.
    """
    missing = [variant for variant in plan if model_of(board.store, variant) is None]
    alive = {v.key for v in missing if (job := board.find(v.key)) is not None and job.alive}
    asked |= alive
    queued = []
    for variant in missing:
        if len(alive) > board.slots:
            break
        if variant.key not in asked:
            board.submit(variant.spec)
            asked.add(variant.key)
            alive.add(variant.key)
            queued.append(variant)
    return queued


def train_all(board: JobBoard, plan: Sequence[Variant], on_progress: Callable[[Progress], None]) -> Progress:
    """Train a plan through the queue and wait until nothing of it trains any more.

    Stopped by Ctrl-C, it cancels what it queued itself; killed, it leaves the jobs to go on. Either way the next call
    takes up where things stand, and tries once more what failed.

    Raises:
        InvalidInput: the home folder cannot be written to.
    """
    asked: set[str] = set()
    queued: list[Variant] = []
    try:
        while True:
            queued += feed(board, plan, asked)
            now = progress(board, plan, asked)
            on_progress(now)
            if now.settled:
                return now
            time.sleep(POLL)
    except KeyboardInterrupt:
        for variant in queued:
            job = board.find(variant.key)
            if job is not None and job.alive:
                board.cancel(variant.key)
        raise


def flight_file(store: ModelStore, model: Model, conditions: Conditions, seeds: Sequence[int]) -> Path:
    """Where a model's scorecard under some conditions is kept."""
    policy = model.manifest["sha256"].get("policy.safetensors")
    decides = [policy, model.spec.gamma, asdict(conditions), list(seeds)]
    name = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
    return store.home / "robustness" / f"{name}.json"


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
        card = Scorecard.from_json(value, model.spec.world)
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
    """Fly every model of a plan that is at hand under every condition, over the same starts.

    Args:
        store: where models and flights are.
        plan: whose models to fly; a model that is missing or damaged is named, and the others count.
        conditions: by name.
        on_flight: called with how many of how many scorecards are there.
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
