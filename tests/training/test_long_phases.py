"""A training reports and stops within long phases, also before a learner's first update."""

import time
from contextlib import closing
from functools import partial
from itertools import pairwise

import numpy as np
import pytest

from playground.flight.fleet import Fleet
from playground.flight.scorecard import EVALUATION_SEEDS
from playground.lab.models.store import ModelStore
from playground.training import train as loop
from playground.training.learners import actor_critic, dapo, grpo, ppo, ppo_fast, reinforce
from playground.training.learners.library import a2c, dqn, ppo_sb3, trpo
from playground.training.learners.preferences import dpo
from playground.training.learners.preferences.reward_model import differences_of
from playground.training.learners.task import Task
from playground.training.result import Stopped
from playground.training.spec import TrainSpec, changed_settings
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.world import WORLD as LANDER

train = partial(loop.train, validation=range(900, 902), evaluation=EVALUATION_SEEDS[:2])


class Clock:
    """Time that passes only when somebody says so."""

    now = 0.0

    def perf_counter(self):
        return self.now


class SlowFleet:
    """Flies nothing and takes a hundred seconds for it, ten steps and a tick every tenth of a second."""

    clock = Clock()

    def __init__(self, world, n, remote, tick):
        self.world, self.tick = world, tick

    def _fly(self, *arguments):
        for count in range(1000):
            self.clock.now += 0.1
            self.tick(10 * count)
        raise AssertionError("nobody stopped it")

    start = seed_noise = state = lambda self, *arguments: None
    sample = fly = run = _fly

    def close(self):
        pass


def spec_of(name, **settings):
    start = ModelStore().resolve("half-trained").key if name in ("rlhf", "dpo") else ""
    return TrainSpec(GYMNASIUM, algorithm=name, init_from=start, settings=changed_settings(name, settings))


@pytest.mark.parametrize("name", ["rlhf", "dpo", "grpo", "dapo", "reinforce", "actor-critic", "ppo"])
def test_a_stop_before_the_first_update_takes_no_two_seconds_and_progress_is_reported(name, monkeypatch):
    clock = SlowFleet.clock = Clock()
    monkeypatch.setattr(loop, "Fleet", SlowFleet)
    monkeypatch.setattr(loop, "time", clock)
    spec, seen = spec_of(name), []
    initial = ModelStore().resolve("half-trained").policy if spec.init_from else None
    with pytest.raises(Stopped):
        train(spec, lambda p: seen.append((clock.now, p)), initial=initial, should_stop=lambda: clock.now >= 20)
    assert 20 <= clock.now < 22
    assert len(seen) >= 20
    steps = [p.steps for _, p in seen]
    assert steps == sorted(steps)
    assert steps[-1] > steps[0]
    assert all(0 <= p.steps < p.total for _, p in seen)
    assert all(p.policy is initial for _, p in seen)
    assert max(b - a for (a, _), (b, _) in pairwise(seen)) < 1


def test_with_a_clock_progress_is_the_share_of_its_time(monkeypatch):
    clock = SlowFleet.clock = Clock()
    monkeypatch.setattr(loop, "Fleet", SlowFleet)
    monkeypatch.setattr(loop, "time", clock)
    seen = []
    spec = TrainSpec(GYMNASIUM, algorithm="grpo", steps=10**8, seconds=50.0)
    with pytest.raises(Stopped):
        train(spec, lambda p: seen.append((clock.now, p.steps / p.total)), should_stop=lambda: clock.now >= 40)
    for now, share in seen[1:]:
        assert share == pytest.approx(now / 50, abs=0.02)


@pytest.mark.slow
def test_a_real_sampling_of_a_thousand_pairs_stops_within_two_seconds():
    asked = time.perf_counter() + 4
    model = ModelStore().resolve("half-trained")
    with pytest.raises(Stopped):
        train(spec_of("rlhf"), initial=model.policy, should_stop=lambda: time.perf_counter() > asked)
    assert time.perf_counter() - asked < 2


TINY = {"hidden": (8,)}
LEARNERS = [
    (reinforce, reinforce.Settings(episodes=2, **TINY)),
    (actor_critic, actor_critic.Settings(n_envs=2, n_steps=64, **TINY)),
    (grpo, grpo.Settings(starts=1, group_size=2, **TINY)),
    (dapo, dapo.Settings(starts=1, group_size=2, **TINY)),
    (ppo, ppo.Settings(n_envs=2, update_timestep=64, batch_size=16, **TINY)),
    (ppo_fast, TrainSpec(GYMNASIUM, n_envs=2, n_steps=32, batch_size=16, net_arch=(8,))),
    (dqn, dqn.Settings(n_envs=2, learning_starts=10, buffer_size=100, **TINY)),
    (a2c, a2c.Settings(n_envs=2, **TINY)),
    (trpo, trpo.Settings(n_envs=2, n_steps=64, batch_size=16, **TINY)),
    (ppo_sb3, ppo_sb3.Settings(n_steps=64, batch_size=16, **TINY)),
    (dpo, dpo.Settings(pairs=4, rounds=1, batch_pairs=1)),
]


@pytest.mark.parametrize(("learner", "settings"), LEARNERS, ids=lambda it: getattr(it, "__name__", "").split(".")[-1])
def test_every_learner_can_be_stopped_in_the_midst_of_an_update(learner, settings, monkeypatch):
    """Each call of ``tick`` in turn refuses to go on; none of them is swallowed."""
    monkeypatch.setattr("playground.training.learners.library.sb3.CHUNK", 128)
    initial = ModelStore().resolve("half-trained").policy if learner is dpo else None

    def first_update(limit):
        ticks = []

        def tick(flown):
            ticks.append(flown)
            if len(ticks) >= limit:
                raise Stopped

        with closing(Fleet(LANDER, 2, tick=tick)) as fleet:
            task = Task(GYMNASIUM, 0.99, 0, fleet, lambda steps: 0.1, initial, 10_000, tick)
            updates = learner.learn(task, settings)
            with closing(updates):
                next(updates)
        return ticks

    ticks = first_update(10**9)
    assert len(ticks) > 3
    assert max(ticks) > 0
    for limit in (1, len(ticks) // 2, len(ticks)):
        with pytest.raises(Stopped):
            first_update(limit)


def test_fitting_a_reward_ticks_once_a_pair():
    class Pair:
        preference = 1.0

        def __init__(self, episode):
            self.first = self.second = episode

    with closing(Fleet(LANDER, 2)) as fleet:
        (episode,) = fleet.run(ModelStore().resolve("half-trained").policy, [1])
    ticks = []
    differences, _ = differences_of([Pair(episode)] * 3, "progress", 1.0, lambda: ticks.append(1))
    assert len(ticks) == 3
    np.testing.assert_array_equal(differences, 0)
