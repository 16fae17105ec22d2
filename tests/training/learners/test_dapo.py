from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
import torch

from playground.flight.fleet import Fleet
from playground.training.learners import dapo, grpo
from playground.training.learners.dapo import Settings, clipped_loss, soft_length_penalty, step_weights, teaches
from playground.training.learners.task import Task
from playground.training.nets import flat_weights
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER

OFF = {"clip_higher": False, "dynamic_sampling": False, "per_step": False, "length_penalty": False}
SMALL = {"starts": 2, "group_size": 3, "k_epochs": 2, "batch_size": 200, "hidden": (8,), "ent_coef": 0.01}


def two_updates(learner, settings, reward=GYMNASIUM):
    torch.manual_seed(0)
    with closing(Fleet(LANDER, 2)) as fleet:
        updates = learner.learn(Task(reward, 0.99, 0, fleet, lambda steps: 0.1), settings)
        return [next(updates), next(updates)]


def test_with_all_four_mends_off_this_is_grpo():
    theirs = grpo.Settings(**SMALL)
    ours = replace(Settings(**SMALL, **OFF), learning_rate=theirs.learning_rate)
    ours, theirs = two_updates(dapo, ours), two_updates(grpo, theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(flat_weights(a.policy), flat_weights(b.policy), atol=1e-6)
        assert a.steps == b.steps


@pytest.mark.parametrize("switch", ["clip_higher", "per_step", "length_penalty"])
def test_each_mend_changes_what_is_learned(switch):
    """Everything costs here, and the penalty begins at once, so that each one has something to change."""
    off = Settings(**{**SMALL, "learning_rate": 0.05, "batch_size": 50}, **OFF, length_from=0)
    plain, mended = (two_updates(dapo, s)[0].policy for s in (off, replace(off, **{switch: True})))
    assert not np.allclose(flat_weights(plain), flat_weights(mended), atol=1e-6)


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "slope"),
    [
        (1.25, 2.0, -2.5, -2.0),  # between 1.2 and 1.28: PPO would be flat here, a rare action that paid still rises
        (1.5, 2.0, -2.56, 0.0),
        (0.5, 2.0, -1.0, -2.0),
        (1.5, -2.0, 3.0, 2.0),
        (0.5, -2.0, 1.6, 0.0),
    ],
)
def test_the_upper_limit_lies_higher(ratio, advantage, loss, slope):
    ratio = torch.tensor([ratio], requires_grad=True)
    value = clipped_loss(ratio, torch.tensor([advantage]), 0.2, 0.28)
    value.sum().backward()
    assert value.item() == pytest.approx(loss)
    assert ratio.grad.item() == pytest.approx(slope)


def test_groups_that_differ_by_too_little_are_alike():
    returns = np.array([[0.0, 100.0], [50.0, 50.4], [50.0, 50.0]])  # deviations 50, 0.2 and 0
    assert teaches(returns, 0.21).tolist() == [True, False, False]
    assert teaches(returns, 0.19).tolist() == [True, True, False]
    assert teaches(returns, 0.0).tolist() == [True, True, False]


def test_a_group_flown_anew_is_measured_against_the_first_round(monkeypatch):
    """Two groups of two, one alike; the one in its place differs by a hair, which is little beside the first 50."""
    rounds = iter([np.array([0.0, 100.0, 7.0, 7.0]), np.array([7.0, 7.1]), np.array([7.0, 7.1])])
    monkeypatch.setattr(Task, "returns", lambda self, flown: next(rounds))
    settings = replace(Settings(**{**SMALL, "group_size": 2}), length_penalty=False)
    torch.manual_seed(0)
    with closing(Fleet(LANDER, 2)) as fleet:
        update = next(dapo.learn(Task(GYMNASIUM, 0.99, 0, fleet, lambda steps: 0.1), settings))
    assert update.metrics["groups_dropped"] == 3
    assert set(np.abs(update.batch["advantage"]).round(3).tolist()) == {1.0}  # of the first group alone


def test_dropped_groups_are_flown_anew_and_after_some_rounds_it_goes_on_without():
    """A reward that pays nothing: every group is alike, in every round, and nothing is learned from them."""
    nothing = RewardConfig(replace_reward=True)
    settings = Settings(**SMALL, rounds=3)
    first, second = two_updates(dapo, settings, nothing)
    assert first.metrics["groups_dropped"] == settings.starts * settings.rounds
    assert first.episodes == settings.starts * settings.rounds * settings.group_size
    np.testing.assert_array_equal(flat_weights(first.policy), flat_weights(second.policy))


def test_the_penalty_by_hand():
    """From 500 to 1,000 steps in a straight line."""
    np.testing.assert_allclose(soft_length_penalty(np.array([1, 500, 600, 1000]), 500, 1000), [0, 0, -0.2, -1])


def test_every_step_counts_the_same_or_every_episode():
    assert step_weights([1, 3], per_step=True).tolist() == [0.25] * 4
    np.testing.assert_allclose(step_weights([1, 3], per_step=False), [1 / 2, 1 / 6, 1 / 6, 1 / 6])


@pytest.mark.parametrize("changes", [{"group_size": 1}, {"rounds": 0}, {"length_from": -1}])
def test_settings_that_make_no_sense_name_themselves(changes):
    with pytest.raises(InvalidInput, match=next(iter(changes))):
        Settings(**changes)


def test_a_length_penalty_that_begins_after_the_time_limit_names_itself():
    with closing(Fleet(LANDER, 2)) as fleet, pytest.raises(InvalidInput, match="length_from"):
        next(dapo.learn(Task(GYMNASIUM, 0.99, 0, fleet, lambda steps: 0.1), Settings(length_from=1000)))
