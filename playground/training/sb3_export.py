"""Any policy as a Stable-Baselines3 PPO that acts the same, for people who want to go on with it there.

Leaves out: what no PPO has, an optimiser's state, a Q-network's target or its memory. A policy without a critic gets an
untrained one.
"""

import io

import torch
from stable_baselines3 import PPO
from torch import nn

from playground.flight.policy import Layers, Policy
from playground.training.nets import MODULES, parts_of
from playground.training.sb3_env import LanderVecEnv
from playground.training.spec import TrainSpec


def to_zip(policy: Policy, spec: TrainSpec) -> bytes:
    """The bytes of ``PPO.save`` for a policy that was trained to a spec."""
    env = LanderVecEnv(spec.reward, spec.gamma, 1)
    widths = {"pi": _hidden(policy.actor), "vf": _hidden(policy.critic or policy.actor)}
    model = PPO(
        "MlpPolicy",
        env,
        gamma=spec.gamma,
        seed=spec.seed,
        device="cpu",
        policy_kwargs={"net_arch": widths, "activation_fn": MODULES[policy.activation]},
    )
    actor, critic = parts_of(model.policy)
    _copy(policy.actor, actor)
    if policy.critic:
        _copy(policy.critic, critic)
    buffer = io.BytesIO()
    model.save(buffer)
    env.close()
    return buffer.getvalue()


def _hidden(layers: Layers) -> list[int]:
    return [len(bias) for _, bias in layers[:-1]]


def _copy(layers: Layers, network: nn.Sequential) -> None:
    linear = [module for module in network if isinstance(module, nn.Linear)]
    with torch.no_grad():
        for (weight, bias), module in zip(layers, linear, strict=True):
            module.weight.copy_(torch.from_numpy(weight))
            module.bias.copy_(torch.from_numpy(bias))
