"""PPO as the app trains with it: the same update as Stable-Baselines3's, and less around it.

A `Fleet` flies a rollout; its states are valued in one batch, its rewards computed and normalised as arrays. Learning
follows the very loss of ``PPO.train``, with a gradient written out by hand instead of torch's. What comes out is still
an SB3 PPO: ``model.zip`` holds its network and Adam's state, and goes on learning there. ``ppo`` is the same algorithm
in torch, to be read first.

Ten times in a training, where checkpoints are written, noise is seeded again from the training's seed and the step.

Leaves out: continuous actions, shared layers, value clipping, a target for the KL divergence, state-dependent
exploration.

Source: Schulman et al. 2017, Proximal policy optimization algorithms.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from playground.flight.env_group import Flown
from playground.flight.policy import Policy
from playground.reward.account import Meter
from playground.training.learners.ppo import gae
from playground.training.learners.task import Count, Metrics, Task, Update, whole_rollouts
from playground.training.nets import fresh_policy
from playground.training.numpy_net import NumpyNetwork
from playground.training.reward_scale import RewardScale
from playground.training.sb3_io import dump_ppo
from playground.training.spec import TrainSpec
from playground.words.errors import InvalidInput

Floats32 = npt.NDArray[np.float32]

RESEEDS: Final = 10
"""Times that noise is seeded again in a training."""


@dataclass(frozen=True)
class Rollout:
    """N steps to learn from."""

    observations: Floats32
    """``(N, size)``"""
    actions: npt.NDArray[np.int64]
    """``(N,)``"""
    log_probs: Floats32
    """``(N,)``: of these actions when they were taken."""
    values: Floats32
    """``(N,)``: the critic's estimates then."""
    advantages: Floats32
    """``(N,)``: not normalised."""
    returns: Floats32
    """``(N,)``: what the critic learns."""


def steps_per_update(settings: TrainSpec) -> int:
    """Steps of every rollout, so that evaluations and checkpoints fall between two of them."""
    return settings.n_envs * settings.n_steps


def remaining(task: Task, steps: int) -> float:
    """How much of the budget is left, 1 to 0; below 0 in a last rollout that overshoots it."""
    return 1.0 - max(steps / task.steps, task.share(steps))


def learning_rate(settings: TrainSpec, left: float, updates: int) -> float:
    """Adam's step: the same throughout, or falling in a straight line to a last update that still learns.

    Args:
        settings: with the first rate and the schedule.
        left: how much of the budget is left.
        updates: how many there will be.
    """
    first = settings.learning_rate
    if settings.schedule == "constant":
        return first
    last = first / updates
    return last if 1 - left > 1 else first + (1 - left) * (last - first)


def exploration(settings: TrainSpec, left: float) -> float:
    """How much of the entropy bonus is left: 1 at the start, 0 from half of the training on, as for persistence.

    A policy that goes on drawing its actions at random never rests for long enough to have landed.
    """
    return max(0.0, 2 * left - 1) if settings.schedule == "linear" else 1.0


def rollout_of(
    flown: Flown, policy: Policy, task: Task, settings: TrainSpec, scale: RewardScale, meter: Meter | None = None
) -> Rollout:
    """What a flight teaches: rewards, advantages and returns.

    Args:
        flown: T steps of n environments.
        policy: that flew them, with its critic.
        task: whose reward is paid.
        settings: of the estimates.
        scale: of the rewards; these steps move it.
        meter: of the reward; it follows the episodes. By default one whose episodes begin here.
    """
    dones = flown.terminated | flown.truncated
    rewards = (meter or task.meter(settings.n_envs)).rewards(flown.transitions)
    if settings.normalize_reward:
        rewards = scale.divide(rewards, dones)
    size = task.world.observation_size
    values = policy.values(flown.observations.reshape(-1, size)).reshape(len(dones) + 1, -1)
    if len(flown.ended):
        beyond = policy.values(flown.last_observations)
        for (t, i), value in zip(flown.ended.tolist(), beyond, strict=True):
            if flown.truncated[t, i]:
                rewards[t, i] += task.gamma * value  # a time-out is not an end
    paid = rewards.astype(np.float32)
    advantages, returns = gae(paid, values[:-1], dones, values[-1], task.gamma, settings.gae_lambda)
    log_probs = np.take_along_axis(log_softmax(flown.logits), flown.actions[..., None], axis=-1)[..., 0]
    return Rollout(
        flown.observations[:-1].reshape(-1, size),
        flown.actions.reshape(-1),
        log_probs.reshape(-1),
        values[:-1].reshape(-1),
        advantages.reshape(-1),
        returns.reshape(-1),
    )


def update(
    net: NumpyNetwork,
    rollout: Rollout,
    settings: TrainSpec,
    rate: float,
    ent_coef: float,
    rng: np.random.Generator,
    tick: Callable[[int], None] = lambda flown: None,
) -> None:
    """One PPO update: ``n_epochs`` passes over a rollout in minibatches.

    Args:
        net: learns.
        rollout: from this.
        settings: with these.
        rate: Adam's step.
        ent_coef: weight of the entropy.
        rng: shuffles the steps.
        tick: called between two minibatches.
    """
    count = len(rollout.actions)
    for _ in range(settings.n_epochs):
        order = rng.permutation(count)
        for start in range(0, count - 1, settings.batch_size):
            tick(count)
            mb = order[start : start + settings.batch_size]
            mb_observations = rollout.observations[mb]
            logits_error = policy_error(
                log_softmax(net.actor.forward(mb_observations)),
                rollout.actions[mb],
                rollout.log_probs[mb],
                rollout.advantages[mb],
                settings.clip_range,
                ent_coef,
            )
            net.actor.backward(logits_error)
            v_error = net.critic.forward(mb_observations) - rollout.returns[mb, None]
            v_error *= np.float32(2 * settings.vf_coef / len(mb))
            net.critic.backward(v_error)
            net.clip_gradient(settings.max_grad_norm)
            net.adam(rate)


def policy_error(
    log_probs: Floats32,
    actions: npt.NDArray[np.int64],
    old_log_probs: Floats32,
    advantages: Floats32,
    clip: float,
    ent_coef: float,
) -> Floats32:
    """Derivative of PPO's clipped loss less the entropy bonus by the logits (Schulman et al. 2017, eq. 7 and 9).

    Args:
        log_probs: ``(n, actions)`` of all actions now.
        actions: ``(n,)`` taken.
        old_log_probs: ``(n,)`` of those when they were taken.
        advantages: ``(n,)``; brought to mean 0 and deviation 1 here, as SB3 does.
        clip: how far the ratio may leave 1 and still gain.
        ent_coef: weight of the entropy.

    Returns:
        ``(n, actions)``.
    """
    n = len(actions)
    rows = np.arange(n)
    advantages = (advantages - advantages.mean()) / (advantages.std(ddof=1) + np.float32(1e-8))
    ratio = np.exp(log_probs[rows, actions] - old_log_probs)
    flat = np.where(advantages > 0, ratio > 1 + clip, ratio < 1 - clip)  # where the clipped branch is the smaller
    gain = np.where(flat, np.float32(0), advantages * ratio) / np.float32(n)
    probs = np.exp(log_probs)
    entropy = -(probs * log_probs).sum(axis=1, keepdims=True)
    error: Floats32 = probs * (gain[:, None] + np.float32(ent_coef / n) * (log_probs + entropy))
    error[rows, actions] -= gain
    return error


def log_softmax(logits: Floats32) -> Floats32:
    """Log probabilities over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: Floats32 = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def losses(policy: Policy, rollout: Rollout, clip: float, rate: float) -> Metrics:
    """What SB3 logs under ``train/``, of the last rollout as a whole with the policy that it led to."""
    actions, returns = rollout.actions, rollout.returns
    log_probs = log_softmax(policy.logits(rollout.observations))
    log_ratio = log_probs[np.arange(len(actions)), actions] - rollout.log_probs
    ratio = np.exp(log_ratio)
    advantages = (rollout.advantages - rollout.advantages.mean()) / (rollout.advantages.std(ddof=1) + 1e-8)
    gain = np.minimum(advantages * ratio, advantages * ratio.clip(1 - clip, 1 + clip))
    spread = returns.var()
    measured = {
        "policy_gradient_loss": -gain.mean(),
        "value_loss": ((returns - policy.values(rollout.observations)) ** 2).mean(),
        "entropy_loss": (np.exp(log_probs) * log_probs).sum(axis=1).mean(),
        "approx_kl": (ratio - 1 - log_ratio).mean(),
        "clip_fraction": (np.abs(ratio - 1) > clip).mean(),
        "explained_variance": 1 - (returns - rollout.values).var() / spread if spread > 0 else 0.0,
        "learning_rate": rate,
    }
    return {name: float(value) for name, value in measured.items()}


def first_policy(task: Task, settings: TrainSpec) -> Policy:
    """The networks to begin with: fresh ones, or those of the model to start from, its critic included.

    Raises:
        InvalidInput: that model has other layers or another activation.
    """
    fresh = fresh_policy(task.world, settings.net_arch, settings.activation, task.seed)
    given = task.initial
    if given is None:
        return fresh

    def shapes(of: Policy) -> list[list[tuple[int, ...]]]:
        return [[weight.shape for weight, _ in layers] for layers in (of.actor, of.critic)]

    if shapes(fresh) != shapes(given) or fresh.activation != given.activation:
        raise InvalidInput("other_network", value=settings.init_from[:8])
    return given


def learn(task: Task, settings: TrainSpec) -> Iterator[Update]:
    """Train for ever; one `Update` a rollout.

    Raises:
        InvalidInput: the model to start from has another network.
    """
    n = settings.n_envs
    net = NumpyNetwork(first_policy(task, settings))
    scale = RewardScale(n, task.gamma)
    meter = task.meter(n)
    count = Count(episodes=n)
    rollout_steps = steps_per_update(settings)
    updates = math.ceil(task.steps / rollout_steps)
    reseed_every = whole_rollouts(task.steps, rollout_steps, RESEEDS)
    rng = np.random.default_rng(task.seed)
    task.fleet.start(task.seed)
    task.keep(net=net, scale=scale, meter=meter, fleet=task.fleet, rng=rng, count=count)
    while True:
        if count.steps % reseed_every == 0:
            rng.bit_generator.state = np.random.default_rng((task.seed, count.steps)).bit_generator.state
            task.fleet.seed_noise(task.seed, count.steps)

        # fly
        policy = net.policy()
        persistence = settings.persistence if exploration(settings, remaining(task, count.steps)) > 0 else 0.0
        flown = task.fleet.fly(policy, settings.n_steps, persistence)
        rollout = rollout_of(flown, policy, task, settings, scale, meter)

        # learn
        left = remaining(task, count.steps + flown.actions.size)
        rate = learning_rate(settings, left, updates)
        update(net, rollout, settings, rate, settings.ent_coef * exploration(settings, left), rng, task.tick)
        count.steps += flown.actions.size
        count.episodes += len(flown.ended)
        count.updates += settings.n_epochs
        policy = net.policy()
        yield Update(
            count.steps,
            count.episodes,
            policy,
            metrics=partial(losses, policy, rollout, settings.clip_range, rate),
            holds={
                "actor": net.actor.size,
                "critic": net.critic.size,
                "optimizer": net.first.nbytes + net.second.nbytes,
                "batch": sum(array.nbytes for array in vars(rollout).values()),
            },
            to_zip=lambda kept: dump_ppo(settings, kept, net, count.steps, count.updates),
        )
