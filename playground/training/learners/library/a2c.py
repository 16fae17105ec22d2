"""A2C, by Stable-Baselines3: ``actor_critic`` with several environments at once, as a well-kept library has it.

Leaves out: everything but the settings.

Source: Mnih et al. 2016, Asynchronous methods for deep reinforcement learning.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stable_baselines3 import A2C
from torch import nn

from playground.training.learners.library.sb3 import FallingRate, learn_with, normalized_env
from playground.training.learners.task import Task, Update, check_range


@dataclass(frozen=True)
class Settings:
    """What can be set, by SB3's names."""

    n_envs: int = 32
    """Environments that fly side by side."""
    n_steps: int = 8
    """Steps of each between two updates."""
    learning_rate: float = 1.5e-3
    """Step of RMSprop, falling over the training."""
    gae_lambda: float = 0.95
    """How far what was really paid is looked at before the critic's guess takes over."""
    ent_coef: float = 0.001
    """Weight of the entropy."""
    vf_coef: float = 0.5
    """Weight of the critic's squared error."""
    max_grad_norm: float = 0.5
    """Longer gradients are shortened to this."""
    normalize_advantage: bool = True
    """Advantages are brought to mean 0 and deviation 1."""
    hidden: tuple[int, ...] = (64, 64)
    """Widths of the hidden layers of each network."""

    def __post_init__(self) -> None:
        check_range(self, 1, 10_000, "n_envs")
        check_range(self, 2, 10_000, "n_steps")  # one advantage has no deviation
        check_range(self, 0, 1, "learning_rate", "gae_lambda", "ent_coef")
        check_range(self, 0, 10, "vf_coef")
        check_range(self, 0.01, 100, "max_grad_norm")


def learn(task: Task, settings: Settings) -> Iterator[Update]:
    """Train for ever."""
    rate = FallingRate(task, settings.learning_rate)
    model = A2C(
        "MlpPolicy",
        normalized_env(task, settings.n_envs),
        learning_rate=rate,
        n_steps=settings.n_steps,
        gamma=task.gamma,
        gae_lambda=settings.gae_lambda,
        ent_coef=settings.ent_coef,
        vf_coef=settings.vf_coef,
        max_grad_norm=settings.max_grad_norm,
        normalize_advantage=settings.normalize_advantage,
        policy_kwargs={"net_arch": list(settings.hidden), "activation_fn": nn.ReLU},
        seed=task.seed,
        device="cpu",
    )
    return learn_with(task, model, rate)
