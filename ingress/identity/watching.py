"""Ends what is open for a token that has been revoked: sockets and event streams, in every process, at once."""

from __future__ import annotations

import logging
import threading
import time
from functools import cache
from typing import Any, Protocol

from channels.relay.events import Event
from channels.relay.revocations import TOPIC
from channels.relay.subscriber import subscriber
from ingress.http.occupancy import Occupancy
from ingress.identity import revoked
from ingress.identity.principal import Principal
from ingress.identity.revoked import Outdated
from models.accounts.roles import OPERATE
from models.errors import Unauthenticated, Unavailable

RETRY_AFTER = 1.0  # seconds
OPEN_AT_ONCE = (
    100  # sockets, event streams and waiting requests of one user or visitor, on all devices and with all keys
)
log = logging.getLogger(__name__)


class Open(Protocol):
    """Something that is open as long as its principal may have it open."""

    principal: Principal | None

    def revoke(self, *, outdated: bool) -> None:
        """Ends it, without waiting. Outdated: the user's rights have changed, and a fresh token may open it again."""


class Watch:
    """A listener of the relay. It acts on what it is told; and when it cannot know what it was not told, as at the
    start or when Redis was wiped, it looks at everything that is open."""

    def __init__(self) -> None:
        self._open: dict[Open, str] = {}
        self._held = Occupancy("what one user or visitor has open")
        self._unsure = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def enter(self, one: Open) -> None:
        """Watches it. What was revoked a moment before is found by looking once more.

        Raises TooMany when its principal has too much open already; operators may have any number.
        """
        who = _holder(one.principal)
        if who:
            self._held.enter(who, OPEN_AT_ONCE)
        self._open[one] = who
        self._start()
        try:
            _recheck(one)
        except Unavailable:
            self._unsure.set()

    def leave(self, one: Open) -> None:
        """It is closed."""
        who = self._open.pop(one, "")
        if who:
            self._held.leave(who)

    def publication(self, event: Event) -> None:
        """Ends what the event names."""
        for one in list(self._open):
            outdated = _is_outdated(event.data, one.principal)
            if outdated is not None:
                one.revoke(outdated=outdated)

    def lost(self) -> None:
        """Something may have been missed."""
        self._unsure.set()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._unsure.set()
                self._thread = threading.Thread(target=self._run, name="revocations", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while self._unsure.wait():
            self._unsure.clear()
            try:
                subscriber().subscribe(TOPIC, self)
                for one in list(self._open):
                    _recheck(one)
            except Unavailable as error:
                log.info("what is open could not be looked at: %s", error.title)
                time.sleep(RETRY_AFTER)
                self._unsure.set()
            except Exception:
                log.exception("The watch over open sockets failed")


@cache
def watch() -> Watch:
    """This process's watch."""
    return Watch()


def _holder(principal: Principal | None) -> str:
    return "" if principal is None or principal.may(OPERATE) else f"{principal.kind}:{principal.id}"


def _is_outdated(told: dict[str, Any], principal: Principal | None) -> bool | None:
    """None: it is not about this one; else whether a fresh token would do."""
    if principal is None:
        return None
    if principal.session_id in told["sessions"] or principal.id in told["contacts"]:
        return False
    is_older = principal.scopes is None and told["generations"].get(principal.id, 0) > principal.generation
    return True if is_older else None


def _recheck(one: Open) -> None:
    if one.principal is None:
        return
    try:
        revoked.check(one.principal)
    except Outdated:
        one.revoke(outdated=True)
    except Unauthenticated:
        one.revoke(outdated=False)
