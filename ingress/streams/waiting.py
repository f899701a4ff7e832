"""A request that waits for an event: it subscribes first, then reads the database, then waits."""

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
    """The events on the topic since `waiting` was entered, in order. They are shared: read-only.

    `lost`: events were missed, so only the database is complete. `revoked`: the token of its `principal` is void, so nothing
    more may be returned.
    """

    def __init__(self, mailbox: Mailbox, principal: Principal | None, topic: str) -> None:
        self._mailbox = mailbox
        self._topics = [topic]
        self.principal = principal
        self.lost = False
        self.revoked = False

    def events(self, timeout: float) -> Iterator[dict[str, Any]]:
        """The events until `timeout` seconds have passed, events were lost, or the token was revoked."""
        deadline = time.monotonic() + timeout
        while not self.lost:
            item = self._mailbox.take(deadline - time.monotonic())
            if self.revoked:
                return
            if isinstance(item, Event):
                yield item.data
            elif isinstance(item, Lost):
                self.lost = True
            else:
                return

    def first(self, predicate: Predicate, timeout: float) -> dict[str, Any] | None:
        """The first event that matches; None after `timeout` seconds, or when events were lost (see `lost`)."""
        return next((event for event in self.events(timeout) if predicate(event)), None)

    def follow(self, topic: str) -> None:
        """Subscribes to one more topic, as `waiting` does. Raises RedisAway."""
        if topic not in self._topics:
            subscriber().subscribe(topic, self._mailbox)
            self._topics.append(topic)

    def leave(self) -> None:
        """Stops listening."""
        for topic in self._topics:
            subscriber().unsubscribe(topic, self._mailbox)

    def revoke(self, *, outdated: bool) -> None:
        """Ends the waiting, since the token is void. The client calls again and is refused, or has a fresh token."""
        del outdated
        self.revoked = True
        self._mailbox.lost()


@contextmanager
def waiting(topic: str, principal: Principal | None = None) -> Iterator[Waiter]:
    """Subscribes to the topic. Inside the block Redis has confirmed, so nothing published from then on is missed.

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
