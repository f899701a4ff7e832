"""Alembic's environment: migrations run on the database of the settings, in one transaction where it can."""

from typing import Any

from alembic import context

from models.migrations.tables import METADATA
from models.store.database import engine, is_sqlite


def run() -> None:
    """Runs the migrations. SQLite changes a table by creating it again, and meanwhile rows of other tables refer to nothing
    (https://sqlite.org/lang_altertable.html, section 7). So foreign keys are checked at the end."""
    with engine().execution_options(writes=True).connect() as connection:
        driver: Any = connection.connection.driver_connection
        if is_sqlite():
            driver.execute("PRAGMA foreign_keys=OFF")
        try:
            context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
            with context.begin_transaction():
                context.run_migrations()
                if is_sqlite() and (broken := driver.execute("PRAGMA foreign_key_check").fetchall()):
                    raise RuntimeError(f"the migration left rows that point to nothing: {broken[:5]}")
        finally:
            if is_sqlite():
                driver.execute("PRAGMA foreign_keys=ON")


run()
