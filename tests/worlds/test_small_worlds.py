"""CartPole and MountainCar: their rewards, what their shipped models do, and that a further world is only a folder."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

import playground
from playground.cli import main
from playground.flight.probes import Random
from playground.flight.recording import record, to_png
from playground.flight.rollout import run_episode
from playground.insight.check import assert_reward_sound, check_reward
from playground.insight.library import library_of
from playground.insight.repair import repair_reward, sound_bands
from playground.lab.models.pretrain import SPECS
from playground.lab.models.store import ModelStore
from playground.reward.account import decompose, reward_of
from playground.reward.codec import dump_reward, parse_reward
from playground.reward.export import to_formula, to_python
from playground.training.spec import default_spec, for_algorithm
from playground.words.errors import InvalidInput
from playground.worlds import DEFAULT_ID, REGISTRY, find_preset, find_world, load_reward
from playground.worlds.lunar_lander.terms import RewardConfig

OTHERS = [find_world(env) for env in REGISTRY if env != DEFAULT_ID]
CART, CAR = find_world("CartPole-v1"), find_world("MountainCar-v0")
SHIPPED = {f"{world.slug}-{preset.slug}": (world, preset) for world in OTHERS for preset in world.presets}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.mark.parametrize("world", OTHERS, ids=lambda world: world.id)
def test_the_first_preset_pays_what_gymnasium_pays_on_every_step(world):
    reward = world.presets[0].config
    for seed in range(5):
        episode = run_episode(world, Random(np.random.default_rng(seed), len(world.actions), 5), seed)
        paid = reward_of(decompose(episode.transitions, reward, 0.99), reward)
        assert paid == pytest.approx(episode.rewards, abs=1e-12)


@pytest.mark.parametrize("world", OTHERS, ids=lambda world: world.id)
def test_an_episode_is_gymnasiums_own(world):
    env = gym.make(world.id)
    observation, _ = env.reset(seed=7)
    episode = run_episode(world, next(iter(world.probes().values()))(7), 7)
    for action, own, reward in zip(episode.actions, episode.observations[1:], episode.rewards, strict=True):
        observation, paid, terminated, truncated, _ = env.step(action)
        np.testing.assert_array_equal(observation, own)
        assert paid == reward
    assert (terminated, truncated) == (episode.terminated, not episode.terminated)


@pytest.mark.parametrize("world", OTHERS, ids=lambda world: world.id)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_everything_has_words(world, lang):
    for item in (*world.terms, *world.quantities):
        assert item.help[lang]
    for preset in world.presets:
        assert preset.name[lang]
        assert preset.lesson[lang]
    assert all(world.outcome_names[outcome][lang] for outcome in world.outcomes)


def test_the_energy_of_a_car_that_only_rolls_hardly_changes():
    energy = next(term for term in CAR.terms if term.key == "energy")
    values = energy.potential(run_episode(CAR, _Coast(), 3).observations.astype(np.float64))
    assert np.ptp(values) < 0.02


class _Coast:
    def act(self, observations):
        return np.ones(len(observations), np.int64)


@pytest.mark.parametrize("slug", SHIPPED)
def test_a_preset_ships_with_the_model_of_its_own_spec(slug):
    model = ModelStore().resolve(slug)
    model.verify()
    world, preset = SHIPPED[slug]
    assert model.spec == SPECS[slug] == default_spec(preset.config)
    assert model.env == model.spec.env == world.id
    assert model.scorecard.summary == model.summary


@pytest.mark.parametrize(
    ("slug", "low", "high"),
    [
        ("cart-pole-gymnasium", 100, 100),
        ("cart-pole-centred", 100, 100),
        ("cart-pole-upright", 100, 100),
        ("cart-pole-only-costs", 0, 0),
        ("mountain-car-gymnasium", 0, 0),
        ("mountain-car-potential", 90, 100),
        ("mountain-car-height-farm", 0, 0),
    ],
)
def test_a_model_bears_out_its_presets_lesson(slug, low, high):
    card = ModelStore().resolve(slug).scorecard
    assert low <= 100 * card.success_rate <= high
    if slug == "cart-pole-gymnasium":
        assert card.steps.mean() >= 475
    if slug == "mountain-car-height-farm":
        assert card.measured["height"].mean() > 0.8  # near the flag all the same
    if slug == "cart-pole-only-costs":
        assert card.steps.mean() < 12


def test_a_store_of_one_world_does_not_see_the_models_of_others():
    key = ModelStore().resolve("mountain-car-potential").key
    lander = ModelStore(env=DEFAULT_ID)
    assert lander.find(key) is None
    assert {model.env for model in lander.list_shipped()} == {DEFAULT_ID}
    assert {model.env for model in ModelStore(env="MountainCar-v0").list_shipped()} == {"MountainCar-v0"}


def verdicts(world):
    return {preset.slug: check_reward(preset.config).verdict for preset in world.presets}


def test_general_checks_know_a_farmed_height_and_never_call_a_reward_sound():
    assert verdicts(CAR) == {"gymnasium": "unchecked", "potential": "unchecked", "height-farm": "doubtful"}
    check = check_reward(find_preset(CAR, "height-farm").config)
    assert (check.checked_goal, check.margin, check.predicted) == (False, None, None)
    assert check["farming"].params == {"term": "height"}
    assert check.favourite.behaviour == "timeout"
    assert not check.to_json()["checked_goal"]
    assert {finding.id for finding in check.checks} == {
        *("farming", "dominance", "dead", "redundancy", "horizon", "scale", "invariance")
    }


def test_without_a_goal_nothing_is_repaired_and_no_band_is_green():
    config = find_preset(CAR, "height-farm").config
    assert repair_reward(config).after is None
    assert sound_bands(config) == {}


def test_an_unchecked_goal_is_not_sound():
    config = find_preset(CART, "gymnasium").config
    with pytest.raises(AssertionError, match=r"CartPole-v1 was not checked.*unchecked=True"):
        assert_reward_sound(config)
    assert_reward_sound(config, unchecked=True)
    with pytest.raises(AssertionError, match="doubtful"):
        assert_reward_sound(find_preset(CAR, "height-farm").config, unchecked=True)


def test_probes_show_the_goal_and_what_falls_short_of_it():
    for world in OTHERS:
        library = library_of(world)
        assert 0 < library.succeeded.sum() < len(library)
    assert all(not library_of(CAR).succeeded[episode] for episode, *_ in library_of(CAR).loops.tolist())


@pytest.mark.parametrize("world", OTHERS, ids=lambda world: world.id)
def test_a_reward_file_names_its_world(world, tmp_path):
    for preset in world.presets:
        text = dump_reward(preset.config)
        assert json.loads(text)["env"] == world.id
        assert parse_reward(text, world.design) == preset.config
    with pytest.raises(InvalidInput, match=rf"{world.id}.*{DEFAULT_ID}"):
        parse_reward(text, RewardConfig)
    (tmp_path / "reward.json").write_text(text)
    assert load_reward(str(tmp_path / "reward.json"), world) == preset.config
    with pytest.raises(InvalidInput, match=world.id) as refusal:
        load_reward(str(tmp_path / "reward.json"), find_world())
    assert refusal.value.code == "other_world"
    with pytest.raises(InvalidInput, match=DEFAULT_ID):
        parse_reward(dump_reward(RewardConfig(w_legs=1.0)), world.design)


def test_a_landers_file_may_name_its_world_but_is_written_without():
    assert "env" not in json.loads(dump_reward(RewardConfig(w_legs=1.0)))
    named = '{"schema": 1, "env": "LunarLander-v3", "w_legs": 1}'
    assert parse_reward(named, RewardConfig) == RewardConfig(w_legs=1.0)


@pytest.mark.parametrize("world", OTHERS, ids=lambda world: world.id)
def test_an_exported_reward_pays_the_same_in_gymnasium(world):
    for preset in world.presets:
        namespace = {}
        exec(compile(to_python(preset.config, 0.9), "exported.py", "exec"), namespace)
        env = namespace["DesignedReward"](gym.make(world.id))
        env.reset(seed=4)
        episode = run_episode(world, next(iter(world.probes().values()))(4), 4)
        own = reward_of(decompose(episode.transitions, preset.config, 0.9), preset.config)
        paid = [env.step(action)[1] for action in episode.actions]
        assert paid == pytest.approx(own.tolist(), abs=1e-5)
        assert "reward = " in to_formula(preset.config)


def test_a_world_suggests_settings_that_its_specs_keep():
    spec = default_spec(find_preset(CAR, "potential").config, seed=3)
    assert (spec.env, spec.steps, spec.persistence, spec.seed) == ("MountainCar-v0", 500_000, 0.0, 3)
    assert for_algorithm(spec, "reinforce").env == "MountainCar-v0"
    assert default_spec(RewardConfig(w_legs=1.0)).steps == 1_000_000


def test_episodes_are_recorded_as_pictures(tmp_path):
    episode = run_episode(CART, _Left(), 1)
    assert to_png(episode)[:4] == b"\x89PNG"
    assert record(episode, tmp_path / "episode.gif")[:3] == b"GIF"
    assert b"ftyp" in record(episode, tmp_path / "episode.mp4")[:16]


class _Left:
    def act(self, observations):
        return np.zeros(len(observations), np.int64)


def test_the_commands_run_on_a_shipped_model(home, capsys):
    model = "mountain-car-potential"
    assert main(["check", "height-farm", "--world", "MountainCar-v0"]) == 3
    assert "general checks only" in capsys.readouterr().out
    assert main(["evaluate", model, "--episodes", "5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scorecard"]["reach_rate"] == 1.0
    assert main(["breakdown", model, "--seed", "1000"]) == 0
    assert "energy" in capsys.readouterr().out
    assert main(["record", model, str(home / "car.png")]) == 0
    capsys.readouterr()
    assert (home / "car.png").read_bytes()[:4] == b"\x89PNG"
    assert main(["train", "potential", "--world", "MountainCar-v0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["found"]


def test_an_unknown_world_is_refused_with_the_known_ones(home, capsys):
    assert main(["check", "gymnasium", "--world", "Acrobot-v1"]) != 0
    error = capsys.readouterr().err
    assert all(env in error for env in ("Acrobot-v1", *REGISTRY))
    assert "Traceback" not in error


ROW = '    "LunarLander-v3": "playground.worlds.lunar_lander.world",\n'
TOY = '''
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from playground.flight.world import Quantity, World
from playground.reward.design import Design
from playground.reward.preset import Preset
from playground.reward.term import Slider, weight

def height(obs):
    """Height of the tip."""
    return -obs[..., 0] - obs[..., 0] * obs[..., 2] + obs[..., 1] * obs[..., 3]

@dataclass(frozen=True)
class AcrobotReward(Design):
    env_id: ClassVar[str] = "Acrobot-v1"
    w_height: float = weight(
        "height", +1, "#3b82f6", Slider(0, 9, 1), label={"en": "Height"}, help={"en": "Up pays."}, potential=height
    )
    replace_reward: bool = True
    scale: float = 1.0
    form: str = "state"
    w_env: float = 0.0

def make(conditions, render_mode):
    from gymnasium.envs.classic_control.acrobot import AcrobotEnv
    return AcrobotEnv(render_mode=render_mode)

WORLD = World(
    id="Acrobot-v1",
    module=__name__,
    design=AcrobotReward,
    presets=(
        Preset("gymnasium", AcrobotReward(w_env=1.0), {"en": "Own"}, {"en": "Its own."}),
        Preset("up", AcrobotReward(w_height=1.0), {"en": "Up"}, {"en": "Height pays."}),
    ),
    quantities=tuple(Quantity(name, "", {"en": name}) for name in ("c1", "s1", "c2", "s2", "w1", "w2")),
    actions=("left", "rest", "right"),
    max_steps=500,
    steps_per_second=15,
    make=make,
    outcomes={"swung_up": "success", "timeout": "timeout"},
    outcome_of=lambda terminated, reward, observation: "swung_up" if terminated else "timeout",
    rates={"up_rate": ("swung_up",), "timeout_rate": ("timeout",)},
)
'''
COMMANDS = """
import sys
from playground.cli import main
small = ["--steps", "2048", "--n-envs", "4", "--n-steps", "64", "--batch-size", "64", "--net-arch", "8"]
where = ["--world", "Acrobot-v1"]
commands = [
    ["check", "up", *where],
    ["train", "up", *where, *small, "--quiet", "--out", "model"],
    ["evaluate", "model", "--episodes", "3"],
    ["breakdown", "model"],
    ["record", "model", "episode.png"],
    ["export", "up", *where, "--to", "json"],
]
for command in commands:
    print("$", *command, flush=True)
    status = main(command)
    assert status in (0, 3), (command, status)
"""


def test_a_further_world_is_a_folder_and_a_row(tmp_path):
    package = Path(playground.__file__).parent
    shutil.copytree(package, tmp_path / "playground", ignore=shutil.ignore_patterns("__pycache__"))
    folder = tmp_path / "playground" / "worlds" / "acrobot"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "world.py").write_text(TOY)
    registry = folder.parent / "__init__.py"
    text = registry.read_text()
    assert ROW in text
    registry.write_text(text.replace(ROW, ROW + '    "Acrobot-v1": "playground.worlds.acrobot.world",\n'))
    env = {"PYTHONPATH": str(tmp_path), "PLAYGROUND_HOME": str(tmp_path / "home"), "PATH": "", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "general checks only" in done.stdout
    assert '"env": "Acrobot-v1"' in done.stdout
    assert (tmp_path / "episode.png").read_bytes()[:4] == b"\x89PNG"
