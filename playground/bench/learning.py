"""How long a training takes to land, and how surely: this project's trainer and its peers, on the same yardstick.

Every training runs in a process of its own. Its clock stops while the hundred held-out episodes are flown, which
happens every few rollouts; the first time that 90 of them land ends the race.

Peers, each as its users run it: rl_zoo3's published settings for PPO on LunarLander with ``make_vec_env``, the same
without the smoke that ``make_vec_env`` makes LunarLander simulate, Stable-Baselines3's defaults, and SBX (PPO in JAX)
with rl_zoo3's settings. Source of the settings: rl-baselines3-zoo, hyperparams/ppo.yml, LunarLander.

Leaves out: anything that is not training.
"""

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import psutil

from playground.bench.figures import Figure, shown
from playground.bench.rewards import VALIDATION
from playground.flight.rollout import run_episodes
from playground.flight.scorecard import EVALUATION_SEEDS
from playground.reward.codec import dump_reward, parse_reward
from playground.training.spec import BUDGETS
from playground.worlds import DEFAULT_ID as ENV_ID
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER

GOAL: Final = 0.9
"""Share of the hundred held-out episodes that land."""
ZOO: Final[dict[str, Any]] = {
    "n_steps": 1024,
    "batch_size": 64,
    "gae_lambda": 0.98,
    "gamma": 0.999,
    "n_epochs": 4,
    "ent_coef": 0.01,
}
ZOO_ENVS: Final = 16
CHECK_EVERY: Final = 16_384
"""Least steps between two flights of the held-out episodes; peers' rollouts are as long."""
PEERS: Final = {
    "zoo": "rl_zoo3's settings, make_vec_env",
    "zoo_no_smoke": "rl_zoo3's settings, no hidden rendering",
    "sbx": "sbx-rl, rl_zoo3's settings, no hidden rendering",
    "sb3": "Stable-Baselines3's defaults, make_vec_env",
}


OTHER_PEERS: Final = {"zoo_no_smoke": 600.0, "sbx": 600.0, "sb3": 300.0}
"""Seconds after which their trainings are given up."""
ZOO_LIMIT: Final = 1200.0
PEER_SEEDS: Final = 1
"""One seed of each peer; each takes minutes."""


def landing_rate(pilot: Any) -> float:
    """Share of the held-out episodes that a pilot lands."""
    flown = run_episodes(LANDER, pilot, EVALUATION_SEEDS)
    return sum(trajectory.succeeded for trajectory in flown) / len(flown)


class _Race:
    """A clock that stands still while the held-out episodes are flown."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.start = time.perf_counter()
        self.paused = 0.0
        self.result: dict[str, Any] = {"seconds": None, "steps": None, "best": 0.0}
        self.next_check = CHECK_EVERY

    @property
    def seconds(self) -> float:
        """Spent training so far."""
        return time.perf_counter() - self.start - self.paused

    def go_on(self, steps: int, pilot: Callable[[], Any]) -> bool:
        """Whether the training should continue; looks at the policy when it is time to."""
        if steps >= self.next_check:
            self.next_check = steps + CHECK_EVERY
            seconds, before = self.seconds, time.perf_counter()
            rate = landing_rate(pilot())
            self.paused += time.perf_counter() - before
            self.result["best"] = max(self.result["best"], rate)
            if rate >= GOAL:
                self.result |= {"seconds": seconds, "steps": steps}
                return False
        return self.seconds < self.limit


def race_ours(
    seed: int,
    limit: float,
    reward: RewardConfig = GYMNASIUM,
    changes: dict[str, Any] | None = None,
    whole: bool = False,
) -> dict[str, Any]:
    """This project's training on a reward.

    Args:
        seed: of the training.
        limit: seconds after which it is given up.
        reward: what it learns.
        changes: settings other than the default.
        whole: go on after the goal, to the end of the budget, and report the final policy as well.

    Returns:
        ``seconds`` and ``steps`` to the goal or None, ``best`` rate seen, and ``final`` if it went to the end.
    """
    from playground.training.result import Progress, Stopped
    from playground.training.spec import TrainSpec
    from playground.training.train import train

    race = _Race(limit)
    stop = False

    def look(progress: Progress) -> None:
        nonlocal stop
        if progress.policy is not None and (race.result["seconds"] is None or not whole):
            stop = not race.go_on(progress.steps, lambda: progress.policy) and not whole

    try:
        made = train(TrainSpec(reward, seed=seed, **(changes or {})), look, should_stop=lambda: stop)
    except Stopped:
        return race.result
    summary = made.scorecard.summary
    if race.result["seconds"] is None and summary["landing_rate"] >= GOAL:  # it got there after the last look
        race.result |= {"seconds": race.seconds, "steps": made.steps, "best": summary["landing_rate"]}
    return race.result | {
        "final": summary["landing_rate"],
        "native_return": summary["native_return_mean"],
        "total_seconds": race.seconds,
    }


def race_peer(peer: str, seed: int, limit: float) -> dict[str, Any]:
    """A peer's training on Gymnasium's reward.

    Args:
        peer: a key of `PEERS`.
        seed: of the training.
        limit: seconds after which it is given up.

    Raises:
        ImportError: the peer is not installed.
    """
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.env_util import make_vec_env

    learner: Any = importlib.import_module("sbx" if peer == "sbx" else "stable_baselines3").PPO
    race = _Race(limit)
    quiet = None if peer in ("zoo", "sb3") else {"render_mode": None}
    env = make_vec_env(ENV_ID, n_envs=1 if peer == "sb3" else ZOO_ENVS, seed=seed, env_kwargs=quiet)
    settings = {} if peer == "sb3" else ZOO
    model: Any = learner("MlpPolicy", env, seed=seed, device="auto" if peer == "sbx" else "cpu", **settings)

    class Pilot:
        def act(self, observations: Any) -> Any:
            return model.predict(observations, deterministic=True)[0]

    class Watch(BaseCallback):
        going = True

        def _on_rollout_start(self) -> None:
            self.going = race.go_on(self.num_timesteps, Pilot)

        def _on_step(self) -> bool:
            return self.going

    model.learn(10_000_000, callback=Watch())
    return race.result


def measure_landing(full: bool) -> list[Figure]:
    """Seconds and steps to 90 of 100 held-out landings on Gymnasium's reward, and what each budget ends with.

    In short: one training until it lands.
    """
    if not full:
        run = in_own_process("race_ours", 0, 120.0, None, dict(BUDGETS["quick"]), True)
        return [*_against("", [], [run]), *_budget("quick", [run])]
    ours = _races(5)
    theirs = [in_own_process("race_peer", "zoo", seed, ZOO_LIMIT) for seed in range(PEER_SEEDS)]
    figures = _against("zoo", theirs, ours)
    for name, seeds in {"quick": 5, "standard": 5, "best": 1}.items():
        changes = dict(BUDGETS[name])
        runs = [in_own_process("race_ours", seed, 600.0, None, changes, True) for seed in range(seeds)]
        figures += _budget(name, runs)
    return figures


def _budget(name: str, runs: list[dict[str, Any]]) -> list[Figure]:
    """How long whole trainings took, what they ended with, and their memory."""
    landings, returns = [100 * run["final"] for run in runs], [run["native_return"] for run in runs]
    note = f"then {shown(landings, '')} of 100 land, Gymnasium return {shown(returns, '')}"
    times, memory = [run["total_seconds"] for run in runs], [run["peak_mib"] for run in runs]
    return [
        Figure(f'training with the budget "{name}"', times, note=note, details={"runs": runs}),
        Figure(f'most memory of both its processes, budget "{name}"', memory, "MiB"),
    ]


def measure_peers() -> list[Figure]:
    """The same race against the other peers."""
    ours, figures = _races(5), []
    for peer, limit in OTHER_PEERS.items():
        try:
            theirs = [in_own_process("race_peer", peer, seed, limit) for seed in range(PEER_SEEDS)]
        except RuntimeError as error:
            figures.append(Figure(PEERS[peer], (), note=f"left out: {error}"))
            continue
        figures += _against(peer, theirs, ours)
    return figures


def _races(seeds: int) -> list[dict[str, Any]]:
    return [in_own_process("race_ours", seed, 120.0) for seed in range(seeds)]


def _against(peer: str, theirs: list[dict[str, Any]], ours: list[dict[str, Any]]) -> list[Figure]:
    """Our races beside a peer's, in seconds and in steps."""
    figures = []
    for unit, what in (("seconds", "s"), ("steps", "")):
        reached = [run[unit] for run in ours if run[unit] is not None]
        peers = [run[unit] for run in theirs if run[unit] is not None]
        missed = len(ours) - len(reached)
        notes = [f"{missed} of {len(ours)} seeds missed it"] if missed else []
        if len(theirs) > len(peers):
            best = max(run["best"] for run in theirs)
            notes.append(f"{len(theirs) - len(peers)} of {len(theirs)} of the peer's seeds missed it, best {best:.0%}")
        figures.append(
            Figure(
                f"{unit} to 90 of 100 held-out landings, training alone",
                reached,
                what,
                PEERS.get(peer, ""),
                peers,
                "; ".join(notes),
                {"ours": ours, "peers": theirs},
            )
        )
    return figures


def measure_rewards(seeds: int = 5, whole: int = 2) -> list[Figure]:
    """The default budget on every reward of `VALIDATION`: time to land, final landings, agreement of seeds.

    Args:
        seeds: trainings of each reward.
        whole: so many of them go on to the end of the budget; the others end once they land.
    """
    figures, rates = [], []
    for name, reward in VALIDATION.items():
        runs = [
            in_own_process("race_ours", seed, 300.0, dump_reward(reward), None, seed < whole) for seed in range(seeds)
        ]
        reached = [run["seconds"] for run in runs if run["seconds"] is not None]
        finals = [round(100 * run["final"]) for run in runs if "final" in run]
        rates.append([run["final"] for run in runs if "final" in run])
        figures.append(
            Figure(
                f"seconds to 90 of 100 landings: {name}",
                reached,
                note=f"{len(reached)} of {seeds} seeds; at the end of the budget {', '.join(map(str, finals))} land",
                details={"runs": runs, "reward": json.loads(dump_reward(reward))},
            )
        )
        print(figures[-1].to_markdown(), file=sys.stderr, flush=True)  # the whole takes the better part of an hour
    times = [seconds for figure in figures for seconds in figure.ours]
    trainings = seeds * len(VALIDATION)
    figures.append(
        Figure(
            f"all {len(VALIDATION)} rewards: seconds to 90 of 100 landings",
            times,
            note=f"{len(times)} of {trainings} trainings; agreement of seeds: {agreement(rates)}",
        )
    )
    return figures


def agreement(rates: list[list[float]]) -> str:
    """How well one seed's landing rate tells whether another seed lands: the AUC over all ordered pairs of seeds.

    Args:
        rates: final landing rates, one list a reward.

    >>> agreement([[1.0, 0.95], [0.0, 0.1]])
    'AUC 1.00'
    >>> agreement([[1.0, 0.95]])
    'all land'
    """
    pairs = [(a, b >= GOAL) for seeds in rates for i, a in enumerate(seeds) for j, b in enumerate(seeds) if i != j]
    lands, fails = [a for a, good in pairs if good], [a for a, good in pairs if not good]
    if not fails or not lands:
        return "all land" if lands else "none land"
    wins = sum((a > b) + 0.5 * (a == b) for a in lands for b in fails)
    return f"AUC {wins / len(lands) / len(fails):.2f}"


def in_own_process(function: str, *arguments: Any) -> dict[str, Any]:
    """What a function of this module returns, run in a fresh process, and the memory that took.

    Raises:
        RuntimeError: it failed; the message is its last line of error.
    """
    start = time.perf_counter()
    command = [sys.executable, "-m", __name__, function, json.dumps(arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    peak, watched = 0, psutil.Process(process.pid)
    while process.poll() is None:
        try:
            family = [watched, *watched.children(recursive=True)]
            peak = max(peak, sum(p.memory_info().rss for p in family))
        except psutil.Error:
            pass
        time.sleep(0.2)
    out, error = process.communicate()
    if process.returncode:
        raise RuntimeError((error.strip().splitlines() or ["it ended without a word"])[-1])
    result: dict[str, Any] = json.loads(out)
    return result | {"wall_seconds": time.perf_counter() - start, "peak_mib": peak / 2**20}


def _main() -> None:
    function, arguments = sys.argv[1], json.loads(sys.argv[2])
    if function == "race_ours" and len(arguments) > 2:
        arguments[2] = GYMNASIUM if arguments[2] is None else parse_reward(arguments[2], RewardConfig)
    race: Any = {"race_ours": race_ours, "race_peer": race_peer}[function]
    print(json.dumps(race(*arguments)))


if __name__ == "__main__":
    _main()
