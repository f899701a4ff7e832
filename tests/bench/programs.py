"""The program under measurement."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

from tests.bench.sizes import TINY
from tests.program import Program


@contextmanager
def program() -> Iterator[Program]:
    """A fresh one with its defaults; with `--tiny` all parts share one, for starting it takes longer than they do."""
    if TINY:
        yield _shared()
        return
    with Program() as own:
        yield own


@cache
def _shared() -> Program:
    kept = ExitStack()
    atexit.register(kept.close)
    return kept.enter_context(Program())
