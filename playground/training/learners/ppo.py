"""PPO by hand: many updates from one rollout, held back where the policy has moved far enough.

The parts are those of the article's agent and keep their names: `Memory`, `ActorCriticDiscrete`, `PPOAgent` with
``act``, ``step`` and ``update``, and its two curves (``avg_total_reward``, ``avg_final_reward``). What the article's
version gets wrong or leaves out is a setting each where it can be one, so that it can be turned back on and watched.
The algorithm ``ppo-article`` turns all of these back on. ``RECORD.md`` beside this file has the tables; landings here
are of 100, of three seeds at 294,912 steps, where none turned on gives 94, 100, 100 and all together 86, 71, 76.

- ``bootstrap``: the article takes what comes after the end of its batch of 1,200 steps for zero, also in mid-flight:
  97, 99, 96 for less return (median 230, not 272).
- ``mark_timeouts``: its loop leaves an episode after 1,000 steps without telling the memory, so that the returns of
  the next episode leak into the last steps of this one: 98, 99, 47.
- ``gae_lambda``: it uses whole returns (1.0), whose noise is that of everything that followed: 93, 100, 100.
- ``normalize``: it brings the returns to mean 0 and deviation 1, batch by batch, so the critic chases a target that
  moves with the batch; PPO as published normalises the advantages. Alone, so with a bootstrap in the other unit, it
  does no harm: 100, 100, 100.
- ``learning_rate``, ``anneal``: 2e-3 throughout. Alone it does no harm: 100, 100, 97.
- ``n_envs``, ``update_timestep``, ``batch_size``, ``k_epochs``: one lander's 1,200 steps as one full batch, four times.
  This is what costs most: 36, 15, 59.
- ``scale_rewards``, ``max_grad_norm``: it has neither, so a design's scale becomes the learner's: 92, 95, 98.
- ``shared_network``: its actor and critic are two networks. One with two heads is the other common choice:
  99, 100, 100.
- Not a setting: the small orthogonal weights at the start and Adam's epsilon, which are the common ones here and
  PyTorch's defaults there; time-outs in the two curves, which its loop leaves out; and ``n_latent_var``, which it takes
  and does not use.
- ``self.timstamp = 0`` in its ``step`` is a slip of the pen that does nothing: nobody reads that attribute.

Leaves out: continuous actions, value clipping, a target for the KL divergence.

Source: Schulman et al. 2017, Proximal policy optimization algorithms; for the estimate of the advantage Schulman et al.
2016, High-dimensional continuous control using generalized advantage estimation.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.distributions import Categorical

from playground.flight.policy import Policy
from playground.flight.world import World
from playground.training.learners.task import Count, Metrics, Task, Update, check_range
from playground.training.nets import clip_gradient, mlp, networks_of, size_of, to_policy, to_tensor
from playground.training.reward_scale import RewardScale
from playground.training.sb3_env import RewardVecEnv
from playground.words.errors import InvalidInput

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Settings:
    """What can be set. The article's names where it has one."""

    n_envs: int = 32
    """Environments that fly side by side."""
    update_timestep: int = 4096
    """Steps of all environments together between two updates."""
    k_epochs: int = 10
    """Passes over those steps in one update."""
    batch_size: int = 512
    """Steps in one gradient."""
    learning_rate: float = 1.5e-3
    """Adam's step."""
    anneal: bool = True
    """The learning rate falls to zero over the training."""
    eps_clip: float = 0.2
    """How far the ratio of new to old probability may leave 1 and still gain anything."""
    gae_lambda: float = 0.98
    """How far what was really paid is looked at before the critic's guess takes over; 1 waits for the end."""
    ent_coef: float = 0.005
    """Weight of the entropy, which keeps the policy from settling too soon."""
    ent_until: float = 0.5
    """Share of the training after which that weight has fallen to zero; with 0 it never falls."""
    vf_coef: float = 0.5
    """Weight of the critic's squared error."""
    max_grad_norm: float = 2.0
    """Longer gradients are shortened to this; 0 leaves them."""
    bootstrap: bool = True
    """Where the memory or the time limit cuts an episode off, the critic's guess stands for the rest."""
    mark_timeouts: bool = True
    """The memory is told that an episode ended at the time limit."""
    normalize: str = "advantages"
    """What is brought to mean 0 and deviation 1: ``advantages``, the ``returns``, or ``nothing``."""
    scale_rewards: bool = True
    """Rewards are divided by the running deviation of the return."""
    shared_network: bool = False
    """Actor and critic share their hidden layers."""
    hidden: tuple[int, ...] = (128, 64)
    """Widths of the hidden layers."""

    def __post_init__(self) -> None:
        check_range(self, 1, 10_000, "n_envs", "k_epochs")
        check_range(self, 2 * self.n_envs, 10**6, "update_timestep")
        check_range(self, 2, 10**6, "batch_size")  # one advantage has no deviation
        check_range(self, 0, 1, "learning_rate", "eps_clip", "gae_lambda", "ent_coef", "ent_until")
        check_range(self, 0, 10, "vf_coef")
        check_range(self, 0, 100, "max_grad_norm")
        if self.normalize not in ("advantages", "returns", "nothing"):
            raise InvalidInput(
                "not_a_choice", field="normalize", choices="advantages, returns, nothing", value=self.normalize
            )


def gae(
    rewards: Floats, values: Floats, dones: Bools, last_values: Floats, gamma: float, gae_lambda: float
) -> tuple[Floats, Floats]:
    """Generalised advantage estimates, and the returns that the critic learns.

    δ_t = r_t + γ·V(s_{t+1}) − V(s_t), and A_t = δ_t + γλ·A_{t+1}, both cut where an episode ends.

    Args:
        rewards: ``(T, n)``; where the time limit cut an episode off, γ·V of its last state is already in them.
        values: ``(T, n)``: V(s_t).
        dones: ``(T, n)``: the episode ended with this step.
        last_values: ``(n,)``: V of the state after the last step.
        gamma: the discount.
        gae_lambda: λ.

    Returns:
        Advantages and advantages + values, ``(T, n)`` each.

    >>> rewards, values = np.float32([[1.0], [2.0]]), np.float32([[3.0], [4.0]])
    >>> advantages, _ = gae(rewards, values, np.array([[False], [False]]), np.float32([8.0]), 0.5, 0.5)
    >>> advantages[:, 0].tolist()  # δ = 1 + 2 − 3 = 0 and 2 + 4 − 4 = 2
    [0.5, 2.0]
    """
    advantages = np.empty_like(rewards)
    running = np.zeros_like(last_values)
    after = last_values
    for t in reversed(range(len(rewards))):
        goes_on = np.float32(1) - dones[t]
        delta = rewards[t] + np.float32(gamma) * goes_on * after - values[t]
        running = delta + np.float32(gamma * gae_lambda) * goes_on * running
        advantages[t] = running
        after = values[t]
    return advantages, advantages + values


def clipped_loss(ratio: Tensor, advantage: Tensor, eps_clip: float) -> Tensor:
    """−min(ρ·A, clip(ρ, 1−ε, 1+ε)·A) of each step: eq. 7 of Schulman et al. 2017, to be made small.

    >>> clipped_loss(torch.tensor([1.5, 1.5]), torch.tensor([1.0, -1.0]), 0.2).tolist()
    [-1.2000000476837158, 1.5]
    """
    return -torch.min(ratio * advantage, torch.clamp(ratio, 1 - eps_clip, 1 + eps_clip) * advantage)


def normalized(values: Floats) -> Floats:
    """Brought to mean 0 and deviation 1; all alike, they become 0.

    >>> [f"{value:.3f}" for value in normalized(np.float32([1, 3]))]
    ['-0.707', '0.707']
    """
    result: Floats = (values - values.mean()) / (values.std(ddof=1) + np.float32(1e-5))
    return result


class Memory:
    """What was flown since the last update: a list of rows, one number or observation an environment in each."""

    def __init__(self) -> None:
        self.states: list[Floats] = []
        self.actions: list[npt.NDArray[np.int64]] = []
        self.logprobs: list[Floats] = []
        self.values: list[Floats] = []
        self.rewards: list[npt.NDArray[Any]] = []
        self.is_terminals: list[Bools] = []

    def clear_memory(self) -> None:
        """Forget all of it."""
        for rows in vars(self).values():
            rows.clear()

    def __len__(self) -> int:
        return len(self.rewards)


class ActorCriticDiscrete(nn.Module):
    """The odds of each action, and a guess of what is still to come.

    Args:
        world: where it acts.
        settings: for the layers.
        initial: networks to start from.
    """

    def __init__(self, world: World, settings: Settings, initial: Policy | None) -> None:
        super().__init__()
        self.action_layer, self.value_layer = networks_of(world, settings.hidden, initial)
        if settings.shared_network:  # the same hidden modules, two heads
            trunk = list(self.action_layer)[:-1]
            widths = [part.out_features for part in trunk if isinstance(part, nn.Linear)]
            head = mlp(world.observation_size, widths, 1)[-1]
            self.value_layer = nn.Sequential(*trunk, head)

    def act(self, states: Floats, memory: Memory) -> npt.NDArray[np.int64]:
        """Actions ``(n,)`` drawn for states ``(n, size)``, remembered with their log probabilities."""
        with torch.no_grad():
            policy = Categorical(logits=self.action_layer(to_tensor(states)))
            actions = policy.sample()
            memory.states.append(states)
            memory.actions.append(actions.numpy())
            memory.logprobs.append(policy.log_prob(actions).numpy())
            memory.values.append(self.guess(states))
        return np.asarray(actions.numpy())

    def evaluate(self, states: Tensor, actions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log probabilities of actions, the critic's guesses, and the entropy, ``(n,)`` each."""
        policy = Categorical(logits=self.action_layer(states))
        return policy.log_prob(actions), self.value_layer(states)[:, 0], policy.entropy()

    def guess(self, states: Floats) -> Floats:
        """The critic's guesses ``(n,)`` for numpy."""
        with torch.no_grad():
            return np.asarray(self.value_layer(to_tensor(states))[:, 0].numpy())


class PPOAgent:
    """Acts with the old policy, remembers, and updates when there is enough to learn from.

    Args:
        task: what to learn.
        settings: how.
    """

    def __init__(self, task: Task, settings: Settings) -> None:
        self.settings, self.gamma = settings, task.gamma
        self.memory = Memory()
        # the article's second network, ``policy_old``, is this one between two updates: their weights are the same
        self.policy = ActorCriticDiscrete(task.world, settings, task.initial)
        self.optimizer = torch.optim.Adam(self.policy.parameters(), lr=settings.learning_rate, eps=1e-5)
        self.scale = RewardScale(settings.n_envs, task.gamma)

    def act(self, states: Floats) -> npt.NDArray[np.int64]:
        """Actions ``(n,)`` drawn for states ``(n, size)``."""
        return self.policy.act(states, self.memory)

    def step(self, rewards: Floats, dones: Bools, timeouts: dict[int, Floats]) -> bool:
        """Remember what the actions led to; whether there is enough for an update.

        Args:
            rewards: ``(n,)``
            dones: ``(n,)``: the episode ended, by itself or by the time limit.
            timeouts: the last state ``(size,)`` of each environment whose episode the time limit ended.
        """
        settings = self.settings
        if settings.scale_rewards:
            rewards = self.scale.divide(rewards[None], dones[None])[0]
        rewards, terminals = rewards.astype(np.float32), dones.copy()
        for index, state in timeouts.items():
            if not settings.mark_timeouts:
                terminals[index] = False
            elif settings.bootstrap:
                rewards[index] += self.gamma * self.policy.guess(state[None])[0]
        self.memory.rewards.append(rewards)
        self.memory.is_terminals.append(terminals)
        return len(self.memory) * settings.n_envs >= settings.update_timestep

    def update(
        self,
        next_states: Floats,
        left: float,
        rng: np.random.Generator,
        tick: Callable[[int], None] = lambda flown: None,
    ) -> Update:
        """Learn from the memory and forget it.

        Args:
            next_states: ``(n, size)``: where the environments are now.
            left: how much of the training is still to come, 1 to 0.
            rng: shuffles the steps.
            tick: called between two minibatches.
        """
        settings, memory = self.settings, self.memory
        self.optimizer.param_groups[0]["lr"] = settings.learning_rate * (left if settings.anneal else 1.0)
        fades = 1 - (1 - left) / settings.ent_until if settings.ent_until else 1.0
        ent_coef = settings.ent_coef * max(0.0, fades)

        # what every action was worth
        last_values = self.policy.guess(next_states) * np.float32(settings.bootstrap)
        advantages, returns = gae(
            np.stack(memory.rewards),
            np.stack(memory.values),
            np.stack(memory.is_terminals),
            last_values,
            self.gamma,
            settings.gae_lambda,
        )
        if settings.normalize == "returns":  # the article: the critic learns the normalised return, too
            returns = normalized(returns)
            advantages = returns - np.stack(memory.values)
        b_states = to_tensor(np.stack(memory.states)).flatten(0, 1)
        b_actions = torch.as_tensor(np.stack(memory.actions)).flatten()
        b_logprobs = to_tensor(np.stack(memory.logprobs)).flatten()
        b_advantages, b_returns = to_tensor(advantages).flatten(), to_tensor(returns).flatten()
        memory.clear_memory()

        # several passes over it, in shuffled minibatches
        norm = 0.0
        for _ in range(settings.k_epochs):
            order = torch.as_tensor(rng.permutation(len(b_actions)))
            for start in range(0, len(order) - 1, settings.batch_size):
                tick(settings.update_timestep)
                mb = order[start : start + settings.batch_size]
                logprobs, values, entropy = self.policy.evaluate(b_states[mb], b_actions[mb])
                mb_advantages = b_advantages[mb]
                if settings.normalize == "advantages":
                    mb_advantages = to_tensor(normalized(mb_advantages.numpy()))
                elif settings.normalize == "returns":
                    mb_advantages = b_returns[mb] - values.detach()
                pg_loss = clipped_loss(torch.exp(logprobs - b_logprobs[mb]), mb_advantages, settings.eps_clip).mean()
                v_loss = (values - b_returns[mb]).square().mean()
                loss = pg_loss + settings.vf_coef * v_loss - ent_coef * entropy.mean()
                self.optimizer.zero_grad()
                loss.backward()
                norm = clip_gradient(self.policy.parameters(), settings.max_grad_norm or math.inf)
                self.optimizer.step()

        # what it did
        with torch.no_grad():
            logprobs, values, entropy = self.policy.evaluate(b_states, b_actions)
            log_ratio = logprobs - b_logprobs
            ratio = log_ratio.exp()
        metrics = {
            "policy_gradient_loss": float(clipped_loss(ratio, b_advantages, settings.eps_clip).mean()),
            "value_loss": float((values - b_returns).square().mean()),
            "entropy_loss": -float(entropy.mean()),
            "approx_kl": float((ratio - 1 - log_ratio).mean()),
            "clip_fraction": float(((ratio - 1).abs() > settings.eps_clip).float().mean()),
            "gradient_norm": norm,
            "clip_low": 1 - settings.eps_clip,
            "clip_high": 1 + settings.eps_clip,
        }
        holds = {
            "actor": size_of(self.policy.action_layer),
            "critic": size_of(self.policy) - size_of(self.policy.action_layer),
            "optimizer": size_of(self.optimizer),
            "batch": size_of(b_states, b_actions, b_logprobs, b_advantages, b_returns),
        }
        policy = to_policy(self.policy.action_layer, self.policy.value_layer)
        return Update(0, 0, policy, metrics, {"ratio": ratio.numpy(), "advantage": b_advantages.numpy()}, holds)


def learn(task: Task, settings: Settings) -> Iterator[Update]:
    """Train for ever; one `Update` for every ``update_timestep`` steps."""
    agent = PPOAgent(task, settings)
    rng = np.random.default_rng(task.seed)
    env = RewardVecEnv(task.reward, task.gamma, settings.n_envs)
    env.start(task.seed)
    count, flown = Count(episodes=settings.n_envs), 0
    running_totals = np.zeros(settings.n_envs)
    held = {"policy": agent.policy, "optimizer": agent.optimizer, "scale": agent.scale}
    task.keep(**held, env=env, rng=rng, count=count, running_totals=running_totals)
    states: Any = env.group.observations.copy()
    total_rewards: list[float] = []
    final_rewards: list[float] = []
    try:
        while True:
            states, rewards, dones, infos = env.step(agent.act(states))
            count.steps += settings.n_envs
            count.episodes += int(dones.sum())
            running_totals += rewards
            total_rewards += running_totals[dones].tolist()
            final_rewards += rewards[dones].tolist()
            running_totals[dones] = 0
            timeouts = {
                index: info["terminal_observation"]
                for index, info in enumerate(infos)
                if info.get("TimeLimit.truncated")
            }
            flown += settings.n_envs
            task.tick(flown)
            if agent.step(rewards, dones, timeouts):
                update = agent.update(states, task.left(count.steps, flown), rng, task.tick)
                curves = {"avg_total_reward": total_rewards, "avg_final_reward": final_rewards}
                shown = {name: float(np.mean(values)) if values else np.nan for name, values in curves.items()}
                total_rewards.clear()
                final_rewards.clear()
                flown = 0
                metrics = {**cast(Metrics, update.metrics), **shown}
                yield replace(update, steps=count.steps, episodes=count.episodes, metrics=metrics)
    finally:
        env.close()
