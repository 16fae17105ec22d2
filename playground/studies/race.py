"""A race of algorithms: the same reward, the same seeds, the same budget, one after the other.

The queue is the ordinary one with one training at a time, so none runs beside another. A model that exists is not
trained again. What comes out is a line an algorithm, over its seeds.

Leaves out: pictures (the page draws them from the models' own curves).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from playground.lab.models.model import Model
from playground.reward.design import Design
from playground.training.algorithms import ALGORITHMS, Value
from playground.training.spec import MOST_STEPS, TrainSpec, changed_settings, for_algorithm
from playground.words.errors import InvalidInput
from playground.words.race import algorithm_name, race_rows

GOAL: Final = 0.9
"""Share of the validation episodes that land at the goal."""
NETWORKS: Final = ("actor", "critic", "reference", "reward model", "Q-network", "target network")
"""What counts as a network in a model's memory."""


@dataclass(frozen=True)
class Entrant:
    """One algorithm's trainings that are done."""

    name: str
    models: tuple[Model, ...]
    settings: tuple[tuple[str, Value], ...] = ()
    """Those that are not the algorithm's defaults."""

    def name_in(self, lang: str) -> str:
        """The algorithm's name, and what was changed in it."""
        changes = "".join(f", {name}={value}" for name, value in self.settings)
        return algorithm_name(self.name, ALGORITHMS[self.name].title, lang) + changes

    def numbers(self, name: str) -> list[float]:
        """One of the scorecard's numbers, a model each."""
        return [float(model.summary[name]) for model in self.models]

    @property
    def landings(self) -> list[float]:
        """Of 100 held-out episodes; in a world without landings, the successes."""
        return [round(100 * model.summary[model.spec.world.success_rate]) for model in self.models]

    @property
    def seconds_to_goal(self) -> list[float]:
        """Until the first evaluation of the curve with 9 of 10 landings, of the models that reached it."""
        return [row["seconds"] for model in self.models if (row := _first_at_goal(model)) is not None]

    @property
    def steps_to_goal(self) -> list[float]:
        """The same in steps."""
        return [row["steps"] for model in self.models if (row := _first_at_goal(model)) is not None]

    @property
    def memory(self) -> dict[str, int]:
        """Bytes that the first model held, by what for; see `memory_of`."""
        return memory_of(self.models[0]) if self.models else {}

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "algorithm": self.name,
            "settings": dict(self.settings),
            "seeds": [model.spec.seed for model in self.models],
            "keys": [model.key for model in self.models],
            "landings": self.landings,
            "native_return": self.numbers("native_return_mean"),
            "steps": [model.manifest["steps"] for model in self.models],
            "seconds": [model.manifest["seconds"] for model in self.models],
            "seconds_to_goal": self.seconds_to_goal,
            "steps_to_goal": self.steps_to_goal,
            "memory": self.memory,
        }


def memory_of(model: Model) -> dict[str, int]:
    """Bytes that a training held, summed up: ``networks``, ``optimizer``, ``batch``, ``process``; empty if unknown."""
    held: Mapping[str, Any] = model.manifest.get("memory", {})
    if not held:
        return {}
    networks = sum(int(held[name]) for name in NETWORKS if name in held)
    batch = sum(int(held[name]) for name in ("batch", "pairs") if name in held)
    rest = {name: int(held.get(name, 0)) for name in ("optimizer", "process")}
    return {"networks": networks, "batch": batch, **rest}


def _first_at_goal(model: Model) -> dict[str, float] | None:
    return next((row for row in model.curve if row[model.spec.world.success_rate] >= GOAL), None)


def plan_race(
    reward: Design,
    algorithms: Sequence[str],
    seeds: int,
    *,
    seconds: float = 0.0,
    steps: int = 0,
    gamma: float | None = None,
    start: str = "",
    variations: Sequence[Mapping[str, Value]] = (),
) -> list[TrainSpec]:
    """The trainings of a race, seed by seed, so that one that is cut short has all algorithms.

    Args:
        reward: what all of them learn.
        algorithms: keys of ``ALGORITHMS``.
        seeds: trainings of each.
        seconds: budget of each; 0 if it goes by steps.
        steps: budget of each; 0 if it goes by seconds.
        gamma: the discount of all; by default the usual one, or an algorithm's own.
        start: key of the model that those start from which need one.
        variations: settings of further entrants, one for each algorithm that has them all.

    Raises:
        InvalidInput: no budget, no seed, no algorithm, an unknown one, one that needs a model and has none, or a
            variation that fits nobody.
    """
    if not seconds and not steps:
        raise InvalidInput("no_budget")
    if not 1 <= seeds <= 100:
        raise InvalidInput("out_of_range", field="seeds", low=1, high=100, value=seeds)
    if not algorithms:
        raise InvalidInput("not_a_choice", field="algorithms", choices=", ".join(ALGORITHMS), value="")
    budget: dict[str, Any] = {"steps": steps or MOST_STEPS, "seconds": seconds}
    specs = []
    for name in dict.fromkeys(algorithms):
        needs = name in ALGORITHMS and ALGORITHMS[name].needs_start
        if needs and not start:
            raise InvalidInput("needs_start", algorithm=name)
        task = TrainSpec(reward, env=reward.env_id, init_from=start if needs else "", **budget)
        own = for_algorithm(task, name)
        spec = replace(own, steps=steps or (TrainSpec.steps if ALGORITHMS[name].in_spec else own.steps))
        spec = spec if gamma is None else replace(spec, gamma=gamma)
        fitting = [changed_settings(name, v) for v in variations if v.keys() <= ALGORITHMS[name].settings.keys()]
        specs += [spec, *(replace(spec, settings=settings) for settings in fitting)]
    for variation in variations:
        if not any(variation.keys() <= ALGORITHMS[name].settings.keys() for name in algorithms):
            known = [setting for name in dict.fromkeys(algorithms) for setting in ALGORITHMS[name].settings]
            choices = ", ".join(dict.fromkeys(known)) or "none"
            raise InvalidInput("not_a_choice", field="variation", choices=choices, value=", ".join(variation))
    specs = list({spec.key: spec for spec in specs}.values())  # a variation may be what is the default
    return [replace(spec, seed=seed) for seed in range(seeds) for spec in specs]


def entrants(specs: Sequence[TrainSpec], models: Mapping[str, Model]) -> list[Entrant]:
    """The finished trainings of a race by algorithm, in the order of the plan.

    Args:
        specs: the plan.
        models: by key.
    """
    kinds = dict.fromkeys((spec.algorithm, spec.settings) for spec in specs)
    return [
        Entrant(
            name,
            tuple(models[s.key] for s in specs if (s.algorithm, s.settings) == (name, own) and s.key in models),
            own,
        )
        for name, own in kinds
    ]


def race_table(field: Sequence[Entrant], lang: str) -> list[list[str]]:
    """The race as cells, its head first."""
    return race_rows([entrant.to_json() | {"title": entrant.name_in(lang)} for entrant in field], lang)
