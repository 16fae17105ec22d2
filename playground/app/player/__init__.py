"""The player: one instrument that shows an episode and what every part of a reward paid for it, on one playhead.

It is a Streamlit component of plain HTML, CSS and JavaScript beside this file, without a build step and without the
network. The server says where everything was and what was paid; the browser draws. The same files make a page that
opens offline (`to_html`).

Leaves out: which episode and which reward (``views.playground``), and words (``texts``).
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import streamlit as st
from gymnasium.envs.box2d.lunar_lander import VIEWPORT_H, VIEWPORT_W

from playground.app.texts import language, part_name, say
from playground.flight.moment import Moment
from playground.flight.policy import Policy
from playground.flight.trajectory import Trajectory
from playground.insight.explain import Explanation
from playground.insight.highlights import find_moments
from playground.reward.design import Design
from playground.reward.term import Floats
from playground.studies.colours import NET_COLOUR, OUTCOME_COLOURS, colour_of
from playground.words.numbers import amount_words
from playground.words.say import text
from playground.worlds.lunar_lander.geometry import ACTION_NAMES, N_ACTIONS, STEPS_PER_SECOND
from playground.worlds.lunar_lander.scene import BODY, LEG, SIDE_ENGINE, WORLD_WIDTH, Scene, instruments

SCRIPTS: Final = ("numbers.js", "account.js", "scene.js", "chart.js", "pilot.js", "player.js")
"""They become one script, in this order: what a file uses stands before it."""
FACTS: Final = {
    "height_m": ("m", 2),
    "offset_m": ("m", 2),
    "speed_x_m_s": ("m/s", 2),
    "speed_y_m_s": ("m/s", 2),
    "tilt_deg": ("°", 1),
    "spin_deg_s": ("°/s", 0),
    "push_x_m_s2": ("m/s²", 1),
    "push_y_m_s2": ("m/s²", 1),
}
"""Which instruments are shown, with unit and digits."""
WORDS: Final = (
    "alt",
    "at",
    "back",
    "beside",
    "chances",
    "close",
    "column_a_b",
    "column_difference",
    "column_now",
    "column_so_far",
    "discounted",
    "discounted_help",
    "discounted_return",
    "each_step",
    "fly",
    "fly_help",
    "fly_hint",
    "fly_stop",
    "ghost",
    "jump",
    "loop",
    "next",
    "pause",
    "picture",
    "play",
    "return_name",
    "return_so_far",
    "seek",
    "so_far",
    "speed",
    "title",
    "toggle_part",
    "value",
    "value_help",
    "why",
    "why_help",
    "why_waiting",
)
FLY_KEYS: Final = (("ArrowLeft", "←", "left"), ("ArrowUp", "↑", "main"), ("ArrowRight", "→", "right"))


@dataclass(frozen=True, eq=False)
class Film:
    """An episode as the browser gets it, but for what was paid: the same for every reward."""

    trajectory: Trajectory
    data: dict[str, Any]


def make_film(name: str, trajectory: Trajectory, scene: Scene, policy: Policy | None) -> Film:
    """An episode ready to be shown.

    Args:
        name: what its data are told apart by; of whom and which seed.
        trajectory: T steps.
        scene: of the same.
        policy: whose probabilities and values are shown; None for a pilot without.
    """
    observed = trajectory.observations
    shown = instruments(trajectory)
    frames = np.concatenate([scene.body, scene.legs.reshape(len(scene), 6)], axis=1)
    return Film(
        trajectory,
        {
            "id": name,
            "seed": trajectory.seed,
            "steps": len(trajectory),
            "seconds": f"{trajectory.seconds:.1f}",
            "terrain": np.round(scene.terrain, 4).tolist(),
            "pad": scene.pad,
            "frames": packed(frames, np.float32),
            "contacts": packed(observed[:, 6:8] > 0.5, np.uint8),
            "facts": packed(np.stack([shown[key] for key in FACTS], axis=1), np.float32),
            "actions": "".join(map(str, trajectory.actions.tolist())),
            "probs": None if policy is None else packed(policy.probabilities(observed), np.float32),
            "values": packed(policy.values(observed), np.float32) if policy is not None and policy.guesses else None,
        },
    )


def packed(array: npt.NDArray[Any], kind: type) -> str:
    """An array's bytes in base64: exact, and half as long as decimal digits."""
    return base64.b64encode(np.ascontiguousarray(array, kind).tobytes()).decode()


def scene_data(
    films: Sequence[Film],
    names: Sequence[str],
    paid: Sequence[Floats],
    keys: Sequence[str],
    parts: Sequence[str],
    gamma: float,
    file: str,
    why: tuple[int, int, Explanation] | None = None,
    can_ask: bool = False,
    can_fly: bool = False,
    flight: Mapping[str, Any] | None = None,
    design: Design | None = None,
) -> dict[str, Any]:
    """What the player shows, in the session's language.

    Args:
        films: one episode, or two on one playhead.
        names: whose they are.
        paid: for each ``(T, parts)``.
        keys: of the parts.
        parts: which parts have a bar.
        gamma: the discount of the discounted view.
        file: name of what is downloaded, without its ending.
        why: the number of the last question about this episode, the step that it is about, and its answer.
        can_ask: whether there is a policy to ask.
        can_fly: whether the arrow keys may fly.
        flight: if this is a flight by hand under way: its ``id``, its ``actions`` so far, whether it has ``ended``, the
            ``chunk`` of actions that the server wants at a time, and its ``pace`` in simulated seconds a second.
        design: whose parts they are; the lander's built-in ones are known without it.
    """
    columns = [keys.index(key) for key in parts]
    return {
        **_common(language()),
        "file": file,
        "gamma": gamma,
        "parts": [{"key": key, "name": part_name(key, design), "colour": colour_of(key, design)} for key in parts],
        "facts": [{"name": say(f"fact.{key}"), "unit": unit, "digits": n} for key, (unit, n) in FACTS.items()],
        "episodes": [
            film.data
            | {
                "name": name,
                "outcome_word": say(f"outcome.{film.trajectory.outcome}"),
                "colour": OUTCOME_COLOURS[film.trajectory.outcome],
                "paid": packed(amounts[:, columns], np.float64),
                "moments": [_mark(moment, design) for moment in find_moments(film.trajectory, amounts, keys)],
            }
            for film, name, amounts in zip(films, names, paid, strict=True)
        ],
        "why": None if why is None else {"asked": why[0], **_answer(why[2], why[1], columns, design)},
        "can_ask": can_ask,
        "can_fly": can_fly,
        "apart": len({film.trajectory.seed for film in films}) > 1,
        "flight": flight,
    }


@cache
def _common(lang: str) -> dict[str, Any]:
    """What is the same for all episodes in a language. The browser fills in the names in the texts."""
    words: dict[str, Any] = {name: text(f"player.{name}", lang) for name in WORDS}
    words["actions"] = [text(f"action.{name}", lang) for name in ACTION_NAMES]
    words["fly_keys"] = [[key, arrow, text(f"action.{name}", lang)] for key, arrow, name in FLY_KEYS]
    return {
        "lang": lang,
        "words": words,
        "net": NET_COLOUR,
        "world": {
            "pixels": [VIEWPORT_W, VIEWPORT_H],
            "width": WORLD_WIDTH,
            "fps": STEPS_PER_SECOND,
            "body": BODY,
            "leg": LEG,
            "sideEngine": SIDE_ENGINE,
        },
    }


def _mark(moment: Moment, design: Design | None) -> dict[str, Any]:
    part = part_name(moment.part, design) if moment.part else ""
    amount = amount_words(moment.amount) if moment.kind == "payment" else f"{moment.amount:.0f}"
    return {
        "step": moment.step,
        "kind": moment.kind,
        "colour": colour_of(moment.part, design) if moment.part else "",
        "text": say(f"moment.{moment.kind}", seconds=_seconds(moment.step + 1), part=part, amount=amount),
    }


def _seconds(frame: int) -> str:
    return f"{frame / STEPS_PER_SECOND:.2f}"


def _answer(why: Explanation, step: int, columns: Sequence[int], design: Design | None) -> dict[str, Any]:
    """An explanation in words, and its bars: what each part pays more for the chosen action."""
    others = [action for action in range(N_ACTIONS) if action != why.chosen]
    rival = max(others, key=lambda action: why.means[action])
    names = [say(f"action.{name}") for name in ACTION_NAMES]
    ahead, error = float(why.difference(rival).sum()), why.difference_error(rival)
    winner, loser = (why.chosen, rival) if ahead >= 0 else (rival, why.chosen)
    verdict = "unsure" if abs(ahead) <= 2 * error or ahead == 0 else "better" if ahead > 0 else "worse"
    gap = {"gap": amount_words(abs(ahead), sign=False), "error": amount_words(error, sign=False)}
    sentence = say(f"why.{verdict}", chosen=names[why.chosen], other=names[rival], **gap)
    text = [sentence[:1].upper() + sentence[1:]]
    if verdict != "unsure":
        in_favour, against = why.reasons(rival) if winner == why.chosen else why.reasons(rival)[::-1]
        gaps = why.parts[winner] - why.parts[loser]
        for kind, told_keys in (("for", in_favour), ("against", against)):
            told = [f"{part_name(key, design)} ({amount_words(float(gaps[why.keys.index(key)]))})" for key in told_keys]
            if told:
                text.append(say(f"why.{kind}", parts=say("list.comma").join(told), winner=names[winner]))
    n = why.returns.shape[1]
    rows = []
    for action in [why.chosen, *sorted(others, key=lambda a: -why.means[a])]:
        mean, spread = float(why.means[action]), float(why.spreads[action])
        values = {"mean": amount_words(mean, sign=False), "spread": amount_words(spread, sign=False)}
        rows.append(
            {
                "name": names[action],
                "chosen": action == why.chosen,
                "text": say("why.row", landed=round(n * why.succeeded[action]), n=n, **values),
                "gaps": why.difference(action)[list(columns)].tolist(),
            }
        )
    return {
        "title": say("why.title", seconds=_seconds(step), step=step),
        "text": text,
        "axis": say("why.axis", chosen=names[why.chosen]),
        "rows": rows,
        "note": say("why.note", n=n),
    }


@cache
def sources() -> dict[str, str]:
    """The component's HTML, CSS and JavaScript."""
    folder = files(__name__)
    script = "\n".join(folder.joinpath(name).read_text("utf-8") for name in SCRIPTS)
    return {
        "html": folder.joinpath("player.html").read_text("utf-8"),
        "css": folder.joinpath("player.css").read_text("utf-8"),
        "js": script,
    }


_SOURCES: Final = sources()
_component = st.components.v2.component("reward_player", html=_SOURCES["html"], css=_SOURCES["css"], js=_SOURCES["js"])


def draw_player(data: dict[str, Any], key: str, on_why: Callable[[], None], on_fly: Callable[[], None]) -> None:
    """The player on the page.

    Args:
        data: from `scene_data`.
        key: of the component; what it asks is in the session state under it.
        on_why: called when somebody asks why.
        on_fly: called when the arrow keys have flown a little further.
    """
    sent = json.dumps(data).encode()  # a dictionary would make Streamlit load pandas, to see whether a table is in it
    _component(key=key, data=sent, on_why_change=on_why, on_fly_change=on_fly)


OFFLINE: Final = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ --st-text-color: #31333f; --st-background-color: #fff; --st-primary-color: #7c66e6; }}
@media (prefers-color-scheme: dark) {{ :root {{ --st-text-color: #fafafa; --st-background-color: #0e1117; }} }}
body {{ margin: 2rem auto; max-width: 1180px; padding: 0 1rem; background: var(--st-background-color); }}
{css}
</style>
</head>
<body>
{html}
<script type="application/json" id="episode">{data}</script>
<script type="module">
{js}
const data = JSON.parse(document.getElementById("episode").textContent);
reward_player({{ data, parentElement: document.body, setTriggerValue() {{}} }});
</script>
</body>
</html>
"""


def to_html(data: dict[str, Any], title: str) -> str:
    """The player with its episode as one file that opens without a server and without the network."""
    alone = data | {"can_ask": False, "can_fly": False}
    safe = title.replace("&", "&amp;").replace("<", "&lt;")
    return OFFLINE.format(lang=data["lang"], title=safe, data=to_script(alone), **sources())


def to_script(data: Mapping[str, Any]) -> str:
    """Data as JSON that stays inside a ``<script>`` element."""
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
