"""The models that ship with the project: whole, made from the presets as they stand, and true to their lessons."""

from contextlib import closing

import numpy as np
import pytest
from safetensors.numpy import load

from playground.flight.fleet import Fleet
from playground.flight.rollout import run_episodes
from playground.flight.scorecard import score
from playground.lab.models.model import UPDATES
from playground.lab.models.pretrain import SPECS
from playground.lab.models.store import ModelStore
from playground.reward.account import decompose_terms, weigh
from playground.reward.design import terms_of
from playground.reward.own import OwnTerm
from playground.training.algorithms import HALF_TRAINED
from playground.training.spec import TrainSpec
from playground.worlds import DEFAULT_ID
from playground.worlds.lunar_lander.outcomes import Outcome
from playground.worlds.lunar_lander.presets import GYMNASIUM, PRESET
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER

ALGORITHMS = [
    slug for slug, spec in SPECS.items() if slug not in PRESET and slug != HALF_TRAINED and spec.env == DEFAULT_ID
]


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
    flown = score(run_episodes(LANDER, model.policy, card.seeds[:10].tolist()), model.spec.gamma)
    assert flown.outcomes.tolist() == card.outcomes[:10].tolist()
    assert flown.native_return == pytest.approx(card.native_return[:10])


@pytest.mark.parametrize("slug", ["article", "fuel-miser"])
def test_where_a_lesson_says_that_crashing_pays_more_it_does(slug):
    """The crashing policy that ships with the preset earns more under its reward than the one that lands."""
    config = PRESET[slug].config
    crasher, lander = ModelStore().resolve(slug).scorecard, ModelStore().resolve("gymnasium").scorecard
    assert crasher.summary["crash_rate"] > 0.9
    assert crasher.returns(config).mean() > lander.returns(config).mean()


def test_the_half_trained_policy_lands_about_half_of_the_time_and_is_made_as_told():
    model = ModelStore().resolve(HALF_TRAINED)
    model.verify()
    assert model.spec == SPECS[HALF_TRAINED]
    assert 0.3 <= model.summary["landing_rate"] <= 0.6


def test_the_half_trained_policy_also_lands_now_and_then_when_its_actions_are_drawn():
    """Else a judge of drawn episodes would never see a landing, and preferences could not teach one."""
    with closing(Fleet(LANDER, 2)) as fleet:
        flown = fleet.sample(ModelStore().resolve(HALF_TRAINED).policy, list(range(20_000, 20_020)), 1)
    assert sum(episode.outcome == Outcome.LANDED for episode in flown) >= 2


@pytest.mark.parametrize("slug", ALGORITHMS)
def test_an_algorithm_ships_with_a_model_that_lands_and_tells_its_updates(slug):
    model = ModelStore().resolve(slug)
    model.verify()
    assert model.spec == SPECS[slug]
    assert model.summary["landing_rate"] >= 0.6
    assert len(load(model.read(UPDATES))["steps"]) > 5


def test_the_default_and_the_repaired_reward_land():
    for slug in ("gymnasium", "article-repaired"):
        assert ModelStore().resolve(slug).summary["landing_rate"] >= 0.9


@pytest.mark.parametrize("slug", ["gymnasium", "article", "legs-farm", "potential"])
def test_the_default_rewards_parts_sum_to_gymnasiums_on_every_step_of_trained_pilots(slug):
    for episode in run_episodes(LANDER, ModelStore().resolve(slug).policy, range(2000, 2020)):
        parts = weigh(decompose_terms(episode.transitions, terms_of(RewardConfig), "progress", 0.995), GYMNASIUM)
        assert np.abs(parts.sum(axis=1) - episode.rewards).max() < 1e-4


def test_a_shipped_model_is_scored_under_an_own_term_by_flying_its_episodes_again() -> None:
    card = ModelStore().resolve("gymnasium").scorecard
    clock = GYMNASIUM.changed(replace_reward=True, own_terms=(OwnTerm("clock", "1"), OwnTerm("again", "env")))
    sums = card.sums(clock)
    np.testing.assert_array_equal(sums[:, -3], card.steps)
    np.testing.assert_allclose(sums[:, -2], card.native_return, rtol=1e-9)
