"""TRPO, by sb3-contrib: each update as far as it may go without leaving a trust region.

What PPO's clipping imitates. The step is the one that raises the surrogate most while the KL divergence between the new
and the old policy stays under ``target_kl``; conjugate gradients find its direction, a line search its length.

Leaves out: everything but the settings.

Source: Schulman et al. 2015, Trust region policy optimization.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sb3_contrib import TRPO
from torch import nn

from playground.training.learners.library.sb3 import FallingRate, learn_with, normalized_env
from playground.training.learners.task import Task, Update, check_range


@dataclass(frozen=True)
class Settings:
    """What can be set, by sb3-contrib's names."""

    n_envs: int = 32
    """Environments that fly side by side."""
    n_steps: int = 128
    """Steps of each between two updates."""
    target_kl: float = 0.02
    """The trust region: how far the policy may move in one update."""
    learning_rate: float = 1e-3
    """Adam's step for the critic; the actor's follows from the trust region."""
    n_critic_updates: int = 10
    """Passes of the critic over a rollout."""
    batch_size: int = 512
    """Steps in one gradient of the critic."""
    gae_lambda: float = 0.98
    """How far what was really paid is looked at before the critic's guess takes over."""
    hidden: tuple[int, ...] = (64, 64)
    """Widths of the hidden layers of each network."""

    def __post_init__(self) -> None:
        check_range(self, 1, 10_000, "n_envs", "n_critic_updates")
        check_range(self, 2, 10_000, "n_steps")  # one advantage has no deviation
        check_range(self, 2, 10**6, "batch_size")
        check_range(self, 0, 1, "learning_rate", "gae_lambda")
        check_range(self, 1e-6, 10, "target_kl")


def learn(task: Task, settings: Settings) -> Iterator[Update]:
    """Train for ever."""
    rate = FallingRate(task, settings.learning_rate)
    model = TRPO(
        "MlpPolicy",
        normalized_env(task, settings.n_envs),
        learning_rate=rate,
        n_steps=settings.n_steps,
        batch_size=settings.batch_size,
        gamma=task.gamma,
        gae_lambda=settings.gae_lambda,
        target_kl=settings.target_kl,
        n_critic_updates=settings.n_critic_updates,
        policy_kwargs={"net_arch": list(settings.hidden), "activation_fn": nn.ReLU},
        seed=task.seed,
        device="cpu",
    )
    return learn_with(task, model, rate)
