import ast
import asyncio
import gc

import pytest

from playground.app import server, warm
from playground.app.server import PAGES, AnswerProbes
from playground.lab.paths import app_script


def answer(path: str) -> int:
    """The status that a request for a path gets; 200 from the app behind."""
    statuses = []

    async def behind(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    asyncio.run(AnswerProbes(behind)({"type": "http", "path": path}, None, send))
    (status,) = statuses
    return status


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("what", ["health", "host-config"])
def test_a_probe_below_a_page_is_sent_on_without_an_error(page, what):
    assert answer(f"/{page}/_stcore/{what}") == 300
    assert answer(f"/served/below/{page}/_stcore/{what}") == 300


@pytest.mark.parametrize(
    "path",
    ["/", "/compare", "/_stcore/health", "/_stcore/host-config", "/compare/_stcore/stream", "/else/_stcore/health"],
)
def test_everything_else_is_streamlits(path):
    assert answer(path) == 200


def test_websockets_pass():
    passed = []

    async def behind(scope, receive, send):
        passed.append(scope["type"])

    asyncio.run(AnswerProbes(behind)({"type": "websocket", "path": "/compare/_stcore/health"}, None, None))
    assert passed == ["websocket"]


def test_the_pages_are_those_of_the_navigation():
    source = ast.parse(app_script().parent.joinpath("playground", "app", "frame.py").read_text("utf-8"))
    paths = [
        keyword.value.value
        for call in ast.walk(source)
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "url_path"
    ]
    assert tuple(paths) == PAGES
    assert server.MIDDLEWARE


def test_what_is_loaded_is_left_out_of_later_garbage_collections():
    try:
        warm.keep_out_of_collections()
        assert gc.get_freeze_count() > 50_000
    finally:
        gc.unfreeze()
