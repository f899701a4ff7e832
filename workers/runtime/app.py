"""The Celery app. Its settings are in celeryconfig.py."""

from __future__ import annotations

from celery import Celery

app = Celery("switchboard")


app.config_from_object("celeryconfig")
