"""What a model is called: its preset, or what was changed in one, and the algorithm if that is not the default.

Leaves out: the texts themselves.
"""

from collections.abc import Sequence
from functools import lru_cache

from playground.lab.models.model import SHORT, Model
from playground.reward.codec import changed_fields
from playground.reward.design import Design
from playground.reward.preset import Preset
from playground.training.algorithms import ALGORITHMS, DEFAULT_ALGORITHM, HALF_TRAINED
from playground.words import model as words_of_model
from playground.words import race as words_of_race
from playground.words.say import label, say
from playground.worlds import find_preset, world_of


def algorithm_name(name: str, language: str) -> str:
    """An algorithm in words; most have the same name in every language."""
    return words_of_race.algorithm_name(name, ALGORITHMS[name].title, language)


def model_name(model: Model, language: str) -> str:
    """What a model was trained on, in a few words, and by which algorithm if that is not the usual one."""
    algorithm = model.spec.algorithm
    suffix = "" if algorithm == DEFAULT_ALGORITHM else f" · {algorithm_name(algorithm, language)}"
    return _taught(model, language) + suffix


def _taught(model: Model, language: str) -> str:
    preset = find_preset(model.spec.world, model.slug)
    if preset is not None:
        return label(preset.name, language)
    if model.slug == HALF_TRAINED:
        return say("models.half_trained", language, reward=reward_name(model.spec.reward, language))
    if not model.reward_known:
        return say("models.reward_unknown", language, file=model.manifest.get("imported"))
    return reward_name(model.spec.reward, language)


def names_of(models: Sequence[Model], language: str) -> list[str]:
    """What each was trained on, with the seed where several share a name, and the key where even that is the same."""
    names = [model_name(model, language) for model in models]
    numbered = [
        n if names.count(n) == 1 else words_of_model.with_seed(n, m.spec.seed, language)
        for n, m in zip(names, models, strict=True)
    ]
    return [n if numbered.count(n) == 1 else f"{n} · {m.key[:SHORT]}" for n, m in zip(numbered, models, strict=True)]


def labels_of(models: Sequence[Model], language: str) -> dict[str, str]:
    """By key, a name for each: no two alike, since Streamlit tells choices apart by their names."""
    return dict(zip([model.key for model in models], names_of(models, language), strict=True))


@lru_cache(maxsize=1024)
def nearest_preset(reward: Design) -> Preset:
    """The preset from which the fewest fields differ."""
    return min(world_of(reward).presets, key=lambda preset: len(changed_fields(reward, preset.config)))


@lru_cache(maxsize=1024)
def reward_name(reward: Design, language: str) -> str:
    """A preset's name, or the nearest preset and what was changed in it."""
    nearest = nearest_preset(reward)
    changes = changed_fields(reward, nearest.config)
    return words_of_model.reward_name(label(nearest.name, language), changes, reward.weight_names(language), language)
