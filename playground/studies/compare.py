"""A comparison of models, ready to be drawn or printed: who they are, how they differ, and what that means.

The first model is the one that all others are compared with. Models that differ in nothing but the seed are one design.

Leaves out: drawing (``charts``, ``report``), the statistics (``insight.comparison``), and the sentences
(``words.comparison``).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np

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
from playground.lab.models.model import Model
from playground.lab.notebook.diff import changes
from playground.lab.notebook.entry import Entry
from playground.reward.design import Design, defaults_of
from playground.reward.term import Floats
from playground.words import comparison as words
from playground.words.model import change_words, field_name
from playground.words.say import label, name_of, say

LETTERS: Final = "ABCDEFGHIJ"
"""One for each of the `COMPARED`."""


@dataclass(frozen=True, eq=False)
class Contestant:
    """One of the compared models."""

    letter: str
    name: str
    model: Model
    siblings: tuple[Model, ...]
    """The known models of the same design, whatever their seed; itself among them."""

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
    def _success(self) -> str:
        """The score that counts successes."""
        return next(iter(scores_of(self.first.model.spec.world)))

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
        return {name: pair for name, pair in self._changes(other).items() if self._of_reward(name, other)}

    def setting_changes(self, other: Contestant) -> dict[str, list[Any]]:
        """Training settings in which another differs from the first."""
        return {name: pair for name, pair in self._changes(other).items() if not self._of_reward(name, other)}

    def _of_reward(self, name: str, other: Contestant) -> bool:
        """Whether a changed field belongs to the reward: one of its own, or of an own term of either."""
        own = {term.name for one in (self.first, other) for term in one.reward.own_terms}
        return name in defaults_of(type(self.first.reward)) or name.removesuffix(".expression") in own

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
            "beaten": [asdict(beaten) for beaten in self.beaten],
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
        weights = other.reward.weight_names(self.lang) | self.first.reward.weight_names(self.lang)
        fields = self.reward_changes(other)
        plain = {name: pair for name, pair in fields.items() if name not in weights} | self.setting_changes(other)
        if plain:
            return f"**{other.letter}**: {change_words(plain, weights, self.lang, mark='**')}"
        return f"**{other.letter}**: " + self.say("compare.weights_only" if fields else "compare.nothing")

    def weights(self) -> tuple[dict[str, list[float]], dict[str, str], dict[str, str]]:
        """By term, what each design weighs it (0 where it lacks it), its name and its colour; used terms alone.

        Terms of one key are named and coloured as the first design that has them does.
        """
        rewards = [one.reward for one in self.contestants]
        terms = {term.key: term for reward in reversed(rewards) for term in reward.terms}
        owned = [{term.key: reward.weight_of(term) for term in reward.terms} for reward in rewards]
        keys = dict.fromkeys(term.key for reward in rewards for term in reward.terms)
        rows = {key: [weights.get(key, 0.0) for weights in owned] for key in keys}
        values = {key: row for key, row in rows.items() if any(row)}
        names = {key: label(terms[key].label, self.lang) for key in values}
        return values, names, {key: terms[key].colour for key in values}

    def part_names(self) -> dict[str, str]:
        """Every part's short name."""
        reward = self.first.reward
        return {key: reward.part_name(key, self.lang) for key in reward.keys}

    def headlines(self) -> list[str]:
        """One sentence for each of the others: how many more or fewer it lands."""
        lines = []
        for other in self.others:
            gap = self.differences[other.letter][self._success]
            assert gap is not None  # every episode succeeds or does not
            count = round(100 * other.model.summary[other.model.spec.world.success_rate])
            verb = "lands" if self._success == "landed" else "succeeds"
            lines.append(words.headline(other.label, self.first.label, gap, count, self.lang, verb))
        return lines

    def warnings(self) -> list[str]:
        """What stands against reading the difference as the reward's doing."""
        lines = []
        for other in self.others:
            settings = set(self.setting_changes(other)) - {"seed"}
            if settings and self.reward_changes(other):
                names = [field_name(name, {}, self.lang) for name in sorted(settings)]
                lines.append(words.both_changed(other.label, self.first.label, names, self.lang))
        for beaten in self.beaten:
            design, by = self.contestants[beaten.design], self.contestants[beaten.by]
            lines.append(words.not_converged(design.label, by.label, beaten.difference, self.lang))
        return lines

    def divergences(self) -> dict[str, Divergence]:
        """By letter: where a training's designed return rose while its landings fell."""
        turns = {c.letter: divergence(c.model.curve) for c in self.contestants}
        return {letter: turn for letter, turn in turns.items() if turn is not None}

    def divergence_words(self, letter: str, turn: Divergence) -> str:
        """A divergence in one sentence."""
        one = next(c for c in self.contestants if c.letter == letter)
        return words.diverged(one.label, (turn.turned, turn.worst), turn.landing, turn.designed, self.lang)

    def agreement_words(self, one: Contestant) -> str:
        """Whether more of the designed return went with more landings over a training, as Spearman's ρ."""
        curve = one.model.curve
        rho = rank_correlation([row["designed_return"] for row in curve], [row["landing_rate"] for row in curve])
        return words.correlation(one.label, rho, self.lang)

    def seeds_words(self, one: Contestant) -> str:
        """How a design's seeds differ, if there are several."""
        rates = [100 * model.summary["landing_rate"] for model in one.siblings]
        spread = over_seeds(rates)
        return words.over_seeds(one.label, rates, spread.middle, spread.low, spread.high, self.lang)

    def score_rows(self) -> list[list[str]]:
        """The scorecards side by side as cells: name of the score, the first's mean, and each other's with its gap."""
        rows = []
        for name in scores_of(self.first.model.spec.world):
            cells = [name_of("score", name, self.lang)]
            for one in self.contestants:
                cells.append(self._score(one, name))
            rows.append(cells)
        return rows

    def cross_rows(self) -> list[list[str]]:
        """The cross table as cells, the highest of each column bold."""
        names = [one.label for one in self.contestants]
        return words.cross_rows(names, [one.letter for one in self.contestants], self.cross.tolist(), self.lang)

    def _score(self, one: Contestant, name: str) -> str:
        values = scores_of(one.model.spec.world)[name](one.model.scorecard)
        known = values[~np.isnan(values)]
        gap = None if one is self.first else self.differences[one.letter][name]
        return words.score_cell(name, float(known.mean()) if len(known) else None, gap)


def compare(models: Sequence[Model], others: Sequence[Model], names: Sequence[str], lang: str) -> Comparison:
    """A comparison of models with the first of them.

    Args:
        models: one to ten.
        others: where other seeds of the same designs are looked for.
        names: of the models.
        lang: of the words.
    """
    everyone = {model.key: model for model in (*others, *models)}
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
