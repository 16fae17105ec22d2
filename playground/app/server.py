"""The web server of the app: warmed up when it starts, and quiet about pages that are opened by their own address.

Leaves out: the pages (``frame``).
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from starlette.middleware import Middleware

from playground.app.warm import warm_up

__all__ = ["MIDDLEWARE", "PAGES", "warm_up"]

PAGES: Final = ("playground", "compare", "algorithms", "notebook", "models")
"""The pages by their place in the address, the first page first."""
MULTIPLE_CHOICES: Final = 300
Message = MutableMapping[str, Any]
App = Callable[[Message, Any, Callable[[Message], Awaitable[None]]], Awaitable[None]]


class AnswerProbes:
    """Says "look elsewhere" where Streamlit would log an error in the browser's console.

    A browser that opens ``/compare`` cannot know whether the app lives there or at ``/``. So Streamlit's script
    probes ``/compare/_stcore/health`` and ``/compare/_stcore/host-config`` first, and the server answers 404
    (streamlit/streamlit#7074). Any answer but a success sends the script on to ``/``; browsers log those from 400 up.
    """

    probe = re.compile(rf"/({'|'.join(PAGES)})/_stcore/(health|host-config)")

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Any, send: Callable[[Message], Awaitable[None]]) -> None:
        """One request."""
        if scope["type"] == "http" and self.probe.search(scope["path"]):
            await send({"type": "http.response.start", "status": MULTIPLE_CHOICES, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self.app(scope, receive, send)


MIDDLEWARE: Final = (Middleware(AnswerProbes),)
