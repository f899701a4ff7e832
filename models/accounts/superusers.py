"""There is always a superuser: the last active one cannot be demoted, disabled or deleted."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import Session

from models.accounts.audit import Actor
from models.errors import Conflict, Forbidden, NotFound
from models.people.users import UNKNOWN, User, user

NO_SUPERUSER = "Only a superuser may do this."
LAST = "This is the last active superuser. Make another user a superuser first."


def lock(db: Session, user_id: str) -> User:
    """The user, locked until the transaction ends together with all superusers. Raises NotFound.

    So two superusers who demote each other wait for one another. Rows are always locked in the order of their ids, which
    prevents deadlocks; SQLite has only one writer anyway.
    """
    u = user.c
    query = select(User).where(u.is_superuser | (u.id == user_id)).order_by(u.id).with_for_update()
    by_id: dict[str, User] = {
        row.id: row for row in db.execute(query.execution_options(populate_existing=True)).scalars()
    }
    if user_id not in by_id:
        raise NotFound(UNKNOWN)
    return by_id[user_id]


def lock_acting(db: Session, actor: Actor) -> None:
    """Locks all superusers until the transaction ends. Raises Forbidden when the actor is no active superuser (any more).

    The command line, which has no user, may always act.
    """
    u = user.c
    query = select(u.id, u.is_active).where(u.is_superuser).order_by(u.id).with_for_update(key_share=True)
    active = {row.id for row in db.execute(query) if row.is_active}
    if actor.id is not None and actor.id not in active:
        raise Forbidden(NO_SUPERUSER)


def check_not_last(db: Session, leaving: User) -> None:
    """Raises Conflict when this user is the last active superuser. Lock the user with `lock` first."""
    if not (leaving.is_superuser and leaving.is_active):
        return
    u = user.c
    others = select(u.id).where(u.is_superuser, u.is_active, u.id != leaving.id).limit(1)
    if db.execute(others).first() is None:
        raise Conflict(LAST)
