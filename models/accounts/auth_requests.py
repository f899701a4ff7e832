"""Requests that hash or verify, on their way to the auth worker and back. Both ways sealed: no queue shows a secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from models import errors, sealing
from models.errors import Invalid, SwitchboardError, TooMany, Unavailable

WAIT = 9.0  # seconds an HTTP request waits for its reply; whatever is older is not begun any more


@dataclass(frozen=True)
class Request:
    """What is asked for: an operation of the auth worker, what was said, and who says it from where.

    `visitor` is (contact, conversation) of a visitor's token that came along; `user_id` and `session_id` are those of
    a user who is signed in. Rows that the operation makes are named by `id`, so that a rerun makes no second.
    """

    id: str
    operation: str
    said: dict[str, Any]
    device: str = ""
    address: str = ""
    visitor: tuple[str, str] | None = None
    user_id: str = ""
    session_id: str = ""

    def sealed(self) -> str:
        """As it travels."""
        return sealing.seal(json.dumps(asdict(self)))


@dataclass(frozen=True)
class Reply:
    """What came of it, or the error to raise."""

    result: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] | None = None

    def sealed(self) -> str:
        """As it travels."""
        return sealing.seal(json.dumps(asdict(self)))

    def unwrapped(self) -> dict[str, Any]:
        """The result. Raises the error, as the worker raised it."""
        if self.error is not None:
            raise _error_of(self.error)
        return self.result


def request_of(sealed: str) -> Request | None:
    """The request, or None when nobody waits for it any more, or it was sealed by somebody else."""
    text = sealing.unseal(sealed, int(WAIT) + 1)
    if text is None:
        return None
    said = json.loads(text)
    return Request(**said | {"visitor": tuple(said["visitor"]) if said["visitor"] else None})


def reply_of(sealed: str) -> Reply:
    """The reply. Raises Unavailable for one that cannot be opened: the processes have different keys."""
    text = sealing.unseal(sealed, 60)
    if text is None:
        raise Unavailable("The auth worker uses a different SECRET_KEY. Restart Switchboard.")
    return Reply(**json.loads(text))


def failed(error: SwitchboardError) -> Reply:
    """The reply that carries an error."""
    more: dict[str, Any] = {}
    if isinstance(error, Invalid):
        more = {"field": error.field, "reason": error.reason}
    elif isinstance(error, TooMany):
        more = {"limit": error.limit, "retry_after": error.retry_after}
    return Reply(error={"kind": type(error).__name__, "detail": error.detail, **more})


def _error_of(told: Mapping[str, Any]) -> SwitchboardError:
    kind: type[SwitchboardError] = getattr(errors, told["kind"], SwitchboardError)
    if kind is Invalid:
        return Invalid(told["field"], told["reason"])
    if kind is TooMany:
        return TooMany(told["limit"], told["retry_after"])
    return kind(told["detail"])
