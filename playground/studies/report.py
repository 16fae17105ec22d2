"""A comparison as a document that needs no server and no network: one HTML file, or Markdown with pictures beside it.

Both are written from the same list of blocks, so they say the same.

Leaves out: what is said (``comparing``) and the charts (``charts``), which are the page's own.
"""

import base64
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment
from markupsafe import Markup, escape

from playground.flight.recording import to_gif
from playground.flight.rollout import run_episode
from playground.flight.scorecard import EVALUATION_SEEDS
from playground.lab.files import explain_os_errors
from playground.reward.codec import dump_reward
from playground.reward.export import to_formula, to_python
from playground.studies.charts import Series, compared_curves, compared_parts, mirrored_parts, to_svg
from playground.studies.colours import MODEL_COLOURS, colour_of
from playground.studies.compare import Comparison, Contestant
from playground.training.spec import hyperparameters
from playground.words.errors import InvalidInput
from playground.words.numbers import fixed
from playground.words.tables import to_markdown as markdown_table
from playground.worlds.lunar_lander.geometry import STEPS_PER_SECOND

TEMPLATE: Final = Path(__file__).with_suffix(".html")
GIFS: Final = 4
"""Films of so many models at most; each weighs a few hundred kilobytes."""
MEASURES: Final = ("landing_rate", "native_return")
TITLES: Final = {"landing_rate": "curve.landing", "native_return": "curve.native", "designed_return": "curve.designed"}


@dataclass(frozen=True)
class Block:
    """A piece of the document: ``kind`` is title, heading, text, warning, code, table or picture."""

    kind: str
    text: str = ""
    rows: Sequence[Sequence[str]] = ()
    """Of a table, its head first."""
    picture: bytes = b""
    name: str = ""
    """Of a picture's file, with its ending; of a language in which code is long enough to be folded away."""


def report(comparison: Comparison, seed: int = EVALUATION_SEEDS.start) -> list[Block]:
    """Everything that the compare page shows, and each design's card; without the extra ``figures`` no charts.

    Args:
        comparison: the comparison; its language is the document's.
        seed: of the filmed episodes.
    """
    say = comparison.say
    blocks = [Block("title", say("compare.title"))]
    blocks += [Block("text", f"**{line}**") for line in comparison.headlines()]
    blocks += [Block("warning", line) for line in comparison.warnings()]
    blocks += [
        Block("warning", comparison.divergence_words(letter, turn)) for letter, turn in comparison.divergences().items()
    ]
    for one in comparison.contestants[:GIFS]:
        film = to_gif(run_episode(one.model.spec.world, one.model.policy, seed))
        caption = f"{one.label} · " + say("report.episode", seed=seed)
        blocks.append(Block("picture", caption, (), film, f"{one.letter}.gif"))
    blocks += _designs(comparison)
    head = [say("compare.score"), *(one.label for one in comparison.contestants)]
    blocks += [Block("heading", say("compare.scores")), Block("table", rows=[head, *comparison.score_rows()])]
    blocks.append(Block("text", say("compare.scores_note")))
    blocks += [Block("text", comparison.seeds_words(one)) for one in comparison.contestants if len(one.siblings) > 1]
    blocks += _curves(comparison)
    blocks += _parts(comparison)
    blocks.append(Block("heading", say("compare.cross")))
    blocks += [Block("table", rows=comparison.cross_rows()), Block("text", say("compare.cross_note"))]
    for one in comparison.contestants:
        blocks += _card(comparison, one)
    drawn = [block for block in blocks if block.kind != "picture" or block.picture]
    return drawn if len(drawn) == len(blocks) else [drawn[0], Block("warning", say("report.no_figures")), *drawn[1:]]


def _designs(comparison: Comparison) -> list[Block]:
    values, names, colours = comparison.weights()
    blocks = [Block("heading", comparison.say("compare.designs"))]
    if values:
        chart = compared_parts(values, [one.letter for one in comparison.contestants], names, colours)
        blocks.append(_drawn(chart, comparison.say("compare.designs"), "weights"))
    return [*blocks, *(Block("text", comparison.change_words(other)) for other in comparison.others)]


def _curves(comparison: Comparison) -> list[Block]:
    say = comparison.say
    series = [
        Series(one.label, colour, [model.curve for model in one.siblings if model.curve])
        for one, colour in zip(comparison.contestants, MODEL_COLOURS)
        if one.model.curve
    ]
    if not series:
        return []
    blocks = [Block("heading", say("compare.curves"))]
    for measure in MEASURES:
        title = f"{say(TITLES[measure])} · {say('list.comma').join(one.label for one in series)}"
        blocks.append(_drawn(compared_curves(series, measure, "steps", title, comparison.lang), title, measure))
    for index, one in enumerate(series):
        title = f"{say(TITLES['designed_return'])} · {one.label}"
        chart = compared_curves([one], "designed_return", "steps", title, comparison.lang)
        blocks.append(_drawn(chart, title, f"designed-{index}"))
    blocks.append(Block("text", say("compare.curves_note")))
    return blocks + [
        Block("text", comparison.agreement_words(one)) for one in comparison.contestants if one.model.curve
    ]


def _parts(comparison: Comparison) -> list[Block]:
    names = comparison.part_names()
    blocks = [Block("heading", comparison.say("compare.parts"))]
    reward = comparison.first.reward
    paying = [key for key, factor in zip(reward.keys, reward.factors.tolist(), strict=True) if factor != 0]
    first = comparison.first.model.scorecard.part_means(reward)
    for other in comparison.others:
        second = other.model.scorecard.part_means(reward)
        left, right = ({key: means[key] for key in paying} for means in (first, second))
        colours = {key: colour_of(key, reward) for key in paying}
        chart = mirrored_parts(left, right, (comparison.first.label, other.label), names, colours)
        blocks.append(_drawn(chart, f"{comparison.first.label} | {other.label}", f"parts-{other.letter}"))
    return [*blocks, Block("text", comparison.say("compare.parts_note", owner=comparison.first.label))]


def _card(comparison: Comparison, one: Contestant) -> list[Block]:
    """A design in full: enough to train it again."""
    say, spec, manifest = comparison.say, one.model.spec, one.model.manifest
    notes = manifest.get("notebook") or {}
    settings = [[name, json.dumps(value)] for name, value in hyperparameters(spec).items()]
    facts = [
        [say("report.key"), one.model.key],
        [say("report.discount"), f"γ = {spec.gamma:g}"],
        [say("report.ends"), say("report.termination")],
        [say("report.step"), f"1/{STEPS_PER_SECOND} s"],
        [
            say("report.seeds"),
            say("report.seeds_value", training=spec.seed, first=EVALUATION_SEEDS.start, last=EVALUATION_SEEDS.stop - 1),
        ],
        [
            say("report.trained"),
            say("report.trained_value", steps=fixed(manifest["steps"]), seconds=manifest.get("seconds", "–")),
        ],
        [
            say("report.versions"),
            ", ".join(f"{name} {v}" for name, v in (manifest.get("versions") or {}).items()) or "–",
        ],
    ]
    blocks = [Block("heading", say("report.card", name=one.label))]
    if notes.get("hypothesis"):
        blocks.append(Block("text", say("report.hypothesis", text=notes["hypothesis"])))
    return [
        *blocks,
        Block("code", to_formula(one.reward, spec.gamma, comparison.lang)),
        Block("table", rows=[[say("report.fact"), ""], *facts]),
        Block("table", rows=[[say("report.setting"), ""], *settings]),
        Block("code", dump_reward(one.reward), name="JSON"),
        Block("code", to_python(one.reward, spec.gamma, comparison.lang), name="Python"),
    ]


def _drawn(chart: Any, caption: str, name: str) -> Block:
    """A chart as SVG; an empty picture where the library that draws it is not installed."""
    try:
        svg = to_svg(chart.properties(width=560))
    except InvalidInput:
        svg = ""
    return Block("picture", caption, (), svg.encode(), f"{name}.svg")


def to_html(blocks: Sequence[Block], lang: str) -> str:
    """The document as one file; pictures lie inside it, and every text is escaped."""
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page.filters["bold"] = _bold
    page.filters["base64"] = lambda data: base64.b64encode(data).decode()
    return page.from_string(TEMPLATE.read_text(encoding="utf-8")).render(blocks=blocks, lang=lang)


def _bold(text: str) -> Markup:
    """Escaped text whose parts between two stars are bold."""
    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text))))  # noqa: S704 (escaped)


def to_markdown(blocks: Sequence[Block], folder: str) -> str:
    """The document as Markdown whose pictures lie in a folder beside it."""
    writers: dict[str, Callable[[Block], str]] = {
        "title": lambda b: f"# {b.text}",
        "heading": lambda b: f"## {b.text}",
        "text": lambda b: b.text,
        "warning": lambda b: f"> {b.text}",
        "code": lambda b: f"```\n{b.text.rstrip()}\n```",
        "table": lambda b: markdown_table(b.rows),
        "picture": lambda b: f"![{b.text}]({folder}/{b.name})",
    }
    return "\n\n".join(writers[block.kind](block) for block in blocks) + "\n"


def write_report(comparison: Comparison, out: Path, seed: int = EVALUATION_SEEDS.start) -> None:
    """Write the document.

    Args:
        comparison: the comparison.
        out: ends in ``.html``, or in ``.md`` with the pictures in a folder of the same name beside it.
        seed: of the filmed episodes.

    Raises:
        InvalidInput: another ending, or the place cannot be written to.
    """
    if out.suffix not in (".html", ".md"):
        raise InvalidInput("unknown_report", file=str(out))
    blocks = report(comparison, seed)
    folder = out.with_name(f"{out.stem}_files")
    with explain_os_errors(out.parent):
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.suffix == ".html":
            out.write_text(to_html(blocks, comparison.lang), encoding="utf-8")
            return
        folder.mkdir(exist_ok=True)
        for block in blocks:
            if block.picture:
                (folder / block.name).write_bytes(block.picture)
        out.write_text(to_markdown(blocks, folder.name), encoding="utf-8")
