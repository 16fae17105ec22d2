"""The models that ship with the project: whole, made from the presets as they stand, and true to their lessons."""

import numpy as np
import pytest

from playground.lander.rollout import run_episodes
from playground.lander.scorecard import score
from playground.reward.account import decompose, weigh
from playground.reward.presets import GYMNASIUM, PRESET
from playground.training.spec import TrainSpec
from playground.training.store import ModelStore


@pytest.mark.parametrize("slug", PRESET)
def test_a_preset_ships_with_the_model_of_its_own_spec(slug):
    model = ModelStore().resolve(slug)
    model.verify()
    assert model.spec == TrainSpec(PRESET[slug].config)
    assert model.key == TrainSpec(PRESET[slug].config).key


@pytest.mark.parametrize("slug", ["gymnasium", "article"])
def test_a_shipped_scorecard_is_what_its_policy_flies(slug):
    model = ModelStore().resolve(slug)
    card = model.scorecard
    flown = score(run_episodes(model.policy, card.seeds[:10].tolist()), model.spec.gamma)
    assert flown.outcomes.tolist() == card.outcomes[:10].tolist()
    assert flown.native_return == pytest.approx(card.native_return[:10])


@pytest.mark.parametrize("slug", ["article", "fuel-miser"])
def test_where_a_lesson_says_that_crashing_pays_more_it_does(slug):
    """The crashing policy that ships with the preset earns more under its reward than the one that lands."""
    config = PRESET[slug].config
    crasher, lander = ModelStore().resolve(slug).scorecard, ModelStore().resolve("gymnasium").scorecard
    assert crasher.summary["crash_rate"] > 0.9
    assert crasher.returns(config).mean() > lander.returns(config).mean()


def test_the_default_and_the_repaired_reward_land():
    for slug in ("gymnasium", "article-repaired"):
        assert ModelStore().resolve(slug).summary["landing_rate"] >= 0.9


@pytest.mark.parametrize("slug", ["gymnasium", "article", "legs-farm", "potential"])
def test_the_default_rewards_parts_sum_to_gymnasiums_on_every_step_of_trained_pilots(slug):
    for episode in run_episodes(ModelStore().resolve(slug).policy, range(2000, 2020)):
        parts = weigh(decompose(episode.transitions, "progress", 0.995), GYMNASIUM)
        assert np.abs(parts.sum(axis=1) - episode.rewards).max() < 1e-4
