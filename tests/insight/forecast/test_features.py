"""What the forecast learns from: the order of recorded behaviours held against Gymnasium's."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import spearmanr

from playground.insight.forecast.features import agreement, features
from playground.insight.library import library_of
from playground.insight.ranking import Ranking
from playground.worlds.lunar_lander.behaviours import CRASHES, FORECAST, Behaviour
from playground.worlds.lunar_lander.presets import PRESET, PRESETS
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER

EVERYTHING = tuple(Behaviour)


def ranking_of(reward, gamma=0.995):
    return Ranking(reward, gamma, library_of(LANDER))


@pytest.mark.parametrize("among", FORECAST.orders.values(), ids=FORECAST.orders)
def test_gymnasiums_reward_agrees_with_itself_and_its_opposite_does_not(among):
    own, opposite = (RewardConfig(replace_reward=True, w_env=weight) for weight in (1.0, -1.0))
    assert agreement(ranking_of(own), among) == pytest.approx(1)
    assert agreement(ranking_of(opposite), among) == pytest.approx(-1)


@pytest.mark.parametrize("slug", ["article", "sparse", "fuel-miser"])
def test_agreement_is_spearmans_correlation(slug):
    """Against scipy, among crashes, start by start."""
    library = library_of(LANDER)
    paid, theirs = (ranking_of(reward) for reward in (PRESET[slug].config, RewardConfig(replace_reward=True, w_env=1)))
    crashed = np.isin(library.behaviours, [behaviour.value for behaviour in CRASHES])
    columns = []
    for one in (paid, theirs):
        above = np.array(
            [
                value - one.returns[library.seeds == seed].mean()
                for value, seed in zip(one.returns, library.seeds, strict=True)
            ]
        )
        columns.append(above[crashed])
    assert agreement(paid, CRASHES) == pytest.approx(spearmanr(*columns).statistic, abs=1e-3)


def test_where_nothing_is_told_apart_there_is_no_agreement():
    assert agreement(ranking_of(RewardConfig(replace_reward=True)), EVERYTHING) == 0


@pytest.mark.parametrize("slug", [preset.slug for preset in PRESETS])
def test_features_are_free_of_scale(slug):
    reward = PRESET[slug].config
    if not reward.replace_reward:
        pytest.skip("only logged")
    larger = dataclasses.replace(reward, scale=reward.scale * 37, w_env=reward.w_env * 37)
    first, second = (features(ranking_of(one), FORECAST) for one in (reward, larger))
    assert list(first) == list(second)
    np.testing.assert_allclose(list(first.values()), list(second.values()), atol=1e-3)
