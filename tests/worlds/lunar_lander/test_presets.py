"""The named rewards: slugs, the two that have an outside definition, and loading by name or file."""

from pathlib import Path

import pytest

from playground.reward.codec import dump_reward
from playground.words.errors import InvalidInput
from playground.worlds import load_reward
from playground.worlds.lunar_lander.presets import ARTICLE, GYMNASIUM, PRESET, PRESETS
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER

SLUGS = ("gymnasium", "article", "article-repaired", "legs-farm", "fuel-miser", "sparse", "potential")


def test_slugs_are_the_seven_in_order() -> None:
    assert tuple(p.slug for p in PRESETS) == SLUGS
    assert tuple(PRESET) == SLUGS
    assert all(PRESET[slug].slug == slug for slug in SLUGS)


def test_gymnasium_preset_is_lunar_landers_own_reward() -> None:
    assert PRESET["gymnasium"].config is GYMNASIUM
    assert (
        RewardConfig(
            form="progress",
            w_distance=100,
            w_velocity=100,
            w_angle=100,
            w_legs=10,
            penalty_main=0.3,
            penalty_side=0.03,
            w_landing=100,
            w_crash=100,
            replace_reward=True,
        )
        == GYMNASIUM
    )


def test_article_preset_pays_by_state_and_has_no_outcome() -> None:
    assert PRESET["article"].config is ARTICLE
    assert ARTICLE.form == "state"
    assert (ARTICLE.w_landing, ARTICLE.w_crash, ARTICLE.w_env) == (0, 0, 0)


def test_every_preset_trains_on_itself_and_no_two_are_the_same() -> None:
    assert all(p.config.replace_reward for p in PRESETS)
    assert len({p.config for p in PRESETS}) == len(PRESETS)


def test_every_preset_has_a_name_and_a_lesson_in_both_languages() -> None:
    for words in ("name", "lesson"):
        for language in ("en", "zh"):
            texts = [getattr(p, words)[language] for p in PRESETS]
            assert all(texts)
            assert len(set(texts)) == len(texts)


def test_a_reward_is_loaded_by_preset_name() -> None:
    for slug in SLUGS:
        assert load_reward(slug, LANDER) == PRESET[slug].config


def test_a_reward_is_loaded_from_a_file(tmp_path: Path) -> None:
    config = RewardConfig(w_legs=0.1, form="potential", replace_reward=True)
    file = tmp_path / "reward.json"
    file.write_text(dump_reward(config))
    assert load_reward(str(file), LANDER) == config


def test_an_unknown_name_is_refused_with_the_choices(tmp_path: Path) -> None:
    for name in ("gymnasum", "", str(tmp_path / "missing.json"), str(tmp_path)):
        with pytest.raises(InvalidInput) as caught:
            load_reward(name, LANDER)
        assert caught.value.code == "unknown_preset"
        assert all(slug in str(caught.value) for slug in SLUGS)


@pytest.mark.parametrize("name", ["\0", "x" * 5000, "\ud800"], ids=["null", "long", "surrogate"])
def test_a_name_that_no_file_system_takes_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        load_reward(name, LANDER)


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "big.json"
    with file.open("wb") as out:
        out.truncate(10**9)  # sparse: takes no space
    with pytest.raises(InvalidInput) as caught:
        load_reward(str(file), LANDER)
    assert caught.value.code == "too_big"
    assert "1,000,000,000" in str(caught.value)


def test_a_bad_file_is_refused_with_its_field(tmp_path: Path) -> None:
    file = tmp_path / "reward.json"
    file.write_text('{"schema": 1, "w_legs": NaN}')
    with pytest.raises(InvalidInput, match=r"^w_legs must be finite"):
        load_reward(str(file), LANDER)
