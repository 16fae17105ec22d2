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
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.utils import LinearSchedule
from threadpoolctl import threadpool_limits

from playground.flight.fleet import Fleet
from playground.flight.policy import Checkpoint, Policy
from playground.flight.scorecard import EVALUATION_SEEDS, score
from playground.training.fast_ppo import FastPPO, to_numpy
from playground.training.learners.sb3_learners import held_by
from playground.training.nets import EPSILON, MODULES
from playground.training.progress import (
    CURVE_POINTS,
    Curve,
    Progress,
    Result,
    Stopped,
    check_finite,
    dump_checkpoints,
    dump_policy,
    flat_weights,
    grown_since,
    remote_groups,
    resident_bytes,
)
from playground.training.runner import run_learner
from playground.training.sb3_env import LanderVecEnv
from playground.training.spec import TrainSpec
from playground.words.errors import InvalidInput

LANDING_SEEDS: Final = range(900, 964)
"""Flown to see whether a training that goes on until it lands is there."""
FIRST_LOOK: Final = 4
"""So many of them must all land before the others are flown."""
LOOK_EVERY: Final = 8_192
"""Steps between two such looks, rounded to whole rollouts."""
CHECKPOINTS: Final = 10


def train(
    spec: TrainSpec,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    *,
    initial: Policy | None = None,
    checkpoint: bytes | None = None,
    on_checkpoint: Callable[[bytes], None] = lambda data: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Result:
    """Train a policy with the spec's algorithm: ``ppo`` here, the others by `run_learner`.

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
    if spec.algorithm != "ppo":
        return run_learner(spec, on_progress, initial=initial, should_stop=should_stop)
    resident = resident_bytes()
    torch.set_num_threads(1)
    torch.manual_seed(spec.seed)
    watch = _Watch(spec, on_progress, on_checkpoint, should_stop)
    state = None if checkpoint is None else read_checkpoint(checkpoint)
    with threadpool_limits(1), contextlib.closing(Fleet(spec.world, spec.n_envs, remote_groups(spec))) as fleet:
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
        check_finite(to_numpy(model))
        watch.evaluate(model)
        watch.report()
        curve, kept = watch.curve, model.num_timesteps
        if spec.keep_best and not watch.landed and curve.best is not None:
            model.net.values[:] = flat_weights(curve.best)
            kept = curve.best_steps
        buffer = io.BytesIO()
        model.save(buffer)
        policy = to_numpy(model)
        card = score(fleet.run(policy, EVALUATION_SEEDS), spec.gamma)
    return Result(
        policy=dump_policy(policy),
        model_zip=buffer.getvalue(),
        curve=curve.rows,
        scorecard=card,
        steps=model.num_timesteps,
        seconds=watch.seconds,
        kept=kept,
        checkpoints=dump_checkpoints(curve.kept),
        extra={"memory": {**held_by(model), "process": grown_since(resident)}},
    )


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
    model.net.values[:] = flat_weights(policy)


def build_ppo(spec: TrainSpec, fleet: Fleet) -> FastPPO:
    """An untrained PPO for a spec, flown by a fleet of ``n_envs``."""
    env = LanderVecEnv(spec.reward, spec.gamma, spec.n_envs)
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
            "activation_fn": MODULES[spec.activation],
            "optimizer_kwargs": {"eps": EPSILON},
        },
        seed=spec.seed,
        device="cpu",
        fleet=fleet,
        normalize_reward=spec.normalize_reward,
        decay_entropy=spec.schedule == "linear",
        persistence=spec.persistence,
    )


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
        self.curve = Curve(spec)
        self.stopped = False
        self.landed = False
        """It ended because it lands."""
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
        check_finite(to_numpy(model))
        steps = model.num_timesteps
        if self.spec.until_landing and steps and steps % self._look_every == 0 and self.lands(model):
            model.enough = self.landed = True
            return
        if self.spec.seconds and steps and self.seconds - self.curve.seconds >= self.spec.seconds:
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
            landed = np.mean([trajectory.succeeded for trajectory in flown])
            if landed < self.spec.until_landing:
                return False
        return True

    def evaluate(self, model: Any) -> None:
        """Add a row to the curve, and remember the policy if none before was better by what the learner maximises."""
        rows, steps = self.curve.rows, model.num_timesteps
        if not rows or rows[-1]["steps"] != steps:
            self.curve.evaluate(to_numpy(model), steps, lambda: self.seconds, model.fleet.run, model.losses())

    def report(self) -> None:
        """Tell how far the training is."""
        policy = to_numpy(self.model)  # type: ignore[arg-type]
        self.on_progress(Progress(self.model.num_timesteps, self.total, self.seconds, self.curve.rows, policy))

    def _dump(self) -> bytes:
        buffer = io.BytesIO()
        model: Any = self.model
        state = {
            "steps": model.num_timesteps,
            "seconds": self.seconds,
            "curve": self.curve.rows,
            "updates": model._n_updates,
            "policy": model.policy.state_dict(),
            "optimizer": model.policy.optimizer.state_dict(),
            "best": torch.from_numpy(np.zeros(0) if self.curve.best is None else flat_weights(self.curve.best)),
            "best_steps": self.curve.best_steps,
            "kept": [(c.steps, torch.from_numpy(flat_weights(c.policy))) for c in self.curve.kept],
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
        curve, shaped = self.curve, model.net.policy
        curve.rows, curve.best_steps = state["curve"], state["best_steps"]
        curve.best = shaped(state["best"].numpy()) if curve.rows else None
        curve.kept = [Checkpoint(steps, shaped(values.numpy())) for steps, values in state["kept"]]
        self._spent = state["seconds"]
