"""A model card: what a model hub reads and shows of a trained model, as Markdown under a YAML head.

The head has the fields by which hubs list reinforcement-learning models; ``mean_reward`` is Gymnasium's own return on
the evaluation seeds, mean and standard deviation, as other people's figures are.

Leaves out: uploading, and a licence: that is the author's to choose.
"""

from collections.abc import Sequence
from typing import Final

from playground.lab.models.model import Model
from playground.reward.codec import dump_reward
from playground.reward.export import to_formula
from playground.training.spec import hyperparameters
from playground.words.numbers import fixed
from playground.words.say import FALLBACK, say
from playground.words.scorecard import return_words
from playground.words.scorecard import rows as score_rows
from playground.words.tables import to_markdown

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
```"""


def write_card(model: Model, lang: str = FALLBACK) -> str:
    """The card of a model, for a ``README.md`` beside its ``model.zip``.

    Args:
        model: any.
        lang: of the words; the head is for programs.

    Raises:
        InvalidInput: the model is damaged.
    """
    spec, card, manifest = model.spec, model.scorecard, model.manifest
    returns = card.native_return
    seeds = {"count": len(card), "first": card.seeds.min(), "last": card.seeds.max()}
    parts = [
        HEAD.format(world=spec.world.id, mean_reward=f"{returns.mean():.2f} +/- {returns.std():.2f}"),
        f"# {say('card.title', lang, algorithm='PPO', world=spec.world.id)}",
        _origin(model, lang),
        f"## {say('card.scorecard', lang)}",
        say("card.episodes", lang, **seeds),
        _table(("measure", "value"), _scores(model, lang), lang),
        f"## {say('card.reward', lang)}",
        *_reward(model, lang),
    ]
    if "imported" not in manifest:
        values = hyperparameters(spec).items()
        settings = [[name, say("card.none", lang) if value == "" else str(value)] for name, value in values]
        parts += [f"## {say('card.training', lang)}", _table(("setting", "value"), settings, lang)]
    versions = [[name, str(version)] for name, version in manifest.get("versions", {}).items()]
    parts += [
        f"## {say('card.load', lang)}",
        LOAD.format(world=spec.world.id),
        say("card.unpickle", lang),
        f"## {say('card.versions', lang)}",
        _table(("package", "version"), versions, lang),
        say("card.key", lang, key=model.key),
    ]
    return "\n\n".join(parts) + "\n"


def _origin(model: Model, lang: str) -> str:
    manifest = model.manifest
    if "imported" in manifest:
        return say("card.imported", lang, file=manifest["imported"])
    steps, kept = manifest["steps"], manifest.get("kept_steps", manifest["steps"])
    return say(
        "card.trained",
        lang,
        steps=fixed(steps),
        seconds=fixed(manifest["seconds"]),
        seed=model.spec.seed,
        kept=fixed(kept),
    )


def _scores(model: Model, lang: str) -> list[list[str]]:
    rows = [
        [label, f"{value} ({detail})" if detail else value] for label, value, detail in score_rows(model.summary, lang)
    ]
    if model.reward_known:
        mean = float(model.scorecard.returns(model.spec.reward).mean())
        rows.append([say("card.own_return", lang), return_words(mean)])
    return rows


def _reward(model: Model, lang: str) -> list[str]:
    if not model.reward_known:
        return [say("card.reward_unknown", lang)]
    reward = model.spec.reward
    formula = f"```text\n{to_formula(reward, model.spec.gamma, lang)}\n```"
    return [formula, say("card.json", lang), f"```json\n{dump_reward(reward)}\n```"]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], lang: str) -> str:
    return to_markdown([[say(f"card.{name}", lang) for name in head], *rows])
