"""What the server does while the browser still loads: fetch what every first page needs.

Leaves out: anything that a page could not do itself. Without this the first page is the same, only later.
"""

import gc
import importlib
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any


@asynccontextmanager
async def warm_up(app: Any) -> AsyncIterator[None]:
    """Begin when the server starts, beside it."""
    threading.Thread(target=_fetch, daemon=True).start()
    yield


def _fetch() -> None:
    """Import all that a page needs, read what models ship, and check the first preset's reward once."""
    try:
        from playground.insight.check import check_reward
        from playground.lab.models.store import ModelStore
        from playground.worlds.lunar_lander.presets import PRESETS

        importlib.import_module("playground.app.frame")
        importlib.import_module("playground.worlds.lunar_lander.simulator")  # Box2D, for the first episode
        with suppress(ImportError):  # private; it saves the first page 40 ms, for the rocket in the tab
            importlib.import_module("streamlit.emojis")
        check_reward(PRESETS[0].config)
        ModelStore().list_shipped()  # their manifests, and the worlds that they are of
        importlib.import_module("scipy.optimize")  # for the first repair; last, since no first page waits for it
    except Exception:  # the page will meet it again and say so
        logging.getLogger("playground").debug("the server could not warm up", exc_info=True)
    keep_out_of_collections()


def keep_out_of_collections() -> None:
    """Whatever is loaded by now stays loaded, so the garbage collector need not walk over it again.

    Streamlit collects all generations after every run of a page. Over a few hundred thousand objects of modules that
    takes 50 to 90 ms, in which the last elements of the page wait to be sent.
    """
    gc.collect()
    gc.freeze()
