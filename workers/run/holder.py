"""Who listens on a port, as far as this user may know."""

from __future__ import annotations

from contextlib import suppress

import psutil


def holder(port: int) -> str | None:
    """`redis-server (process 812)`, or None: another user's processes do not show what they have open."""
    with suppress(psutil.Error):  # gone meanwhile, or a system on which only root may look
        for socket in psutil.net_connections("tcp"):
            if socket.status == psutil.CONN_LISTEN and socket.laddr.port == port and socket.pid:
                return f"{psutil.Process(socket.pid).name()} (process {socket.pid})"
    return None
