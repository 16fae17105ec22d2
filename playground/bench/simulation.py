"""How fast the lander is simulated, learned from and evaluated, each against its peer.

Leaves out: whole trainings (``learning``) and the app (``app``).
"""

import io
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from threadpoolctl import threadpool_limits

from playground.bench.figures import Figure, repeat
from playground.flight.scorecard import evaluate
from playground.worlds import DEFAULT_ID as ENV_ID
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.world import WORLD as LANDER

STEPS: Final = 16_384
ENVS: Final = 32


def measure_steps(repeats: int) -> list[Figure]:
    """Environment steps a second: a rollout with a policy, and random actions against ``make_vec_env`` and Box2D."""
    from stable_baselines3.common.env_util import make_vec_env

    from playground.flight.fleet import Fleet
    from playground.lab.models.store import ModelStore
    from playground.training.sb3_env import RewardVecEnv

    policy = ModelStore().resolve("gymnasium").policy

    def random(env: Any) -> float:
        rng = np.random.default_rng(0)
        env.reset()
        start = time.perf_counter()
        for _ in range(STEPS // ENVS):
            env.step(rng.integers(0, 4, ENVS))
        return STEPS / (time.perf_counter() - start)

    def rollout(remote: int) -> float:
        fleet = Fleet(LANDER, ENVS, remote)
        try:
            fleet.start(0)
            fleet.fly(policy, 8)  # a second process takes a second to come up
            start = time.perf_counter()
            fleet.fly(policy, STEPS // ENVS)
            return STEPS / (time.perf_counter() - start)
        finally:
            fleet.close()

    peer = make_vec_env(ENV_ID, n_envs=ENVS)
    quiet = make_vec_env(ENV_ID, n_envs=ENVS, env_kwargs={"render_mode": None})
    ours = RewardVecEnv(GYMNASIUM, 0.995, ENVS)
    with threadpool_limits(1):
        stepped = repeat(repeats, lambda: random(ours), lambda: random(peer), lambda: random(quiet), box2d_speed)
        flown = repeat(repeats, lambda: rollout(0), lambda: rollout(1))
    what = f"environment steps a second, random actions, {ENVS} landers, one core"
    return [
        Figure(what, stepped[0], "/s", "make_vec_env", stepped[1]),
        Figure(what, stepped[0], "/s", "make_vec_env without hidden rendering", stepped[2]),
        Figure(what, stepped[0], "/s", "b2World.Step alone, the floor", stepped[3]),
        Figure("steps a second of a rollout with sampled actions, two cores", flown[1], "/s", "one core", flown[0]),
    ]


def box2d_speed() -> float:
    """Steps a second if nothing but ``b2World.Step`` took time, in the same mix of flights."""
    import Box2D

    from playground.training.sb3_env import RewardVecEnv

    method = Box2D.b2World.__dict__["Step"]  # as it stands in the class: it binds to its world
    real, spent, calls = Box2D.b2World.Step, 0.0, 0

    def timed(world: Any, *arguments: Any) -> None:
        nonlocal spent, calls
        start = time.perf_counter()
        real(world, *arguments)
        spent += time.perf_counter() - start
        calls += 1

    env = RewardVecEnv(GYMNASIUM, 0.995, ENVS)
    rng = np.random.default_rng(0)
    Box2D.b2World.Step = timed
    try:
        env.reset()
        for _ in range(STEPS // ENVS):
            env.step(rng.integers(0, 4, ENVS))
    finally:
        Box2D.b2World.Step = method
        env.close()
    return calls / spent


def measure_learner(repeats: int) -> list[Figure]:
    """Microseconds of learning for each collected step: the default's update against SB3's own on the same rollout."""
    import torch
    from stable_baselines3.common.logger import Logger

    from playground.flight.fleet import Fleet
    from playground.training.learners.ppo_fast import first_policy, rollout_of, update
    from playground.training.learners.task import Task
    from playground.training.numpy_net import NumpyNetwork
    from playground.training.reward_scale import RewardScale
    from playground.training.sb3_io import fill_buffer, sb3_ppo
    from playground.training.spec import TrainSpec

    torch.set_num_threads(1)
    spec = TrainSpec(GYMNASIUM)
    fleet = Fleet(spec.world, spec.n_envs)
    task = Task(spec.reward, spec.gamma, spec.seed, fleet, lambda steps: 0.0, steps=spec.steps)
    policy = first_policy(task, spec)
    fleet.start(0)
    flown = fleet.fly(policy, spec.n_steps, spec.persistence)
    rollout = rollout_of(flown, policy, task, spec, RewardScale(spec.n_envs, spec.gamma))
    net, rng = NumpyNetwork(policy), np.random.default_rng(0)
    peer = sb3_ppo(spec)
    peer.set_logger(Logger(folder=None, output_formats=[]))
    fill_buffer(peer, rollout)

    def timed(train: Callable[[], None]) -> float:
        start = time.perf_counter()
        train()
        return (time.perf_counter() - start) / len(rollout.actions) * 1e6

    def learn() -> None:
        update(net, rollout, spec, spec.learning_rate, spec.ent_coef, rng)

    with threadpool_limits(1):
        ours, theirs = repeat(repeats, lambda: timed(learn), lambda: timed(peer.train))
    what = f"microseconds of learning per collected step, {spec.n_epochs} epochs, one core"
    return [Figure(what, ours, "µs", "PPO.train on the same rollout", theirs)]


def measure_evaluation(repeats: int) -> list[Figure]:
    """A hundred full episodes and their scorecard against SB3's ``evaluate_policy``."""
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.evaluation import evaluate_policy

    from playground.lab.models.store import ModelStore

    model = ModelStore().resolve("gymnasium")
    peer = PPO.load(io.BytesIO((model.folder / "model.zip").read_bytes()), device="cpu")  # a file that ships with us
    env = make_vec_env(ENV_ID, n_envs=16)

    def timed(run: Any) -> float:
        start = time.perf_counter()
        run()
        return time.perf_counter() - start

    with threadpool_limits(1):
        ours, theirs = repeat(
            repeats,
            lambda: timed(lambda: evaluate(model.spec.world, model.policy, model.spec.gamma)),
            lambda: timed(lambda: evaluate_policy(peer, env, n_eval_episodes=100)),
        )
    what = "seconds for 100 episodes of the shipped Gymnasium policy and their scorecard, one core"
    return [Figure(what, ours, "s", "evaluate_policy, 16 environments from make_vec_env", theirs)]


def measure_first_screen(repeats: int) -> list[Figure]:
    """Compute of the first screen: open the shipped model, fly one episode, break it down."""
    from playground.flight.rollout import run_episode
    from playground.insight.breakdown import break_down
    from playground.lab.models.store import ModelStore

    def once() -> float:
        start = time.perf_counter()
        model = ModelStore().resolve("gymnasium")
        break_down(run_episode(model.spec.world, model.policy, 1000), model.spec.reward, model.spec.gamma)
        return time.perf_counter() - start

    return [
        Figure("seconds to open the shipped model, fly one episode and break it down", repeat(repeats, once)[0], "s")
    ]
