"""An overfit test ready to be drawn or printed: a table of landing rates, and what is to be said about it.

Leaves out: drawing, training and flying (``studies.robustness``), and the statistics (``insight.success_rates``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from playground.flight.world import DEFAULT
from playground.insight.comparison import Difference
from playground.insight.success_rates import (
    Change,
    Duel,
    Effect,
    Flown,
    Landing,
    Robustness,
    SeedSpread,
    duels,
    judge,
)
from playground.studies.robustness import Design, Failure, Flights, Variant
from playground.words.errors import InvalidInput
from playground.words.numbers import signed
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

    def condition(self, name: str) -> str:
        """A condition's name in words."""
        return self.say(f"condition.{name}")

    def row_name(self, setting: str, value: object) -> str:
        """What sets a variant apart, in words."""
        return self.say(f"robustness.row.{setting}", value=f"{value:g}" if isinstance(value, float) else value)

    def rows(self, name: str) -> list[list[str]]:
        """A design's table as cells: a head, a row for each variant, and one for all seeds after the seeds."""
        tested = self.designs[name]
        rows = [[self.say("robustness.trained_with"), *(self.condition(c) for c in tested.over_seeds)]]
        seeds = sum(setting == "seed" for setting, _, _ in tested.rows)
        for setting, value, cells in tested.rows:
            rows.append([self.row_name(setting, value), *(_cell(landing) for landing in cells.values())])
        if seeds > 1:
            total = [self.say("robustness.row.all", count=seeds), *(_cell(s) for s in tested.over_seeds.values())]
            rows.insert(1 + seeds, total)
        return rows

    def sentences(self, name: str) -> list[str]:
        """What a design's table says: its seeds, then each condition, then other settings, then what is missing."""
        tested = self.designs[name]
        lines = [self._seeds(tested)]
        effects = {c: effect for c, effect in tested.effects.items() if effect.verdict != "nothing"}
        lines += [self._effect(tested, condition, effect) for condition, effect in effects.items()]
        if idle := [self.condition(c) for c in tested.effects if c not in effects]:
            before = _of_100(tested.over_seeds[DEFAULT].mean)
            conditions = self.say("list.comma").join(idle)
            lines.append(self.say("robustness.effect.nothing", before=before, conditions=conditions))
        told = [c for c in tested.changes if c.condition == DEFAULT or c.verdict != "within"]
        lines += [self._change(tested, change) for change in told]
        keys = {variant.key for variant in self.plans[name]}
        return lines + [self._failure(failure) for failure in self.failed if failure.variant.key in keys]

    def duel_sentences(self) -> list[str]:
        """Who lands more by default, and where that turns around."""
        lines = []
        for duel in self.duels:
            names = {"first": duel.first, "second": duel.second}
            default = duel.leads[DEFAULT]
            lines.append(
                self.say(f"robustness.duel.{'clear' if default.clear else 'unclear'}", **names, **_gap(default))
            )
            turned = {condition: certain for condition, certain in duel.flips.items() if condition not in duel.parted}
            for condition, certain in turned.items():
                key = f"robustness.flip.{'certain' if certain else 'uncertain'}"
                lines.append(self.say(key, condition=self.condition(condition), **names, **_gap(duel.leads[condition])))
            for condition in duel.parted:
                lead = duel.leads[condition]
                ahead, behind = (duel.first, duel.second) if lead.mean > 0 else (duel.second, duel.first)
                values = {"condition": self.condition(condition), "ahead": ahead, "behind": behind}
                lines.append(self.say("robustness.parted", **values, **_gap(lead)))
            if not turned and not duel.parted:
                lines.append(self.say("robustness.flip.none", **names))
        return lines

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

    def _seeds(self, tested: Robustness) -> str:
        spread = tested.over_seeds[DEFAULT]
        kind = "single" if spread.seeds == 1 else "differ" if tested.seeds_differ else "alike"
        return self.say(
            f"robustness.seeds.{kind}",
            count=spread.seeds,
            lowest=_of_100(spread.lowest),
            highest=_of_100(spread.highest),
            median=_of_100(spread.median),
            q1=_of_100(spread.first_quartile),
            q3=_of_100(spread.third_quartile),
        )

    def _effect(self, tested: Robustness, condition: str, effect: Effect) -> str:
        return self.say(
            f"robustness.effect.{effect.verdict}",
            condition=self.condition(condition),
            there=_of_100(tested.over_seeds[condition].mean),
            before=_of_100(tested.over_seeds[DEFAULT].mean),
            **_gap(effect.gap),
        )

    def _change(self, tested: Robustness, change: Change) -> str:
        alone = tested.over_seeds[DEFAULT].seeds == 1
        return self.say(
            f"robustness.change.{'alone' if alone else change.verdict}",
            change=self.row_name(change.setting, change.value),
            condition=self.condition(change.condition),
            there=_of_100(change.landing.rate),
            from_low=_of_100(change.landing.low),
            from_high=_of_100(change.landing.high),
            seed=tested.rows[0][1],
            **_gap(change.gap),
        )

    def _failure(self, failure: Failure) -> str:
        row = self.row_name(failure.variant.setting, failure.variant.value)
        return self.say(f"robustness.failed.{failure.state}", row=row, reason=failure.message)


def tell(
    plans: Mapping[Design, Sequence[Variant]], flights: Flights, failed: Sequence[Failure], lang: str
) -> OverfitTest:
    """What the flights of some designs say.

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


def _of_100(rate: float) -> str:
    return f"{100 * rate:.0f}"


def _cell(landing: Landing | SeedSpread) -> str:
    rate = landing.rate if isinstance(landing, Landing) else landing.mean
    return f"{_of_100(rate)} ({_of_100(landing.low)}–{_of_100(landing.high)})"


def _gap(gap: Difference) -> dict[str, str]:
    """A difference as the sentences want it: its size and interval, without signs where the sentence says them."""
    ends = sorted((abs(gap.low), abs(gap.high))) if gap.clear else [gap.low, gap.high]
    return {
        "n": signed(abs(gap.mean), True),
        "signed": signed(gap.mean, False),
        "low": signed(ends[0], gap.clear),
        "high": signed(ends[1], gap.clear),
    }
