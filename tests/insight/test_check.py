"""What the check says of rewards whose lesson is known, and what it may never depend on."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.insight.check import CHECKS, check_reward
from playground.insight.library import library_of
from playground.words.check import finding_sentence, notes, verdict_sentence, wording_of
from playground.words.say import has
from playground.worlds.lunar_lander.behaviours import LANDINGS
from playground.worlds.lunar_lander.presets import GYMNASIUM, PRESET
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER


def check(slug, gamma=0.995):
    return check_reward(PRESET[slug].config, gamma)


def failures(found):
    return [finding.id for finding in found.checks if finding.status == "fail"]


def test_the_articles_reward_is_broken_and_suicide_is_named_first():
    found = check("article")
    assert found.verdict == "broken"
    assert failures(found)[0] == "suicide"
    assert found.favourite.outcome == "crash"
    assert found.margin < 0
    assert verdict_sentence(found, "en") == finding_sentence(found["suicide"], found.design, "en")


@pytest.mark.parametrize("slug", ["gymnasium", "potential"])
def test_gymnasiums_reward_and_its_potential_based_twin_are_sound(slug):
    found = check(slug)
    assert found.verdict == "sound"
    assert found.margin > 0
    assert found.favourite.behaviour in LANDINGS


def test_farmed_legs_are_broken_by_stalling():
    found = check("legs-farm")
    assert found.verdict == "broken"
    assert failures(found)[0] == "stalling"
    assert found["farming"].status == "fail"
    assert found["farming"].params["term"] == "legs"
    assert found.favourite.behaviour == "sitting"


def test_dear_fuel_makes_falling_pay_best():
    found = check("fuel-miser")
    assert found.verdict == "broken"
    assert found.favourite.behaviour == "crash_soon"


def test_the_repaired_article_is_not_broken():
    assert check("article-repaired").verdict != "broken"


def test_two_episodes_of_the_same_start_show_a_finding():
    library = library_of(LANDER)
    for finding in check("article").checks:
        if len(finding.episodes) == 2 and finding.id in ("suicide", "stalling", "ordering"):
            a, b = finding.episodes
            assert library.seeds[a] == library.seeds[b]
    crash, landing = check("article")["suicide"].episodes
    assert library.behaviours[crash] in ("crash_soon", "crash_late", "out_of_bounds")
    assert library.behaviours[landing] in LANDINGS


def test_a_margin_is_the_gap_in_deviations_worked_by_hand():
    """Only the outcome pays: 1 for a landing, −1 for a crash, and γ = 1, so returns are 1, 0 and −1."""
    library = library_of(LANDER)
    found = check_reward(RewardConfig(replace_reward=True, w_landing=1.0, w_crash=1.0, form="progress"), 1.0)
    returns = np.where(np.isin(library.behaviours, LANDINGS), 1.0, np.where(library.terminated, -1.0, 0.0))
    levels = {seed: returns[library.seeds == seed].mean() for seed in set(library.seeds.tolist())}
    deviation = np.std([r - levels[seed] for r, seed in zip(returns, library.seeds.tolist(), strict=True)])
    assert found.margin == pytest.approx(1.0 / deviation)
    assert found["risk"].value == pytest.approx(0.5)  # 1 to gain, 2 to lose


@pytest.mark.parametrize(("cost", "accepted", "status"), [(0.25, 0.8, "ok"), (3.0, 0.25, "ok"), (19.0, 0.05, "warn")])
def test_the_accepted_risk_by_hand(cost, accepted, status):
    """A landing pays 1, hovering nothing, a crash costs c: p·(−c) + (1 − p)·1 = 0 at p = 1/(1 + c)."""
    found = check_reward(RewardConfig(replace_reward=True, w_landing=1.0, w_crash=cost, form="progress"), 1.0)["risk"]
    assert found.value == pytest.approx(accepted)
    assert found.status == status


def test_the_horizon_is_what_the_discount_leaves_at_a_typical_landing():
    library = library_of(LANDER)
    lengths = library.lengths[np.isin(library.behaviours, LANDINGS)]
    assert np.median(lengths) < 0.8 * np.median(library.lengths)
    assert check("gymnasium", 0.99)["horizon"].value == pytest.approx(0.99 ** float(np.median(lengths)))


def test_log_only_checks_what_training_sees():
    logged = check_reward(dataclasses.replace(PRESET["article"].config, replace_reward=False))
    native = check_reward(RewardConfig(replace_reward=True, w_env=1.0))
    assert logged.logged_only
    assert logged.to_json()["logged_only"]
    assert "only logged" in notes(logged, "en")[0]
    assert (logged.verdict, logged.margin) == (native.verdict, native.margin)
    assert logged.verdict == "sound"


def test_all_weights_zero_is_broken_in_words():
    found = check_reward(RewardConfig(replace_reward=True))
    assert found.verdict == "broken"
    assert "every weight is 0" in verdict_sentence(found, "en")
    assert "Crashing pays more" not in " ".join(finding_sentence(check, found.design, "en") for check in found.checks)


def test_where_nothing_ahead_counts_the_discount_is_named_first():
    assert "discount of 0" in verdict_sentence(check("gymnasium", 0.0), "en")


@pytest.mark.parametrize("scale", [1e-12, 0.1, 1.0, 3.0, 7.0, 1000.0])
@pytest.mark.parametrize("gamma", [0.9, 0.95, 0.995, 1.0])
def test_potentials_alone_tie_landing_with_crashing_whatever_the_rounding(gamma, scale):
    """Ng's theorem: from one start all terminated episodes are paid the same, so neither is preferred."""
    found = check_reward(
        RewardConfig(replace_reward=True, form="potential", w_velocity=1, w_distance=2, scale=scale), gamma
    )
    assert found["suicide"].value == 0
    assert wording_of(found["suicide"]) == "tie"
    assert found.verdict == "broken"
    assert [c.status for c in found.checks] == [
        c.status
        for c in check_reward(
            RewardConfig(replace_reward=True, form="potential", w_velocity=1, w_distance=2), gamma
        ).checks
    ]


def test_a_tiny_scale_changes_no_verdict():
    assert check_reward(dataclasses.replace(GYMNASIUM, scale=1e-12)).verdict == "sound"


def test_the_risk_is_that_against_hovering():
    """With farmed legs hovering pays little: what beats landing there is sitting, and that is another check."""
    found = check("legs-farm")
    assert found["risk"].status == "ok"
    assert found["stalling"].status == "fail"


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0])
def test_extreme_discounts_get_a_verdict(gamma):
    found = check("gymnasium", gamma)
    assert found.verdict in ("sound", "doubtful", "broken")
    assert all(np.isfinite(row.mean) for row in found.ranking)
    assert found["horizon"].status == {0.0: "fail", 0.5: "warn", 1.0: "ok"}[gamma]


def test_a_discount_out_of_range_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        check_reward(GYMNASIUM, 1.5)


def test_weights_of_very_different_size_and_negative_ones_are_checked():
    odd = RewardConfig(replace_reward=True, form="progress", w_distance=1e6, w_velocity=1e-6, w_landing=-5.0)
    found = check_reward(odd)
    assert found["dead"].status == "warn"
    assert found["dominance"].status == "warn"
    assert found.negative == ("landing",)
    assert any("below 0" in note and "Landing" in note for note in notes(found, "en"))
    json.dumps(found.to_json(), allow_nan=False)


def test_a_reward_that_pays_for_crashing_is_broken():
    found = check_reward(dataclasses.replace(GYMNASIUM, w_crash=-500.0))
    assert (found.verdict, failures(found)[0]) == ("broken", "suicide")


def test_two_terms_that_say_the_same_are_named():
    twins = RewardConfig(replace_reward=True, penalty_time=1.0, w_env=0.0, w_legs=0.0, w_landing=0.0, penalty_main=1.0)
    assert check_reward(twins, 1.0)["redundancy"].params["first"] in ("pen_main", "pen_side", "time")


def test_only_the_potential_form_is_invariant():
    assert check("potential")["invariance"].status == "ok"
    found = check("gymnasium")["invariance"]
    assert found.status == "warn"
    assert found.value == pytest.approx((1 - 0.995) * 100 * 25.4, rel=0.05)  # (1 − γ)·w·|Φ| at the farthest point


weight = st.floats(-200, 200, allow_nan=False)


@settings(max_examples=30, deadline=None)
@given(
    st.builds(
        RewardConfig,
        w_distance=weight,
        w_velocity=weight,
        w_angle=weight,
        w_legs=weight,
        penalty_main=weight,
        w_landing=weight,
        w_crash=weight,
        form=st.sampled_from(["state", "progress", "potential"]),
        replace_reward=st.just(True),
    ),
    st.sampled_from([0.01, 0.5, 3.0, 1000.0]),
)
def test_a_positive_scale_changes_neither_verdict_nor_ranking(config, scale):
    one, other = check_reward(config), check_reward(dataclasses.replace(config, scale=scale))
    assert one.verdict == other.verdict
    assert one.margin == pytest.approx(other.margin, abs=1e-6)
    for a, b in zip(one.ranking, other.ranking, strict=True):
        assert a.behaviour == b.behaviour or a.mean * scale == pytest.approx(b.mean, rel=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.5, 1.0), st.floats(-100, 100))
def test_a_potential_moves_all_terminated_episodes_of_a_start_alike(gamma, value):
    """Σ γᵗ(γΦ' − Φ) = −Φ(s₀) where the episode terminates: the same for all from one start."""
    library = library_of(LANDER)
    config = RewardConfig(replace_reward=True, form="potential", w_distance=value)
    returns = library.sums("potential", gamma) @ config.factors
    for seed in set(library.seeds.tolist()):
        ended = returns[(library.seeds == seed) & library.terminated]
        np.testing.assert_allclose(ended, ended[0], atol=1e-6 * max(1.0, abs(value)))


@settings(max_examples=30, deadline=None)
@given(
    st.fixed_dictionaries({name: st.floats(-100, 100) for name in ("w_landing", "w_crash", "penalty_main", "w_env")}),
    st.fixed_dictionaries({name: st.floats(-100, 100) for name in ("w_distance", "w_velocity", "w_angle", "w_legs")}),
    st.floats(0.5, 1.0),
)
def test_adding_potentials_ranks_terminated_episodes_as_before(others, potentials, gamma):
    """Beyond the start's own value, which is the same for all of them, they add nothing."""
    library = library_of(LANDER)
    plain = RewardConfig(replace_reward=True, form="potential", **others)
    sums = library.sums("potential", gamma)
    before, after = (sums @ config.factors for config in (plain, dataclasses.replace(plain, **potentials)))
    for seed in set(library.seeds.tolist()):
        ended = (library.seeds == seed) & library.terminated
        added = after[ended] - before[ended]
        np.testing.assert_allclose(added, added[0], atol=1e-5)


def test_every_status_has_words():
    for finding in check("article").checks + check("gymnasium").checks + check("legs-farm").checks:
        sentence = finding_sentence(finding, check("article").design, "en")
        assert sentence.endswith(".")
        assert "{" not in sentence
    assert all(has(f"check.{check.__name__.strip('_')}.ok") for check in CHECKS)
