"""Which preset the draft comes from, how far it has left it, and how to take it along or bring one in.

Leaves out: the address bar itself (``address``).
"""

from urllib.parse import quote, urlencode

import streamlit as st

from playground.app.address import fits_link
from playground.app.now import Now
from playground.app.session import Session
from playground.app.texts import language, say
from playground.reward.codec import dump_reward, parse_reward
from playground.reward.export import to_python
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import PRESET


def draw_preset(now: Now) -> None:
    """The presets, and how much of the chosen one was changed."""
    state = now.state

    def chosen() -> None:
        state.choose_preset(st.session_state["preset"])

    st.session_state["preset"] = state.preset
    st.selectbox(
        say("design.preset"),
        list(PRESET),
        format_func=lambda slug: PRESET[slug].name[language()],
        key="preset",
        on_change=chosen,
    )


def draw_share(now: Now) -> None:
    """The way back to the preset, and the ways out of this page."""
    state = now.state
    changed = len(state.changes())
    if changed:
        st.caption(say("design.changed", count=changed))
    with st.container(horizontal=True):
        if changed:
            st.button(
                say("design.reset_all"),
                key="reset_all",
                icon=":material/restart_alt:",
                on_click=lambda: setattr(state, "draft", PRESET[state.preset].config),
            )
        with st.popover(say("share.button"), icon=":material/share:", key="share", on_change="rerun") as panel:
            if panel.open:
                _share(state, to_python(state.draft, now.spec.gamma))


def _share(state: Session, python: str) -> None:
    if fits_link(state):
        st.caption(say("share.link"))
        query = urlencode(st.query_params.to_dict(), safe=",", quote_via=quote)
        st.code(f"{(st.context.url or '').split('?')[0]}?{query}", language=None, wrap_lines=True)
    else:
        st.warning(say("share.too_long"))
    with st.container(horizontal=True):
        json_text = dump_reward(state.draft)
        st.download_button(say("share.download_json"), json_text, "reward.json", "application/json", on_click="ignore")
        st.download_button(
            say("share.download_python"), python, "designed_reward.py", "text/x-python", on_click="ignore"
        )

    def opened() -> None:
        file = st.session_state["upload"]
        if file is None:
            return
        try:
            state.draft = parse_reward(file.getvalue(), type(state.draft))
            state.notice = say("share.opened", name=file.name)
        except InvalidInput as error:
            state.problems.append(error)

    st.file_uploader(say("share.upload"), type="json", key="upload", on_change=opened, max_upload_size=1)
    with st.expander(say("share.python")):
        st.code(python, language="python", height=300)
