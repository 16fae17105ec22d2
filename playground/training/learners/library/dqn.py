"""DQN, by Stable-Baselines3: learn what every action is worth, and take the best.

No policy is learned: the Q-network gives a value to each of the actions, and acting is taking the largest. It
learns from a memory of old steps, against a target network that follows it slowly, and explores by chance.

Leaves out: everything but the settings.

Source: Mnih et al. 2015, Human-level control through deep reinforcement learning.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stable_baselines3 import DQN
from torch import nn

from playground.flight.policy import Policy
from playground.training.learners.library.sb3 import FallingRate, learn_with, normalized_env
from playground.training.learners.task import Task, Update, check_range
from playground.training.nets import to_policy


@dataclass(frozen=True)
class Settings:
    """What can be set, by SB3's names."""

    n_envs: int = 8
    """Environments that fly side by side."""
    learning_rate: float = 6e-4
    """Adam's step, falling over the training."""
    buffer_size: int = 100_000
    """Steps that are remembered."""
    learning_starts: int = 2_000
    """Steps before the first update."""
    batch_size: int = 128
    """Remembered steps in one gradient."""
    train_freq: int = 4
    """Steps of each environment between two updates."""
    gradient_steps: int = 8
    """Gradients in each update."""
    target_update_interval: int = 1_000
    """Steps after which the target network takes over the network's weights."""
    exploration_fraction: float = 0.2
    """Share of the training over which chance actions become rare."""
    exploration_final_eps: float = 0.05
    """Share of chance actions from then on."""
    hidden: tuple[int, ...] = (128, 128)
    """Widths of the Q-network's hidden layers."""

    def __post_init__(self) -> None:
        check_range(self, 1, 10_000, "n_envs", "train_freq", "gradient_steps")
        check_range(self, 1, 10**6, "batch_size", "target_update_interval")
        check_range(self, self.n_envs, 10**7, "buffer_size")
        check_range(self, 0, 10**7, "learning_starts")
        check_range(self, 0, 1, "learning_rate", "exploration_final_eps")
        check_range(self, 0.001, 1, "exploration_fraction")


def learn(task: Task, settings: Settings) -> Iterator[Update]:
    """Train for ever."""
    rate = FallingRate(task, settings.learning_rate)
    env = normalized_env(task, settings.n_envs)
    model = DQN(
        "MlpPolicy",
        env,
        learning_rate=rate,
        buffer_size=settings.buffer_size,
        learning_starts=settings.learning_starts,
        batch_size=settings.batch_size,
        gamma=task.gamma,
        train_freq=settings.train_freq,
        gradient_steps=settings.gradient_steps,
        target_update_interval=settings.target_update_interval,
        policy_kwargs={"net_arch": list(settings.hidden), "activation_fn": nn.ReLU},
        seed=task.seed,
        device="cpu",
    )

    def exploration(progress_remaining: float) -> float:  # SB3 would count the steps of one chunk only
        done = rate.share / settings.exploration_fraction
        return max(1 - done * (1 - settings.exploration_final_eps), settings.exploration_final_eps)

    model.exploration_schedule = exploration
    return learn_with(task, model, rate, _policy_of)


def _policy_of(model: Any) -> Policy:
    q_net = to_policy(model.policy.q_net.q_net)
    return Policy(q_net.actor, (), q_net.activation, q_values=True)
