"""Limits and time limits of a socket. Durations in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """The defaults are those in docs/sockets.md.

    `origins`: web origins besides our own that may connect; `*` allows every origin.
    """

    path: str = "/connection/websocket"
    origins: tuple[str, ...] = ()
    ping_every: float = 25.0
    pong_within: float = 8.0
    connect_within: float = 10.0
    close_within: float = 2.0
    expired_within: float = 25.0  # the SDKs refresh a token when it expires, not before
    frame_max: int = 256 * 1024
    outbox_max: int = 1 << 20
    recovery_max: int = 900 * 1024  # the Python SDK refuses frames over 1 MiB
    channels_max: int = 64
    commands_per_second: float = 30.0
    commands_at_once: float = 100.0
