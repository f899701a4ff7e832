"""One tab of a browser, which hears every complaint."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request

QUIET = ("Failed to load resource", "WebSocket connection to")  # what a browser says when a server is away


class Tab:
    """`errors` holds what its console complained of, and requests that left the site."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.errors: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(QUIET):
            self.errors.append(message.text)

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.url).netloc:
            self.errors.append(f"asked for {request.url}")

    @contextmanager
    def loaded_anew(self, *others: Tab) -> Iterator[None]:
        """Waits until this tab, and those, have been loaded once more: somebody has left."""
        with ExitStack() as stack:
            for tab in (self, *others):
                stack.enter_context(tab.page.expect_event("load"))
            yield

    def eventually(self, true: Callable[[], object], within: float = 30.0) -> None:
        """Waits until it is true, while the page goes on."""
        deadline = time.monotonic() + within
        while not true():
            assert time.monotonic() < deadline, f"not within {within} s"
            self.page.wait_for_timeout(50)
