"""The commands of `flask --app ingress`."""

from __future__ import annotations

from flask import Flask

from ingress.cli.dead_letters import letters
from ingress.cli.superusers import create_superuser


def register(app: Flask) -> None:
    """Adds the commands."""
    app.cli.add_command(letters)
    app.cli.add_command(create_superuser)
