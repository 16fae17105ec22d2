"""The app in headless Chromium: how soon it stands, how fast a slider answers, and what the web process holds.

Leaves out: what the page shows; the browser tests look at that.
"""

import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil

from playground.bench.browser import NoBrowser, headless_chromium
from playground.bench.figures import Figure

CHANGED: Final = """before => {
    const value = document.querySelector("[data-testid=stMetricValue]");
    return value !== null && value.innerText !== before;
}"""
QUIET: Final = "[data-testid=stApp][data-test-script-state=notRunning]"


def measure_app(repeats: int, count: int, sessions: int) -> list[Figure]:
    """Cold start, slider to redraw, and the web process's memory.

    Args:
        repeats: starts of the app.
        count: moves of the slider for each.
        sessions: pages open at once when memory is read.
    """
    server, first, bare, moves, memory = [], [], [], [], []
    try:
        with headless_chromium() as browser:
            browser.new_page().goto("about:blank")  # the browser itself is up
            for _ in range(repeats):
                bare.append(_bare_start(browser))
                with running_app() as (url, process, ready):
                    server.append(ready)
                    page = browser.new_page(viewport={"width": 1440, "height": 900})
                    start = time.perf_counter()
                    _open(page, url)
                    first.append(ready + time.perf_counter() - start)
                    moves += [_move(page) for _ in range(count)]
                    for _ in range(sessions - 1):
                        _open(browser.new_page(), url)
                    memory.append(process.memory_info().rss / 2**20)
                    for context in browser.contexts:
                        context.close()
    except NoBrowser as error:
        return [Figure("the app in a browser", (), note=f"left out: {error}")]
    served = server_times(count)
    return [
        Figure("the server answers", server, "s"),
        Figure(
            "cold start: from the command to a full first page, the player included",
            first,
            "s",
            "a Streamlit page of one line, the floor",
            bare,
        ),
        Figure(
            "slider to redrawn figure in the browser",
            [1e3 * s for s in moves],
            "ms",
            note=f"95th percentile {p95(moves) * 1e3:.0f} ms",
        ),
        Figure("server time of a slider's move", served, "ms", note=f"95th percentile {p95(served):.0f} ms"),
        Figure(f"memory of the web process, sessions open: {sessions}", memory, "MiB"),
    ]


def _bare_start(browser: Any) -> float:
    """Seconds from the command to a Streamlit page that holds one line of text."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "bare.py")
        script.write_text('import streamlit as st\nst.text("up")\n', encoding="utf-8")
        with running_app(script) as (url, _, ready):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            start = time.perf_counter()
            page.goto(url)
            page.get_by_text("up", exact=True).wait_for(timeout=60_000)
            page.wait_for_selector(QUIET)
            seconds = ready + time.perf_counter() - start
            page.context.close()
    return seconds


def _open(page: Any, url: str) -> None:
    page.goto(url)
    page.wait_for_selector("[data-testid=player][data-step]", timeout=60_000)
    page.wait_for_selector(QUIET)


def _move(page: Any) -> float:
    """Seconds from a key in a slider's number until the return that it changes stands redrawn."""
    value = page.locator("[data-testid=stMetricValue]").first
    before = value.inner_text()
    start = time.perf_counter()
    page.locator(".st-key-type_legs input").press("ArrowUp")
    page.locator(".st-key-type_legs input").press("Enter")
    page.wait_for_function(CHANGED, arg=before, polling=5)
    seconds = time.perf_counter() - start
    page.wait_for_selector(QUIET)
    return seconds


def server_times(moves: int) -> list[float]:
    """Milliseconds that the whole page's script takes after a slider's move, in Streamlit's own test runner."""
    from streamlit.testing.v1 import AppTest

    from playground.lab.paths import app_script

    page = AppTest.from_file(str(app_script()), default_timeout=60)
    page.query_params["lang"] = "en"
    page.run()
    milliseconds = []
    for index in range(moves + 2):
        slider = page.slider(key="slide_legs").set_value(20.0 + index % 20)
        start = time.perf_counter()
        slider.run()
        milliseconds.append((time.perf_counter() - start) * 1e3)
    return milliseconds[2:]


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    return float(np.percentile(values, 95))


@contextmanager
def running_app(script: Path | None = None) -> Iterator[tuple[str, psutil.Process, float]]:
    """The app, or another script, on a free port: its address, its process and the seconds until it answered."""
    from playground.lab.paths import app_script

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = script or app_script()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless=true", f"--server.port={port}"]
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=script.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        while True:
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)  # noqa: S310 (our own server)
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - start > 60:
                    raise RuntimeError("the app did not start; run `playground app` to see why") from None
                time.sleep(0.02)
        yield url, psutil.Process(process.pid), time.perf_counter() - start
    finally:
        process.terminate()
        process.wait(15)
