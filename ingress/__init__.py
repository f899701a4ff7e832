"""The ingress: accepts messages, webhooks and streams, and answers what can be read. `create_app()` builds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingress.version import VERSION

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["VERSION", "create_app"]


def create_app() -> Flask:
    """A Flask app with everything mounted. Raises SettingsError with every fault at once."""
    # Gunicorn's master imports `ingress.worker`, and must not import the app before gevent has patched the worker.
    from ingress.app import create_app as create  # noqa: PLC0415

    return create()
