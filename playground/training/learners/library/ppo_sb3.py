"""PPO, by Stable-Baselines3, exactly as it comes: the reference that this project's own PPO is compared with.

No reward scaling, no falling learning rate, no change of exploration; only the environments are this project's. The
defaults are those of ``stable_baselines3.PPO``; the algorithm ``ppo-zoo`` has rl_zoo3's settings for LunarLander.

Leaves out: everything but the settings.

Source: Schulman et al. 2017; Raffin et al. 2021, Stable-Baselines3; Raffin 2020, RL Baselines3 Zoo.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from stable_baselines3 import PPO
from torch import nn

from playground.flight.policy import Policy
from playground.training.learners.library.sb3 import learn_with
from playground.training.learners.task import Task, Update, check_range
from playground.training.nets import copy_layers, parts_of
from playground.training.sb3_env import RewardVecEnv


@dataclass(frozen=True)
class Settings:
    """What can be set, by SB3's names and with SB3's defaults."""

    n_envs: int = 1
    """Environments that fly side by side."""
    n_steps: int = 2048
    """Steps of each between two updates."""
    batch_size: int = 64
    """Steps in one gradient."""
    n_epochs: int = 10
    """Passes over a rollout in one update."""
    learning_rate: float = 3e-4
    """Adam's step, the same throughout."""
    gae_lambda: float = 0.95
    """How far the rewards that were really paid count before the critic's estimate takes over."""
    clip_range: float = 0.2
    """How far the ratio of new to old probability may leave 1 and still gain anything."""
    ent_coef: float = 0.0
    """Weight of the entropy."""
    vf_coef: float = 0.5
    """Weight of the critic's squared error."""
    max_grad_norm: float = 0.5
    """Longer gradients are shortened to this."""
    hidden: tuple[int, ...] = (64, 64)
    """Widths of the hidden layers of each network, with tanh between them."""

    def __post_init__(self) -> None:
        check_range(self, 1, 10_000, "n_envs", "n_epochs")
        check_range(self, 2, 10**6, "n_steps", "batch_size")  # one advantage has no deviation
        check_range(self, 0, 1, "learning_rate", "gae_lambda", "ent_coef")
        check_range(self, 0.01, 1, "clip_range")
        check_range(self, 0, 10, "vf_coef")
        check_range(self, 0.01, 100, "max_grad_norm")


def learn(task: Task, settings: Settings) -> Iterator[Update]:
    """Train for ever."""
    model = PPO(
        "MlpPolicy",
        RewardVecEnv(task.reward, task.gamma, settings.n_envs),
        learning_rate=settings.learning_rate,
        n_steps=settings.n_steps,
        batch_size=min(settings.batch_size, settings.n_envs * settings.n_steps),
        n_epochs=settings.n_epochs,
        gamma=task.gamma,
        gae_lambda=settings.gae_lambda,
        clip_range=settings.clip_range,
        ent_coef=settings.ent_coef,
        vf_coef=settings.vf_coef,
        max_grad_norm=settings.max_grad_norm,
        policy_kwargs={"net_arch": list(settings.hidden), "activation_fn": nn.Tanh},
        seed=task.seed,
        device="cpu",
    )

    def to_zip(policy: Policy) -> bytes:
        for layers, network in zip((policy.actor, policy.critic), parts_of(model.policy), strict=True):
            copy_layers(layers, network)
        buffer = io.BytesIO()
        model.save(buffer)
        return buffer.getvalue()

    return learn_with(task, model, to_zip=to_zip)
