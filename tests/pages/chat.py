"""The chat page as one who uses it sees it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.pages.tab import Tab

SAID = "nodes => nodes.map(node => node.querySelector('.text').textContent.replace(/^You: /, ''))"


class Chat(Tab):
    """The chat page in one tab."""

    def visit(self) -> Chat:
        self.page.goto(f"{self.url}/chat")
        return self

    @property
    def text(self) -> Locator:
        return self.page.get_by_role("textbox", name="Your message")

    @property
    def own(self) -> Locator:
        return self.page.locator("#messages > .contact")

    @property
    def replies(self) -> Locator:
        return self.page.locator("#messages > .agent:not(:has(.partial))")

    def say(self, text: str) -> None:
        self.text.fill(text)
        self.text.press("Enter")

    def answered(self, count: int) -> None:
        """Waits for so many whole replies."""
        expect(self.replies).to_have_count(count, timeout=60_000)

    def said(self) -> list[str]:
        """The texts of all messages as shown, from the first to the last."""
        told: list[str] = self.page.locator("#messages > .message").evaluate_all(SAID)
        return told

    def own_said(self) -> list[str]:
        told: list[str] = self.own.evaluate_all(SAID)
        return told

    def ask(self, text: str) -> None:
        """Says it and waits for its answer."""
        count = self.replies.count()
        self.say(text)
        self.answered(count + 1)

    def menu(self, item: str) -> None:
        self.page.get_by_role("button", name="Conversation menu").click()
        self.page.get_by_role("button", name=item).click()

    def start_over(self) -> None:
        self.menu("Start a new conversation")
        self.page.get_by_role("button", name="Start a new one").click()

    def sign_out(self, *others: Tab) -> None:
        """By its menu; other tabs of the browser follow."""
        self.page.get_by_role("button", name="Account of ").click()
        with self.loaded_anew(*others):
            self.page.get_by_role("button", name="Sign out").click()

    def remembered(self) -> Any:
        """What the browser keeps of the conversation: {id, token}, {id, user} of who is signed in, or None."""
        return self.page.evaluate("JSON.parse(localStorage.getItem('switchboard.conversation') ?? 'null')")

    def contents(self, at: Any = None) -> list[str]:
        """The texts of all messages as stored."""
        return [one["content"] for one in self.api("/messages?limit=200", at)["items"]]

    def api(self, path: str = "", at: Any = None) -> Any:
        """What the server says of the conversation, which is the one remembered unless told otherwise."""
        at = at or self.remembered()
        token = at.get("token") or self.page.evaluate("JSON.parse(localStorage.getItem('switchboard.account')).access")
        headers = {"Authorization": f"Bearer {token}"}
        response = self.page.request.get(f"{self.url}/api/conversations/{at['id']}{path}", headers=headers)
        assert response.ok, response.text()
        return response.json()


class Line:
    """The page's sockets, which a test can cut; none is let through after that. What names `without` gets lost.

    A `slow` one keeps what the page says until it is told to go on."""

    def __init__(self, page: Page, without: str | None = None, *, slow: bool = False) -> None:
        self._open: list[WebSocketRoute] = []
        self._down = False
        self._without = without
        self._slow = slow
        self.kept: list[tuple[str | bytes, WebSocketRoute]] = []
        self.lost: list[str | bytes] = []
        self.sent: list[str | bytes] = []
        page.route_web_socket("**/connection/websocket", self._opened)

    def _opened(self, socket: WebSocketRoute) -> None:
        if self._down:
            socket.close(code=1011)
            return
        server = socket.connect_to_server()
        socket.on_message(lambda frame: self._said(frame, server))
        self._open.append(socket)

    def _said(self, frame: str | bytes, server: WebSocketRoute) -> None:
        if self._without and self._without in str(frame):
            self.lost.append(frame)
        elif self._slow:
            self.kept.append((frame, server))
        else:
            self.sent.append(frame)
            server.send(frame)

    def go_on(self) -> None:
        self._slow = False
        for frame, server in self.kept:
            self._said(frame, server)

    def cut(self) -> None:
        self._down = True
        for socket in self._open:
            socket.close(code=1011)
