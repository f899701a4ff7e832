"""The Celery app. Its settings are in celeryconfig.py."""

from __future__ import annotations

from celery import Celery

from workers.runtime import logs

__all__ = ["app", "logs"]  # each process of Celery's imports this module, and with it how its logs look
app = Celery("switchboard")
app.config_from_object("celeryconfig")
