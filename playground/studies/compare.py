"""Models held against each other, ready to be drawn or printed: who they are, and what is to be said about them.

The first model is the one that all others are compared with. Models that differ in nothing but the seed are one design.

Leaves out: drawing (``views.compare``, ``report``), and the statistics (``insight.comparison``).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Final

from playground.insight.comparison import (
    Beaten,
    Difference,
    Divergence,
    beaten_designs,
    compare_cards,
    cross_table,
    divergence,
    over_seeds,
    rank_correlation,
    scores_of,
)
from playground.lab.model import Model
from playground.lab.notebook.diff import changes
from playground.lab.notebook.entry import Entry
from playground.reward.design import Design, defaults_of
from playground.reward.term import Floats
from playground.words.numbers import amount, signed
from playground.words.say import say

LETTERS: Final = "ABCDEFGHIJ"
"""One for each of the `COMPARED`."""
DIGITS: Final = {"landed": 0, "crashed": 0, "timeout": 0, "native": 1, "touchdown": 2, "fuel": 0, "time": 1}
UNITS: Final = {"touchdown": "m/s", "time": "s"}

Say = Callable[..., str]


@dataclass(frozen=True, eq=False)
class Contestant:
    """One of the compared models."""

    letter: str
    name: str
    model: Model
    siblings: tuple[Model, ...]
    """The models at hand of the same design, whatever their seed; itself among them."""

    @property
    def label(self) -> str:
        """Letter and name."""
        return f"{self.letter} · {self.name}"

    @property
    def reward(self) -> Design:
        """What it was trained on."""
        return self.model.spec.reward


@dataclass(frozen=True, eq=False)
class Comparison:
    """All that is said about some models, in one language."""

    contestants: tuple[Contestant, ...]
    lang: str

    def say(self, key: str, /, **values: object) -> str:
        """A text in the comparison's language."""
        return say(key, self.lang, **values)

    @property
    def first(self) -> Contestant:
        """What the others are compared with."""
        return self.contestants[0]

    @property
    def others(self) -> tuple[Contestant, ...]:
        """All but the first."""
        return self.contestants[1:]

    @cached_property
    def differences(self) -> dict[str, dict[str, Difference | None]]:
        """By letter: every score's difference from the first's.

        Raises:
            InvalidInput: a model was scored on other starts.
        """
        card = self.first.model.scorecard
        return {other.letter: compare_cards(card, other.model.scorecard) for other in self.others}

    @cached_property
    def cross(self) -> Floats:
        """``(models, designs)``: every model's mean return under every design's reward."""
        return cross_table([c.model.scorecard for c in self.contestants], [c.reward for c in self.contestants])

    @cached_property
    def beaten(self) -> list[Beaten]:
        """Designs that another model serves better than their own."""
        return beaten_designs([c.model.scorecard for c in self.contestants], [c.reward for c in self.contestants])

    def reward_changes(self, other: Contestant) -> dict[str, list[Any]]:
        """Fields of the reward in which another differs from the first: the first's value, and its own."""
        return {
            name: pair for name, pair in self._changes(other).items() if name in defaults_of(type(self.first.reward))
        }

    def setting_changes(self, other: Contestant) -> dict[str, list[Any]]:
        """Training settings in which another differs from the first."""
        return {
            name: pair
            for name, pair in self._changes(other).items()
            if name not in defaults_of(type(self.first.reward))
        }

    def _changes(self, other: Contestant) -> dict[str, list[Any]]:
        return changes(self.first.model.spec, other.model.spec)

    def to_json(self) -> dict[str, Any]:
        """Plain values for programs."""
        return {
            "models": [
                {"letter": c.letter, "name": c.name, "key": c.model.key, "summary": dict(c.model.summary)}
                for c in self.contestants
            ],
            "differences": {
                letter: {name: gap and asdict(gap) for name, gap in gaps.items()}
                for letter, gaps in self.differences.items()
            },
            "cross": self.cross.tolist(),
            "beaten": [asdict(found) for found in self.beaten],
            "divergences": {letter: asdict(turn) for letter, turn in self.divergences().items()},
        }

    def entry(self) -> Entry:
        """The comparison's entry in the notebook: the same models in the same order are one entry."""
        keys = [one.model.key for one in self.contestants]
        names = {one.letter: one.name for one in self.contestants}
        result = {"models": keys, "names": names, "headlines": self.headlines()}
        return Entry(hashlib.sha256("".join(keys).encode()).hexdigest()[:16], "comparison", result=result)

    def change_words(self, other: Contestant) -> str:
        """What another differs in from the first besides its weights, which are drawn."""
        weights = {term.weight for term in self.first.reward.terms}
        fields = self.reward_changes(other)
        plain = {name: pair for name, pair in fields.items() if name not in weights} | self.setting_changes(other)
        if plain:
            told = [f"{name} {_value(before)} → **{_value(after)}**" for name, (before, after) in plain.items()]
            return f"**{other.letter}**: {self.say('list.comma').join(told)}"
        return f"**{other.letter}**: " + self.say("compare.weights_only" if fields else "compare.nothing")

    def part_names(self) -> dict[str, str]:
        """Every part's short name."""
        return {
            part.key: part.term.label[self.lang] if part.term else self.say("part.env_reward")
            for part in self.first.reward.parts
        }

    def headlines(self) -> list[str]:
        """One sentence for each of the others: how many more or fewer it lands."""
        lines = []
        for other in self.others:
            gap = self.differences[other.letter]["landed"]
            assert gap is not None  # every episode lands or does not
            if gap.mean == gap.low == gap.high == 0:
                count = round(100 * other.model.summary["landing_rate"])
                lines.append(self.say("compare.lands_same", one=other.label, first=self.first.label, n=count))
                continue
            kind = "unclear" if not gap.clear else "more" if gap.mean > 0 else "fewer"
            ends = sorted((abs(gap.low), abs(gap.high))) if gap.clear else [gap.low, gap.high]
            values = {"low": signed(ends[0], gap.clear), "high": signed(ends[1], gap.clear)}
            told = signed(abs(gap.mean) if gap.clear else gap.mean, gap.clear)
            lines.append(self.say(f"compare.lands_{kind}", one=other.label, first=self.first.label, n=told, **values))
        return lines

    def warnings(self) -> list[str]:
        """What stands against reading the difference as the reward's doing."""
        lines = []
        for other in self.others:
            settings = set(self.setting_changes(other)) - {"seed"}
            if settings and self.reward_changes(other):
                names = self.say("list.comma").join(sorted(settings))
                lines.append(self.say("compare.both_changed", one=other.label, first=self.first.label, settings=names))
        for beaten in self.beaten:
            gap = beaten.difference
            lines.append(
                self.say(
                    "compare.beaten",
                    design=self.contestants[beaten.design].label,
                    by=self.contestants[beaten.by].label,
                    gap=amount(gap.mean),
                    low=amount(gap.low),
                    high=amount(gap.high),
                )
            )
        return lines

    def divergences(self) -> dict[str, Divergence]:
        """By letter: where a training's designed return rose while its landings fell."""
        found = {c.letter: divergence(c.model.curve) for c in self.contestants}
        return {letter: turn for letter, turn in found.items() if turn is not None}

    def divergence_words(self, letter: str, turn: Divergence) -> str:
        """A divergence in one sentence."""
        one = next(c for c in self.contestants if c.letter == letter)
        return self.say(
            "compare.diverged",
            one=one.label,
            turned=f"{turn.turned:,.0f}",
            worst=f"{turn.worst:,.0f}",
            before=f"{100 * turn.landing[0]:.0f}",
            after=f"{100 * turn.landing[1]:.0f}",
            low=amount(turn.designed[0]),
            high=amount(turn.designed[1]),
        )

    def agreement_words(self, one: Contestant) -> str:
        """Whether more of the designed return went with more landings over a training, as Spearman's ρ."""
        curve = one.model.curve
        designed = [row["designed_return"] for row in curve]
        rho = rank_correlation(designed, [row["landing_rate"] for row in curve])
        if rho is None:
            return self.say("compare.correlation_none", one=one.label)
        return self.say("compare.correlation", one=one.label, rho=f"{rho:+.2f}".replace("-", "−"))

    def seeds_words(self, one: Contestant) -> str:
        """How a design's seeds differ, if there are several."""
        rates = [100 * model.summary["landing_rate"] for model in one.siblings]
        spread = over_seeds(rates)
        told = self.say("list.comma").join(f"{rate:.0f}" for rate in sorted(rates))
        return self.say(
            "compare.seeds",
            one=one.label,
            seeds=spread.seeds,
            rates=told,
            middle=f"{spread.middle:.0f}",
            low=f"{spread.low:.0f}",
            high=f"{spread.high:.0f}",
        )

    def score_rows(self) -> list[list[str]]:
        """The scorecards side by side as cells: name of the score, the first's mean, and each other's with its gap."""
        rows = []
        for name in scores_of(self.first.model.spec.world):
            cells = [self.say(f"score.{name}")]
            for one in self.contestants:
                cells.append(self._score(one, name))
            rows.append(cells)
        return rows

    def cross_rows(self) -> list[list[str]]:
        """The cross table as cells, the highest of each column bold."""
        rows = [
            [self.say("compare.flown_by"), *(self.say("compare.paid_as", letter=c.letter) for c in self.contestants)]
        ]
        best = self.cross.argmax(axis=0)
        for index, one in enumerate(self.contestants):
            told = [amount(value) for value in self.cross[index].tolist()]
            rows.append([one.label, *(f"**{cell}**" if best[i] == index else cell for i, cell in enumerate(told))])
        return rows

    def _score(self, one: Contestant, name: str) -> str:
        values = scores_of(one.model.spec.world)[name](one.model.scorecard)
        held = values[values == values]  # not NaN
        digits = DIGITS[name]
        unit = f" {UNITS[name]}" if name in UNITS else ""
        told = f"{held.mean():.{digits}f}{unit}".replace("-", "−") if len(held) else "–"
        gap = None if one is self.first else self.differences[one.letter][name]
        if gap is None:
            return told
        if gap.mean == gap.low == gap.high == 0:
            return f"{told} (=)"
        mean, low, high = (f"{value:+.{digits}f}".replace("-", "−") for value in (gap.mean, gap.low, gap.high))
        return f"{told} ({f'**{mean}**' if gap.clear else mean}; {low} … {high})"


def compare(models: Sequence[Model], at_hand: Sequence[Model], names: Sequence[str], lang: str) -> Comparison:
    """A comparison of models with the first of them.

    Args:
        models: one to ten.
        at_hand: where other seeds of the same designs are looked for.
        names: of the models.
        lang: of the words.
    """
    everyone = {model.key: model for model in (*at_hand, *models)}
    designs: dict[str, list[Model]] = {}
    for model in sorted(everyone.values(), key=lambda m: m.spec.seed):
        designs.setdefault(_design(model), []).append(model)
    contestants = [
        Contestant(letter, name, model, tuple(designs[_design(model)]))
        for letter, model, name in zip(LETTERS, models, names, strict=False)
    ]
    return Comparison(tuple(contestants), lang)


def _design(model: Model) -> str:
    """What a model shares with its other seeds; an imported one, whose training is unknown, with none."""
    return replace(model.spec, seed=0).key if model.key == model.spec.key else model.key


def _value(value: object) -> str:
    """A setting as people read it."""
    if isinstance(value, list):
        return " × ".join(map(str, value)) or "–"
    return f"{value:g}" if isinstance(value, float) else str(value) or "–"
