"""A model card: what a model hub reads and shows of a trained model, as Markdown under a YAML head.

The head has the fields by which hubs list reinforcement-learning models; ``mean_reward`` is Gymnasium's own return on
the evaluation seeds, mean and standard deviation, because other people's figures are that, too.

Leaves out: uploading, and a licence: that is the author's to choose.
"""

from collections.abc import Sequence
from typing import Any, Final

from playground.lab.model import Model
from playground.reward.codec import dump_reward
from playground.reward.export import to_formula
from playground.training.spec import hyperparameters

HEAD: Final = """---
library_name: stable-baselines3
tags:
- {world}
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
      name: {world}
      type: {world}
    metrics:
    - type: mean_reward
      value: {mean_reward}
      name: mean_reward
      verified: false
---"""

LOAD: Final = """```python
import gymnasium as gym
from stable_baselines3 import PPO

model = PPO.load("model.zip", device="cpu")
env = gym.make("{world}")
observation, _ = env.reset(seed=1000)
done = False
while not done:
    action, _ = model.predict(observation, deterministic=True)
    observation, reward, terminated, truncated, _ = env.step(action)
    done = terminated or truncated
```

`PPO.load` unpickles: load files only from people you trust."""


def write_card(model: Model) -> str:
    """The card of a model, for a ``README.md`` beside its ``model.zip``.

    Raises:
        InvalidInput: the model is damaged.
    """
    spec, card, manifest = model.spec, model.scorecard, model.manifest
    returns = card.native_return
    parts = [
        HEAD.format(world=spec.world.id, mean_reward=f"{returns.mean():.2f} +/- {returns.std():.2f}"),
        f"# PPO for {spec.world.id}",
        _origin(model),
        "## Scorecard",
        f"{len(card)} held-out episodes (seeds {card.seeds.min()} to {card.seeds.max()}), most probable actions.",
        _table(("measure", "value"), _scores(model)),
        "## Reward",
        *_reward(model),
    ]
    if "imported" not in manifest:
        settings = [(name, "none" if value == "" else value) for name, value in hyperparameters(spec).items()]
        parts += ["## Training", _table(("setting", "value"), settings)]
    parts += [
        "## How to load it",
        LOAD.format(world=spec.world.id),
        "## Versions",
        _table(("package", "version"), list(manifest.get("versions", {}).items())),
        f"Key: `{model.key}`",
    ]
    return "\n\n".join(parts) + "\n"


def _origin(model: Model) -> str:
    manifest = model.manifest
    if "imported" in manifest:
        return f"Imported from `{manifest['imported']}` with Reward Playground, which did not train it."
    kept = manifest.get("kept_steps", manifest["steps"])
    return (
        f"Trained with Reward Playground on {manifest['steps']:,} steps in {manifest['seconds']:.0f} s, with seed "
        f"{model.spec.seed}. The network is that of step {kept:,}."
    )


def _scores(model: Model) -> list[tuple[str, object]]:
    s = model.summary

    def shown(value: float | None, unit: str) -> str:
        return "never" if value is None else f"{value:.2f} {unit}"

    rows: list[tuple[str, object]] = [
        ("landed", f"{s['landing_rate']:.0%}"),
        ("landed on the pad", f"{s['on_pad_rate']:.0%}"),
        ("fell", f"{s['fall_rate']:.0%}"),
        ("left the screen", f"{s['out_of_bounds_rate']:.0%}"),
        ("timed out", f"{s['timeout_rate']:.0%}"),
        ("Gymnasium return, mean", f"{s['native_return_mean']:.1f}"),
        (
            "Gymnasium return, 95 % interval of the mean",
            f"{s['native_return_low95']:.1f} to {s['native_return_high95']:.1f}",
        ),
        ("Gymnasium return, interquartile mean", f"{s['native_return_iqm']:.1f}"),
        ("touchdown speed", shown(s["touchdown_speed_m_s"], "m/s")),
        ("time to land", shown(s["seconds_to_land"], "s")),
        ("main engine, steps an episode", f"{s['main_firings']:.1f}"),
        ("side engines, steps an episode", f"{s['side_firings']:.1f}"),
    ]
    if model.reward_known:
        rows.append(("return of the reward below, mean", f"{model.scorecard.returns(model.spec.reward).mean():.1f}"))
    return rows


def _reward(model: Model) -> list[str]:
    if not model.reward_known:
        return ["Unknown: nobody said what this policy was trained on."]
    reward = model.spec.reward
    formula = f"```text\n{to_formula(reward, model.spec.gamma)}\n```"
    return [formula, "As JSON, for Reward Playground:", f"```json\n{dump_reward(reward)}\n```"]


def _table(head: Sequence[str], rows: Sequence[tuple[str, Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
