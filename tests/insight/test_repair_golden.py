"""What the repair of known rewards is, and that an independent solver finds no much smaller one.

The golden weights were computed once; a change of the recorded behaviours changes them, and then they are to be looked
at anew. The reference builds its constraints from the recorded sums alone and solves for them with scipy's SLSQP.
"""

import dataclasses

import numpy as np
import pytest
from scipy.optimize import minimize

from playground.insight.check import check_reward
from playground.insight.library import library_of
from playground.insight.repair import NUDGE, TARGET, repair_reward, slider_bounds
from playground.reward.design import terms_of
from playground.reward.term import FORMS
from playground.worlds.lunar_lander.behaviours import CRASHES, LANDINGS, LINGERING, Behaviour
from playground.worlds.lunar_lander.presets import PRESET
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER

GAMMA = 0.995
TERMS = terms_of(RewardConfig)


def reward(slug, **changes):
    return dataclasses.replace(PRESET[slug].config, **changes)


GOLDEN = {
    "article": ("broken", "doubtful", {"w_distance": 7.34, "w_landing": 4500.0, "w_crash": 2490.0}),
    "article-repaired": ("doubtful", "sound", {"w_legs": 2.5}),
    "legs-farm": ("broken", "sound", {"w_legs": 0.0, "penalty_time": 0.443, "w_landing": 315.0, "w_crash": 1210.0}),
    "fuel-miser": ("broken", "sound", {"penalty_main": 0.111}),
}
"""By preset: the verdict before and after, and the weights that the repair changes."""
SINGLES = {
    "article": {"w_landing": 19400.0},
    "article-repaired": {},
    "legs-farm": {"w_landing": 3750.0},
    "fuel-miser": {"w_velocity": 176.0, "penalty_main": 4.27, "w_crash": 218.0},
}
"""By preset: the weights that repair it alone."""
WITH_GYMNASIUMS_SHARE = [
    ("article", 0.2, 1.0, "broken", "doubtful", {"w_distance": 8.24, "w_landing": 4500.0, "w_crash": 2480.0}),
    (
        *("article", 0.3, 0.1, "broken", "doubtful"),
        {"w_distance": 7.59, "w_legs": 3.61, "w_landing": 2220.0, "w_crash": 2000.0},
    ),
    ("legs-farm", 0.3, 0.1, "broken", "sound", {"w_legs": 0.0, "penalty_side": 0.72, "w_landing": 225.0}),
    (
        *("legs-farm", -0.5, 1.0, "broken", "sound"),
        {"w_legs": 0.0, "penalty_time": 0.435, "w_landing": 310.0, "w_crash": 1140.0},
    ),
    ("fuel-miser", 0.2, 1.0, "doubtful", "sound", {"penalty_main": 0.0772}),
    ("fuel-miser", 0.3, 0.1, "doubtful", "sound", {"penalty_main": 0.0, "w_crash": 145.0}),
    ("fuel-miser", 0.5, 20.0, "broken", "sound", {"penalty_main": 0.107}),
]
"""Preset, ``w_env``, scale, the verdict before and after, and the changed weights."""


def changed(found, config):
    return {name: after for name, (_, after) in found.changes(config).items()}


def test_every_preset_that_is_not_sound_has_a_golden_repair():
    doubtful = [slug for slug, preset in PRESET.items() if check_reward(preset.config, GAMMA).verdict != "sound"]
    assert set(doubtful) == set(GOLDEN) == set(SINGLES)


@pytest.mark.parametrize("slug", GOLDEN)
def test_the_repair_of_a_preset(slug):
    config = reward(slug)
    found = repair_reward(config, GAMMA)
    before, after, weights = GOLDEN[slug]
    assert (found.before.verdict, found.after.verdict) == (before, after)
    assert changed(found, config) == pytest.approx(weights, rel=5e-3)
    assert dict(found.singles) == pytest.approx(SINGLES[slug], rel=5e-3)


@pytest.mark.parametrize(("slug", "w_env", "scale", "before", "after", "weights"), WITH_GYMNASIUMS_SHARE)
def test_the_repair_beside_gymnasiums_share(slug, w_env, scale, before, after, weights):
    config = reward(slug, w_env=w_env, scale=scale)
    found = repair_reward(config, GAMMA)
    assert (found.before.verdict, found.after.verdict) == (before, after)
    assert changed(found, config) == pytest.approx(weights, rel=5e-3)
    assert (found.config.w_env, found.config.scale) == (w_env, scale)


@pytest.mark.parametrize("factor", [0.01, 5.0, 300.0])
def test_scale_and_gymnasiums_share_together_change_no_repair(factor):
    """Everything that is paid times one factor: the same reward in another unit."""
    one, other = reward("article", w_env=0.3), reward("article", w_env=0.3 * factor, scale=factor)
    assert changed(repair_reward(other), other) == pytest.approx(changed(repair_reward(one), one), rel=5e-3)


def test_a_scale_below_zero_turns_every_term_round():
    config = reward("article", w_env=0.1, scale=-1.0)
    found = repair_reward(config, GAMMA)
    assert found.after.verdict == "doubtful"
    assert changed(found, config) == pytest.approx(
        {"w_distance": 0.0, "w_velocity": 0.4, "w_angle": 0.306, "w_legs": 0.0, "penalty_main": 0.0}, abs=5e-3
    )


class Reference:
    """The same problem from the recorded sums, without a line of the repair's own search."""

    def __init__(self, config):
        library = library_of(LANDER)
        self.config = config
        sums = library.sums(config.form, GAMMA)
        signs = np.array([term.sign for term in TERMS], float)
        self.paid = sums[:, :-1] * signs * config.scale
        self.native = sums[:, -1] * config.w_env
        self.seeds = library.seeds
        self.groups = {
            name: np.isin(library.behaviours, kinds)
            for name, kinds in {
                "land": LANDINGS,
                "crash": CRASHES,
                "linger": LINGERING,
                "hover": [Behaviour.HOVERING],
            }.items()
        }
        self.origin = np.array([getattr(config, term.weight) for term in TERMS], float)
        bounds = slider_bounds(config)
        self.bounds = np.array([bounds[term.weight] for term in TERMS])
        influence = self.paid.std(axis=0)
        least = NUDGE * self.deviation(self.returns(self.origin)) / np.where(influence > 0, influence, np.inf)
        self.sizes = np.maximum(np.abs(self.origin), least)

    def returns(self, weights):
        return self.paid @ weights + self.native

    def deviation(self, returns):
        means = {seed: returns[self.seeds == seed].mean() for seed in np.unique(self.seeds)}
        return np.std(returns - np.array([means[seed] for seed in self.seeds]))

    def best(self, returns, group, seed):
        return max(returns[self.groups[group] & (self.seeds == seed)], default=np.nan)

    def margins(self, weights):
        """By how many deviations landing beats crashing and lingering, and hovering beats crashing."""
        returns = self.returns(weights)
        starts = np.unique(self.seeds[self.groups["land"]])
        gaps = [
            np.nanmean([self.best(returns, one, seed) - self.best(returns, other, seed) for seed in starts])
            for one, other in (("land", "crash"), ("land", "linger"), ("hover", "crash"))
        ]
        return np.array(gaps) / max(self.deviation(returns), 1e-12)

    def length(self, weights):
        return float(np.linalg.norm((weights - self.origin) / self.sizes))

    def nearest(self):
        """Length of the nearest weights that SLSQP finds; infinite where it finds none."""
        bounds = (self.bounds - self.origin[:, None]) / self.sizes[:, None]

        def slack(step):
            return self.margins(self.origin + self.sizes * step) - TARGET

        found = minimize(
            lambda step: (step @ step, 2 * step),
            np.zeros(len(self.origin)),
            jac=True,
            bounds=bounds,
            constraints=[{"type": "ineq", "fun": slack}],
            method="SLSQP",
            options={"maxiter": 60, "ftol": 1e-4},
        )
        return float(np.linalg.norm(found.x)) if (slack(found.x) > -0.02 * TARGET).all() else np.inf


def random_broken_rewards(count):
    """Rewards whose landing pays too little, with Gymnasium's share and other scales among them."""
    rng = np.random.default_rng(5)
    drawn = 0
    while drawn < count:
        form = FORMS[rng.integers(len(FORMS))]
        shares = rng.choice([0.0, 0.0, 0.01, 0.1, 0.5], len(TERMS))
        weights = {term.weight: share * term.sliders[form].high for term, share in zip(TERMS, shares, strict=True)}
        w_env, scale = rng.choice([0.0, 0.3, -0.3]), rng.choice([1.0, 0.1, 10.0])
        config = RewardConfig(form=form, replace_reward=True, w_env=w_env, scale=scale, **weights)
        if check_reward(config, GAMMA).verdict == "broken":
            drawn += 1
            yield config


def test_no_repair_is_much_longer_than_what_an_independent_solver_finds():
    """It may be 15 % longer where that changes fewer weights, and the search cuts a few per cent off corners."""
    configs = [*(reward(slug) for slug in ("article", "legs-farm", "fuel-miser")), *random_broken_rewards(8)]
    compared = 0
    for config in configs:
        reference = Reference(config)
        nearest = reference.nearest()
        found = repair_reward(config, GAMMA)
        assert found.after is not None
        weights = np.array([getattr(found.config, term.weight) for term in TERMS])
        assert reference.margins(weights)[:2].min() >= 0.97 * TARGET
        if np.isfinite(nearest):
            compared += 1
            assert reference.length(weights) <= 1.25 * nearest, config
    assert compared >= len(configs) - 2
