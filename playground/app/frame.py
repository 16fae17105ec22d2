"""What is around every page: its title, the shared sidebar, and the way to the other pages.

Leaves out: the pages (``pages``).
"""

import logging

import streamlit as st

from playground.app.address import sync_url
from playground.app.jobs_panel import finish_watching
from playground.app.now import Now
from playground.app.pages import algorithms, compare, models, notebook, playground
from playground.app.session import session
from playground.app.sidebar import draw_bands, draw_sidebar
from playground.app.texts import language, say, say_error
from playground.words.errors import InvalidInput


def draw() -> None:
    """Everything that a page shows, from the tab's title down."""
    language()
    st.set_page_config(page_title=say("app.title"), page_icon="🚀", layout="wide", initial_sidebar_state=380)
    now: Now | None = None

    def first_page() -> None:
        if now is not None:
            playground.draw(now)

    pages = {
        "playground": st.Page(
            first_page,
            title=say("nav.playground"),
            icon=":material/rocket_launch:",
            default=True,
            url_path="playground",
        ),
        "compare": st.Page(compare.draw, title=say("nav.compare"), icon=":material/balance:", url_path="compare"),
        "algorithms": st.Page(
            algorithms.draw, title=say("nav.algorithms"), icon=":material/schema:", url_path="algorithms"
        ),
        "notebook": st.Page(notebook.draw, title=say("nav.notebook"), icon=":material/menu_book:", url_path="notebook"),
        "models": st.Page(models.draw, title=say("nav.models"), icon=":material/inventory_2:", url_path="models"),
    }
    st.session_state["pages"] = pages
    page = st.navigation(list(pages.values()), position="top")

    try:
        state = session()
        finish_watching()
        now = Now(state)
        sync_url(state, now.spec)
        place = draw_sidebar(now)
        for problem in state.problems:
            st.warning(say_error(problem), icon=":material/error:")
        state.problems.clear()
        if state.notice:
            st.toast(state.notice)
            state.notice = ""
        page.run()
        draw_bands(now, place)
    except InvalidInput as error:
        st.error(say_error(error))
    except Exception as error:  # no traceback ever reaches a page
        logging.getLogger("playground").exception("the page failed")
        st.error(say("error.unexpected", reason=type(error).__name__))
