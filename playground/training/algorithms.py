"""Which algorithms can train a policy, and the settings of each: what a page or a command needs to know of them.

A learner's file holds its settings as a dataclass with a sentence under each field. They are read from the source, not
by importing it, because a learner needs torch and the web process does without.

Leaves out: the learners themselves (``learners``).
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

Family = Literal["value", "policy", "actor-critic", "preferences"]
Value = int | float | bool | str | tuple[int, ...]
HALF_TRAINED: Final = "half-trained"
"""The shipped model that those go on from which need a policy, if no other is named."""
LEARNERS: Final = Path(__file__).resolve().parent / "learners"


@dataclass(frozen=True)
class Setting:
    """A number, switch or choice of a learner."""

    name: str
    default: Value
    meaning: str
    """One sentence."""


@dataclass(frozen=True)
class Algorithm:
    """One way to train."""

    name: str
    title: str
    family: Family
    source: str
    """Who published it."""
    file: str
    """In ``learners``, without ``.py``."""
    library: str = ""
    """Whose code does the learning; none if it is written out here."""
    changes: Mapping[str, Value] = field(default_factory=dict)
    """Settings that are other than the file's defaults."""
    gamma: float | None = None
    """The discount that belongs to it, if it has one of its own."""
    steps: int | None = None
    """The steps that it takes to land Gymnasium's reward, if the usual ones are too few."""
    needs_start: bool = False
    """It goes on from a trained model and cannot begin without one."""
    in_spec: bool = False
    """Its settings are the fields of `TrainSpec` itself, which are older than the other algorithms."""

    @property
    def path(self) -> Path:
        """The file to read."""
        return LEARNERS / f"{self.file}.py"

    @property
    def module(self) -> str:
        """The learner's module, to be imported only where it trains."""
        return f"playground.training.learners.{self.file.replace('/', '.')}"

    @property
    def can_start(self) -> bool:
        """It can go on from a trained model: it is written out here. A library's learner begins by itself."""
        return not self.library

    @cached_property
    def settings(self) -> dict[str, Setting]:
        """By name, in the file's order, with this algorithm's own defaults; none if they are the spec's fields."""
        if self.in_spec:
            return {}
        settings = read_settings(self.path.read_text(encoding="utf-8"))
        return {s.name: Setting(s.name, self.changes.get(s.name, s.default), s.meaning) for s in settings}


def read_settings(source: str) -> list[Setting]:
    r"""The fields of the class ``Settings`` in a learner's source.

    Raises:
        ValueError: there is no such class, or a default is not written out as a literal.

    >>> read_settings('class Settings:\n    epochs: int = 4\n    "Passes."')
    [Setting(name='epochs', default=4, meaning='Passes.')]
    """
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == "Settings"]
    if not classes:
        raise ValueError("a learner's file needs a class Settings")
    body, settings = classes[0].body, []
    for node, after in zip(body, [*body[1:], None]):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            default: Any = ast.literal_eval(node.value)
            sentence = (
                after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
            )
            settings.append(Setting(node.target.id, default, " ".join(str(sentence).split())))
    return settings


_ALL: Final = (
    Algorithm("ppo", "PPO, this project's own", "actor-critic", "Schulman et al. 2017", "ppo_fast", in_spec=True),
    Algorithm("dqn", "DQN", "value", "Mnih et al. 2015", "library/dqn", "Stable-Baselines3"),
    # without a critic one return stands for all that follows; with γ = 0.995 the landing at its end weighs too little
    Algorithm("reinforce", "REINFORCE", "policy", "Williams 1992", "reinforce", gamma=0.999, steps=3_000_000),
    Algorithm("actor-critic", "Actor-critic", "actor-critic", "Sutton & Barto 2018, 13.5", "actor_critic"),
    Algorithm("a2c", "A2C", "actor-critic", "Mnih et al. 2016", "library/a2c", "Stable-Baselines3"),
    Algorithm("trpo", "TRPO", "actor-critic", "Schulman et al. 2015", "library/trpo", "sb3-contrib"),
    Algorithm("ppo-byhand", "PPO by hand", "actor-critic", "Schulman et al. 2017", "ppo"),
    Algorithm(
        "ppo-article",
        "PPO as the article prints it",
        "actor-critic",
        "the article that this project began with",
        "ppo",
        changes={
            "n_envs": 1,
            "update_timestep": 1200,
            "k_epochs": 4,
            "batch_size": 1200,
            "learning_rate": 2e-3,
            "anneal": False,
            "ent_coef": 0.01,
            "ent_until": 0.0,
            "vf_coef": 0.5,
            "max_grad_norm": 0.0,
            "gae_lambda": 1.0,
            "bootstrap": False,
            "mark_timeouts": False,
            "normalize": "returns",
            "scale_rewards": False,
        },
        gamma=0.99,
    ),
    Algorithm("grpo", "GRPO", "policy", "Shao et al. 2024 (DeepSeekMath)", "grpo", gamma=0.999, steps=3_000_000),
    Algorithm("dapo", "DAPO", "policy", "Yu et al. 2025", "dapo", gamma=0.999, steps=3_000_000),
    Algorithm(
        "dpo",
        "DPO",
        "preferences",
        "Rafailov et al. 2023; Hejna et al. 2023",
        "preferences/dpo",
        needs_start=True,
        steps=3_000_000,
    ),
    Algorithm(
        "rlhf",
        "Reward model, then PPO",
        "preferences",
        "Christiano et al. 2017",
        "preferences/rlhf",
        needs_start=True,
        steps=2_000_000,
    ),
    Algorithm(
        "ppo-sb3",
        "Stable-Baselines3's PPO, unchanged",
        "actor-critic",
        "Schulman et al. 2017; Raffin et al. 2021",
        "library/ppo_sb3",
        "Stable-Baselines3",
        gamma=0.99,
    ),
    Algorithm(
        "ppo-zoo",
        "The same with rl_zoo3's settings for LunarLander",
        "actor-critic",
        "Schulman et al. 2017; Raffin 2020 (RL Baselines3 Zoo)",
        "library/ppo_sb3",
        "Stable-Baselines3",
        changes={"n_envs": 16, "n_steps": 1024, "gae_lambda": 0.98, "n_epochs": 4, "ent_coef": 0.01},
        gamma=0.999,
    ),
)
DEFAULT_ALGORITHM: Final = _ALL[0].name
ALGORITHMS: Final[Mapping[str, Algorithm]] = {algorithm.name: algorithm for algorithm in _ALL}
"""By the name that a spec and a command line use, in the order of the article."""
