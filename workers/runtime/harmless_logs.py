"""What libraries say at a start that alarms and means nothing here. Each is named exactly, so that all else is shown."""

from __future__ import annotations

import logging
import time
import warnings

from celery.platforms import SecurityWarning

STARTING = 60.0  # seconds


class NoReplyYet(logging.Filter):
    """Drops Flower's word that no worker has replied, while the workers are still starting beside it."""

    def __init__(self) -> None:
        super().__init__()
        self._until = time.monotonic() + STARTING

    def filter(self, record: logging.LogRecord) -> bool:
        """False for that line alone: one that names a cause has another form."""
        return record.msg != "Inspect method %s failed" or time.monotonic() > self._until


def quiet_flower() -> None:
    """For Flower's configuration."""
    logging.getLogger("flower.inspector").addFilter(NoReplyYet())


def quiet_root() -> None:
    """For workers. Celery warns root because of pickled tasks, which could run code: ours are JSON (`accept_content`)."""
    warnings.filterwarnings("ignore", "You're running the worker with superuser privileges", SecurityWarning)
