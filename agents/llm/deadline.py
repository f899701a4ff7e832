"""An end to waiting: a stream read in a thread of its own, so that silence of any kind cannot hold the caller.

Read time-outs do not do it: they begin anew with every byte (an SSE comment is enough), know nothing of name
resolution, and differ by provider. The thread left behind ends at its own read time-out.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from contextvars import copy_context
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Semaphore, Thread
from time import monotonic
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class _Failed:
    error: BaseException


class _Ended:
    """The source has no more."""


def bounded(source: Callable[[], Generator[T, None, None]], first_by: float, until: float) -> Generator[T, None, None]:
    """The source's items. Raises TimeoutError when the first has not come by `first_by`, or the last by `until`
    (`time.monotonic` seconds); what the source raises is raised here."""
    items: SimpleQueue[T | _Failed | _Ended] = SimpleQueue()
    gone = Event()
    taken = Semaphore(0)
    working = (_read, source, items, taken, gone)
    Thread(target=copy_context().run, args=working, name="model-stream", daemon=True).start()
    try:
        limit = first_by
        while not isinstance(item := _next(items, limit), _Ended):
            if isinstance(item, _Failed):
                raise item.error
            limit = until
            taken.release()
            yield item
    finally:
        gone.set()
        taken.release()


def _next(items: SimpleQueue[T], limit: float) -> T:
    left = limit - monotonic()
    if left <= 0:  # also when items keep coming: a drip is no answer
        raise TimeoutError
    try:
        return items.get(timeout=left)
    except Empty:
        raise TimeoutError from None


def _read(
    source: Callable[[], Generator[T, None, None]],
    items: SimpleQueue[T | _Failed | _Ended],
    taken: Semaphore,
    gone: Event,
) -> None:
    """Waits for each item to be taken: a thread that read on would keep the interpreter (for up to 5 ms) from the one
    that has a first word to show."""
    try:
        with closing(source()) as opened:
            for item in opened:
                items.put(item)
                taken.acquire()
                if gone.is_set():
                    return
        items.put(_Ended())
    except BaseException as error:  # noqa: BLE001 - it is raised again where the items are read
        items.put(_Failed(error))
