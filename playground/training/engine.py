"""PPO on a designed reward, by Stable-Baselines3, with a curve, checkpoints and an exact resume.

The learner is `FastPPO`, a subclass of SB3's, with a `Fleet` of landers. Around it: one callback that evaluates, saves
and obeys a stop. At every checkpoint noise is seeded anew from the spec's seed and the step, in an uninterrupted run
too, and a resume flies each lander to where it was; so it makes the very policy that training would have made.

Leaves out: where files go (``store``) and who runs when (``jobs``).
"""

import contextlib
import io
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from safetensors.numpy import save as save_safetensors
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.utils import LinearSchedule
from threadpoolctl import threadpool_limits

from playground.lander.policy import Policy
from playground.lander.scorecard import EVALUATION_SEEDS, Scorecard, score
from playground.lander.trajectory import Outcome, Trajectory
from playground.reward.account import decompose, discounts, reward_of
from playground.reward.errors import InvalidInput
from playground.reward.terms import RewardConfig
from playground.training.fast_ppo import FastPPO, activation_of, network, to_numpy
from playground.training.home import available_cores
from playground.training.lander_vec_env import LanderVecEnv
from playground.training.landers import Fleet
from playground.training.network import EPSILON, Floats32
from playground.training.spec import TrainSpec

VALIDATION_SEEDS: Final = range(900, 916)
"""Flown for the learning curve; apart from the evaluation seeds, so looking at the curve costs no honesty."""
LANDING_SEEDS: Final = range(900, 964)
"""Flown to see whether a training that goes on until it lands is there."""
FIRST_LOOK: Final = 4
"""So many of them must all land before the others are flown."""
LOOK_EVERY: Final = 8_192
"""Steps between two such looks, rounded to whole rollouts."""
CURVE_POINTS: Final = 16
CHECKPOINTS: Final = 10
KEPT: Final = 10
"""Policies of evaluations that a model keeps, at most."""
KEPT_NUMBERS: Final = 1_000_000
"""Weights in all of them together; large networks keep fewer, but always the first and the last."""
WORTH_A_PROCESS: Final = 50_000
"""Fewer steps than these are over before another process has started."""

DIVERGED: Final = "training diverged: the network's weights became NaN; lower the learning rate or the reward's scale"


@dataclass(frozen=True)
class Progress:
    """How far a training is."""

    steps: int
    total: int
    seconds: float
    """Spent training, evaluations included, over all resumes."""
    curve: list[dict[str, float]]
    policy: Policy
    """What it would fly with now."""


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
    kept: int
    """Steps after which the policy was as it is: that of the best evaluation, or the last one."""
    checkpoints: bytes = b""
    """safetensors: policies of some evaluations, the first and the last among them; empty if there were none"""


class Stopped(Exception):
    """The training was asked to stop."""


def train(
    spec: TrainSpec,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    *,
    initial: Policy | None = None,
    checkpoint: bytes | None = None,
    on_checkpoint: Callable[[bytes], None] = lambda data: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Result:
    """Train a policy.

    Args:
        spec: what to train.
        on_progress: called after every rollout.
        initial: the network of ``spec.init_from``.
        checkpoint: bytes that ``on_checkpoint`` got in an earlier run of the same spec; damaged ones are ignored.
        on_checkpoint: called about ten times with all that a resume needs.
        should_stop: asked after every rollout.

    Raises:
        InvalidInput: ``initial`` has another shape than the spec's network.
        Stopped: ``should_stop`` said so; the last checkpoint still holds.
        FloatingPointError: the network's weights became NaN or infinite.
    """
    torch.set_num_threads(1)
    torch.manual_seed(spec.seed)
    watch = _Watch(spec, on_progress, on_checkpoint, should_stop)
    state = None if checkpoint is None else read_checkpoint(checkpoint)
    with threadpool_limits(1), contextlib.closing(Fleet(spec.n_envs, remote_groups(spec))) as fleet:
        model = build_ppo(spec, fleet)
        if initial is not None:
            start_from(model, initial, spec.init_from)
        if state is None:
            model.start_episodes(spec.seed)
        else:
            watch.restore(model, state)
        model.learn(spec.steps - model.num_timesteps, callback=watch, reset_num_timesteps=False)
        if watch.stopped:
            raise Stopped
        check_finite(model)
        watch.evaluate(model)
        watch.report()
        if spec.keep_best and not model.enough:
            model.net.values[:] = watch.best
        kept = watch.best_steps if spec.keep_best and not model.enough else model.num_timesteps
        buffer = io.BytesIO()
        model.save(buffer)
        card = score(fleet.run(to_numpy(model), EVALUATION_SEEDS), spec.gamma)
    return Result(
        policy=dump_policy(model),
        model_zip=buffer.getvalue(),
        curve=watch.curve,
        scorecard=card,
        steps=model.num_timesteps,
        seconds=watch.seconds,
        kept=kept,
        checkpoints=dump_checkpoints(model, watch.kept),
    )


def remote_groups(spec: TrainSpec) -> int:
    """How many groups of landers fly in another process: one, given a second core and steps worth its start."""
    return int(available_cores() > 1 and spec.steps >= WORTH_A_PROCESS)


def read_checkpoint(data: bytes) -> Mapping[str, Any] | None:
    """A checkpoint's plain tensors and numbers, read without unpickling code; None if damaged or an older version's."""
    try:
        state = torch.load(io.BytesIO(data), weights_only=True)
    except Exception:  # torch raises whatever the damaged bytes happen to lead to
        return None
    return state if isinstance(state, dict) and "kept" in state else None


def start_from(model: FastPPO, policy: Policy, name: str) -> None:
    """Give an untrained model the network of a trained policy, critic included.

    Raises:
        InvalidInput: it has other layers or another activation.
    """
    own = to_numpy(model)

    def shapes(of: Policy) -> list[list[tuple[int, ...]]]:
        return [[weight.shape for weight, _ in layers] for layers in (of.actor, of.critic)]

    if shapes(own) != shapes(policy) or own.activation != policy.activation:
        raise InvalidInput("other_network", value=name[:8])
    flat = np.concatenate([array.ravel() for layer in (*policy.actor, *policy.critic) for array in layer])
    model.net.values[:] = flat


def build_ppo(spec: TrainSpec, fleet: Fleet) -> FastPPO:
    """An untrained PPO for a spec, flown by a fleet of ``n_envs``."""
    env = LanderVecEnv(spec.reward, spec.gamma, spec.n_envs)
    activations = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}
    rate = spec.learning_rate
    updates = math.ceil(spec.steps / (spec.n_envs * spec.n_steps))  # the last one still learns
    return FastPPO(
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
            "activation_fn": activations[spec.activation],
            "optimizer_kwargs": {"eps": EPSILON},
        },
        seed=spec.seed,
        device="cpu",
        fleet=fleet,
        normalize_reward=spec.normalize_reward,
        decay_entropy=spec.schedule == "linear",
        persistence=spec.persistence,
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


def dump_checkpoints(model: PPO, kept: Sequence[tuple[int, Floats32]]) -> bytes:
    """Earlier networks of a model as safetensors: the names of `dump_policy`, a leading axis, and ``steps``.

    Args:
        model: tells names and shapes.
        kept: steps, and the weights after them, flat as `SharedNetwork` holds them.
    """
    shapes = {name: array.shape for name, array in network(model).items()}
    ends = np.cumsum([math.prod(shape) for shape in shapes.values()])
    parts = np.split(np.stack([values for _, values in kept]), ends[:-1], axis=1)
    tensors: dict[str, Any] = {
        name: np.ascontiguousarray(part).reshape(len(kept), *shape)
        for (name, shape), part in zip(shapes.items(), parts, strict=True)
    }
    tensors["steps"] = np.array([steps for steps, _ in kept], np.int64)
    return save_safetensors(tensors, metadata={"activation": activation_of(model)})


def most_redundant(steps: Sequence[int]) -> int:
    """Index of the entry to drop so that the rest stay spread out: never an end; of equals, the latest.

    >>> most_redundant([10, 20, 30, 50, 70])
    1
    """
    gaps = [after - before for before, after in zip(steps, steps[2:])]
    return max(range(len(gaps)), key=lambda i: (-gaps[i], i)) + 1


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
        self.best, self.best_steps = np.zeros(0, np.float32), 0
        self.kept: list[tuple[int, Floats32]] = []
        self.stopped = False
        self._spent = 0.0
        self._since = time.perf_counter()
        rollout = spec.n_envs * spec.n_steps
        rollouts = math.ceil(spec.steps / rollout)
        self.total = rollouts * rollout
        self._evaluate_every = rollout * math.ceil(rollouts / CURVE_POINTS)
        self._look_every = rollout * max(1, round(LOOK_EVERY / rollout))
        self._save_every = rollout * math.ceil(rollouts / CHECKPOINTS)

    @property
    def seconds(self) -> float:
        """Spent so far, earlier runs included."""
        return self._spent + time.perf_counter() - self._since

    def _on_rollout_start(self) -> None:
        model: Any = self.model
        check_finite(model)
        steps = model.num_timesteps
        if self.spec.until_landing and steps and steps % self._look_every == 0 and self.lands(model):
            model.enough = True
            return
        if steps and steps % self._evaluate_every == 0:
            self.evaluate(model)
        if steps % self._save_every == 0:
            if steps:
                self.on_checkpoint(self._dump())
            model.seed_noise(self.spec.seed, steps)
        if steps:
            self.report()

    def _on_step(self) -> bool:
        self.stopped = self.stopped or self.should_stop()  # once a rollout
        return not self.stopped

    def lands(self, model: Any) -> bool:
        """Whether enough validation episodes land; most policies are told by the first few."""
        policy = to_numpy(model)
        for seeds in (LANDING_SEEDS[:FIRST_LOOK], LANDING_SEEDS[FIRST_LOOK:]):
            flown = model.fleet.run(policy, seeds)
            landed = np.mean([trajectory.outcome == Outcome.LANDED for trajectory in flown])
            if landed < self.spec.until_landing:
                return False
        return True

    def evaluate(self, model: Any) -> None:
        """Add a row to the curve, and remember the policy if none before was better by what the learner maximises."""
        if self.curve and self.curve[-1]["steps"] == model.num_timesteps:
            return
        reward, gamma = self.spec.reward, self.spec.gamma
        trajectories = model.fleet.run(to_numpy(model), VALIDATION_SEEDS)
        card = score(trajectories, gamma)
        discounted = float(np.mean([discounted_return(t, reward, gamma) for t in trajectories]))
        if all(discounted >= row["discounted_return"] for row in self.curve):
            self.best, self.best_steps = model.net.values.copy(), model.num_timesteps
        self.curve.append(
            {
                "steps": float(model.num_timesteps),
                "seconds": round(self.seconds, 3),
                "designed_return": float(card.returns(reward).mean()),
                "discounted_return": discounted,
                "native_return": float(card.native_return.mean()),
                "landing_rate": card.summary["landing_rate"],
                **{f"part.{key}": value for key, value in card.part_means(reward).items()},
                **{f"train.{key}": value for key, value in model.losses().items()},
            }
        )
        self.kept.append((model.num_timesteps, model.net.values.copy()))
        if len(self.kept) > max(2, min(KEPT, KEPT_NUMBERS // model.net.values.size)):
            del self.kept[most_redundant([steps for steps, _ in self.kept])]

    def report(self) -> None:
        """Tell how far the training is."""
        policy = to_numpy(self.model)  # type: ignore[arg-type]
        self.on_progress(Progress(self.model.num_timesteps, self.total, self.seconds, self.curve, policy))

    def _dump(self) -> bytes:
        buffer = io.BytesIO()
        model: Any = self.model
        state = {
            "steps": model.num_timesteps,
            "seconds": self.seconds,
            "curve": self.curve,
            "updates": model._n_updates,
            "policy": model.policy.state_dict(),
            "optimizer": model.policy.optimizer.state_dict(),
            "best": torch.from_numpy(self.best),
            "best_steps": self.best_steps,
            "kept": [(steps, torch.from_numpy(values)) for steps, values in self.kept],
            "flight": model.snapshot(),
        }
        torch.save(state, buffer)
        return buffer.getvalue()

    def restore(self, model: FastPPO, state: Mapping[str, Any]) -> None:
        """Go on from a checkpoint."""
        model.policy.load_state_dict(state["policy"])
        model.policy.optimizer.load_state_dict(state["optimizer"])
        model.share_memory()
        model.num_timesteps = state["steps"]
        model._update_current_progress_remaining(state["steps"], self.spec.steps)
        model._n_updates = state["updates"]
        model.restore(state["flight"], self.spec.seed)
        self.curve = state["curve"]
        self.best, self.best_steps = state["best"].numpy(), state["best_steps"]
        self.kept = [(steps, values.numpy()) for steps, values in state["kept"]]
        self._spent = state["seconds"]
