"""Alarming but harmless log lines of libraries at the start. Each is named exactly, so that everything else is shown."""

from __future__ import annotations

import logging
import time
import warnings

from celery.platforms import SecurityWarning

STARTING = 60.0  # seconds


class NoReplyYet(logging.Filter):
    """Drops Flower's line that no worker has replied, while the workers are still starting."""

    def __init__(self) -> None:
        super().__init__()
        self._until = time.monotonic() + STARTING

    def filter(self, record: logging.LogRecord) -> bool:
        """False for exactly that line; one that names a cause has another form."""
        return record.msg != "Inspect method %s failed" or time.monotonic() > self._until


def quiet_flower() -> None:
    """Hides the line. For Flower's configuration."""
    logging.getLogger("flower.inspector").addFilter(NoReplyYet())


def quiet_root() -> None:
    """Hides Celery's warning to root, for workers. It is about pickled tasks, which could run code; ours are JSON
    (`accept_content`)."""
    warnings.filterwarnings("ignore", "You're running the worker with superuser privileges", SecurityWarning)
