"""One Redis connection in subscriber mode, according to Redis' page on pub/sub (RESP2)."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from models.store.redis import redis

HEARTBEAT = 5.0
PREFIX = "relay:"
_CHUNK = 500


class Link:
    """Connects when created, and never again. Every loss is an error for the reader, which alone knows how to recover.

    redis-py's own PubSub reconnects silently and loses what was published meanwhile; hence this class.
    """

    def __init__(self) -> None:
        pool = redis().connection_pool
        overrides = {"decode_responses": False, "health_check_interval": 0, "retry": Retry(NoBackoff(), 0)}
        self._connection = pool.connection_class(**{**pool.connection_kwargs, **overrides})
        self._writing = threading.Lock()
        self._unanswered = False
        self._connection.connect()
        self._connection.register_connect_callback(self._refuse_to_reconnect)

    def _refuse_to_reconnect(self, _connection: object) -> None:
        self.close()
        raise RedisConnectionError("The subscriber's connection was lost.")

    def subscribe(self, topics: Sequence[str]) -> None:
        """Subscribes to the topics. Redis confirms each with a reply."""
        self._send("SUBSCRIBE", topics)

    def unsubscribe(self, topics: Sequence[str]) -> None:
        """Unsubscribes from the topics."""
        self._send("UNSUBSCRIBE", topics)

    def _send(self, command: str, topics: Sequence[str]) -> None:
        with self._writing:
            for start in range(0, len(topics), _CHUNK):
                names = [PREFIX + topic for topic in topics[start : start + _CHUNK]]
                self._connection.send_command(command, *names, check_health=False)

    def read(self) -> list[Any] | None:
        """The next reply; None when none came within a heartbeat. Raises when Redis is gone or does not respond."""
        if self._connection.can_read(timeout=HEARTBEAT):
            self._unanswered = False
            reply = self._connection.read_response()
            return reply if isinstance(reply, list) else None
        if self._unanswered:
            raise RedisConnectionError("The subscriber's PING was not answered.")
        with self._writing:
            self._connection.send_command("PING", check_health=False)
        self._unanswered = True
        return None

    def more(self) -> bool:
        """Whether another reply has already arrived."""
        return bool(self._connection.can_read(timeout=0))

    def close(self) -> None:
        """Closes the connection."""
        self._connection.disconnect()
