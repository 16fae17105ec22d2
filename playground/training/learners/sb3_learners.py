"""Hand the learning to Stable-Baselines3 or sb3-contrib, a few thousand steps at a time.

Leaves out: what is learned; the library's own pages say that.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from stable_baselines3.common.vec_env import VecNormalize

from playground.flight.policy import Policy
from playground.training.learners.task import Task, Update, size_of, to_policy
from playground.training.nets import parts_of
from playground.training.sb3_env import LanderVecEnv

CHUNK: Final = 4096
"""Steps between two updates that are told."""


def landers_for(task: Task, n_envs: int) -> VecNormalize:
    """Landers that pay the task's reward in units of the return's running deviation, never cut."""
    landers = LanderVecEnv(task.reward, task.gamma, n_envs)
    landers.seed(task.seed)
    return VecNormalize(landers, norm_obs=False, clip_reward=float("inf"), gamma=task.gamma)


class FallingRate:
    """A learning rate that falls to nearly zero with the budget; SB3 would count the steps of one chunk only.

    Args:
        task: whose budget.
        first: the rate at the start.
    """

    def __init__(self, task: Task, first: float) -> None:
        self.task, self.first = task, first
        self.steps = 0
        """Trained so far."""

    @property
    def share(self) -> float:
        """How much of the budget is used."""
        return self.task.share(self.steps)

    def __call__(self, progress_remaining: float) -> float:
        """The rate now."""
        return self.first * max(1 - self.share, 0.01)


def learn_with(model: Any, rate: FallingRate, policy_of: Callable[[Any], Policy] | None = None) -> Iterator[Update]:
    """Train a library's model for ever; one `Update` every ``CHUNK`` steps.

    Args:
        model: of SB3's interface, not trained yet.
        rate: its learning rate.
        policy_of: the model's network for numpy; by default it has an actor and a critic.
    """
    convert, env = policy_of or actor_and_critic, model.get_env()
    landers: LanderVecEnv = env.unwrapped
    try:
        while True:
            model.learn(CHUNK, reset_num_timesteps=False)
            rate.steps = model.num_timesteps
            values: dict[str, Any] = model.logger.name_to_value
            told = {name[6:]: float(v) for name, v in values.items() if name.startswith("train/")}
            yield Update(model.num_timesteps, landers.episodes, convert(model), told, {}, held_by(model))
    finally:
        env.close()


def actor_and_critic(model: Any) -> Policy:
    """The networks of SB3's ``ActorCriticPolicy`` as they are now."""
    return to_policy(*parts_of(model.policy))


def held_by(model: Any) -> dict[str, int]:
    """Bytes of an actor-critic model of SB3, or of a DQN."""
    policy: Any = model.policy
    if hasattr(policy, "q_net"):
        buffer = model.replay_buffer
        arrays = [buffer.observations, buffer.next_observations, buffer.actions, buffer.rewards, buffer.dones]
        held = {"Q-network": size_of(policy.q_net), "target network": size_of(policy.q_net_target)}
    else:
        buffer = model.rollout_buffer
        arrays = [buffer.observations, buffer.actions, buffer.rewards, buffer.returns, buffer.values]
        arrays += [buffer.log_probs, buffer.advantages, buffer.episode_starts]
        actor, critic = parts_of(policy)
        held = {"actor": size_of(actor), "critic": size_of(critic)}
    return {**held, "optimizer": size_of(policy.optimizer), "batch": size_of(*arrays)}
