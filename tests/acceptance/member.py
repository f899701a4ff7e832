"""Someone with an account, over HTTP and on a socket."""

from __future__ import annotations

import json
import uuid
from itertools import count
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.program import Program

PASSWORD = "a few words to remember"


class Member:
    """A user who has registered, signed in on one device. Use it as a context manager."""

    def __init__(self, program: Program, name: str | None = None, visitor: str = "") -> None:
        self.name = name or f"member-{uuid.uuid4().hex[:8]}"
        self.program = program
        self.http = httpx.Client(base_url=program.url, timeout=40, trust_env=False)
        headers = {"Authorization": f"Bearer {visitor}"} if visitor else {}
        said = {"email": f"{self.name}@example.org", "username": self.name, "password": PASSWORD}
        self.take(self.http.post("/api/auth/register", json=said, headers=headers).raise_for_status().json())

    def __enter__(self) -> Member:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def take(self, tokens: dict[str, Any]) -> None:
        """Goes on with these tokens."""
        self.tokens = tokens
        self.http.headers["Authorization"] = f"Bearer {tokens['access_token']}"

    @property
    def id(self) -> str:
        """The user's id."""
        return str(self.tokens["user"]["id"])

    def login(self, password: str = PASSWORD) -> httpx.Response:
        """Signs in once more, as another device would."""
        return httpx.post(
            f"{self.program.url}/api/auth/login",
            json={"username": self.name, "password": password}, timeout=40, trust_env=False,
        )  # fmt: skip

    def refresh(self) -> httpx.Response:
        """Asks for new tokens and takes them."""
        response = self.http.post("/api/auth/refresh", json={"refresh_token": self.tokens["refresh_token"]})
        if response.status_code == 200:
            self.take(self.tokens | response.json())
        return response


class Wire:
    """A socket that says `connect` with a token."""

    def __init__(self, program: Program, token: str) -> None:
        self._ids = count(1)
        self._socket = connect(program.websocket_url, proxy=None, close_timeout=1, legacy=True)
        self.first = self.call("connect", token=token)

    def call(self, method: str, /, **params: Any) -> dict[str, Any]:
        """The reply to a command; pushes are passed over."""
        number = self.send(method, **params)
        while (said := json.loads(self._socket.recv(timeout=15))).get("id") != number:
            pass
        return dict(said)

    def send(self, method: str, /, **params: Any) -> int:
        """Sends a command. Returns its number."""
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, method: params}))
        return number

    def push(self) -> dict[str, Any]:
        """The data of the next publication."""
        while True:
            said = json.loads(self._socket.recv(timeout=15))
            if "pub" in said.get("push", {}):
                return dict(said["push"]["pub"]["data"])

    def closed(self, within: float = 15) -> int:
        """Reads until the server closes; the code."""
        try:
            while True:
                self._socket.recv(timeout=within)
        except ConnectionClosed as end:
            assert end.rcvd is not None
            return end.rcvd.code

    def is_open(self) -> bool:
        """Whether it still answers."""
        return "ping" in self.call("ping")

    def close(self) -> None:
        """Ends it."""
        self._socket.close()
