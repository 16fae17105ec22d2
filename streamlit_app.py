"""Reward Playground: ``streamlit run streamlit_app.py``.

Streamlit starts its server with the ``app`` of this file, and runs the file again for every page that somebody opens.
"""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx() is None:
    from playground.app.server import MIDDLEWARE, warm_up

    app = st.App(__file__, lifespan=warm_up, middleware=MIDDLEWARE)
else:
    from playground.app.frame import draw

    draw()
