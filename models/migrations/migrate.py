"""`python -m models.migrations [up|down]`: brings the database to this version's schema, or takes all of it away."""

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
    """Runs the migrations that the database does not have yet."""
    command.upgrade(_config(), "head")


def down() -> None:
    """Takes back every migration, with all data."""
    command.downgrade(_config(), "base")


def is_current() -> bool:
    """True when the database has every migration of this version."""
    with engine().connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    return found == ScriptDirectory.from_config(_config()).get_current_head()


def main() -> None:
    """Runs the command; a database that is away, or not there, is said in one line."""
    run = {"up": up, "down": down}[sys.argv[1] if len(sys.argv) > 1 else "up"]
    try:
        run()
    except AWAY as error:
        said = str(getattr(error, "orig", error)).strip().splitlines()
        sys.exit(f"DATABASE_URL: {said[-1] if said else type(error).__name__}")


if __name__ == "__main__":
    main()
