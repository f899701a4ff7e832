"""A configuration of gunicorn that notes, in the file FOREIGN_LOCKS, where a native thread takes a lock of gevent's."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Any


def post_worker_init(worker: Any) -> None:
    """Behind gevent's patching, in the thread of the greenlets."""
    from gevent.monkey import get_original
    from gevent.thread import LockType

    ident = get_original("_thread", "get_ident")
    greenlets, acquire, enter = ident(), LockType.acquire, LockType.__enter__

    def note() -> None:
        if ident() != greenlets:
            with Path(os.environ["FOREIGN_LOCKS"]).open("a") as file:
                file.write("".join(traceback.format_stack(limit=12)) + "\n")

    def noted_acquire(lock: Any, blocking: bool = True, timeout: float = -1) -> bool:
        note()
        return bool(acquire(lock, blocking, timeout))

    def noted_enter(lock: Any) -> Any:
        note()
        return enter(lock)

    LockType.acquire, LockType.__enter__ = noted_acquire, noted_enter
