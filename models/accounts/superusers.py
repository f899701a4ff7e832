"""Somebody stays superuser: the last active one cannot be demoted, disabled or deleted."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import Session

from models.accounts.audit import Actor
from models.errors import Conflict, Forbidden, NotFound
from models.people.users import UNKNOWN, User, user

NO_SUPERUSER = "Only a superuser may do this."
LAST = "This is the last active superuser. Make another user a superuser first."


def lock(db: Session, user_id: str) -> User:
    """The user, locked until the transaction ends, and with them every superuser. Raises NotFound.

    Two superusers who demote each other come one after the other. Rows are locked in one order, so nobody waits in a
    circle; SQLite has one writer anyway.
    """
    u = user.c
    rows = select(User).where(u.is_superuser | (u.id == user_id)).order_by(u.id).with_for_update()
    found: dict[str, User] = {
        row.id: row for row in db.execute(rows.execution_options(populate_existing=True)).scalars()
    }
    if user_id not in found:
        raise NotFound(UNKNOWN)
    return found[user_id]


def check_acting(db: Session, actor: Actor) -> None:
    """Raises Forbidden when who acts is no active superuser any more; until the transaction ends, they stay one.

    The command line, which is nobody, may always act.
    """
    u = user.c
    acting = select(u.id, u.is_active).where(u.is_superuser).order_by(u.id).with_for_update(key_share=True)
    active = {row.id for row in db.execute(acting) if row.is_active}
    if actor.id is not None and actor.id not in active:
        raise Forbidden(NO_SUPERUSER)


def check_not_last(db: Session, leaving: User) -> None:
    """For a user who was locked above and is about to be none any more. Raises Conflict for the last active superuser."""
    if not (leaving.is_superuser and leaving.is_active):
        return
    u = user.c
    others = select(u.id).where(u.is_superuser, u.is_active, u.id != leaving.id).limit(1)
    if db.execute(others).first() is None:
        raise Conflict(LAST)
