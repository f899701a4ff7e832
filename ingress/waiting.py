"""A request that waits for something to happen: it listens first, then looks in the database, then waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from channels.relay.events import Event
from channels.relay.mailbox import Lost, Mailbox
from channels.relay.subscriber import subscriber

Predicate = Callable[[dict[str, Any]], bool]


class Waiter:
    """What happened on the topic since `waiting` was entered, in order. The events are shared: read, never change them.

    `lost` is True once something was missed: only the database knows now.
    """

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self.lost = False

    def events(self, timeout: float) -> Iterator[dict[str, Any]]:
        """The events until `timeout` seconds have passed, or until something was lost."""
        deadline = time.monotonic() + timeout
        while not self.lost:
            found = self._mailbox.take(deadline - time.monotonic())
            if isinstance(found, Event):
                yield found.data
            elif isinstance(found, Lost):
                self.lost = True
            else:
                return

    def first(self, predicate: Predicate, timeout: float) -> dict[str, Any] | None:
        """The first event that fits, or None: the time (seconds) is over, or something was lost (see `lost`)."""
        return next((event for event in self.events(timeout) if predicate(event)), None)


@contextmanager
def waiting(topic: str) -> Iterator[Waiter]:
    """Listens to the topic. Once inside, Redis has confirmed, so nothing that is published now is missed.

    Raises RedisAway.
    """
    mailbox = Mailbox()
    subscriber().subscribe(topic, mailbox)
    try:
        yield Waiter(mailbox)
    finally:
        subscriber().unsubscribe(topic, mailbox)
