"""The commands of `flask --app ingress`."""

from __future__ import annotations

import click
from flask import Flask

from ingress.cli.dead_letters import letters
from ingress.cli.superusers import create_superuser
from models.settings import SettingsError, settings


def register(app: Flask) -> None:
    """Adds the commands."""
    app.cli.add_command(letters)
    app.cli.add_command(create_superuser)


def check_settings() -> None:
    """Reads the settings. Raises SettingsError; in a command its text is shown without a traceback."""
    try:
        settings()
    except SettingsError as error:
        if click.get_current_context(silent=True) is None:
            raise
        raise click.ClickException(str(error)) from None
