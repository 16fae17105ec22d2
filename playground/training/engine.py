"""PPO on a designed reward, by Stable-Baselines3, with a curve, checkpoints and an exact resume.

The learner is `FastPPO`, a subclass of SB3's. Around it: `LanderVecEnv`, and one callback that evaluates, saves and
obeys a stop. At every checkpoint all random sources are seeded anew from the spec's seed
and the step, in an uninterrupted run too; so a resumed training makes the very policy that it would have made.

Leaves out: where files go (``store``) and who runs when (``jobs``).
"""

import io
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from safetensors.numpy import save as save_safetensors
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.utils import LinearSchedule

from playground.lander.rollout import run_episodes
from playground.lander.scorecard import Scorecard, evaluate, score
from playground.lander.trajectory import Trajectory
from playground.reward.account import decompose, discounts, reward_of
from playground.reward.terms import RewardConfig
from playground.training.fast_ppo import FastPPO, activation_of, network, to_numpy
from playground.training.lander_vec_env import LanderVecEnv
from playground.training.spec import TrainSpec

VALIDATION_SEEDS: Final = range(900, 916)
"""Flown for the learning curve; apart from the evaluation seeds, so looking at the curve costs no honesty."""
CURVE_POINTS: Final = 16
CHECKPOINTS: Final = 10


DIVERGED: Final = "training diverged: the network's weights became NaN; lower the learning rate or the reward's scale"


@dataclass(frozen=True)
class Progress:
    """How far a training is."""

    steps: int
    total: int
    seconds: float
    """Spent training, evaluations included, over all resumes."""
    curve: list[dict[str, float]]


@dataclass(frozen=True)
class Result:
    """What a training made."""

    policy: bytes
    """safetensors"""
    model_zip: bytes
    """Stable-Baselines3's own file"""
    curve: list[dict[str, float]]
    scorecard: Scorecard
    steps: int
    seconds: float


class Stopped(Exception):
    """The training was asked to stop."""


def train(
    spec: TrainSpec,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    *,
    checkpoint: bytes | None = None,
    on_checkpoint: Callable[[bytes], None] = lambda data: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Result:
    """Train a policy.

    Args:
        spec: what to train.
        on_progress: called after every rollout.
        checkpoint: bytes that ``on_checkpoint`` got in an earlier run of the same spec; damaged ones are ignored.
        on_checkpoint: called about ten times with all that a resume needs.
        should_stop: asked after every rollout.

    Raises:
        Stopped: ``should_stop`` said so; the last checkpoint still holds.
        FloatingPointError: the network's weights became NaN or infinite.
    """
    torch.set_num_threads(1)
    torch.manual_seed(spec.seed)
    env = LanderVecEnv(spec.reward, spec.gamma, spec.n_envs)
    model = build_ppo(spec, env)
    watch = _Watch(spec, on_progress, on_checkpoint, should_stop)
    state = None if checkpoint is None else read_checkpoint(checkpoint)
    if state is not None:
        watch.restore(model, state)
    try:
        model.learn(spec.steps - model.num_timesteps, callback=watch, reset_num_timesteps=False)
    finally:
        env.close()
    if watch.stopped:
        raise Stopped
    check_finite(model)
    watch.evaluate(model)
    watch.report()
    if spec.keep_best:
        model.policy.load_state_dict(watch.best)
    buffer = io.BytesIO()
    model.save(buffer)
    card = evaluate(to_numpy(model), spec.gamma)
    return Result(dump_policy(model), buffer.getvalue(), watch.curve, card, model.num_timesteps, watch.seconds)


def read_checkpoint(data: bytes) -> Mapping[str, Any] | None:
    """A checkpoint's plain tensors and numbers, read without unpickling code; None if it is damaged."""
    try:
        state = torch.load(io.BytesIO(data), weights_only=True)
    except Exception:  # torch raises whatever the damaged bytes happen to lead to
        return None
    return state if isinstance(state, dict) else None


def build_ppo(spec: TrainSpec, env: LanderVecEnv) -> FastPPO:
    """An untrained PPO for a spec."""
    activations = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}
    rate = spec.learning_rate
    updates = math.ceil(spec.steps / (spec.n_envs * spec.n_steps))  # the last one still learns
    return FastPPO(
        "MlpPolicy",
        env,
        learning_rate=LinearSchedule(rate, rate / updates, 1.0) if spec.schedule == "linear" else rate,
        n_steps=spec.n_steps,
        batch_size=min(spec.batch_size, env.num_envs * spec.n_steps),
        n_epochs=spec.n_epochs,
        gamma=spec.gamma,
        gae_lambda=spec.gae_lambda,
        clip_range=spec.clip_range,
        ent_coef=spec.ent_coef,
        vf_coef=spec.vf_coef,
        max_grad_norm=spec.max_grad_norm,
        policy_kwargs={
            "net_arch": list(spec.net_arch),
            "activation_fn": activations[spec.activation],
            "optimizer_kwargs": {"eps": 1e-5, "fused": True},
        },
        seed=spec.seed,
        device="cpu",
        normalize_reward=spec.normalize_reward,
    )


def discounted_return(trajectory: Trajectory, reward: RewardConfig, gamma: float) -> float:
    """Σ γᵗ·reward over an episode: what the learner maximises."""
    rewards = reward_of(decompose(trajectory.transitions, reward.form, gamma), reward)
    return float(rewards @ discounts(len(trajectory), gamma))


def check_finite(model: PPO) -> None:
    """Refuse a network with a weight that is not a number.

    Raises:
        FloatingPointError: there is one.
    """
    if not all(torch.isfinite(parameter).all() for parameter in model.policy.parameters()):
        raise FloatingPointError(DIVERGED)


def dump_policy(model: PPO) -> bytes:
    """The network as safetensors: all that inference needs."""
    return save_safetensors(network(model), metadata={"activation": activation_of(model)})


class _Watch(BaseCallback):
    """Evaluates, saves, reports and stops, between two rollouts."""

    def __init__(
        self,
        spec: TrainSpec,
        on_progress: Callable[[Progress], None],
        on_checkpoint: Callable[[bytes], None],
        should_stop: Callable[[], bool],
    ) -> None:
        super().__init__()
        self.spec = spec
        self.on_progress, self.on_checkpoint, self.should_stop = on_progress, on_checkpoint, should_stop
        self.curve: list[dict[str, float]] = []
        self.best: Mapping[str, Any] = {}
        self.stopped = False
        self._spent = 0.0
        self._since = time.perf_counter()
        rollout = spec.n_envs * spec.n_steps
        rollouts = math.ceil(spec.steps / rollout)
        self.total = rollouts * rollout
        self._evaluate_every = rollout * max(1, rollouts // CURVE_POINTS)
        self._save_every = rollout * max(1, rollouts // CHECKPOINTS)

    @property
    def seconds(self) -> float:
        """Spent so far, earlier runs included."""
        return self._spent + time.perf_counter() - self._since

    def _on_rollout_start(self) -> None:
        check_finite(self.model)  # type: ignore[arg-type]
        steps = self.model.num_timesteps
        if steps and steps % self._evaluate_every == 0 and (not self.curve or self.curve[-1]["steps"] < steps):
            self.evaluate(self.model)
        if steps % self._save_every == 0:
            if steps:
                self.on_checkpoint(self._dump())
            self.model.start_episodes(self.spec.seed, steps)  # type: ignore[attr-defined]
        if steps:
            self.report()

    def _on_step(self) -> bool:
        self.stopped = self.stopped or self.should_stop()  # once a rollout
        return not self.stopped

    def evaluate(self, model: Any) -> None:
        """Add a row to the curve, and remember the policy if none before was better by what the learner maximises."""
        reward, gamma = self.spec.reward, self.spec.gamma
        trajectories = run_episodes(to_numpy(model), VALIDATION_SEEDS)
        card = score(trajectories, gamma)
        discounted = float(np.mean([discounted_return(t, reward, gamma) for t in trajectories]))
        if all(discounted >= row["discounted_return"] for row in self.curve):
            self.best = {name: tensor.clone() for name, tensor in model.policy.state_dict().items()}
        self.curve.append(
            {
                "steps": float(model.num_timesteps),
                "seconds": round(self.seconds, 3),
                "designed_return": float(card.returns(reward).mean()),
                "discounted_return": discounted,
                "native_return": float(card.native_return.mean()),
                "landing_rate": card.summary["landing_rate"],
                **{f"part.{key}": value for key, value in card.part_means(reward).items()},
            }
        )

    def report(self) -> None:
        """Tell how far the training is."""
        self.on_progress(Progress(self.model.num_timesteps, self.total, self.seconds, self.curve))

    def _dump(self) -> bytes:
        buffer = io.BytesIO()
        moments = self.model.return_moments  # type: ignore[attr-defined]
        state = {
            "steps": self.model.num_timesteps,
            "seconds": self.seconds,
            "curve": self.curve,
            "updates": self.model._n_updates,  # type: ignore[attr-defined]
            "return_moments": [float(moments.mean), float(moments.var), float(moments.count)],
            "policy": self.model.policy.state_dict(),
            "best": self.best,
            "optimizer": self.model.policy.optimizer.state_dict(),
        }
        torch.save(state, buffer)
        return buffer.getvalue()

    def restore(self, model: FastPPO, state: Mapping[str, Any]) -> None:
        """Go on from a checkpoint."""
        model.policy.load_state_dict(state["policy"])
        model.policy.optimizer.load_state_dict(state["optimizer"])
        model.num_timesteps = state["steps"]
        model._n_updates = state["updates"]
        moments = model.return_moments
        mean, var, count = state["return_moments"]
        moments.mean, moments.var, moments.count = mean, var, count
        self.curve = state["curve"]
        self.best = state["best"]
        self._spent = state["seconds"]
