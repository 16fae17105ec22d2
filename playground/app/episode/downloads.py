"""The episode on screen as a file, closed until asked for.

Leaves out: the formats themselves (``flight.recording``, ``insight.breakdown``, ``app.player``).
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from playground.app.now import Now
from playground.app.player import to_html
from playground.app.texts import say
from playground.insight.breakdown import to_csv, to_npz
from playground.lab.models.model import SHORT


def draw_downloads(now: Now, player: Callable[[], dict[str, Any]]) -> None:
    """The button and what is behind it.

    Args:
        now: what is on screen.
        player: makes what the player shows.
    """
    with st.popover(
        "", icon=":material/download:", help=say("episode.download"), key="downloads", on_change="rerun"
    ) as panel:
        if panel.open:
            _files(now, player())


def _files(now: Now, data: dict[str, Any]) -> None:
    from playground.flight.recording import to_gif, to_mp4  # their libraries are not needed before

    stem, episode, parts = file_stem(now), now.episode, now.parts  # now: a download is made outside the session
    makers: dict[str, tuple[str, Callable[[], str | bytes]]] = {
        "html": ("text/html", lambda: to_html(data, f"Reward Playground · {stem}")),
        "gif": ("image/gif", lambda: to_gif(episode)),
        "mp4": ("video/mp4", lambda: to_mp4(episode)),
        "csv": ("text/csv", lambda: to_csv(episode, parts)),
        "npz": ("application/octet-stream", lambda: to_npz(episode, parts)),
    }
    for kind, (mime, make) in makers.items():
        st.download_button(
            say(f"episode.{kind}"), make, f"{stem}.{kind}", mime, key=f"download_{kind}", on_click="ignore", width=180
        )


def file_stem(now: Now) -> str:
    """The name of what is downloaded, without its ending."""
    if now.state.own is not None:
        return f"by-hand-{now.state.own + 1}"
    return f"{now.model.slug or now.model.key[:SHORT]}-seed{now.state.seed}"
