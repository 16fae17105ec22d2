"""An overfit test, ready to be drawn or printed: a table of landing rates, and what it means.

Leaves out: drawing, training and flying (``studies.robustness``), the statistics (``insight.success_rates``), and the
sentences (``words.robustness``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from playground.flight.world import DEFAULT
from playground.insight.success_rates import (
    Change,
    Duel,
    Flown,
    Landing,
    Robustness,
    SeedSpread,
    duels,
    judge,
)
from playground.studies.robustness import Design, Failure, Flights, Variant
from playground.words import robustness as words
from playground.words.errors import InvalidInput
from playground.words.say import say
from playground.worlds.lunar_lander.conditions import CONDITIONS


@dataclass(frozen=True, eq=False)
class OverfitTest:
    """All that is said about some designs, in one language."""

    designs: Mapping[str, Robustness]
    """By name."""
    plans: Mapping[str, Sequence[Variant]]
    failed: Sequence[Failure]
    duels: Sequence[Duel]
    lang: str

    def say(self, key: str, /, **values: object) -> str:
        """A text in the test's language."""
        return say(key, self.lang, **values)

    @property
    def caption(self) -> str:
        """What the cells of the table are."""
        return self.say("robustness.cells")

    def rows(self, name: str) -> list[list[str]]:
        """A design's table as cells: a head, a row for each variant, and one for all seeds after the seeds."""
        tested = self.designs[name]
        conditions = [words.condition_name(name, self.lang) for name in tested.over_seeds]
        rows = [[self.say("robustness.trained_with"), *conditions]]
        seeds = sum(setting == "seed" for setting, _, _ in tested.rows)
        for setting, value, cells in tested.rows:
            rows.append([words.row_name(setting, value, self.lang), *map(_cell, cells.values())])
        if seeds > 1:
            total = [self.say("robustness.row.all", count=seeds), *map(_cell, tested.over_seeds.values())]
            rows.insert(1 + seeds, total)
        return rows

    def sentences(self, name: str) -> list[str]:
        """What a design's table says: its seeds, then each condition, then other settings, then what is missing."""
        tested = self.designs[name]
        default = tested.over_seeds[DEFAULT]
        lines = [words.seeds_sentence(default, tested.seeds_differ, self.lang)]
        effects = {c: effect for c, effect in tested.effects.items() if effect.verdict != "nothing"}
        for condition, effect in effects.items():
            now = tested.over_seeds[condition].mean
            lines.append(words.effect_sentence(condition, effect.verdict, default.mean, now, effect.gap, self.lang))
        if idle := [condition for condition in tested.effects if condition not in effects]:
            lines.append(words.no_effect_sentence(idle, default.mean, self.lang))
        lines += [
            self._change(tested, change)
            for change in tested.changes
            if change.condition == DEFAULT or change.verdict != "within"
        ]
        keys = {variant.key for variant in self.plans[name]}
        return lines + [self._failure(failure) for failure in self.failed if failure.variant.key in keys]

    def duel_sentences(self) -> list[str]:
        """Who lands more by default, and where that changes."""
        return [line for duel in self.duels for line in words.duel_sentences(duel, DEFAULT, self.lang)]

    def to_json(self) -> dict[str, Any]:
        """Plain values for programs."""
        return {
            "conditions": {
                name: asdict(CONDITIONS[name]) for tested in self.designs.values() for name in tested.over_seeds
            },
            "designs": [
                {
                    "name": name,
                    "variants": [
                        {
                            "setting": setting,
                            "value": value,
                            "landing": {condition: asdict(landing) for condition, landing in cells.items()},
                        }
                        for setting, value, cells in tested.rows
                    ],
                    "over_seeds": {condition: asdict(spread) for condition, spread in tested.over_seeds.items()},
                    "seeds_differ": tested.seeds_differ,
                    "effects": {condition: asdict(effect) for condition, effect in tested.effects.items()},
                    "changes": [asdict(change) for change in tested.changes],
                    "sentences": self.sentences(name),
                }
                for name, tested in self.designs.items()
            ],
            "duels": [
                {
                    "first": duel.first,
                    "second": duel.second,
                    "leads": {condition: asdict(lead) for condition, lead in duel.leads.items()},
                    "parted": duel.parted,
                    "flips": [{"condition": name, "certain": certain} for name, certain in duel.flips.items()],
                }
                for duel in self.duels
            ],
            "failed": [
                {
                    "key": failure.variant.key,
                    "setting": failure.variant.setting,
                    "value": failure.variant.value,
                    "state": failure.state,
                    "message": failure.message,
                }
                for failure in self.failed
            ],
        }

    def _change(self, tested: Robustness, change: Change) -> str:
        alone = tested.over_seeds[DEFAULT].seeds == 1
        return words.change_sentence(
            words.row_name(change.setting, change.value, self.lang),
            change.condition,
            "alone" if alone else change.verdict,
            change.landing.rate,
            change.landing,
            change.gap,
            tested.rows[0][1],
            self.lang,
        )

    def _failure(self, failure: Failure) -> str:
        row = words.row_name(failure.variant.setting, failure.variant.value, self.lang)
        return words.failure_sentence(row, failure.state, failure.message, self.lang)


def overfit_test(
    plans: Mapping[Design, Sequence[Variant]], flights: Flights, failed: Sequence[Failure], lang: str
) -> OverfitTest:
    """The overfit test of some designs.

    Args:
        plans: the variants of each design.
        flights: of all variants that could be trained.
        failed: the others.
        lang: of the words.

    Raises:
        InvalidInput: no seed of a design was flown.
    """
    failures = [*failed, *flights.failed]
    tested: dict[str, Robustness] = {}
    by_seed = {}
    named: dict[str, Sequence[Variant]] = {}
    for design, plan in plans.items():
        name = design.name if design.name not in named else f"{design.name} {design.spec.key[:4]}"
        flown = [Flown(v.setting, v.value, flights.cards[v]) for v in plan if v in flights.cards]
        by_seed[name] = [variant.cards for variant in flown if variant.setting == "seed"]
        if not by_seed[name]:
            reasons = [failure.message or failure.state for failure in failures if failure.variant in plan]
            raise InvalidInput("no_seed_left", name=name, reason="; ".join(dict.fromkeys(reasons)))
        tested[name], named[name] = judge(flown), plan
    return OverfitTest(tested, named, failures, duels(by_seed), lang)


def _cell(landing: Landing | SeedSpread) -> str:
    return words.landing_cell(landing.rate if isinstance(landing, Landing) else landing.mean, landing)
