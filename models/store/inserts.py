"""`INSERT … ON CONFLICT DO NOTHING` in the database's dialect."""

from __future__ import annotations

from sqlalchemy import Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session


def or_ignore(db: Session, table: Table) -> Insert:
    """An INSERT that skips rows whose key exists, so that a rerun stores nothing twice."""
    if db.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()
