"""What all stages share: effects follow commits, and an unavailable store is no error."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from celery import Task

from models.errors import Unavailable
from workers.runtime.app import app
from workers.runtime.effects import Effects, perform

log = logging.getLogger(__name__)
Steps = Callable[..., Iterator[Effects] | None]


class StageTask(Task):
    """A task of a chain: idempotent, without retries of its own. It yields the effects of each of its commits.

    When a store is unavailable the stage ends: its work stays due, and the sweeper wakes it again.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        try:
            perform(super().__call__(*args, **kwargs) or ())
        except Unavailable as error:
            log.warning("%s put off: %s", self.name, error.title)


def stage(name: str) -> Callable[[Steps], Any]:
    """Registers a function as the task of a stage."""

    def register(function: Steps) -> Any:
        return app.task(function, name=name, base=StageTask)

    return register
