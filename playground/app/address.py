"""The address bar: what of a session's state is in it, so that copying the address shares what is on screen.

Parameters are never renamed, since links are kept for years.

Leaves out: reading a whole address into a new session (``session``).
"""

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import streamlit as st

from playground.flight.scorecard import EVALUATION_SEEDS
from playground.reward.codec import TERMS, to_query
from playground.training.spec import TrainSpec
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import PRESET

if TYPE_CHECKING:
    from playground.app.session import Session

NOT_SET: Final = ("reward", "algorithm", "env", "settings", "seconds")
"""Fields of a spec that the sidebar does not set: it trains with the default algorithm."""
SETTINGS: Final = tuple(f.name for f in fields(TrainSpec) if f.name not in NOT_SET)
"""Training settings, which are parameters of the address, too."""
LINK_LIMIT: Final = 6000
"""Characters of own terms, as an address writes them, that browsers and servers surely take."""
LINKED: Final = 12
"""Letters of a key where an address holds several."""


def read_setting(name: str, text: str) -> Any:
    """A training setting as the address bar writes it.

    Raises:
        InvalidInput: the text is not of the setting's type.
    """
    default = next(f.default for f in fields(TrainSpec) if f.name == name)
    if isinstance(default, str):
        return text
    if isinstance(default, bool):
        if text not in ("true", "false"):
            raise InvalidInput("not_a_bool", field=name, value=text)
        return text == "true"
    try:
        if isinstance(default, tuple):
            return tuple(int(part) for part in text.split(",") if part.strip())
        return int(text) if isinstance(default, int) else float(text)
    except ValueError:
        raise InvalidInput("not_a_number", field=name, value=text) from None


def write_setting(value: Any) -> str:
    """A training setting as text for the address bar.

    >>> write_setting((64, 64)), write_setting(True), write_setting(0.995)
    ('64,64', 'true', '0.995')
    """
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def fits_link(state: "Session") -> bool:
    """Whether an address can hold the draft's own terms."""
    text = to_query(state.draft, PRESET[state.preset].config).get(TERMS, "")
    return len(quote(text)) <= LINK_LIMIT


def address_of(state: "Session", spec: TrainSpec, lang: str) -> dict[str, str]:
    """The parameters of the address that leads to what is on screen.

    Args:
        state: a session.
        spec: the one of its draft.
        lang: its language.
    """
    query = {"preset": state.preset, **to_query(state.draft, PRESET[state.preset].config)}
    if not fits_link(state):
        del query[TERMS]  # a server refuses such an address; the sidebar says so and offers the file
    query |= {name: write_setting(getattr(spec, name)) for name in SETTINGS if name in state.settings}
    if state.shown is not None and state.shown != spec.key:
        query["model"] = state.shown
    if state.compared:
        query["compare"] = ".".join(key[:LINKED] for key in state.compared)
    if state.seed != EVALUATION_SEEDS.start:
        query["episode"] = str(state.seed)
    return query | {"lang": lang}


def sync_url(state: "Session", spec: TrainSpec) -> None:
    """Write what is on screen into the address bar."""
    query = address_of(state, spec, str(st.session_state["lang"]))
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)
