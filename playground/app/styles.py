"""The page's own CSS.

Streamlit has no public way to colour one slider or to tighten its page, so some selectors are its private ones. They
are all in this file, by name, and a browser test says when one no longer matches. Classes ``st-key-…`` are public:
Streamlit makes them from the widgets' keys.

Leaves out: the styles of the player and of the gallery, which are components of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from playground.insight.repair import slider_bounds
from playground.reward.design import Design
from playground.reward.own import OwnTerm, term_of
from playground.reward.term import Slider, Term

SOUND_COLOUR: Final = "#22a35a"
PRIVATE: Final = {
    "main": ".stMainBlockContainer",
    "sidebar_head": "[data-testid=stSidebarHeader]",
    "sidebar_blocks": "[data-testid=stSidebarUserContent] [data-testid=stVerticalBlock]",
    "thumb_value": "[data-testid=stSliderThumbValue]",
    "slider_ends": "[data-testid=stSliderTickBar]",
    "slider_rail": "[role=group] > [data-orientation]",
    "slider_label": "label p",
    "metric": "[data-testid=stMetricValue]",
}
"""Selectors of Streamlit's own elements. The rail and the label are looked for inside a slider's key."""
DIAL: Final = "[class*=st-key-dial_]"
UNDO: Final = "[class*=st-key-reset_]"


def layout_style() -> str:
    """A tighter page; a dial keeps its width when the way back to the preset appears beside it."""
    of = PRIVATE
    return (
        f"{of['main']} {{padding: 3.6rem 2.5rem 2rem;}}"
        f"{of['sidebar_head']} {{height: 1.5rem; padding-bottom: 0; margin-bottom: 0;}}"
        f"{of['thumb_value']}, {of['slider_ends']} {{display: none;}}"
        f"{of['sidebar_blocks']} {{gap: .55rem;}}"
        f"{of['main']} h2 {{font-size: 1.75rem; padding: 0 0 .35rem;}}"
        f"{of['metric']} {{font-size: 1.6rem;}}"
        f"{DIAL} {{position: relative; padding-right: 1.9rem;}}"
        f"{DIAL} {UNDO} {{position: absolute; right: 0; bottom: 0; width: auto;}}"
        f"@media (max-width: 640px) {{{of['main']} {{padding: 3.6rem 1rem 1rem;}}"
        f"{of['main']} h2 {{font-size: 1.35rem;}}}}"
    )


def dial_key(term: Term) -> str:
    """What the widgets of a term's dial are called; an own term may have any name, also that of another widget."""
    return f"own_{term.key}" if term.own else term.key


def term_style(reward: Design) -> str:
    """A dot of each term's colour beside the name of its slider."""
    return "".join(
        f".st-key-slide_{dial_key(term)} {PRIVATE['slider_label']}::before {{content: ''; display: inline-block; "
        f"width: .65em; height: .65em; border-radius: 50%; background: {term.colour}; margin-right: .45em;}}"
        for term in reward.terms
    )


def band_style(reward: Design, bands: Mapping[str, Sequence[tuple[float, float]]], homes: Mapping[str, float]) -> str:
    """Green under the stretches of each slider in which landing pays best.

    Args:
        reward: whose sliders.
        homes: the weights that own terms were written with, from which their sliders have their range.
        bands: the stretches, by weight.
    """
    bounds = slider_bounds(reward)
    for own, term in zip(reward.own_terms, reward.terms[len(reward.terms) - len(reward.own_terms) :], strict=True):
        slider = own_slider(own, homes)
        bounds[term.weight] = (min(slider.low, own.weight), max(slider.high, own.weight))
    return "".join(
        f".st-key-slide_{dial_key(term)} {PRIVATE['slider_rail']}::after {{content: ''; position: absolute; left: 0; "
        f"right: 0; top: calc(50% + 8px); height: 3px; background: "
        f"{_stripes(*bounds[term.weight], bands[term.weight])};}}"
        for term in reward.terms
        if bands.get(term.weight)
    )


def own_slider(own: OwnTerm, homes: Mapping[str, float]) -> Slider:
    """The range of an own term's slider; it stays while the slider moves."""
    return term_of(replace(own, weight=homes.get(own.name, own.weight)), 0).sliders["state"]


def _stripes(low: float, high: float, bands: Sequence[tuple[float, float]]) -> str:
    """A CSS gradient that is green in the bands of a slider from low to high, and transparent between them."""
    stops = ["transparent 0"]
    for first, last in bands:
        start, end = (f"{100 * (value - low) / (high - low):.1f}%" for value in (first, last))
        stops += [f"transparent {start}", f"{SOUND_COLOUR} {start}", f"{SOUND_COLOUR} {end}", f"transparent {end}"]
    return f"linear-gradient(to right, {', '.join(stops)})"
