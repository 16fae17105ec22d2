"""Landers in groups: the same flight wherever a group flies, and after any resume."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from playground.flight.env_group import EnvGroup, Flown, _episode_seeds
from playground.flight.fleet import Fleet
from playground.flight.rollout import run_episode
from playground.flight.scorecard import EVALUATION_SEEDS
from playground.lab.models.store import ModelStore
from playground.training.curve import VALIDATION_SEEDS
from playground.training.train import LANDING_SEEDS
from playground.worlds.lunar_lander.geometry import MAX_STEPS
from playground.worlds.lunar_lander.probes import Constant, Hover
from playground.worlds.lunar_lander.world import WORLD as LANDER


@pytest.fixture(scope="module")
def policy():
    return ModelStore().resolve("gymnasium").policy


def assert_same(first: Flown, second: Flown):
    for name, a, b in zip(Flown._fields, first, second, strict=True):
        np.testing.assert_array_equal(a, b, err_msg=name)


def test_the_same_numbers_fly_the_same_and_others_do_not(policy):
    landers = EnvGroup(LANDER, 3)

    def flown(*entropy):
        landers.start(*entropy)
        return landers.fly(policy, 40)

    first = flown(1, 0)
    assert_same(first, flown(1, 0))
    assert not np.array_equal(first.observations, flown(1, 1).observations)
    assert not np.array_equal(first.observations, flown(2, 0).observations)
    assert len(np.unique(first.observations[0], axis=0)) == 3


def test_one_lander_of_eight_keeps_its_noise_for_long():
    landers = EnvGroup(LANDER, 17)
    landers.seed_noise(3)
    noise = landers._draw_noise((4000, 17), 0.95)
    kept = (noise[1:] == noise[:-1]).all(axis=2).mean(axis=0)
    persistent = [7, 15]
    assert kept[persistent] == pytest.approx([0.95, 0.95], abs=0.02)
    assert not np.delete(kept, persistent).any()


@pytest.mark.parametrize(("n", "persistent"), [(4, []), (8, [7]), (12, [7]), (24, [7, 15, 23]), (32, [7, 15, 23, 31])])
def test_one_of_eight_is_counted_over_the_whole_fleet(n, persistent):
    fleet = Fleet(LANDER, n)
    found, offset = [], 0
    for group in fleet._local:
        found += (group._persistent + offset).tolist()
        offset += len(group.simulators)
    assert found == persistent


def test_persistent_noise_still_draws_from_the_policy():
    """Each step's distribution is the softmax; only steps that follow each other are alike."""
    landers = EnvGroup(LANDER, 8)
    logits = np.log(np.array([0.4, 0.1, 0.2, 0.3]))
    chosen = []
    for seed in range(300):
        landers.seed_noise(seed)
        noise = landers._draw_noise((200, 8), 0.95)
        chosen.append((logits + noise[:, 7]).argmax(axis=1))
    shares = np.bincount(np.concatenate(chosen), minlength=4) / (300 * 200)
    assert shares == pytest.approx([0.4, 0.1, 0.2, 0.3], abs=0.03)


def test_without_persistence_the_noise_is_as_ever():
    one, other = EnvGroup(LANDER, 8), EnvGroup(LANDER, 8)
    one.seed_noise(1)
    other.seed_noise(1)
    reference = np.random.default_rng((1,)).gumbel(size=(50, 8, 4)).astype(np.float32)
    np.testing.assert_array_equal(one._draw_noise((50, 8), 0.0), reference)
    persistent = other._draw_noise((50, 8), 0.9)
    np.testing.assert_array_equal(persistent[:, :7], reference[:, :7])


def test_a_group_in_another_process_flies_the_very_same(policy):
    here, there = Fleet(LANDER, 17), Fleet(LANDER, 17, remote=1)
    try:
        for fleet in (here, there):
            fleet.start(7)
        for _ in range(3):
            assert_same(here.fly(policy, 150, 0.9), there.fly(policy, 150, 0.9))
        assert here.snapshot() == there.snapshot()
        for a, b in zip(here.run(policy, [3, 1, 2]), there.run(policy, [3, 1, 2]), strict=True):
            np.testing.assert_array_equal(a.observations, b.observations)
    finally:
        there.close()


def test_landers_go_on_exactly_where_a_snapshot_was_taken(policy):
    """After episodes have ended, in the midst of others, with contact and without."""
    first, second = Fleet(LANDER, 6), Fleet(LANDER, 6)
    first.start(3)
    for _ in range(4):
        first.fly(policy, 130)
    snapshot = first.snapshot()
    assert any(episodes > 1 for part in snapshot for episodes, _, _ in part)
    assert any(len(actions) > 100 for part in snapshot for _, _, actions in part)
    second.restore(snapshot, 3)
    for fleet in (first, second):
        fleet.seed_noise(9, 9)
    for _ in range(3):
        assert_same(first.fly(policy, 200), second.fly(policy, 200))


def test_landers_do_not_start_in_step():
    """Hovering landers end by the time limit, each at another step."""
    landers = EnvGroup(LANDER, 4)
    landers.start(0)
    ends = {}
    observations = landers.observations.copy()
    for step in range(1, MAX_STEPS + 1):
        advance = landers.advance(Hover().act(observations))
        observations = advance.observations
        for index in advance.ended.tolist():
            ends.setdefault(index, step)
    assert sorted(ends.values()) == [250, 500, 750, 1000]


def test_an_episodes_last_transition_leads_to_its_own_last_observation():
    landers = EnvGroup(LANDER, 2)
    landers.reset([0, 1])
    falls = [run_episode(LANDER, Constant(0), seed) for seed in (0, 1)]

    class Idle:
        def logits(self, observations):
            return np.tile(np.array([1e3, 0, 0, 0], np.float32), (len(observations), 1))

    flown = landers.fly(Idle(), 120)  # type: ignore[arg-type]
    after = flown.transitions.next_observations
    for index, fall in enumerate(falls):
        last = len(fall) - 1
        assert [last, index] in flown.ended.tolist()
        np.testing.assert_array_equal(after[last, index], fall.observations[-1])
        np.testing.assert_array_equal(flown.observations[: last + 1, index], fall.observations[:-1])
        assert not np.array_equal(flown.observations[last + 1, index], fall.observations[-1])
        assert flown.terminated[last, index]


def test_training_seeds_stay_away_from_the_seeds_that_policies_are_judged_by():
    drawn = set()
    for seed, group, lander in itertools.product(range(5), range(2), range(16)):
        drawn |= set(itertools.islice(_episode_seeds((seed, group, lander)), 100))
    assert len(drawn) > 15_990
    assert not drawn & {*EVALUATION_SEEDS, *VALIDATION_SEEDS, *LANDING_SEEDS}
    assert not set(EVALUATION_SEEDS) & {*VALIDATION_SEEDS, *LANDING_SEEDS}


def test_episodes_come_in_the_order_that_was_asked_for():
    flown = Fleet(LANDER, 4).run(Constant(0), [5, 2, 9, 4, 7])
    assert [trajectory.seed for trajectory in flown] == [5, 2, 9, 4, 7]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_fleet_has_as_many_landers_as_asked_for(n, policy):
    fleet = Fleet(LANDER, n, remote=0)
    fleet.start(0)
    flown = fleet.fly(policy, 3)
    assert flown.observations.shape == (4, n, 8)
    assert flown.actions.shape == flown.rewards.shape == flown.terminated.shape == (3, n)


def test_a_process_that_dies_is_told_in_words(policy):
    fleet = Fleet(LANDER, 2, remote=1)
    try:
        fleet.start(0)
        os.kill(fleet._remote[0]._process.pid, signal.SIGKILL)
        fleet._remote[0]._process.wait()
        with pytest.raises(ChildProcessError, match="goes on from the last checkpoint"):
            fleet.fly(policy, 5)
    finally:
        fleet.close()


def test_closing_ends_the_other_process_even_in_the_midst_of_a_call(policy):
    fleet = Fleet(LANDER, 2, remote=1)
    fleet._remote[0].ask("run", (Hover(), range(50)))
    fleet.close()
    assert fleet._remote[0]._process.poll() is not None


def test_the_other_process_leaves_when_its_owner_is_killed(tmp_path):
    code = (
        "import time; from playground.flight.fleet import Fleet; from playground.worlds import find_world; "
        "fleet = Fleet(find_world(), 2, remote=1); fleet.start(0);"
        "print(fleet._remote[0]._process.pid, flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    assert psutil.pid_exists(pid)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the process flies on alone"
        time.sleep(0.05)


def counting(ticks, limit=10**9):
    def tick(flown):
        ticks.append(flown)
        if len(ticks) >= limit:
            raise KeyboardInterrupt

    return tick


@pytest.mark.parametrize("remote", [0, 1])
def test_a_fleet_ticks_with_the_steps_flown_so_far(policy, remote):
    """Steps of groups in another process are estimated from those here; evaluations count as none."""
    ticks = []
    fleet = Fleet(LANDER, 4, remote, counting(ticks))
    try:
        fleet.start(0)
        fleet.fly(policy, 64)
        assert ticks == sorted(ticks)
        assert 100 < max(ticks) <= 256
        ticks.clear()
        flown = sum(map(len, fleet.sample(policy, [1, 1, 2, 2], 0)))
        assert ticks == sorted(ticks)
        assert 0.4 * flown < max(ticks) < 2.5 * flown
        ticks.clear()
        fleet.run(policy, [1, 2, 3])
        assert len(ticks) > 50
        assert not any(ticks)
    finally:
        fleet.close()


@pytest.mark.parametrize("remote", [0, 1])
def test_what_a_tick_raises_ends_the_call(policy, remote):
    fleet = Fleet(LANDER, 4, remote, counting([], limit=5))
    try:
        with pytest.raises(KeyboardInterrupt):
            fleet.sample(policy, range(100), 0)
    finally:
        fleet.close()


def test_environments_are_made_when_they_are_needed(policy):
    """A fleet that flies whole episodes only keeps no others idle."""
    fleet = Fleet(LANDER, 8)
    fleet.sample(policy, [1, 2], 0)
    assert not any("simulators" in vars(group) for group in fleet._local)
    fleet.start(0)
    assert sum(len(group.simulators) for group in fleet._local) == 8


def test_a_group_goes_on_exactly_from_its_state_however_its_episodes_began():
    """Started from numbers, or reset with seeds at first and without any later, as Gymnasium's own runners do."""
    rng = np.random.default_rng(0)
    for begin in (lambda group: group.start(4), lambda group: group.reset([5, 6])):
        first, second = EnvGroup(LANDER, 2), EnvGroup(LANDER, 2)
        begin(first)
        for _ in range(333):
            first.advance(rng.integers(4, size=2))
        second.load_state(json.loads(json.dumps(first.state())))
        np.testing.assert_array_equal(first.observations, second.observations)
        for _ in range(333):
            actions = rng.integers(4, size=2)
            for a, b in zip(first.advance(actions), second.advance(actions), strict=True):
                np.testing.assert_array_equal(a, b)
