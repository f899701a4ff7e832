"""Someone who writes over HTTP and looks whether an answer has come."""

from __future__ import annotations

from typing import Any

import httpx

from tests.program import Program


class Person:
    """A visitor with a conversation. Use it as a context manager."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.http = httpx.Client(base_url=program.url, timeout=40, trust_env=False)
        opened = self.http.post("/api/conversations", json={})
        assert opened.status_code == 201, opened.text
        self.id: str = opened.json()["conversation"]["id"]
        self.token: str = opened.json()["token"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        self.sent: dict[str, str] = {}

    def __enter__(self) -> Person:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def post(self, content: str, **headers: str) -> httpx.Response:
        """Posts a message; whatever comes of it."""
        return self.http.post(f"/api/conversations/{self.id}/messages", json={"content": content}, headers=headers)

    def send(self, content: str) -> str:
        """Posts a message that is accepted. Returns its id."""
        response = self.post(content)
        assert response.status_code == 202, response.text
        id_ = str(response.json()["message_id"])
        self.sent[id_] = content
        return id_

    def get(self, path: str = "") -> httpx.Response:
        """Reads something of the conversation."""
        return self.http.get(f"/api/conversations/{self.id}{path}")

    def messages(self) -> list[dict[str, Any]]:
        """The conversation's messages, or none while the database is away."""
        response = self.get("/messages?limit=200")
        return list(response.json()["items"]) if response.status_code == 200 else []

    def reply_to(self, message_id: str) -> dict[str, Any] | None:
        """The reply, if there is one."""
        return next((m for m in self.messages() if m["in_reply_to"] == message_id), None)

    def wait_reply(self, message_id: str, seconds: float = 60) -> dict[str, Any]:
        """The reply. Fails when there is none in time."""
        found: dict[str, Any] = {}

        def there() -> bool:
            found.update(self.reply_to(message_id) or {})
            return bool(found)

        self.program.wait_until(there, seconds, f"answered: {message_id}")
        return found
