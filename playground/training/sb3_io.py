"""Stable-Baselines3's own files: a policy of this project as a zip that SB3 loads, and a zip's network as a policy.

Leaves out: what no PPO has, a Q-network's target or its memory. A policy without a critic gets an untrained one.
"""

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from stable_baselines3 import PPO
from stable_baselines3.common.utils import LinearSchedule

from playground.flight.policy import Policy
from playground.training.nets import MODULES, check_finite, copy_layers, hidden_widths, parts_of, to_policy
from playground.training.numpy_net import EPSILON, NumpyNetwork
from playground.training.sb3_env import RewardVecEnv
from playground.training.spec import TrainSpec

if TYPE_CHECKING:
    from playground.training.learners.ppo_fast import Rollout


def sb3_ppo(spec: TrainSpec) -> PPO:
    """An untrained SB3 PPO with a spec's own hyperparameters."""
    env = RewardVecEnv(spec.reward, spec.gamma, spec.n_envs)
    rate = spec.learning_rate
    updates = math.ceil(spec.steps / (spec.n_envs * spec.n_steps))  # the last one still learns
    return PPO(
        "MlpPolicy",
        env,
        learning_rate=LinearSchedule(rate, rate / updates, 1.0) if spec.schedule == "linear" else rate,
        n_steps=spec.n_steps,
        batch_size=min(spec.batch_size, spec.n_envs * spec.n_steps),
        n_epochs=spec.n_epochs,
        gamma=spec.gamma,
        gae_lambda=spec.gae_lambda,
        clip_range=spec.clip_range,
        ent_coef=spec.ent_coef,
        vf_coef=spec.vf_coef,
        max_grad_norm=spec.max_grad_norm,
        policy_kwargs={
            "net_arch": list(spec.net_arch),
            "activation_fn": MODULES[spec.activation],
            "optimizer_kwargs": {"eps": EPSILON},
        },
        seed=spec.seed,
        device="cpu",
    )


def dump_ppo(spec: TrainSpec, policy: Policy, net: NumpyNetwork, steps: int, updates: int) -> bytes:
    """The bytes of ``PPO.save`` for a policy of this project's PPO, with Adam's state as it was at the end.

    Args:
        spec: what was trained.
        policy: the one that is kept.
        net: with Adam's moments.
        steps: trained in all.
        updates: SB3's count, one for each epoch.
    """
    model: Any = sb3_ppo(spec)
    _copy(policy, model)
    model.num_timesteps, model._n_updates = steps, updates
    model._current_progress_remaining = 1 - steps / spec.steps
    start = 0
    for parameter in (p for part in parts_of(model.policy) for p in part.parameters()):
        part = slice(start, start + parameter.numel())
        start = part.stop
        model.policy.optimizer.state[parameter] = {
            "step": torch.tensor(float(net.steps)),
            "exp_avg": torch.tensor(net.first[part]).reshape(parameter.shape),
            "exp_avg_sq": torch.tensor(net.second[part]).reshape(parameter.shape),
        }
    return _saved(model)


def dump_actor_critic(spec: TrainSpec, policy: Policy) -> bytes:
    """The bytes of ``PPO.save`` for any policy: a PPO with SB3's defaults that acts the same, without Adam's state."""
    env = RewardVecEnv(spec.reward, spec.gamma, 1)
    widths = {"pi": hidden_widths(policy.actor), "vf": hidden_widths(policy.critic or policy.actor)}
    model = PPO(
        "MlpPolicy",
        env,
        gamma=spec.gamma,
        seed=spec.seed,
        device="cpu",
        policy_kwargs={"net_arch": widths, "activation_fn": MODULES[policy.activation]},
    )
    _copy(policy, model)
    return _saved(model)


def read_zip(path: Path, spec: TrainSpec) -> tuple[Policy, bytes]:
    """The network in an SB3 PPO's zip, and a zip of our own with it and its optimiser's state.

    Only tensors are read, without unpickling anything.

    Args:
        path: the zip.
        spec: whose network it has.

    Raises:
        FloatingPointError: a weight is not a number.
        Exception: whatever a damaged file, or one that does not fit, makes SB3, torch or zipfile raise.
    """
    model = sb3_ppo(spec)
    model.set_parameters(str(path), device="cpu")
    policy = to_policy(*parts_of(model.policy))
    check_finite(policy)
    return policy, _saved(model)


def fill_buffer(model: PPO, rollout: "Rollout") -> None:
    """Put this project's rollout into an SB3 PPO's own buffer, so that ``PPO.train`` learns from it.

    Args:
        model: with as many environments and steps.
        rollout: of ``n_steps · n_envs`` steps, those of one moment side by side.
    """
    buffer = model.rollout_buffer
    shape = (buffer.buffer_size, buffer.n_envs)
    buffer.reset()
    buffer.observations[:] = rollout.observations.reshape(*shape, -1)
    buffer.actions[:] = rollout.actions.reshape(*shape, 1)
    for name in ("log_probs", "values", "advantages", "returns"):
        getattr(buffer, name)[:] = getattr(rollout, name).reshape(shape)
    buffer.pos, buffer.full = buffer.buffer_size, True


def _copy(policy: Policy, model: PPO) -> None:
    actor, critic = parts_of(model.policy)
    copy_layers(policy.actor, actor)
    if policy.critic:
        copy_layers(policy.critic, critic)


def _saved(model: PPO) -> bytes:
    buffer = io.BytesIO()
    model.save(buffer)
    return buffer.getvalue()
