"""Adding a reward term touches one file.

The package is copied, one field and its function are written into the copy's ``worlds/lunar_lander/terms.py``, and
then everything downstream has to know the new term: accounting, wrapper, JSON, export, command line, texts and sidebar.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import playground
from playground.reward.design import keys_of, terms_of
from playground.worlds.lunar_lander.terms import RewardConfig

PART_KEYS = keys_of(terms_of(RewardConfig))
TERM_KEYS = keys_of(terms_of(RewardConfig))[:-1]

PACKAGE = Path(playground.__file__).parent
APP = PACKAGE.parent / "streamlit_app.py"

FUNCTION = '''
def spin(obs: Any) -> Any:
    """Minus the rate of turning."""
    return -np.abs(obs[..., 5])


'''
FIELD = """    w_spin: float = weight(
        "spin",
        +1,
        "#0ea5e9",
        Slider(0, 77, 1),
        label={"en": "Spinning", "zh": "旋转"},
        help={"en": "Turning costs.", "zh": "旋转扣分。"},
        potential=spin,
    )
"""


def insert_before(text: str, anchor: str, more: str) -> str:
    assert text.count(anchor) == 1
    return text.replace(anchor, more + anchor)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package in it, the new term in one of its files."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(PACKAGE, folder / "playground", ignore=shutil.ignore_patterns("__pycache__", "_shipped"))
    terms = folder / "playground" / "worlds" / "lunar_lander" / "terms.py"
    text = insert_before(terms.read_text(), "def fires_main(", FUNCTION.lstrip())
    terms.write_text(insert_before(text, "    penalty_main: float = weight(", FIELD))
    (folder / "reward.json").write_text('{"schema": 1, "w_spin": 4, "w_legs": 10, "replace_reward": true}')
    return folder


def run(copy: Path, *arguments: str) -> str:
    """What Python prints when the copy is the package."""
    env = os.environ | {"PYTHONPATH": str(copy), "PLAYGROUND_HOME": str(copy / "home"), "PYTHONUTF8": "1"}
    result = subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=env, capture_output=True, text=True, encoding="utf-8"
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout


def script(copy: Path, text: str) -> None:
    """Run a script that ends with an assertion for everything it claims."""
    check = f"import playground, pathlib\nassert pathlib.Path(playground.__file__).is_relative_to({str(copy)!r})\n"
    run(copy, "-c", check + text)


def test_the_term_is_weighed_and_the_parts_still_sum(copy: Path) -> None:
    script(
        copy,
        """
import numpy as np
from playground import RewardConfig
from playground.insight.breakdown import break_down, to_csv
from playground.worlds.lunar_lander.probes import Constant
from playground.flight.rollout import run_episode
from playground.flight.scorecard import Scorecard, score
from playground.reward.account import decompose, reward_of, weigh
from playground.reward.design import keys_of, terms_of
from playground.worlds.lunar_lander.world import WORLD as LANDER

PART_KEYS = keys_of(terms_of(RewardConfig))
config = RewardConfig(w_spin=1, w_legs=3, penalty_time=0.5, w_env=0.25, scale=2, replace_reward=True)
assert "spin" in PART_KEYS
assert RewardConfig().w_spin == 0.0
episode = run_episode(LANDER, Constant(1), 3)
after = episode.observations[1:].astype(float)
turning, legs = -np.abs(after[:, 5]), (after[:, 6:] > 0.5).sum(axis=1)
assert np.abs(turning).max() > 0.1
raw = decompose(episode.transitions, config, 0.99)
assert np.array_equal(raw[:, PART_KEYS.index("spin")], turning)
expected = 2 * (turning + 3 * legs - 0.5) + 0.25 * episode.rewards
assert np.allclose(reward_of(raw, config), expected, atol=1e-9)
assert np.allclose(weigh(raw, config).sum(axis=1), expected, atol=1e-9)

parts = break_down(episode, config, 0.99)
assert np.isclose(parts.totals["spin"], 2 * turning.sum()) and "paid.spin" in to_csv(episode, parts)
card = score([episode], 0.99)
assert np.isclose(card.returns(config)[0], expected.sum())
assert np.isclose(Scorecard.from_json(card.to_json(), LANDER).part_means(config)["spin"], 2 * turning.sum())
try:
    RewardConfig(w_spin=float("nan"))
except ValueError as error:
    assert str(error) == "w_spin must be finite, got nan"
else:
    raise AssertionError("NaN was accepted")
""",
    )


def test_the_wrapper_and_the_exported_file_pay_it(copy: Path) -> None:
    script(
        copy,
        """
import gymnasium as gym
from playground import RewardConfig, RewardShapingWrapper
from playground.reward.export import to_python

config = RewardConfig(w_spin=4, w_legs=10, form="potential", replace_reward=True)
source = to_python(config, 0.9)
assert "def spin(obs):" in source and "playground" not in source.replace("Playground", "")
names = {}
exec(source, names)
ours = RewardShapingWrapper(gym.make("LunarLander-v3"), config, 0.9)
theirs = names["DesignedReward"](gym.make("LunarLander-v3"))
before, _ = ours.reset(seed=3)
theirs.reset(seed=3)
terminated, highest = False, 0.0
while not terminated:
    after, reward, terminated, _, info = ours.step(1)
    paid = theirs.step(1)[1]
    parts = info["reward_components"]
    new = 0.0 if terminated else -abs(float(after[5]))
    assert abs(parts["spin"] - (0.9 * new + abs(float(before[5])))) < 1e-9
    assert abs(reward - (4 * parts["spin"] + 10 * parts["legs"])) < 1e-9
    assert abs(paid - reward) < 1e-9
    before, highest = after, max(highest, abs(parts["spin"]))
assert highest > 0.01
""",
    )


def test_the_files_and_links_carry_it(copy: Path) -> None:
    script(
        copy,
        """
from playground import RewardConfig
from playground.reward.codec import dump_reward, from_query, parse_reward, to_query

config = RewardConfig(w_spin=0.1)
assert parse_reward(dump_reward(config), RewardConfig) == config
assert to_query(config, RewardConfig()) == {"w_spin": "0.1"}
assert from_query({"w_spin": "0.1"}, RewardConfig()) == (config, [])
""",
    )


def test_the_command_line_exports_it_in_both_formats(copy: Path) -> None:
    source = run(copy, "-m", "playground", "export", "reward.json", "--to", "python")
    assert "def spin(obs):" in source
    assert "(spin, 4.0)" in source
    assert '"w_spin": 4.0' in run(copy, "-m", "playground", "export", "reward.json", "--to", "json")


def test_its_name_comes_from_its_labels_and_its_colour_from_its_declaration(copy: Path) -> None:
    script(
        copy,
        """
import streamlit as st
from playground.studies.colours import colour_of
from playground.app.texts import part_name

for language, name in (("en", "Spinning"), ("zh", "旋转")):
    st.session_state["lang"] = language
    assert part_name("spin") == name
assert colour_of("spin") == "#0ea5e9"
""",
    )


def test_the_app_shows_its_slider_and_pays_it(copy: Path) -> None:
    """The shipped models' scorecards know nothing of the term, so the copy makes a model of its own."""
    shutil.copy(APP, copy)
    script(
        copy,
        """
from playground.worlds import find_world
import json
import numpy as np
from pathlib import Path
from safetensors.numpy import save
from streamlit.testing.v1 import AppTest
from playground.flight.policy import load_policy
from playground.flight.scorecard import evaluate
from playground.worlds.lunar_lander.presets import PRESET
from playground.training.spec import TrainSpec, dump_spec
from playground.lab.models.model import write_curve
from playground.lab.models.store import write_model

rng = np.random.default_rng(0)
tensors = {}
for part, outputs in (("policy", 4), ("value", 1)):
    tensors[f"{part}.0.weight"] = rng.normal(size=(outputs, 8)).astype(np.float32)
    tensors[f"{part}.0.bias"] = np.zeros(outputs, np.float32)
spec = TrainSpec(PRESET["gymnasium"].config, steps=4096)
policy = save(tensors, metadata={"activation": "tanh"})
Path("policy.safetensors").write_bytes(policy)
card = evaluate(find_world(), load_policy(Path("policy.safetensors"), find_world()), spec.gamma, range(1000, 1005))
row = {"steps": 4096.0, "seconds": 1.0, "designed_return": 0.0, "native_return": 0.0, "landing_rate": 0.0}
files = {
    "spec.json": dump_spec(spec),
    "policy.safetensors": policy,
    "scorecard.json": json.dumps(card.to_json()).encode(),
    "curve.csv": write_curve([row | {f"part.{k}": v for k, v in card.part_means(spec.reward).items()}]).encode(),
    "model.zip": b"",
}
manifest = {"summary": card.summary, "steps": 4096, "seconds": 1.0, "created": "2026-01-01T00:00:00", "versions": {}}
write_model(Path("models/presets/gymnasium"), spec.key, files, manifest)

app = AppTest.from_file("streamlit_app.py", default_timeout=30).run()
assert not app.exception, app.exception
slider = app.slider(key="slide_spin")
assert (slider.label, slider.min, slider.max, slider.value) == ("Spinning", 0.0, 77.0, 0.0)
slider.set_value(12.0).run()
assert not app.exception, app.exception
assert app.session_state["session"].draft.w_spin == 12.0
assert app.query_params["w_spin"] in ("12", ["12"])
assert not app.error, [e.value for e in app.error]
app.session_state["lang"] = "zh"
app.run()
assert "旋转" in app.slider(key="slide_spin").label
""",
    )
