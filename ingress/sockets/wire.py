"""Writing to one socket without ever blocking on its reader.

Under gevent all sockets of a process share one thread, and nothing here switches greenlets (a send with time-out 0 never
blocks): frames cannot interleave, and no lock is needed. What the socket does not accept at once goes to an outbox, which
a short-lived greenlet empties.
"""

from __future__ import annotations

import _thread
import socket
import ssl
import struct
from collections import deque
from contextlib import suppress
from typing import Any

_RESET = struct.pack("ii", 1, 0)  # linger for 0 s: close(2) sends a reset (socket(7))


class Wire:
    """Writes to a gevent socket. `limit`: bytes that may wait for a slow reader."""

    __slots__ = ("_direct", "_limit", "_outbox", "_sock", "_waiting", "ending", "gone")

    def __init__(self, sock: Any, limit: int) -> None:
        self._sock = sock
        self._limit = limit
        self._direct = not isinstance(sock, ssl.SSLSocket)  # a TLS write may have to wait for a handshake
        self._outbox: deque[bytes | memoryview] | None = None  # None: no greenlet is emptying it
        self._waiting = 0
        self.ending = False
        self.gone = False

    def send(self, frame: bytes) -> bool:
        """Sends the frame. False when too much is waiting already. Drops the frame when the socket ends or is gone."""
        if self.ending:
            return True
        if self._outbox is not None:
            if self._waiting + len(frame) > self._limit:
                return False
            self._put(frame)
            return True
        count = self._try(frame) if self._direct else 0
        if count < len(frame):
            self._outbox = deque()
            self._put(memoryview(frame)[count:])
            _thread.start_new_thread(self._drain, ())
        return True

    def end(self, frame: bytes) -> None:
        """Sends the close frame after a frame that is partly sent, then the end of the stream. Drops other waiting frames,
        and accepts no more."""
        if self.ending:
            return
        if self._outbox is not None and len(self._outbox) > 1:
            first = self._outbox[0]
            self._outbox.clear()
            self._outbox.append(first)
        self._waiting = 0
        self.send(frame)
        self.ending = True
        if self._outbox is None:
            self._shut(socket.SHUT_WR)

    def cut(self) -> None:
        """Shuts the connection down, which wakes its reader and writer. A reader must check `gone`, since Linux still
        delivers what a client goes on sending.
        """
        self.ending = self.gone = True
        self._shut(socket.SHUT_RDWR)

    def abort(self) -> None:
        """Cuts, and has the connection reset when it is closed. Else a client that goes on sending might be left to ask for
        a minute when it may go on: a receive window that was full stays shut in FIN-WAIT-2.
        """
        with suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.cut()

    def _shut(self, ways: int) -> None:
        # SSLSocket.shutdown would remove the TLS state that the reader still uses: shut the plain socket down.
        plain: Any = self._sock if self._direct else super(ssl.SSLSocket, self._sock)
        with suppress(OSError):
            plain.shutdown(ways)

    def _put(self, frame: bytes | memoryview) -> None:
        assert self._outbox is not None
        self._outbox.append(frame)
        self._waiting += len(frame)

    def _try(self, frame: bytes) -> int:
        try:
            return int(self._sock.send(frame, 0, 0.0))  # the third argument is gevent's: do not wait
        except BlockingIOError:
            return 0
        except OSError:
            self.cut()
            return len(frame)

    def _drain(self) -> None:
        outbox = self._outbox
        try:
            while outbox:
                frame = outbox[0]
                self._sock.sendall(frame)
                if outbox and outbox[0] is frame:
                    outbox.popleft()
                    self._waiting = max(0, self._waiting - len(frame))
        except (OSError, ValueError):
            self.cut()
        self._outbox = None
        if self.ending:
            self._shut(socket.SHUT_WR)
