"""Requests to the auth worker, which hashes and verifies, and its replies. Both are sealed: no queue reveals a secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from models import errors, sealing
from models.errors import Invalid, SwitchboardError, TooMany, Unavailable

WAIT = 9.0  # seconds an HTTP request waits for its reply; the worker drops older requests


@dataclass(frozen=True)
class Request:
    """An operation for the auth worker, its fields, and who requests it from where.

    `visitor` is (contact, conversation) of the visitor's token, if the request had one; `user_id` and `session_id` are those
    of the signed-in user. Rows that the operation adds derive their ids from `id`, so that a rerun adds nothing twice.
    """

    id: str
    operation: str
    fields: dict[str, Any]
    device: str = ""
    address: str = ""
    visitor: tuple[str, str] | None = None
    user_id: str = ""
    session_id: str = ""

    def sealed(self) -> str:
        """The request, encrypted for the queue."""
        return sealing.seal(json.dumps(asdict(self)))


@dataclass(frozen=True)
class Reply:
    """The result of an operation, or the error to raise."""

    result: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] | None = None

    def sealed(self) -> str:
        """The reply, encrypted for the relay."""
        return sealing.seal(json.dumps(asdict(self)))

    def unwrapped(self) -> dict[str, Any]:
        """The result. Raises the error that the worker raised."""
        if self.error is not None:
            raise _error_of(self.error)
        return self.result


def unseal_request(sealed: str) -> Request | None:
    """The request; None when it is too old to be awaited, or was sealed with a different key."""
    text = sealing.unseal(sealed, int(WAIT) + 1)
    if text is None:
        return None
    document = json.loads(text)
    return Request(**document | {"visitor": tuple(document["visitor"]) if document["visitor"] else None})


def unseal_reply(sealed: str) -> Reply:
    """The reply. Raises Unavailable when it cannot be decrypted: the processes have different keys."""
    text = sealing.unseal(sealed, 60)
    if text is None:
        raise Unavailable("The auth worker uses a different SECRET_KEY. Restart Switchboard.")
    return Reply(**json.loads(text))


def error_reply(error: SwitchboardError) -> Reply:
    """The reply that carries an error."""
    extra: dict[str, Any] = {}
    if isinstance(error, Invalid):
        extra = {"field": error.field, "reason": error.reason}
    elif isinstance(error, TooMany):
        extra = {"limit": error.limit, "retry_after": error.retry_after}
    return Reply(error={"kind": type(error).__name__, "detail": error.detail, **extra})


def _error_of(document: Mapping[str, Any]) -> SwitchboardError:
    kind: type[SwitchboardError] = getattr(errors, document["kind"], SwitchboardError)
    if kind is Invalid:
        return Invalid(document["field"], document["reason"])
    if kind is TooMany:
        return TooMany(document["limit"], document["retry_after"])
    return kind(document["detail"])
