from contextlib import closing

import numpy as np
import pytest
import torch
from torch.distributions import Categorical

from playground.flight.fleet import Fleet
from playground.flight.rollout import run_episode
from playground.training.learners.preferences import dpo, pairs
from playground.training.learners.preferences.dpo import Settings, episodes_of, preference_loss
from playground.training.learners.task import Task
from playground.training.nets import flat_weights, mlp, to_policy
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER


def two_step_pair():
    """Two episodes of two steps from one start, by different actions."""

    class Fixed:
        def __init__(self, actions):
            self.actions = iter(actions)

        def act(self, observations):
            return np.array([next(self.actions)])

    return [run_episode(LANDER, Fixed(actions), 3, max_steps=2) for actions in ([2, 1], [0, 3])]


def test_the_loss_is_log_2_where_the_policy_is_the_reference():
    for preference in (0.0, 0.5, 1.0):
        loss = preference_loss(torch.tensor([0.0]), torch.tensor([preference]), 0.3)
        assert loss.item() == pytest.approx(np.log(2))


def test_the_loss_by_hand():
    """β·m = 0.5·2 = 1: −log σ(1) if the first is preferred, −log σ(−1) if the second is, their mean for a tie."""
    up, down = -np.log(1 / (1 + np.exp(-1))), -np.log(1 / (1 + np.exp(1)))
    for preference, wanted in ((1.0, up), (0.0, down), (0.5, (up + down) / 2)):
        assert preference_loss(torch.tensor([2.0]), torch.tensor([preference]), 0.5).item() == pytest.approx(wanted)


def test_a_policy_that_is_its_own_reference_has_no_margin():
    torch.manual_seed(0)
    actor = mlp(8, (8,), 4)
    ratios = episodes_of(two_step_pair(), actor, Settings(), 0.9).ratios(actor)
    torch.testing.assert_close(ratios, torch.zeros(2))


@pytest.mark.parametrize("discounted", [False, True])
@pytest.mark.parametrize("per_step", [False, True])
def test_the_gradient_on_two_steps_is_the_one_of_the_paper(discounted, per_step):
    """−β·σ(−β·m)·(∇ of the first's weighted log probabilities less the second's): eq. 7's gradient, written out."""
    torch.manual_seed(1)
    actor, reference = mlp(8, (8,), 4), mlp(8, (8,), 4)
    first, second = two_step_pair()
    settings, gamma = Settings(beta=0.7, discounted=discounted, per_step=per_step), 0.5
    batch = episodes_of([first, second], reference, settings, gamma)
    ratios = batch.ratios(actor)
    margin = ratios[:1] - ratios[1:]
    preference_loss(margin, torch.tensor([1.0]), settings.beta).sum().backward()
    automatic = torch.cat([p.grad.flatten() for p in actor.parameters()])

    weights = [1.0, gamma if discounted else 1.0]
    weights = [w / 2 if per_step else w for w in weights]

    def weighted(episode, network):
        policy = Categorical(logits=network(torch.tensor(episode.observations[:-1])))
        return (torch.tensor(weights) * policy.log_prob(torch.tensor(episode.actions))).sum()

    m = sum(
        sign * (weighted(episode, actor) - weighted(episode, reference)) for sign, episode in ((1, first), (-1, second))
    )
    assert margin.item() == pytest.approx(m.item(), rel=1e-4)
    actor.zero_grad()
    (weighted(first, actor) - weighted(second, actor)).backward()
    difference = torch.cat([p.grad.flatten() for p in actor.parameters()])
    by_hand = -settings.beta * torch.sigmoid(-settings.beta * m.detach()) * difference
    torch.testing.assert_close(automatic, by_hand, rtol=1e-4, atol=1e-6)


def task(fleet, reward=GYMNASIUM, initial=None):
    torch.manual_seed(0)
    start = to_policy(mlp(8, (8,), 4, gain=0.01)) if initial is None else initial
    return Task(reward, 0.99, 0, fleet, lambda steps: 0.0, start)


def test_learning_makes_the_preferred_episodes_more_probable_and_ends_by_itself():
    with closing(Fleet(LANDER, 2)) as fleet:
        settings = Settings(pairs=8, rounds=2, epochs=5, batch_pairs=4, learning_rate=1e-2)
        updates = list(dpo.learn(task(fleet), settings))
    assert len(updates) == 10
    assert updates[-1].share == 1
    assert [u.steps for u in updates[:5]] == [updates[0].steps] * 5  # learning flies nothing
    assert updates[5].steps > updates[0].steps
    first_round = [u.metrics["preferred_margin"] for u in updates[:5]]
    assert first_round[-1] > first_round[0]
    assert updates[4].metrics["loss"] < updates[0].metrics["loss"]
    assert updates[-1].episodes == 16


def test_every_round_begins_at_its_own_reference():
    """One pass a round over all pairs at once: before its step the policy is the reference, so no pair has a margin."""
    with closing(Fleet(LANDER, 2)) as fleet:
        settings = Settings(pairs=9, rounds=3, epochs=1, batch_pairs=100, learning_rate=1e-2)
        updates = list(dpo.learn(task(fleet), settings))
    assert len(updates) == 3
    assert all(np.abs(update.batch["margin"]).max() < 1e-5 for update in updates)


def test_the_learning_rate_falls_in_equal_steps_over_rounds_and_passes(monkeypatch):
    rates, step = [], torch.optim.Adam.step

    def record(optimizer, *given):
        rates.append(optimizer.param_groups[0]["lr"])
        return step(optimizer, *given)

    monkeypatch.setattr(torch.optim.Adam, "step", record)
    with closing(Fleet(LANDER, 2)) as fleet:
        settings = Settings(pairs=6, rounds=2, epochs=2, batch_pairs=100, learning_rate=0.4)
        list(dpo.learn(task(fleet), settings))
    assert rates == pytest.approx([0.4, 0.3, 0.2, 0.1])


def sum_of_log_probs(policy, episode):
    chances = policy.probabilities(episode.observations[:-1])
    return np.log(chances[np.arange(len(episode)), episode.actions]).sum() / len(episode)


def test_what_was_preferred_becomes_more_probable_worked_out_apart(monkeypatch):
    """The pairs of the only round, under the policy before and after: not the learner's own margin."""
    seen = []

    def sample(*given):
        seen.extend(pairs.sample_pairs(*given))
        return seen

    monkeypatch.setattr(dpo, "sample_pairs", sample)
    with closing(Fleet(LANDER, 2)) as fleet:
        given = task(fleet)
        settings = Settings(pairs=6, rounds=1, epochs=8, batch_pairs=3, learning_rate=1e-2)
        after = list(dpo.learn(given, settings))[-1].policy
    told = [pair for pair in seen if pair.preference != 0.5]
    assert len(told) >= 3

    def lead(policy, pair):
        better, worse = (pair.first, pair.second) if pair.preference > 0.5 else (pair.second, pair.first)
        return sum_of_log_probs(policy, better) - sum_of_log_probs(policy, worse)

    risen = [lead(after, pair) - lead(given.initial, pair) for pair in told]
    assert np.mean(risen) > 0
    assert min(risen) > -0.05


def test_pairs_that_are_all_ties_are_refused():
    with closing(Fleet(LANDER, 2)) as fleet, pytest.raises(InvalidInput, match="pairs"):
        next(dpo.learn(task(fleet, RewardConfig(replace_reward=True)), Settings(pairs=4, rounds=1, judge="return")))


def test_without_a_policy_to_start_from_it_says_so():
    with closing(Fleet(LANDER, 2)) as fleet, pytest.raises(InvalidInput, match="start"):
        next(dpo.learn(Task(GYMNASIUM, 0.99, 0, fleet, lambda steps: 0.0), Settings()))


def test_the_policy_that_it_starts_from_is_left_alone():
    with closing(Fleet(LANDER, 2)) as fleet:
        it = task(fleet)
        before = flat_weights(it.initial).copy()
        update = next(dpo.learn(it, Settings(pairs=4, rounds=1, learning_rate=0.1)))
        np.testing.assert_array_equal(flat_weights(it.initial), before)
        assert not np.array_equal(flat_weights(update.policy), before)


@pytest.mark.parametrize(
    "changes", [{"pairs": 3}, {"rounds": 0}, {"epochs": 0}, {"batch_pairs": 0}, {"judge": "nobody"}]
)
def test_settings_that_make_no_sense_name_themselves(changes):
    with pytest.raises(InvalidInput, match=next(iter(changes))):
        Settings(**changes)
