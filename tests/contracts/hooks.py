"""What schemathesis must know to call every operation: whose token it sends, what is there, how a webhook is signed.

Loaded by schemathesis.toml in a process of its own. The test tells it who is there (tests/contracts/world.py), and is told
which statuses each operation has answered with.
"""

from __future__ import annotations

import atexit
import json
import os
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any, TypeAlias

import requests
import schemathesis
from schemathesis import AuthContext, Case, HookContext, Response
from schemathesis.core.failures import Failure
from standardwebhooks import Webhook

from models.reasons import FORMS, REASONS
from tests.contracts.world import PASSWORD, SECRET, registered, with_passkey

Call: TypeAlias = "Case[Any]"
WORLD: dict[str, str] = json.loads(os.environ["CONTRACT_WORLD"])
EVENT_STREAM = "text/event-stream"
BODIES: dict[str, Callable[[], dict[str, str]]] = {
    "login": lambda: {"username": WORLD["owner_name"], "password": PASSWORD},
    "refreshTokens": lambda: {"refresh_token": registered(WORLD["url"])["refresh_token"]},
    "changePassword": lambda: {"new": "another few words to remember"},
    "createUser": lambda: {"email": f"{uuid.uuid4().hex}@example.org"},
}  # each once: hashing takes its time
_talking = cycle((WORLD["owner"], WORLD["visitor"], ""))
_streams = cycle((True, False))
_user: list[str] = []  # the access token of the user whose account is tried, while it is good
_calls: Counter[str] = Counter()
_seen: dict[str, set[int]] = defaultdict(set)


class Bearer:
    """Sends a token in the usual way."""

    def set(self, case: Call, data: str, ctx: AuthContext) -> None:
        if data:
            case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.auth(refresh_interval=None).apply_to(tag=["Users", "Administration"])
class Superuser(Bearer):
    """May do everything."""

    def get(self, case: Call, ctx: AuthContext) -> str:
        return WORLD["superuser"]


@schemathesis.auth(refresh_interval=None).apply_to(tag=["Accounts", "Passkeys", "API keys"])
class User(Bearer):
    """A user with an account of their own; a new one once the session was ended."""

    def get(self, case: Call, ctx: AuthContext) -> str:
        if not _user:
            _user.append(with_passkey(WORLD["url"], WORLD["origin"])["access_token"])
        return _user[0]


@schemathesis.auth(refresh_interval=None).apply_to(tag=["Conversations", "Chat"])
class Talker(Bearer):
    """A user, a visitor, or somebody without a token yet."""

    def get(self, case: Call, ctx: AuthContext) -> str:
        return next(_talking)


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """Before OpenAPI 3.2, schemathesis takes the schema of a stream for that of one event; ours is that of the text."""
    for item in raw_schema["paths"].values():
        for operation in item.values():
            for response in operation["responses"].values():
                if media := response.get("content", {}).get(EVENT_STREAM):
                    media["schema"] = media["schema"]["contentSchema"]["items"]


@schemathesis.hook
def before_call(context: HookContext, case: Call, kwargs: dict[str, Any]) -> None:
    """Names what is there, the first time and most others; signs webhooks; and asks for a stream where there is one."""
    name, valid = _name(case), case.meta is None or case.meta.generation.mode.is_positive
    if valid and case.method == case.operation.method.upper():
        _calls[name] += 1
        if _calls[name] % 3:
            _fit(case, name)
    if case.path_parameters.get("user_id") in {WORLD["superuser_id"], WORLD["owner_id"], WORLD["subject"]}:
        # They are needed to the end.
        case.path_parameters["user_id"] = WORLD["subject"] if name != "deleteUser" else str(uuid.uuid4())
    if valid and name == "receiveWebhook":
        kwargs["auth"] = _signed
    if EVENT_STREAM in case.operation.definition.raw["responses"].get("200", {}).get("content", {}) and next(_streams):
        case.headers.setdefault("Accept", EVENT_STREAM)


def _name(case: Call) -> str:
    return str(case.operation.definition.raw["operationId"])


def _fit(case: Call, name: str) -> None:
    """Puts what is there in place of what was made up, and a token beside it that may see it."""
    named = case.path_parameters
    who = "visitor" if case.headers.get("Authorization") == f"Bearer {WORLD['visitor']}" else "owner"
    there = {"source": "shop", "conversation_id": WORLD[f"{who}_conversation"], "message_id": WORLD[f"{who}_message"]}
    if name != "deleteUser":
        there["user_id"] = WORLD["subject"]
    named |= {key: value for key, value in there.items() if key in named}
    if "conversation_id" in named:
        case.headers.setdefault("Authorization", f"Bearer {WORLD[who]}")
    if name == "followConversation":
        case.headers["Last-Event-ID"] = WORLD[f"{who}_position"]
    if name in BODIES:
        case.body, case.media_type = dict[str, Any](BODIES.pop(name)()), "application/json"


def _signed(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """The request with the signature of its source."""
    now, body, event_id = datetime.now(UTC), request.body or b"", str(request.headers["webhook-id"])
    text = body.decode() if isinstance(body, bytes) else str(body)
    request.headers["webhook-timestamp"] = str(int(now.timestamp()))
    request.headers["webhook-signature"] = Webhook(SECRET).sign(event_id, now, text)
    return request


@schemathesis.hook
def after_call(context: HookContext, case: Call, response: Response) -> None:
    """Notes the status. A user whose session has ended, or whom a superuser has deleted, is not sent again."""
    if case.method == case.operation.method.upper():
        _seen[_name(case)].add(response.status_code)
    if response.status_code == 401 and _user and case.headers.get("Authorization") == f"Bearer {_user[0]}":
        _user.clear()


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Call, response: Response) -> bool:
    """What fits the schema may still be refused for its meaning, such as a code that was never sent; never for its form."""
    if failure.code != "ST202" or response.status_code != 422:
        return True
    return any(_is_of_form(fault["reason"]) for fault in response.json()["errors"])


def _is_of_form(reason: str) -> bool:
    """Whether a schema could have said it."""
    return reason in FORMS.values() or any(
        reason.startswith(words.partition("{")[0]) if "{" in words else reason == words for words in REASONS.values()
    )


@atexit.register
def _tell() -> None:
    Path(os.environ["CONTRACT_SEEN"]).write_text(json.dumps({name: sorted(seen) for name, seen in _seen.items()}))
