"""Alembic's environment: migrations run on the database of the settings, in one transaction where it can."""

from alembic import context

from models.schema import METADATA
from models.store import engine

with engine().execution_options(writes=True).connect() as connection:
    context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
