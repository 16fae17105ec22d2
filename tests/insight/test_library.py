"""The shipped recordings: wide enough, labelled by what they did, and exact."""

import numpy as np
import pytest

from playground.flight.rollout import run_episode
from playground.flight.scorecard import EVALUATION_SEEDS
from playground.insight.library import SEEDS, library_of, load_library, make_library, save_library
from playground.reward.account import decompose_terms, discounts
from playground.reward.design import terms_of
from playground.reward.term import FORMS
from playground.worlds.lunar_lander.behaviours import BEHAVIOURS, CRASHES, LANDINGS, LINGERING, Behaviour, behaviour_of
from playground.worlds.lunar_lander.outcomes import Outcome
from playground.worlds.lunar_lander.probes import PROBES
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER


@pytest.fixture(scope="module")
def library():
    return library_of(LANDER)


def test_every_behaviour_was_flown(library):
    assert set(library.behaviours) == set(Behaviour)
    assert {*LANDINGS, *LINGERING, *CRASHES} == set(Behaviour)
    assert {"gymnasium", "article", *PROBES} <= set(library.names)
    for kind in (LANDINGS, LINGERING, CRASHES):
        for seed in SEEDS:
            assert np.isin(library.behaviours[library.seeds == seed], kind).sum() >= 5


@pytest.mark.parametrize("name", ["land", "puff", "circle_wide", "thrust", "random"])
def test_a_scripted_probe_flies_again_what_was_recorded(library, name):
    index = int(np.flatnonzero(library.names == name)[1])
    episode = library.episodes[index]
    again = run_episode(LANDER, PROBES[name](episode.seed), episode.seed)
    np.testing.assert_array_equal(again.observations, episode.observations)
    np.testing.assert_array_equal(again.actions, episode.actions)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("gamma", [0.0, 0.99, 1.0])
def test_sums_are_the_episodes_own_discounted_components(library, form, gamma):
    sums = library.sums(form, gamma)
    for index in (0, 40, len(library) - 1):
        episode = library.episodes[index]
        wanted = (
            decompose_terms(episode.transitions, terms_of(RewardConfig), form, gamma)
            * discounts(len(episode), gamma)[:, None]
        ).sum(axis=0)
        np.testing.assert_allclose(sums[index], wanted, rtol=1e-9, atol=1e-9)


def test_labels_agree_with_how_episodes_ended(library):
    for episode, label in zip(library.episodes, library.behaviours.tolist(), strict=True):
        assert behaviour_of(episode) == label
        assert (episode.outcome == Outcome.LANDED) == (label in LANDINGS)
        assert (episode.outcome == Outcome.TIMEOUT) == (label in LINGERING)
        assert (episode.outcome == Outcome.OUT_OF_BOUNDS) == (label == Behaviour.OUT_OF_BOUNDS)


def test_a_sitting_lander_is_told_from_a_hovering_one():
    assert behaviour_of(run_episode(LANDER, PROBES["puff"](5000), 5000)) == Behaviour.SITTING
    assert behaviour_of(run_episode(LANDER, PROBES["hover"](5000), 5000)) == Behaviour.HOVERING
    assert behaviour_of(run_episode(LANDER, PROBES["tap"](5000), 5000)) == Behaviour.TAPPING
    assert behaviour_of(run_episode(LANDER, PROBES["rise"](5000), 5000)) == Behaviour.FLYING_AWAY


def test_loops_end_nearly_where_they_began(library):
    steps = library.transitions
    assert len(library.loops) >= 20
    for episode, first, last in library.loops.tolist():
        assert library.behaviours[episode] in LINGERING
        assert last - first >= 50
        gap = np.abs(steps.observations[first] - steps.next_observations[last - 1]).max()
        assert gap < 0.02


def test_no_probe_uses_a_seed_that_policies_are_judged_by(library):
    assert not set(library.seeds.tolist()) & set(EVALUATION_SEEDS)


def test_a_library_survives_its_file(tmp_path):
    episodes = [
        ("fall", run_episode(LANDER, PROBES["fall"](1), 1)),
        ("hover", run_episode(LANDER, PROBES["hover"](1), 1)),
    ]
    save_library(make_library(episodes), tmp_path / "probes.npz")
    again = load_library(tmp_path / "probes.npz", LANDER)
    assert again.names.tolist() == ["fall", "hover"]
    for (_, one), other in zip(episodes, again.episodes, strict=True):
        np.testing.assert_array_equal(one.observations, other.observations)
        assert one.terminated == other.terminated


def test_the_shipped_file_is_small():
    assert BEHAVIOURS.recordings.stat().st_size < 3 * 2**20
