"""Closes sockets and event streams whose token has been revoked, in every process, at once."""

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
OPEN_AT_ONCE = 100  # sockets, streams and waiting requests per user or visitor, on all devices and with all keys
log = logging.getLogger(__name__)


class Open(Protocol):
    """Something that may stay open as long as its principal may have it open."""

    principal: Principal | None

    def revoke(self, *, outdated: bool) -> None:
        """Closes it, without blocking. `outdated`: the user's rights have changed, and a fresh token may open it again."""


class Watch:
    """A listener of the relay, which closes what an announcement names. When announcements may be missing, as at the start
    or after Redis was wiped, it checks everything that is open."""

    def __init__(self) -> None:
        self._open: dict[Open, str] = {}
        self._held = Occupancy("what one user or visitor has open")
        self._unsure = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def enter(self, item: Open) -> None:
        """Watches the item, and checks it once more for a revocation just before.

        Raises TooMany when its principal has too much open; operators have no limit.
        """
        holder = _holder(item.principal)
        if holder:
            self._held.enter(holder, OPEN_AT_ONCE)
        self._open[item] = holder
        self._start()
        try:
            _recheck(item)
        except Unavailable:
            self._unsure.set()

    def leave(self, item: Open) -> None:
        """Stops watching a closed item."""
        holder = self._open.pop(item, "")
        if holder:
            self._held.leave(holder)

    def publication(self, event: Event) -> None:
        """Closes what the announcement names."""
        for item in list(self._open):
            outdated = _is_outdated(event.data, item.principal)
            if outdated is not None:
                item.revoke(outdated=outdated)

    def lost(self) -> None:
        """Has everything checked, since announcements may be missing."""
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
                for item in list(self._open):
                    _recheck(item)
            except Unavailable as error:
                log.info("open sockets and streams could not be checked: %s", error.title)
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


def _is_outdated(announcement: dict[str, Any], principal: Principal | None) -> bool | None:
    """None: the announcement is not about this principal. Otherwise whether a fresh token would be accepted."""
    if principal is None:
        return None
    if principal.session_id in announcement["sessions"] or principal.id in announcement["contacts"]:
        return False
    is_older = principal.scopes is None and announcement["generations"].get(principal.id, 0) > principal.generation
    return True if is_older else None


def _recheck(item: Open) -> None:
    if item.principal is None:
        return
    try:
        revoked.check(item.principal)
    except Outdated:
        item.revoke(outdated=True)
    except Unauthenticated:
        item.revoke(outdated=False)
