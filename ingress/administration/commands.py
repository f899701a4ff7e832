"""Commands of superusers: one domain call in one transaction; what it makes void is announced after the commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlmodel import Session

from channels.relay.revocations import revoke
from ingress.accounts import auth_worker
from ingress.accounts.profile import shown
from ingress.administration.queries import user
from ingress.http.addresses import client_address
from ingress.identity import revoked
from ingress.identity.callers import principal
from models.accounts import administration, deletion, roles, superusers
from models.accounts.audit import Actor
from models.accounts.revocations import Revoked
from models.people import users
from models.store.database import session


def actor() -> Actor:
    """The caller of this request, for the audit trail."""
    return Actor(principal().id, client_address())


@contextmanager
def _transaction(actor_: Actor) -> Iterator[Session]:
    """A transaction in which the actor stays superuser until it ends. Raises Forbidden."""
    with session() as db:
        superusers.lock_acting(db, actor_)
        yield db


def create(email: str, password: str | None, **fields: Any) -> dict[str, Any]:
    """A new user. Raises Invalid (password, roles), Conflict (taken), Unavailable."""
    about = (email, fields.get("username"), fields.get("full_name"))
    password_hash = _hashed(password, about) if password is not None else None
    actor_ = actor()
    with _transaction(actor_) as db:
        row = administration.create(db, actor_, email, password_hash=password_hash, **fields)
        return shown(db, row)


def change(user_id: str, **changes: Any) -> dict[str, Any]:
    """Changes fields; a new password signs the user out everywhere. Raises NotFound, Invalid, Conflict, Unavailable."""
    if "password" in changes:
        fields = user(user_id) | changes
        about = (fields["email"], fields["username"], fields["full_name"])
        changes["password_hash"] = _hashed(changes.pop("password"), about)
    return apply(user_id, administration.change, **changes)


def _hashed(password: str, about: tuple[str | None, ...]) -> str:
    password_hash = str(auth_worker.perform("hash_password", principal(), password=password, about=about)["hash"])
    revoked.check(principal())  # hashing may wait for seconds, and the caller's token may be revoked meanwhile
    return password_hash


def apply(user_id: str, call: Callable[..., Revoked], *args: Any, **fields: Any) -> dict[str, Any]:
    """Applies the call to the user, and returns the user. Raises its errors; RedisAway: not effective everywhere yet."""
    actor_ = actor()
    with _transaction(actor_) as db:
        void = call(db, actor_, user_id, *args, **fields)
        response = shown(db, users.get(db, user_id))
    revoke(void)
    return response


def delete(user_id: str) -> None:
    """Deletes the user. Raises NotFound, Conflict, RedisAway."""
    _remove(user_id, deletion.remove)


def delete_role(role_id: str) -> None:
    """Deletes the role and takes it from everyone. Raises NotFound, Conflict, RedisAway."""
    _remove(role_id, administration.remove_role)


def _remove(row_id: str, call: Callable[[Session, Actor, str], Revoked]) -> None:
    actor_ = actor()
    with _transaction(actor_) as db:
        void = call(db, actor_, row_id)
    revoke(void)


def add_role(**fields: Any) -> dict[str, Any]:
    """A new role. Raises Invalid, Conflict (the name is taken)."""
    actor_ = actor()
    with _transaction(actor_) as db:
        return roles.shown(administration.add_role(db, actor_, **fields))
