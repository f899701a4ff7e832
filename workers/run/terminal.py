"""The logs of all processes on the terminal, each line after its process's name."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, TextIO

EVERY = 0.2  # seconds between two reads
# Redis logs this warning at each start, and no setting turns it off. It is harmless here: Redis forks only to rewrite its
# file, tries again when that fails, and holds little data. See “overcommit” in docs/troubleshooting.md.
HARMLESS = re.compile(rb"# WARNING Memory overcommit must be enabled!")


class Terminal:
    """Follows log files, also when they are rotated, from their current end."""

    def __init__(self, logs: dict[str, Path], out: TextIO = sys.stdout) -> None:
        self._out = out
        width = max(map(len, logs), default=0)
        self._followed = [_Log(f"{name:<{width}} | ", path) for name, path in logs.items()]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="logs", daemon=True)

    def start(self) -> None:
        """Begins to follow the logs."""
        self._thread.start()

    def stop(self) -> None:
        """Writes the remaining lines and stops."""
        self._stopping.set()
        if self._thread.ident:
            self._thread.join(timeout=2)
        for log in self._followed:
            log.close()

    def _follow(self) -> None:
        while not self._stopping.wait(EVERY):
            self._write()
        self._write()

    def _write(self) -> None:
        for log in self._followed:
            say(log.lines(), self._out)


def say(lines: Iterable[str], out: TextIO | None = None) -> None:
    """Writes lines. A terminal that is gone does not stop the program."""
    out = out or sys.stdout
    try:
        for line in lines:
            out.write(line + "\n")
        out.flush()
    except (OSError, ValueError):
        pass


class _Log:
    def __init__(self, prefix: str, path: Path) -> None:
        self._prefix = prefix
        self._path = path
        self._rest = b""
        self._file = self._open()
        if self._file:
            self._file.seek(0, os.SEEK_END)

    def _open(self) -> BinaryIO | None:
        try:
            return self._path.open("rb")
        except OSError:
            return None

    def lines(self) -> list[str]:
        """The complete new lines, without harmless warnings."""
        self._file = self._file or self._open()
        if not self._file:
            return []
        data = self._rest + self._file.read()
        if self._was_rotated():
            data += self._file.read()  # written between the first read and the rotation
            self._file.close()
            self._file = self._open()
        *complete, self._rest = data.split(b"\n")
        return [self._prefix + line.decode("utf-8", "replace") for line in complete if not HARMLESS.search(line)]

    def close(self) -> None:
        """Closes the file."""
        if self._file:
            self._file.close()

    def _was_rotated(self) -> bool:
        assert self._file is not None
        try:
            now = self._path.stat()
        except OSError:
            return False
        return now.st_ino != os.fstat(self._file.fileno()).st_ino
