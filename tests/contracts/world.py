"""Who and what is there when every operation of the API is called."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from tests.servers.authenticator import Authenticator

PASSWORD = "a few words to remember"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # of the webhook source `shop`


def made(url: str, origin: str, superuser: str) -> dict[str, str]:
    """Makes them in a deployment that has nothing but a superuser of this name: access tokens, ids, and where events begin.

    `subject` is a user to whom superusers do things; `owner` is one who has a conversation, as the `visitor` has.
    """
    root = _posted(url, "auth/login", {"username": superuser, "password": PASSWORD})
    owner, visited = registered(url), _posted(url, "conversations", {})
    opened = _posted(url, "conversations", {}, owner["access_token"])
    world = {
        "url": url,
        "origin": origin,
        "superuser": root["access_token"],
        "superuser_id": root["user"]["id"],
        "subject": registered(url)["user"]["id"],
        "owner_id": owner["user"]["id"],
        "owner_name": owner["user"]["username"],
    }
    world |= _talking("owner", url, opened["conversation"]["id"], owner["access_token"])
    return world | _talking("visitor", url, visited["conversation"]["id"], visited["token"])


def _talking(who: str, url: str, conversation: str, token: str) -> dict[str, str]:
    """A token, its conversation with a message that is answered, and the Last-Event-ID before all its events."""
    position = _position(url, conversation, token)
    message = _said(url, conversation, token)
    return {who: token, f"{who}_conversation": conversation, f"{who}_message": message, f"{who}_position": position}


def registered(url: str) -> dict[str, Any]:
    """A new user, signed in."""
    name = f"user-{uuid.uuid4().hex[:12]}"
    return _posted(url, "auth/register", {"email": f"{name}@example.org", "username": name, "password": PASSWORD})


def with_passkey(url: str, origin: str) -> dict[str, Any]:
    """A new user, signed in by a passkey, for which nothing is hashed. `origin` is that of the deployment's pages."""
    begin, complete = (f"auth/passkeys/register/{step}" for step in ("begin", "complete"))
    options = _posted(url, begin, {"email": f"{uuid.uuid4().hex}@example.org"})
    return _posted(url, complete, {"credential": Authenticator(origin).make(options)})


def _position(url: str, conversation: str, token: str) -> str:
    """Where the events of the conversation stand now."""
    path, known = f"{url}/api/conversations/{conversation}/events", {"Authorization": f"Bearer {token}"}
    with httpx.stream("GET", path, headers=known, timeout=40, trust_env=False) as response:
        return next(response.iter_lines()).removeprefix("id: ")


def _said(url: str, conversation: str, token: str) -> str:
    """The id of a message that is answered."""
    told = _posted(url, f"conversations/{conversation}/messages", {"content": "hello"}, token, Prefer="wait=30")
    return str(told["message"]["id"])


def _posted(url: str, path: str, body: dict[str, Any], token: str = "", **headers: str) -> dict[str, Any]:
    known = {"Authorization": f"Bearer {token}"} if token else {}
    response = httpx.post(f"{url}/api/{path}", json=body, headers=known | headers, timeout=40, trust_env=False)
    return dict(response.raise_for_status().json())
