"""What superusers do: the domain's call in one transaction, and behind it what became void is made known."""

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
    """The caller of this request."""
    return Actor(principal().id, client_address())


@contextmanager
def _acting(who: Actor) -> Iterator[Session]:
    """A transaction of a superuser's, who is one until it ends. Raises Forbidden."""
    with session() as db:
        superusers.lock_acting(db, who)
        yield db


def create(email: str, password: str | None, **said: Any) -> dict[str, Any]:
    """A new user. Raises Invalid (password, roles), Conflict (taken), Unavailable."""
    about = (email, said.get("username"), said.get("full_name"))
    kept = _hashed(password, about) if password is not None else None
    who = actor()
    with _acting(who) as db:
        made = administration.create(db, who, email, password_hash=kept, **said)
        return shown(db, made)


def change(user_id: str, **changes: Any) -> dict[str, Any]:
    """Changes fields; a new password signs the user out everywhere. Raises NotFound, Invalid, Conflict, Unavailable."""
    if "password" in changes:
        known = user(user_id) | changes
        about = (known["email"], known["username"], known["full_name"])
        changes["password_hash"] = _hashed(changes.pop("password"), about)
    return done(user_id, administration.change, **changes)


def _hashed(password: str, about: tuple[str | None, ...]) -> str:
    kept = str(auth_worker.perform("hash_password", principal(), password=password, about=about)["hash"])
    revoked.check(principal())  # hashing takes seconds behind others: the caller may be nobody by now
    return kept


def done(user_id: str, call: Callable[..., Revoked], *args: Any, **said: Any) -> dict[str, Any]:
    """Does it to the user and returns them. Raises what the call raises, and RedisAway: not effective everywhere yet."""
    who = actor()

    def write() -> tuple[Revoked, dict[str, Any]]:
        with _acting(who) as db:
            void = call(db, who, user_id, *args, **said)
            return void, shown(db, users.get(db, user_id))

    void, user = write()
    revoke(void)
    return user


def delete(user_id: str) -> None:
    """Deletes the user. Raises NotFound, Conflict, RedisAway."""
    _removed(user_id, deletion.remove)


def delete_role(role_id: str) -> None:
    """Takes the role from everybody. Raises NotFound, Conflict, RedisAway."""
    _removed(role_id, administration.remove_role)


def _removed(named: str, call: Callable[[Session, Actor, str], Revoked]) -> None:
    who = actor()

    def write() -> Revoked:
        with _acting(who) as db:
            return call(db, who, named)

    revoke(write())


def add_role(**said: Any) -> dict[str, Any]:
    """A new role. Raises Invalid, Conflict (the name is taken)."""
    who = actor()
    with _acting(who) as db:
        return roles.shown(administration.add_role(db, who, **said))
