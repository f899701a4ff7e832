"""What superusers do: the domain's call in one transaction, and behind it what became void is made known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlmodel import Session

from channels.revoking import revoke
from ingress import revoked
from ingress.accounts import asking
from ingress.accounts.own import shown, shown_all
from ingress.addresses import client_address
from ingress.auth import principal
from ingress.database import in_database
from models.accounts import administering, audit, deleting, roles, superusers, users
from models.accounts.audit import Actor
from models.accounts.revocations import Revoked
from models.errors import Invalid
from models.store import reading, session
from models.texts import storable

NO_CURSOR = "is not a cursor of this list"


def actor() -> Actor:
    """The caller of this request."""
    return Actor(principal().id, client_address())


@contextmanager
def _acting(who: Actor) -> Iterator[Session]:
    """A transaction of a superuser's, who is one until it ends. Raises Forbidden."""
    with session() as opened:
        superusers.check_acting(opened, who)
        yield opened


def page_of_users(words: str | None, after: str | None, limit: int) -> dict[str, Any]:
    """Users in the order of their creation. Raises Invalid for a cursor that is none."""
    cursor = _cursor(after) if after is not None else None

    def read() -> dict[str, Any]:
        with reading() as opened:
            rows = users.page(opened, cursor, limit + 1, words)
            last = rows[limit - 1] if len(rows) > limit else None
            more = f"{last.created_at}.{last.id}" if last else None
            return {"items": shown_all(opened, rows[:limit]), "next": more}

    return in_database(read)


def _cursor(after: str) -> tuple[int, str]:
    created_at, _, user_id = after.partition(".")
    if not storable(user_id):
        raise Invalid("after", NO_CURSOR)
    return _number(created_at), user_id


def _number(written: str) -> int:
    if not written.isdecimal() or len(written) > 18:
        raise Invalid("after", NO_CURSOR)
    return int(written)


def user(user_id: str) -> dict[str, Any]:
    """The user. Raises NotFound."""

    def read() -> dict[str, Any]:
        with reading() as opened:
            return shown(opened, users.get(opened, user_id))

    return in_database(read)


def create(email: str, password: str | None, **said: Any) -> dict[str, Any]:
    """A new user. Raises Invalid (password, roles), Conflict (taken), Unavailable."""
    about = (email, said.get("username"), said.get("full_name"))
    kept = _hashed(password, about) if password is not None else None
    who = actor()

    def write() -> dict[str, Any]:
        with _acting(who) as opened:
            made = administering.create(opened, who, email, password_hash=kept, **said)
            return shown(opened, made)

    return in_database(write)


def change(user_id: str, **changes: Any) -> dict[str, Any]:
    """Changes fields; a new password signs the user out everywhere. Raises NotFound, Invalid, Conflict, Unavailable."""
    if "password" in changes:
        known = user(user_id) | changes
        about = (known["email"], known["username"], known["full_name"])
        changes["password_hash"] = _hashed(changes.pop("password"), about)
    return done(user_id, administering.change, **changes)


def _hashed(password: str, about: tuple[str | None, ...]) -> str:
    kept = str(asking.ask("hash_password", principal(), password=password, about=about)["hash"])
    revoked.check(principal())  # hashing takes seconds behind others: the caller may be nobody by now
    return kept


def done(user_id: str, call: Callable[..., Revoked], *args: Any, **said: Any) -> dict[str, Any]:
    """Does it to the user and returns them. Raises what the call raises, and RedisAway: not effective everywhere yet."""
    who = actor()

    def write() -> tuple[Revoked, dict[str, Any]]:
        with _acting(who) as opened:
            void = call(opened, who, user_id, *args, **said)
            return void, shown(opened, users.get(opened, user_id))

    void, user = in_database(write)
    revoke(void)
    return user


def delete(user_id: str) -> None:
    """Deletes the user. Raises NotFound, Conflict, RedisAway."""
    _removed(user_id, deleting.remove)


def delete_role(role_id: str) -> None:
    """Takes the role from everybody. Raises NotFound, Conflict, RedisAway."""
    _removed(role_id, administering.remove_role)


def _removed(named: str, call: Callable[[Session, Actor, str], Revoked]) -> None:
    who = actor()

    def write() -> Revoked:
        with _acting(who) as opened:
            return call(opened, who, named)

    revoke(in_database(write))


def all_roles() -> list[dict[str, Any]]:
    """Every role, by name."""

    def read() -> list[dict[str, Any]]:
        with reading() as opened:
            return [roles.shown(row) for row in roles.all_roles(opened)]

    return in_database(read)


def add_role(**said: Any) -> dict[str, Any]:
    """A new role. Raises Invalid, Conflict (the name is taken)."""
    who = actor()

    def write() -> dict[str, Any]:
        with _acting(who) as opened:
            return roles.shown(administering.add_role(opened, who, **said))

    return in_database(write)


def page_of_audit(after: str | None, limit: int, **exactly: str | None) -> dict[str, Any]:
    """The audit trail, the newest first."""
    before = _number(after) if after is not None else None

    def read() -> dict[str, Any]:
        with reading() as opened:
            rows = audit.page(opened, before, limit + 1, **exactly)
            more = str(rows[limit - 1].id) if len(rows) > limit else None
            return {"items": [audit.shown(row) for row in rows[:limit]], "next": more}

    return in_database(read)
