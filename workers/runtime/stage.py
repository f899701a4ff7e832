"""What all tasks share: a store that is away is no error, for what waits is due again and the sweeper looks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from celery import Task

from models.errors import Unavailable
from workers.runtime.app import app

log = logging.getLogger(__name__)


class StageTask(Task):
    """A task of a chain: idempotent, without retries of its own."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(*args, **kwargs)
        except Unavailable as error:
            log.warning("%s put off: %s", self.name, error.title)
            return None


def stage(name: str) -> Callable[[Callable[..., None]], Any]:
    """Registers a function as the task of a stage."""

    def register(function: Callable[..., None]) -> Any:
        return app.task(function, name=name, base=StageTask)

    return register
