"""A request that waits for something to happen: it listens first, then looks in the database, then waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from channels.relay.events import Event
from channels.relay.mailbox import Lost, Mailbox
from channels.relay.subscriber import subscriber
from ingress.identity.principal import Principal
from ingress.identity.tokens import REFUSED
from ingress.identity.watching import watch
from models.errors import Unauthenticated

Predicate = Callable[[dict[str, Any]], bool]


class Waiter:
    """What happened on the topic since `waiting` was entered, in order. The events are shared: read, never change them.

    `lost` is True once something was missed: only the database knows now. `revoked` is True once the token of its
    `principal`, if it has one, is void: nothing more may be told.
    """

    def __init__(self, mailbox: Mailbox, principal: Principal | None, topic: str) -> None:
        self._mailbox = mailbox
        self._topics = [topic]
        self.principal = principal
        self.lost = False
        self.revoked = False

    def events(self, timeout: float) -> Iterator[dict[str, Any]]:
        """The events until `timeout` seconds have passed, something was lost, or the token was revoked."""
        deadline = time.monotonic() + timeout
        while not self.lost:
            found = self._mailbox.take(deadline - time.monotonic())
            if self.revoked:
                return
            if isinstance(found, Event):
                yield found.data
            elif isinstance(found, Lost):
                self.lost = True
            else:
                return

    def first(self, predicate: Predicate, timeout: float) -> dict[str, Any] | None:
        """The first event that fits, or None: the time (seconds) is over, or something was lost (see `lost`)."""
        return next((event for event in self.events(timeout) if predicate(event)), None)

    def follow(self, topic: str) -> None:
        """Listens to one more topic, as `waiting` does. Raises RedisAway."""
        if topic not in self._topics:
            subscriber().subscribe(topic, self._mailbox)
            self._topics.append(topic)

    def leave(self) -> None:
        """Stops listening."""
        for topic in self._topics:
            subscriber().unsubscribe(topic, self._mailbox)

    def revoke(self, *, outdated: bool) -> None:
        """Ends it, since the token is void; the client asks again and is refused, or has a fresh one."""
        del outdated
        self.revoked = True
        self._mailbox.lost()


@contextmanager
def waiting(topic: str, principal: Principal | None = None) -> Iterator[Waiter]:
    """Listens to the topic. Once inside, Redis has confirmed, so nothing that is published now is missed.

    Raises RedisAway, and Unauthenticated when the token of the `principal` has just been revoked.
    """
    mailbox = Mailbox()
    waiter = Waiter(mailbox, principal, topic)
    subscriber().subscribe(topic, mailbox)
    try:
        watch().enter(waiter)
        if waiter.revoked:
            raise Unauthenticated(REFUSED)
        yield waiter
    finally:
        watch().leave(waiter)
        waiter.leave()
