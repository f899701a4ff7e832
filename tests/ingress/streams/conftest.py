"""The real server of the tests of sockets."""

from __future__ import annotations

from tests.ingress.sockets.server_fixtures import conversation, redis_process, serve, shared

__all__ = ["conversation", "redis_process", "serve", "shared"]
