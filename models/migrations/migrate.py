"""`python -m models.migrations [up|down]`: brings the database to this version's schema, or removes it."""

from __future__ import annotations

import sys

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from models.settings import ROOT
from models.store.database import AWAY, engine


def _config() -> Config:
    return Config(toml_file=ROOT / "pyproject.toml")


def up() -> None:
    """Runs the migrations that the database lacks."""
    command.upgrade(_config(), "head")


def down() -> None:
    """Reverts every migration, which deletes all data."""
    command.downgrade(_config(), "base")


def is_current() -> bool:
    """True when the database has every migration of this version."""
    with engine().connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    return revision == ScriptDirectory.from_config(_config()).get_current_head()


def main() -> None:
    """Runs the command. A database that cannot be reached is reported in one line."""
    run = {"up": up, "down": down}[sys.argv[1] if len(sys.argv) > 1 else "up"]
    try:
        run()
    except AWAY as error:
        lines = str(getattr(error, "orig", error)).strip().splitlines()
        sys.exit(f"DATABASE_URL: {lines[-1] if lines else type(error).__name__}")


if __name__ == "__main__":
    main()
