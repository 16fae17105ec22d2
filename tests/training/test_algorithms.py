import dataclasses
import importlib
import subprocess
import sys

import pytest

from playground.training.algorithms import ALGORITHMS, LEARNERS, read_settings

WITH_SETTINGS = [algorithm for algorithm in ALGORITHMS.values() if not algorithm.in_spec]


@pytest.mark.parametrize("algorithm", WITH_SETTINGS, ids=lambda a: a.name)
def test_settings_read_from_the_source_are_those_of_the_class(algorithm):
    module = importlib.import_module(algorithm.module)
    fields = {f.name: f.default for f in dataclasses.fields(module.Settings)}
    assert {name: s.default for name, s in algorithm.settings.items()} == fields | dict(algorithm.changes)
    assert all(type(s.default) is type(fields[name]) for name, s in algorithm.settings.items())
    assert module.Settings(**{name: s.default for name, s in algorithm.settings.items()})


@pytest.mark.parametrize("algorithm", WITH_SETTINGS, ids=lambda a: a.name)
def test_every_setting_has_a_sentence(algorithm):
    for setting in algorithm.settings.values():
        assert setting.meaning.endswith("."), setting.name
        assert "\n" not in setting.meaning


def test_every_learner_is_an_algorithm():
    shared = {"task", "library/sb3", "preferences/pairs", "preferences/reward_model"}
    paths = [path for path in LEARNERS.rglob("*.py") if path.stem != "__init__"]
    files = {path.relative_to(LEARNERS).with_suffix("").as_posix() for path in paths} - shared
    assert files == {algorithm.file for algorithm in ALGORITHMS.values()}


def test_what_algorithms_there_are_is_told_without_torch():
    code = (
        "import sys; from playground.training.algorithms import ALGORITHMS;"
        "[a.settings for a in ALGORITHMS.values()]; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("source", ["", "class Other: pass", "class Settings:\n    a: int = 2 ** n"])
def test_a_file_whose_settings_cannot_be_read_is_an_error(source):
    with pytest.raises(ValueError, match=r"Settings|malformed"):
        read_settings(source)


def test_the_article_names_every_setting_that_its_version_changes():
    """The docstring lists what the article gets wrong; each of those is a change, so it can be turned back on."""
    changes = ALGORITHMS["ppo-article"].changes
    told = (LEARNERS / "ppo.py").read_text().split('"""')[1]
    listed = ("bootstrap", "mark_timeouts", "gae_lambda", "normalize", "learning_rate", "anneal", "scale_rewards")
    for name in listed:
        assert f"``{name}``" in told
        assert name in changes
