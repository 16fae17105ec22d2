from dataclasses import replace

import pytest

from playground.lab.models.card import write_card
from playground.lab.models.store import ModelStore
from playground.reward.codec import parse_reward
from playground.training.spec import hyperparameters
from playground.worlds.lunar_lander.presets import PRESET
from playground.worlds.lunar_lander.terms import RewardConfig

HEAD = """---
library_name: stable-baselines3
tags:
- LunarLander-v3
- deep-reinforcement-learning
- reinforcement-learning
- stable-baselines3
model-index:
- name: PPO
  results:
  - task:
      type: reinforcement-learning
      name: reinforcement-learning
    dataset:
      name: LunarLander-v3
      type: LunarLander-v3
    metrics:
    - type: mean_reward
      value: {} +/- {}
      name: mean_reward
      verified: false
---

# PPO for LunarLander-v3
"""


@pytest.fixture(params=["gymnasium", "article"])
def model(request):
    return ModelStore().resolve(request.param)


def rows(card):
    """Second cells of all tables by the first."""
    lines = [line.strip("| ").split(" | ") for line in card.splitlines() if line.startswith("| ")]
    return {cells[0]: cells[1] for cells in lines}


def test_the_head_is_what_hubs_read(model):
    returns = model.scorecard.native_return
    deviation = ((returns - returns.mean()) ** 2).mean() ** 0.5
    assert write_card(model).startswith(HEAD.format(f"{returns.mean():.2f}", f"{deviation:.2f}"))


def test_yaml_agrees_that_the_head_is_yaml(model):
    yaml = pytest.importorskip("yaml")
    head = yaml.safe_load(write_card(model).split("---\n")[1])
    (metric,) = head["model-index"][0]["results"][0]["metrics"]
    assert set(metric) == {"type", "value", "name", "verified"}
    mean, deviation = metric["value"].split(" +/- ")
    assert float(mean) == pytest.approx(model.summary["native_return_mean"], abs=0.01)
    assert float(deviation) > 0


def test_the_tables_hold_scores_settings_and_versions(model):
    found = rows(write_card(model))
    s = model.summary
    assert found["Landed"].startswith(f"{round(100 * s['landing_rate'])} of 100")
    assert found["Gymnasium return"].startswith(f"{s['native_return_mean']:.1f}".replace("-", "−"))
    for name, value in hyperparameters(model.spec).items():
        assert found[name] == (str(value) or "none")
    assert found["seed"] == "0"
    for name, value in model.manifest["versions"].items():
        assert found[name] == value


def test_a_score_that_no_episode_has_is_never():
    assert rows(write_card(ModelStore().resolve("article")))["Time to land"] == "never"


def test_the_reward_stands_there_as_formula_and_as_json_that_reads_back(model):
    card = write_card(model)
    assert "reward = " in card
    text = card.split("```json\n")[1].split("```")[0]
    assert parse_reward(text, RewardConfig) == model.spec.reward == PRESET[model.slug].config


def test_the_code_in_it_is_python(model):
    compile(write_card(model).split("```python\n")[1].split("```")[0], "card", "exec")


def test_the_whole_key_is_named(model):
    assert f"`{model.key}`" in write_card(model)


def test_an_imported_model_of_unknown_reward_claims_no_reward_and_no_training(model):
    manifest = {**model.manifest, "imported": "theirs.zip", "reward": "unknown"}
    card = write_card(replace(model, manifest=manifest))
    assert "theirs.zip" in card
    assert "Unknown" in card
    assert "reward = " not in card
    assert "return of the reward below, mean" not in rows(card)
    assert "learning_rate" not in rows(card)
