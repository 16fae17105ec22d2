"""Measurements of the playground on this machine: ``playground bench``.

Speeds stand beside a named peer in the same run, as a ratio, because seconds alone say more about the machine.
A measurement that lacks its tool (a browser, a peer) says so and is left out. Nothing else should run meanwhile.

Reading order: ``figures`` → ``simulation`` → ``learning`` (on the rewards of ``rewards``) → ``app`` → ``player`` →
``checking`` → ``own_terms`` → ``growth`` → ``studies``.
"""

import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

import psutil

from playground.bench import app, checking, growth, learning, own_terms, player, simulation, studies
from playground.bench.app import running_app
from playground.bench.figures import Figure

__all__ = ["PARTS", "Figure", "run_bench", "running_app", "to_markdown"]

Say = Callable[[str], None]
Results = dict[str, Any]
LIBRARIES: Final = ("gymnasium", "box2d", "stable-baselines3", "torch", "numpy", "streamlit")

PARTS: Final[dict[str, Callable[[bool], list[Figure]]]] = {
    "steps": lambda full: simulation.measure_steps(5 if full else 1),
    "learner": lambda full: simulation.measure_learner(5 if full else 1),
    "evaluation": lambda full: simulation.measure_evaluation(3 if full else 1),
    "first-screen": lambda full: simulation.measure_first_screen(10 if full else 3),
    "app": lambda full: app.measure_app(3, 40, 10) if full else app.measure_app(1, 5, 1),
    "player": lambda full: player.measure_player(5 if full else 1),
    "checking": lambda full: checking.measure_checking(40 if full else 10),
    "own-terms": lambda full: own_terms.measure_own_terms(5 if full else 2, 400_000 if full else 100_000),
    "studies": lambda full: studies.measure_studies(5 if full else 1),
    "landing": learning.measure_landing,
    "peers": lambda full: learning.measure_peers() if full else [],
    "growth": lambda full: growth.measure_growth() if full else [],
    "rewards": lambda full: learning.measure_rewards() if full else [],
}
"""What can be measured, by name; each is told whether to measure in full."""


def run_bench(full: bool, say: Say, only: str | None = None) -> Results:
    """Measure everything, or one part.

    Args:
        full: with the peers' trainings, growth and many rewards, and more repeats: hours, not seconds.
        say: told what is being measured.
        only: a key of `PARTS`.

    Returns:
        ``machine``, and ``figures`` by part, ready for JSON.
    """
    figures: dict[str, list[Figure]] = {}
    start = time.perf_counter()
    for name, measure in PARTS.items():
        if only in (None, name):
            say(f"measuring: {name}")
            figures[name] = measure(full)
    machine = {
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": psutil.cpu_count(),
        "when": datetime.now(UTC).isoformat(timespec="minutes"),
        "seconds": round(time.perf_counter() - start),
        "versions": {name: version(name) for name in LIBRARIES},
    }
    return {"machine": machine, "figures": {name: [f.to_json() for f in part] for name, part in figures.items()}}


def to_markdown(results: Results) -> str:
    """The results as a Markdown table."""
    lines = ["| measured | here | peer | ratio |", "| --- | --- | --- | --- |"]
    for part in results["figures"].values():
        for value in part:
            given = {name: value[name] for name in ("what", "ours", "unit", "peer", "peers", "note")}
            lines.append(Figure(**given).to_markdown())
    machine = results["machine"]
    told = f"{machine['cores']} cores, Python {machine['python']}; median (lowest to highest)."
    return "\n".join([*lines, "", told])
