"""Stable-Baselines3's PPO with the same update and less around it.

Collecting acts in numpy, draws all of a rollout's noise at once, and values its states in one batch; rewards are
normalised as arrays. Learning computes the very loss of ``PPO.train`` without its distribution objects and logs.
What it saves is an ordinary SB3 PPO.

Leaves out: continuous actions, shared layers, value clipping, target KL and state-dependent exploration.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.running_mean_std import RunningMeanStd
from torch.nn import functional

from playground.lander.policy import Layers, Policy
from playground.training.lander_vec_env import LanderVecEnv


class FastPPO(PPO):
    """PPO on `LanderVecEnv`.

    Args:
        *args: as ``PPO``; the environment must be a `LanderVecEnv`.
        normalize_reward: divide rewards by the running deviation of the discounted return.
        **kwargs: as ``PPO``.
    """

    def __init__(self, *args: Any, normalize_reward: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.normalize_reward = normalize_reward
        self.return_moments = RunningMeanStd(shape=())
        self.running_returns = np.zeros(self.n_envs)
        self.rng = np.random.default_rng(self.seed)

    def start_episodes(self, seed: int, steps: int) -> None:
        """Reset all landers and all random sources from a seed and a step count."""
        sequence = np.random.SeedSequence((seed, steps))
        torch.manual_seed(int(sequence.generate_state(1)[0]))
        self.rng = np.random.default_rng(sequence)
        lander: Any = self.env
        lander.seed_all(seed, steps)
        self._last_obs = lander.reset()
        self._last_episode_starts = np.ones(self.n_envs, np.bool_)  # type: ignore[assignment]
        self.running_returns[:] = 0

    def collect_rollouts(self, env: Any, callback: Any, rollout_buffer: RolloutBuffer, n_rollout_steps: int) -> bool:  # type: ignore[override]
        """Fill the buffer with one rollout; false if the callback asks to stop."""
        assert isinstance(env, LanderVecEnv)
        callback.on_rollout_start()
        shape = (n_rollout_steps, env.num_envs)
        policy = to_numpy(self)
        noise = self.rng.gumbel(size=(*shape, 4)).astype(np.float32)
        observations = np.empty((n_rollout_steps + 1, env.num_envs, 8), np.float32)
        logits = np.empty((*shape, 4), np.float32)
        actions = np.empty(shape, np.int64)
        rewards, dones = np.empty(shape), np.empty(shape, np.bool_)
        cut: list[tuple[int, int, npt.NDArray[np.float32]]] = []

        observations[0] = np.asarray(self._last_obs)
        starts = self._last_episode_starts
        for t in range(n_rollout_steps):
            logits[t] = policy.logits(observations[t])
            actions[t] = (logits[t] + noise[t]).argmax(axis=1)  # a sample of the softmax (Gumbel 1954)
            step = env.advance(actions[t])
            observations[t + 1], rewards[t] = step.observations, step.rewards
            dones[t] = step.terminated | step.truncated
            cut += [(t, i, o) for i, o in zip(step.ended.tolist(), step.last_observations) if step.truncated[i]]
        self._last_obs, self._last_episode_starts = observations[-1], dones[-1]  # type: ignore[assignment]
        self.num_timesteps += actions.size

        rewards = self._normalize(rewards, dones)
        values = policy.values(observations.reshape(-1, 8)).reshape(n_rollout_steps + 1, env.num_envs)
        if cut:
            beyond = policy.values(np.stack([observation for _, _, observation in cut]))
            for (t, i, _), value in zip(cut, beyond, strict=True):
                rewards[t, i] += self.gamma * value  # a time-out is not an end

        rollout_buffer.reset()
        rollout_buffer.observations[:] = observations[:-1]
        rollout_buffer.actions[:] = actions[..., None]
        rollout_buffer.rewards[:] = rewards
        rollout_buffer.episode_starts[0], rollout_buffer.episode_starts[1:] = starts, dones[:-1]
        rollout_buffer.values[:] = values[:-1]
        rollout_buffer.log_probs[:] = np.take_along_axis(log_softmax(logits), actions[..., None], axis=-1)[..., 0]
        rollout_buffer.pos, rollout_buffer.full = n_rollout_steps, True
        rollout_buffer.compute_returns_and_advantage(torch.as_tensor(values[-1]), dones[-1])
        callback.update_locals(locals())
        go_on = bool(callback.on_step())
        callback.on_rollout_end()
        return go_on

    def _normalize(self, rewards: npt.NDArray[Any], dones: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
        """Rewards ``(T, n)`` in units of the return's running deviation; never cut, so they stay the design's."""
        if not self.normalize_reward:
            return rewards
        returns = np.empty_like(rewards)
        running = self.running_returns
        for t in range(len(rewards)):
            running = running * self.gamma + rewards[t]
            returns[t] = running
            running = np.where(dones[t], 0.0, running)
        self.running_returns = running
        self.return_moments.update(returns.reshape(-1))
        return np.asarray(rewards / np.sqrt(self.return_moments.var + 1e-8))

    def train(self) -> None:
        """One PPO update: ``n_epochs`` passes over the rollout in minibatches."""
        policy: Any = self.policy
        policy.set_training_mode(True)
        self._update_learning_rate(policy.optimizer)
        clip = float(self.clip_range(self._current_progress_remaining))  # type: ignore[operator]
        buffer: Any = self.rollout_buffer

        def flat(array: Any) -> torch.Tensor:
            return torch.from_numpy(array.reshape(-1, *array.shape[2:]))

        observations, old_log_probs = flat(buffer.observations), flat(buffer.log_probs)
        actions = flat(buffer.actions).long()
        advantages, returns = flat(buffer.advantages), flat(buffer.returns)
        parameters = list(policy.parameters())
        actor = torch.nn.Sequential(policy.mlp_extractor.policy_net, policy.action_net)
        critic = torch.nn.Sequential(policy.mlp_extractor.value_net, policy.value_net)
        for _ in range(self.n_epochs):
            order: Any = torch.randperm(len(observations))
            for batch in order.split(self.batch_size):
                if len(batch) < 2:
                    continue
                mb_observations = observations[batch]
                log_probs_all = functional.log_softmax(actor(mb_observations), dim=1)
                log_probs = log_probs_all.gather(1, actions[batch]).squeeze(1)
                ratio = (log_probs - old_log_probs[batch]).exp()
                mb_advantages = advantages[batch]
                mb_advantages = (mb_advantages - mb_advantages.mean()) / (mb_advantages.std() + 1e-8)
                pg_loss = -torch.min(mb_advantages * ratio, mb_advantages * ratio.clamp(1 - clip, 1 + clip)).mean()
                v_loss = functional.mse_loss(critic(mb_observations).squeeze(1), returns[batch])
                entropy = -(log_probs_all.exp() * log_probs_all).sum(dim=1).mean()
                loss: Any = pg_loss - self.ent_coef * entropy + self.vf_coef * v_loss
                policy.optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(parameters, self.max_grad_norm)
                policy.optimizer.step()
        self._n_updates += self.n_epochs

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "return_moments", "running_returns", "rng"]


def log_softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Log probabilities over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: npt.NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def network(model: PPO) -> dict[str, npt.NDArray[np.float32]]:
    """The actor's and the critic's weights by the names of ``policy.safetensors``."""
    policy: Any = model.policy
    parts = {
        "policy": [*policy.mlp_extractor.policy_net, policy.action_net],
        "value": [*policy.mlp_extractor.value_net, policy.value_net],
    }
    tensors = {}
    for part, modules in parts.items():
        linear = [m for m in modules if isinstance(m, torch.nn.Linear)]
        for index, layer in enumerate(linear):
            tensors[f"{part}.{index}.weight"] = layer.weight.detach().numpy().copy()
            tensors[f"{part}.{index}.bias"] = layer.bias.detach().numpy().copy()
    return tensors


def activation_of(model: PPO) -> str:
    """The activation's name in ``policy.safetensors``."""
    return "relu" if model.policy.activation_fn is torch.nn.ReLU else "tanh"


def to_numpy(model: PPO) -> Policy:
    """The network as a numpy policy."""
    tensors = network(model)

    def layers(part: str) -> Layers:
        count = sum(name.startswith(part) for name in tensors) // 2
        return tuple((tensors[f"{part}.{i}.weight"], tensors[f"{part}.{i}.bias"]) for i in range(count))

    return Policy(layers("policy"), layers("value"), activation_of(model))
