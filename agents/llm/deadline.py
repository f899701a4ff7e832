"""A deadline for streams: a thread of its own reads the stream, so that no kind of silence can block the caller.

Read time-outs cannot do this: they start again with every byte (an SSE comment is enough), do not cover name resolution,
and differ between providers. An abandoned thread ends at its own read time-out.
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
    """Marks the end of the source."""


def bounded(
    source: Callable[[], Generator[T, None, None]], first_by: float, deadline: float
) -> Generator[T, None, None]:
    """The source's items. Raises TimeoutError when the first has not come by `first_by`, or the last by `deadline`
    (`time.monotonic` seconds); the source's errors are raised here."""
    items: SimpleQueue[T | _Failed | _Ended] = SimpleQueue()
    abandoned = Event()
    consumed = Semaphore(0)
    arguments = (_read, source, items, consumed, abandoned)
    Thread(target=copy_context().run, args=arguments, name="model-stream", daemon=True).start()
    try:
        wait_until = first_by
        while not isinstance(item := _next(items, wait_until), _Ended):
            if isinstance(item, _Failed):
                raise item.error
            wait_until = deadline
            consumed.release()
            yield item
    finally:
        abandoned.set()
        consumed.release()


def _next(items: SimpleQueue[T], wait_until: float) -> T:
    remaining = wait_until - monotonic()
    if remaining <= 0:  # also while items keep coming: a slow drip is no answer
        raise TimeoutError
    try:
        return items.get(timeout=remaining)
    except Empty:
        raise TimeoutError from None


def _read(
    source: Callable[[], Generator[T, None, None]],
    items: SimpleQueue[T | _Failed | _Ended],
    consumed: Semaphore,
    abandoned: Event,
) -> None:
    """Reads the source. Waits until each item is consumed: a thread that read ahead could keep the interpreter for up to
    5 ms from the consumer, which has a first word to show."""
    try:
        with closing(source()) as stream:
            for item in stream:
                items.put(item)
                consumed.acquire()
                if abandoned.is_set():
                    return
        items.put(_Ended())
    except BaseException as error:  # noqa: BLE001 - it is raised again in the consumer
        items.put(_Failed(error))
