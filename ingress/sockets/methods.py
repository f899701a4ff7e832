"""Methods that clients call on the socket: name → handler(principal, params) → result."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ingress.http import refusals
from ingress.identity.callers import check_scope
from ingress.identity.principal import Principal
from ingress.sockets.protocol import BAD_REQUEST, ERROR_INTERNAL, NO_METHOD, Disconnect, Refused
from models.accounts.api_keys import WRITE
from models.errors import SwitchboardError, TooMany

Handler = Callable[[Principal, dict[str, Any]], dict[str, Any]]
_log = logging.getLogger(__name__)


class Methods:
    """The registered methods. A handler may block (only its socket's greenlet waits), and raises errors of models.errors."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}

    def add(self, name: str, handler: Handler) -> None:
        """Registers the handler. Raises ValueError when the name is taken."""
        if name in self._handlers:
            raise ValueError(f"The method {name} exists already.")
        self._handlers[name] = handler

    def call(self, principal: Principal, params: dict[str, Any]) -> dict[str, Any]:
        """The result of `{"method": …, "data": {…}}`. Raises Refused with the error's HTTP status as its code."""
        name, data = params.get("method", ""), params.get("data") or {}
        if not isinstance(name, str) or not isinstance(data, dict):
            raise Disconnect(BAD_REQUEST)
        handler = self._handlers.get(name)
        if handler is None:
            raise Refused(NO_METHOD)
        try:
            check_scope(principal, WRITE)
            return {"data": handler(principal, data)}
        except SwitchboardError as error:
            if isinstance(error, TooMany):
                refusals.note(error.limit, principal.network)
            raise Refused(error.status, error.detail, temporary=not error.permanent) from None
        except Exception:  # noqa: BLE001 - logged with its trace; the socket goes on
            _log.exception("The method %s failed", name)
            raise Refused(ERROR_INTERNAL) from None
