"""The process that listens on a port, as far as this user may see it."""

from __future__ import annotations

from contextlib import suppress

import psutil


def holder(port: int) -> str | None:
    """`redis-server (process 812)`; None when it is unknown, as for another user's process."""
    with suppress(psutil.Error):  # it ended meanwhile, or only root may look
        for socket in psutil.net_connections("tcp"):
            if socket.status == psutil.CONN_LISTEN and socket.laddr.port == port and socket.pid:
                return f"{psutil.Process(socket.pid).name()} (process {socket.pid})"
    return None
