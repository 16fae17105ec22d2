"""Comparing ten models on their page, and a notebook of a thousand entries.

Leaves out: training them.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

from playground.bench.figures import Figure
from playground.bench.growth import copy_models

MODELS: Final = 10
ENTRIES: Final = 1_000


def measure_studies(repeats: int) -> list[Figure]:
    """Milliseconds until the compare page of ten models is drawn, and until a thousand entries are listed.

    Args:
        repeats: of each, after a first time that loads libraries and reads the models.
    """
    before, folder = os.environ.get("PLAYGROUND_HOME"), Path(tempfile.mkdtemp(prefix="playground-bench-"))
    os.environ["PLAYGROUND_HOME"] = str(folder)
    try:
        pages, entries = _pages(folder, repeats), _entries(folder, repeats)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if before is None:
            del os.environ["PLAYGROUND_HOME"]
        else:
            os.environ["PLAYGROUND_HOME"] = before
    return [
        Figure(f"the compare page of {MODELS} models, its first time", pages[:1], "ms"),
        Figure(f"the compare page of {MODELS} models, again", pages[1:], "ms"),
        Figure(f"{ENTRIES:,} notebook entries listed", entries[1:], "ms"),
    ]


def _pages(folder: Path, repeats: int) -> list[float]:
    from streamlit.testing.v1 import AppTest

    from playground.lab.models.store import ModelStore

    copy_models(folder, MODELS)
    keys = [model.key for model in ModelStore(folder).list_trained()]

    def script() -> None:
        from playground.app.pages import compare
        from playground.app.session import session
        from playground.app.texts import language

        language()
        session()
        compare.draw()

    page = AppTest.from_function(script, default_timeout=60)
    page.query_params["compare"] = ".".join(key[:12] for key in keys)
    page.query_params["lang"] = "en"
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        page.run()
        times.append(1e3 * (time.perf_counter() - start))
    assert not page.exception
    assert len(page.multiselect(key="compared").value) == MODELS
    return times


def _entries(folder: Path, repeats: int) -> list[float]:
    from playground.lab.models.store import ModelStore
    from playground.lab.notebook.entry import Entry
    from playground.lab.notebook.notebook import Notebook

    book = Notebook(ModelStore(folder))
    told = {"landing_rate": 0.5, "native_return_mean": 100.0}
    made = (Entry(f"entry-{i}", "training", hypothesis=f"idea {i}", result=told) for i in range(ENTRIES))
    book.record(*made)
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        assert len(book.entries()) == ENTRIES
        times.append(1e3 * (time.perf_counter() - start))
    return times
