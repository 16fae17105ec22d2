import asyncio
import subprocess
import sys
import threading

from playground.app import warm
from playground.lab.paths import app_script


def test_the_server_is_up_at_once_and_fetches_beside_it(monkeypatch):
    begun, ended = threading.Event(), threading.Event()

    def fetch():
        begun.set()
        ended.wait(10)

    monkeypatch.setattr(warm, "_fetch", fetch)

    async def serve():
        async with warm.warm_up(None):
            assert begun.wait(5)
            assert not ended.is_set()

    asyncio.run(serve())
    ended.set()


def test_what_cannot_be_fetched_stops_nothing(monkeypatch):
    def broken(*_):
        raise OSError("the disk is gone")

    monkeypatch.setattr("playground.insight.check.check_reward", broken)
    monkeypatch.setattr(warm, "keep_out_of_collections", lambda: None)
    warm._fetch()


def test_what_the_page_needs_is_there_after_it():
    code = (
        "import sys\n"
        "from playground.app.warm import _fetch\n"
        "_fetch()\n"
        "before = set(sys.modules)\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"AppTest.from_file({str(app_script())!r}, default_timeout=60).run()\n"
        "late = {name for name in set(sys.modules) - before if name.startswith('playground')}\n"
        "assert not late, late\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=120)


def test_the_file_is_the_server_and_the_page():
    """Run by nobody's page it makes the app that the server starts with, and draws nothing."""
    code = (
        f"import runpy, sys; made = runpy.run_path({str(app_script())!r})\n"
        "import streamlit as st\n"
        "assert isinstance(made['app'], st.App)\n"
        "assert 'playground.app.frame' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)
