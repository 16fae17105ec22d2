"""The plan of an overfit test, its queue over made-up jobs and one of real trainings, and kept flights."""

import json
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save as save_safetensors

from playground.flight.scorecard import EVALUATION_SEEDS, evaluate
from playground.lab.models.model import write_curve
from playground.lab.models.store import ModelStore
from playground.lab.queue.batch import train_all
from playground.lab.queue.job_folder import Status
from playground.lab.queue.local import Local
from playground.reward.codec import dump_reward
from playground.studies import robustness
from playground.studies.robustness import (
    Design,
    Variant,
    batch_of,
    find_design,
    fly,
    fly_all,
    kept_card,
    other_gamma,
    plan_variants,
    run_test,
    trained,
)
from playground.training.spec import TrainSpec, dump_spec
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.conditions import CALM, CONDITIONS
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.probes import Constant
from playground.worlds.lunar_lander.world import WORLD as LANDER

TINY = TrainSpec(GYMNASIUM, steps=256, n_envs=2, n_steps=64, batch_size=64, n_epochs=1, net_arch=(8,))
DESIGN = Design("tiny", TINY)
WIND = CONDITIONS["strong-wind"]


@pytest.fixture
def store(tmp_path):
    return ModelStore(tmp_path / "home", tmp_path / "shipped")


@pytest.fixture
def board(store):
    """A queue that starts no process."""
    return Local(store, slots=2)


def add(store: ModelStore, spec: TrainSpec) -> Any:
    card = evaluate(LANDER, Constant(0), spec.gamma, EVALUATION_SEEDS[:3])
    rng = np.random.default_rng(spec.seed)
    shapes = {"policy.0.weight": (4, 8), "policy.0.bias": (4,), "value.0.weight": (1, 8), "value.0.bias": (1,)}
    tensors = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    files = {
        "spec.json": dump_spec(spec),
        "policy.safetensors": save_safetensors(tensors, metadata={"activation": "tanh"}),
        "scorecard.json": json.dumps(card.to_json()).encode(),
        "curve.csv": write_curve([]).encode(),
        "model.zip": b"",
    }
    return store.add(spec.key, files, {"created": "2026", "steps": 1, "seconds": 1.0, "summary": card.summary})


def end(board: Local, variant: Variant, state: Any, message: str = "") -> None:
    now = time.time()
    board.folder(variant.key).write(Status(state, submitted=now, heartbeat=now, total=256, message=message))


def test_a_plan_has_the_own_seed_first_then_others_then_other_discounts():
    plan = plan_variants(Design("own", replace(TINY, seed=3)), 5, [0.99])
    assert [(v.setting, v.value) for v in plan] == [*(("seed", s) for s in (3, 0, 1, 2, 4)), ("gamma", 0.99)]
    assert plan[0].spec == replace(TINY, seed=3)
    assert all(replace(v.spec, seed=3, gamma=TINY.gamma) == plan[0].spec for v in plan)


def test_a_plan_is_stable_grows_at_its_end_and_repeats_nothing():
    assert plan_variants(DESIGN, 5, [0.99]) == plan_variants(DESIGN, 5, [0.99])
    assert plan_variants(DESIGN, 7)[:5] == plan_variants(DESIGN, 5)
    assert plan_variants(DESIGN, 2, [TINY.gamma, 0.9, 0.9], ["ppo"]) == plan_variants(DESIGN, 2, [0.9])


def test_a_second_algorithm_simply_appears():
    plan = plan_variants(DESIGN, 1, (), ("ppo", "a2c"))
    assert [(v.setting, v.value) for v in plan] == [("seed", 0), ("algorithm", "a2c")]


def test_the_other_discount_is_not_the_designs_own():
    assert other_gamma(TINY) == 0.99
    assert other_gamma(replace(TINY, gamma=0.99)) != 0.99


@pytest.mark.parametrize("seeds", [0, -1, 101, 2.0, True])
def test_a_number_of_seeds_that_makes_no_sense_is_refused(seeds):
    with pytest.raises(InvalidInput, match="seeds"):
        plan_variants(DESIGN, seeds)


def test_a_discount_or_algorithm_that_no_training_takes_is_refused():
    with pytest.raises(InvalidInput, match="gamma"):
        plan_variants(DESIGN, 1, [1.5])
    with pytest.raises(InvalidInput, match="algorithm"):
        plan_variants(DESIGN, 1, (), ["sac"])


def test_a_design_is_found_by_model_by_preset_and_by_file(store, tmp_path):
    model = add(store, TINY)
    assert find_design(store, model.key[:6]) == Design(model.key[:8], TINY)
    assert find_design(store, "gymnasium").spec == TrainSpec(GYMNASIUM)  # no shipped model here: its reward
    (tmp_path / "mine.json").write_text(dump_reward(GYMNASIUM))
    assert find_design(store, str(tmp_path / "mine.json"), "quick").spec.until_landing > 0
    with pytest.raises(InvalidInput) as caught:
        find_design(store, "nope")
    assert caught.value.code == "unknown_design"


def test_a_model_in_a_folder_of_its_own_flies_from_there(store, tmp_path):
    model = add(store, TINY)
    model.folder.rename(tmp_path / "elsewhere")
    design = find_design(store, str(tmp_path / "elsewhere"))
    plan = plan_variants(design, 2)
    assert [v.folder for v in plan] == [tmp_path / "elsewhere", None]
    assert trained(Local(store), plan).done == (plan[0],)
    assert list(batch_of(Local(store), plan).specs) == [plan[1].key]


def keys(variants):
    return tuple(variant.key for variant in variants)


def test_a_batch_is_queued_whole_without_the_models_that_exist(store, board):
    plan = plan_variants(DESIGN, 6)
    add(store, plan[0].spec)
    batch = batch_of(board, plan)
    assert not batch.started
    assert batch.missing == [variant.spec for variant in plan[1:]]
    batch.start()
    assert batch_of(board, plan).started  # whoever looks
    assert [job.key for job in board.list_jobs()] == list(keys(plan[1:]))
    add(store, plan[1].spec)
    board.folder(plan[1].key).remove()
    now = batch.progress()
    assert (now.done, now.waiting, now.running, now.failed) == (keys(plan[:2]), keys(plan[2:]), (), ())
    assert now.share == trained(board, plan).share == pytest.approx(2 / 6)
    assert not now.settled
    assert trained(board, plan).done == tuple(plan[:2])


def test_a_failure_is_named_once_while_the_others_count(store, board):
    plan = plan_variants(DESIGN, 3)
    batch_of(board, plan).start()
    add(store, plan[0].spec)
    end(board, plan[1], "failed", "diverged")
    end(board, plan[2], "cancelled")
    now = trained(board, plan)
    assert now.settled
    assert now.done == (plan[0],)
    assert [(f.variant, f.state, f.message) for f in now.failed] == [
        (plan[1], "failed", "diverged"),
        (plan[2], "cancelled", ""),
    ]
    assert [job.alive for job in board.list_jobs() if job.key != plan[0].key] == [False, False]
    batch_of(board, plan).start()  # asked again by a new command
    assert batch_of(board, plan).progress().waiting == keys(plan[1:])


def test_one_that_was_queued_and_then_removed_is_gone(store, board):
    plan = plan_variants(DESIGN, 1)
    batch = batch_of(board, plan)
    assert batch.progress().waiting == keys(plan)
    batch.start()
    board.folder(plan[0].key).remove()
    assert [f.state for f in trained(board, plan).failed] == ["gone"]


def test_ctrl_c_cancels_what_was_queued(store, board):
    plan = plan_variants(DESIGN, 2)
    board.submit(plan[1].spec)  # somebody asked for this one by itself

    def press(now):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_all(batch_of(board, plan), press)
    assert [board.find(v.key).status.state for v in plan] == ["cancelled", "queued"]
    assert not batch_of(board, plan).started


def test_flights_are_kept_and_asked_again_not_flown(store, monkeypatch):
    model = add(store, TINY)
    seeds = EVALUATION_SEEDS[:3]
    assert kept_card(store, model, WIND, seeds) is None
    card = fly(store, model, WIND, seeds)
    assert card.to_json() == evaluate(LANDER, model.policy, TINY.gamma, seeds, WIND).to_json()
    monkeypatch.setattr(robustness, "evaluate", None)  # flying would fail
    assert fly(store, model, WIND, seeds).to_json() == card.to_json()
    assert fly(store, model, CALM, seeds).to_json() == model.scorecard.to_json()
    assert kept_card(store, model, WIND, EVALUATION_SEEDS[:2]) is None
    assert kept_card(store, model, CONDITIONS["light-wind"], seeds) is None


@pytest.mark.parametrize("damage", [b"", b"[]", b"{}", b'{"episodes": {"seed": 1}}'])
def test_a_damaged_flight_is_flown_again(store, damage):
    model = add(store, TINY)
    seeds = EVALUATION_SEEDS[:2]
    card = fly(store, model, WIND, seeds)
    (path,) = (store.home / "robustness").iterdir()
    path.write_bytes(damage)
    assert fly(store, model, WIND, seeds).to_json() == card.to_json()


def test_a_model_that_was_deleted_or_damaged_is_named_and_the_others_fly(store, monkeypatch):
    plan = plan_variants(DESIGN, 3)
    models = [add(store, variant.spec) for variant in plan]
    monkeypatch.setattr(
        robustness, "evaluate", lambda world, pilot, *_: evaluate(world, pilot, 0.99, EVALUATION_SEEDS[:2])
    )
    store.delete(models[1].key)
    (models[2].folder / "policy.safetensors").write_bytes(b"")
    told: list[tuple[int, int]] = []
    flights = fly_all(store, plan, {"strong-wind": WIND}, lambda *counts: told.append(counts))
    assert list(flights.cards) == [plan[0]]
    assert [(f.variant, f.state) for f in flights.failed] == [(plan[1], "gone"), (plan[2], "failed")]
    assert told[-1] == (3, 3)


@pytest.mark.slow
def test_a_real_plan_is_trained_flown_and_found_again(store, awake):
    board = Local(store, slots=1)
    plan = plan_variants(DESIGN, 2, [0.9])
    shares = []
    conditions = {"default": CALM, "strong-wind": WIND}
    now, flights = run_test(board, plan, conditions, lambda trained: shares.append(trained.share))
    assert now.done == tuple(plan)
    assert (now.failed, now.share) == ((), 1.0)
    assert shares == sorted(shares)
    assert [list(cards) for cards in flights.cards.values()] == [["default", "strong-wind"]] * 3
    created = [store.find(v.key).manifest["created"] for v in plan]
    train_all(batch_of(board, plan))
    assert [store.find(v.key).manifest["created"] for v in plan] == created
