"""Hand the learning to Stable-Baselines3 or sb3-contrib, a few thousand steps at a time.

Leaves out: what is learned; the library's own pages say that.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
from stable_baselines3.common.vec_env import VecNormalize

from playground.flight.policy import Policy
from playground.training.learners.task import Task, Update
from playground.training.nets import parts_of, size_of, to_policy
from playground.training.sb3_env import RewardVecEnv

CHUNK: Final = 4096
"""Steps between two updates that are reported."""


def normalized_env(task: Task, n_envs: int) -> VecNormalize:
    """Environments that pay the task's reward in units of the return's running deviation, never cut."""
    env = RewardVecEnv(task.reward, task.gamma, n_envs)
    env.seed(task.seed)
    return VecNormalize(env, norm_obs=False, clip_reward=float("inf"), gamma=task.gamma)


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


class LibraryModel:
    """A model of SB3's interface that can go on after a stop.

    Args:
        model: not trained yet.
    """

    counters: Final = (
        "num_timesteps",
        "_total_timesteps",
        "_n_updates",
        "_episode_num",
        "_n_calls",
        "exploration_rate",
    )
    memory: Final = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")

    def __init__(self, model: Any) -> None:
        self.model = model

    def state(self) -> dict[str, Any]:
        """Networks, optimiser, counters, memory, environments and numpy's global random numbers, which SB3 uses."""
        model, env = self.model, self.model.get_env()
        keys, words, *rest = np.random.get_state()  # noqa: NPY002
        state = {
            "policy": model.policy.state_dict(),
            "optimizer": model.policy.optimizer.state_dict(),
            "counters": {name: getattr(model, name) for name in self.counters if hasattr(model, name)},
            "last": [model._last_obs, model._last_episode_starts, model._last_original_obs],
            "env": env.unwrapped.state(),
            "numpy": [keys, np.asarray(words, np.int64), *rest],
            "actions": repr(model.action_space.np_random.bit_generator.state),
        }
        if isinstance(env, VecNormalize):
            moments = env.ret_rms
            state["returns"] = [env.returns, float(moments.mean), float(moments.var), float(moments.count)]
        if (buffer := getattr(model, "replay_buffer", None)) is not None:
            state["memory"] = {name: getattr(buffer, name) for name in self.memory}
            state["memory"] |= {"pos": buffer.pos, "full": bool(buffer.full)}
        return state

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state."""
        model, env = self.model, self.model.get_env()
        model.policy.load_state_dict(state["policy"])
        model.policy.optimizer.load_state_dict(state["optimizer"])
        for name, value in state["counters"].items():
            setattr(model, name, value)
        model._last_obs, model._last_episode_starts, model._last_original_obs = (
            None if one is None else one.numpy() for one in state["last"]
        )
        env.unwrapped.load_state(state["env"])
        keys, words, *rest = state["numpy"]
        np.random.set_state((keys, words.numpy().astype(np.uint32), *rest))  # noqa: NPY002
        model.action_space.np_random.bit_generator.state = ast.literal_eval(state["actions"])
        if "returns" in state:
            moments, (returns, mean, var, moments.count) = env.ret_rms, state["returns"]
            env.returns, moments.mean, moments.var = returns.numpy(), np.array(mean), np.array(var)
        if "memory" in state:
            buffer = model.replay_buffer
            for name in self.memory:
                getattr(buffer, name)[...] = state["memory"][name].numpy()
            buffer.pos, buffer.full = state["memory"]["pos"], state["memory"]["full"]


def learn_with(
    task: Task,
    model: Any,
    rate: FallingRate | None = None,
    policy_of: Callable[[Any], Policy] | None = None,
    to_zip: Callable[[Policy], bytes] | None = None,
) -> Iterator[Update]:
    """Train a library's model for ever; one `Update` every ``CHUNK`` steps.

    Args:
        task: what it trains for.
        model: of SB3's interface, not trained yet.
        rate: its learning rate, if that has to know how far the training is.
        policy_of: the model's network for numpy; by default it has an actor and a critic.
        to_zip: makes SB3's file, if there is more to it than a policy's weights.
    """
    convert, env = policy_of or actor_and_critic, model.get_env()
    environments: RewardVecEnv = env.unwrapped
    task.keep(model=LibraryModel(model))
    reported = model.num_timesteps

    def tick(*_: Any) -> bool:
        task.tick(model.num_timesteps - reported)
        return True

    model.policy.optimizer.register_step_post_hook(tick)
    try:
        while True:
            if rate is not None:
                rate.steps = model.num_timesteps
            model.learn(CHUNK, callback=tick, reset_num_timesteps=False)
            reported = model.num_timesteps
            values: dict[str, Any] = model.logger.name_to_value
            logged = {name[6:]: float(v) for name, v in values.items() if name.startswith("train/")}
            policy, held = convert(model), held_by(model)
            yield Update(reported, environments.episodes, policy, logged, {}, held, to_zip=to_zip)
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
