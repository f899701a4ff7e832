"""The logs of Celery's processes: they look as all others do, and tell in which task they were written."""

from __future__ import annotations

from typing import Any

from celery import current_app
from celery.signals import setup_logging, task_postrun, task_prerun

from models.logs import context, lines

# Billiard's logger, which passes nothing on. Its warnings are about its own workings.
BILLIARD = {"multiprocessing": {"level": "ERROR", "handlers": [lines.OUTPUT], "propagate": False}}


@setup_logging.connect
def configure(**_: object) -> None:
    """In place of Celery's own set-up. What libraries print becomes lines, too."""
    lines.configure(**BILLIARD)
    current_app.log.redirect_stdouts("WARNING")


@task_prerun.connect
def begin(task_id: str, task: Any, **_: object) -> None:
    """A task that was sent for one request has its trace id in a header."""
    context.begin((task.request.headers or {}).get(context.TRACE), task=task.name, task_id=task_id)


@task_postrun.connect
def end(**_: object) -> None:
    """Celery has logged what it has to say of the task before."""
    context.end()
