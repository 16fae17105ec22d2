"""Stable-Baselines3's PPO with the same update and less around it.

A `Fleet` flies a rollout; its states are valued in one batch, its rewards computed and normalised as arrays. Learning
follows the very loss of ``PPO.train`` with a gradient written out by hand. What it saves is an ordinary SB3 PPO.

Leaves out: continuous actions, shared layers, value clipping, target KL and state-dependent exploration.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer

from playground.flight.fleet import Fleet
from playground.flight.policy import Policy
from playground.reward.account import decompose, reward_of
from playground.training.nets import SharedNetwork, parts_of
from playground.training.reward_scale import RewardScale
from playground.training.sb3_env import LanderVecEnv

LANDED: Final = 99.0
"""Gymnasium pays 100 where the lander comes to rest and less everywhere else."""


class FastPPO(PPO):
    """PPO on `LanderVecEnv`.

    Args:
        *args: as ``PPO``; the environment must be a `LanderVecEnv`, whose reward it learns.
        fleet: as many landers, which do the flying.
        normalize_reward: divide rewards by the running deviation of the discounted return.
        decay_entropy: let the entropy bonus fall to zero at half of the training. A policy that goes on drawing lots
            never rests long enough to have landed.
        persistence: how likely a persistent lander's noise stays the same for another step; it ends with the bonus.
        **kwargs: as ``PPO``.
    """

    def __init__(
        self,
        *args: Any,
        fleet: Fleet,
        normalize_reward: bool = True,
        decay_entropy: bool = False,
        persistence: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fleet = fleet
        self.normalize_reward = normalize_reward
        self.decay_entropy = decay_entropy
        self.persistence = persistence
        self.enough = False
        """Set it to end training before the next rollout."""
        self.scale = RewardScale(self.n_envs, self.gamma)
        self.landed_share = 0.0
        """How many of the episodes that ended in the last rollout landed, with sampled actions."""
        self.rng = np.random.default_rng(self.seed)
        self.share_memory()

    def share_memory(self) -> None:
        """Tie numpy's arrays to torch's parameters and moments; again after either was loaded."""
        policy: Any = self.policy
        self.net = SharedNetwork(*parts_of(policy), activation_of(self), policy.optimizer)

    def start_episodes(self, seed: int) -> None:
        """Start all landers afresh; every episode's seed follows from this one."""
        self.fleet.start(seed)
        self._last_obs = np.zeros((self.n_envs, self.fleet.world.observation_size), np.float32)  # the fleet knows them
        self._last_episode_starts = np.ones(self.n_envs, np.bool_)  # type: ignore[assignment]
        self.scale.running[:] = 0

    def seed_noise(self, seed: int, steps: int) -> None:
        """Draw actions and minibatches from a seed and a step count on."""
        self.rng = np.random.default_rng((seed, steps))
        self.fleet.seed_noise(seed, steps)

    def snapshot(self) -> dict[str, Any]:
        """Where training is, besides the network: plain numbers, lists and tensors."""
        moments = self.scale.moments
        return {
            "landers": self.fleet.snapshot(),
            "episode_starts": torch.as_tensor(self._last_episode_starts),
            "running_returns": torch.as_tensor(self.scale.running),
            "return_moments": [float(moments.mean), float(moments.var), float(moments.count)],
        }

    def restore(self, snapshot: Mapping[str, Any], seed: int) -> None:
        """Go on where a training from the same seed was."""
        self.fleet.restore(snapshot["landers"], seed)
        self._last_obs = np.zeros((self.n_envs, self.fleet.world.observation_size), np.float32)
        self._last_episode_starts = snapshot["episode_starts"].numpy()
        self.scale.running = snapshot["running_returns"].numpy()
        moments = self.scale.moments
        moments.mean, moments.var, moments.count = snapshot["return_moments"]

    def collect_rollouts(self, env: Any, callback: Any, rollout_buffer: RolloutBuffer, n_rollout_steps: int) -> bool:  # type: ignore[override]
        """Fill the buffer with one rollout; false if the callback asks to stop."""
        assert isinstance(env, LanderVecEnv)
        callback.on_rollout_start()
        if self.enough:
            return False
        policy = to_numpy(self)
        flown = self.fleet.fly(policy, n_rollout_steps, self.persistence if self.exploration > 0 else 0.0)
        dones = flown.terminated | flown.truncated
        self.landed_share = float((flown.rewards[dones] > LANDED).mean()) if dones.any() else 0.0
        rewards = reward_of(decompose(flown.transitions, env.reward, env.gamma), env.reward)
        if self.normalize_reward:
            rewards = self.scale.divide(rewards, dones)
        values = policy.values(flown.observations.reshape(-1, self.fleet.world.observation_size)).reshape(
            len(dones) + 1, -1
        )
        if len(flown.ended):
            beyond = policy.values(flown.last_observations)
            for (t, i), value in zip(flown.ended.tolist(), beyond, strict=True):
                if flown.truncated[t, i]:
                    rewards[t, i] += self.gamma * value  # a time-out is not an end

        log_probs = np.take_along_axis(log_softmax(flown.logits), flown.actions[..., None], axis=-1)[..., 0]
        rollout_buffer.reset()
        rollout_buffer.observations[:] = flown.observations[:-1]
        rollout_buffer.actions[:] = flown.actions[..., None]
        rollout_buffer.rewards[:] = rewards
        rollout_buffer.episode_starts[0], rollout_buffer.episode_starts[1:] = self._last_episode_starts, dones[:-1]
        rollout_buffer.values[:] = values[:-1]
        rollout_buffer.log_probs[:] = log_probs
        rollout_buffer.pos, rollout_buffer.full = n_rollout_steps, True
        rollout_buffer.compute_returns_and_advantage(torch.as_tensor(values[-1]), dones[-1])
        self._last_obs, self._last_episode_starts = flown.observations[-1], dones[-1]  # type: ignore[assignment]
        self.num_timesteps += flown.actions.size
        callback.update_locals(locals())
        go_on = bool(callback.on_step())
        callback.on_rollout_end()
        return go_on

    @property
    def exploration(self) -> float:
        """How much of the entropy bonus is left: 1 at the start, 0 from half of the training on, as for persistence."""
        return max(0.0, 2 * self._current_progress_remaining - 1) if self.decay_entropy else 1.0

    def train(self) -> None:
        """One PPO update: ``n_epochs`` passes over the rollout in minibatches."""
        policy: Any = self.policy
        policy.set_training_mode(True)
        self._update_learning_rate(policy.optimizer)
        learning_rate = policy.optimizer.param_groups[0]["lr"]
        clip = float(self.clip_range(self._current_progress_remaining))  # type: ignore[operator]
        ent_coef = self.ent_coef * self.exploration
        net, buffer = self.net, self.rollout_buffer
        observations = buffer.observations.reshape(-1, *buffer.obs_shape)
        actions = buffer.actions.reshape(-1).astype(np.int64)
        old_log_probs, advantages, returns = (
            array.reshape(-1) for array in (buffer.log_probs, buffer.advantages, buffer.returns)
        )
        for _ in range(self.n_epochs):
            order = self.rng.permutation(len(observations))
            for start in range(0, len(order) - 1, self.batch_size):
                batch = order[start : start + self.batch_size]
                mb_observations = observations[batch]
                logits_error = policy_error(
                    log_softmax(net.actor.forward(mb_observations)),
                    actions[batch],
                    old_log_probs[batch],
                    advantages[batch],
                    clip,
                    ent_coef,
                )
                net.actor.backward(logits_error)
                v_error = net.critic.forward(mb_observations) - returns[batch, None]
                v_error *= np.float32(2 * self.vf_coef / len(batch))
                net.critic.backward(v_error)
                net.clip_gradient(self.max_grad_norm)
                net.adam(learning_rate)
        self._n_updates += self.n_epochs

    def losses(self) -> dict[str, float]:
        """What SB3 logs under ``train/``, of the last rollout as a whole with the policy that it led to."""
        buffer, policy = self.rollout_buffer, to_numpy(self)
        observations = buffer.observations.reshape(-1, *buffer.obs_shape)
        actions = buffer.actions.reshape(-1).astype(np.int64)
        old_log_probs, advantages, returns, old_values = (
            array.reshape(-1) for array in (buffer.log_probs, buffer.advantages, buffer.returns, buffer.values)
        )
        clip = float(self.clip_range(self._current_progress_remaining))  # type: ignore[operator]
        log_probs = log_softmax(policy.logits(observations))
        log_ratio = log_probs[np.arange(len(actions)), actions] - old_log_probs
        ratio = np.exp(log_ratio)
        advantages = (advantages - advantages.mean()) / (advantages.std(ddof=1) + 1e-8)
        gain = np.minimum(advantages * ratio, advantages * ratio.clip(1 - clip, 1 + clip))
        spread = returns.var()
        measured = {
            "policy_gradient_loss": -gain.mean(),
            "value_loss": ((returns - policy.values(observations)) ** 2).mean(),
            "entropy_loss": (np.exp(log_probs) * log_probs).sum(axis=1).mean(),
            "approx_kl": (ratio - 1 - log_ratio).mean(),
            "clip_fraction": (np.abs(ratio - 1) > clip).mean(),
            "explained_variance": 1 - (returns - old_values).var() / spread if spread > 0 else 0.0,
            "learning_rate": self.policy.optimizer.param_groups[0]["lr"],
        }
        return {name: float(value) for name, value in measured.items()}

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "fleet", "net", "scale", "rng"]


def policy_error(
    log_probs: npt.NDArray[np.float32],
    actions: npt.NDArray[np.int64],
    old_log_probs: npt.NDArray[np.float32],
    advantages: npt.NDArray[np.float32],
    clip: float,
    ent_coef: float,
) -> npt.NDArray[np.float32]:
    """Derivative of PPO's clipped loss less the entropy bonus by the logits (Schulman et al. 2017, eq. 7 and 9).

    Args:
        log_probs: ``(n, 4)`` of all actions now.
        actions: ``(n,)`` taken.
        old_log_probs: ``(n,)`` of those when they were taken.
        advantages: ``(n,)``; brought to mean 0 and deviation 1 here, as SB3 does.
        clip: how far the ratio may leave 1 and still gain.
        ent_coef: weight of the entropy.

    Returns:
        ``(n, 4)``.
    """
    n = len(actions)
    rows = np.arange(n)
    advantages = (advantages - advantages.mean()) / (advantages.std(ddof=1) + np.float32(1e-8))
    ratio = np.exp(log_probs[rows, actions] - old_log_probs)
    flat = np.where(advantages > 0, ratio > 1 + clip, ratio < 1 - clip)  # where the clipped branch is the smaller
    gain = np.where(flat, np.float32(0), advantages * ratio) / np.float32(n)
    probs = np.exp(log_probs)
    entropy = -(probs * log_probs).sum(axis=1, keepdims=True)
    error: npt.NDArray[np.float32] = probs * (gain[:, None] + np.float32(ent_coef / n) * (log_probs + entropy))
    error[rows, actions] -= gain
    return error


def log_softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Log probabilities over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: npt.NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def activation_of(model: PPO) -> str:
    """The activation's name in ``policy.safetensors``."""
    return "relu" if model.policy.activation_fn is torch.nn.ReLU else "tanh"


def to_numpy(model: FastPPO) -> Policy:
    """The network as a numpy policy that stays as it is while training goes on."""
    return model.net.policy()
