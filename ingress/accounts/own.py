"""What users do with their own account, beside signing in: it needs no hashing, so it is done right here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from channels import verifying
from channels.revoking import revoke
from ingress.accepting import digest
from ingress.accounts.signing_in import pair
from ingress.addresses import client_address
from ingress.database import in_database
from ingress.tokens import Principal, access_token
from models import limits
from models.accounts import addresses, audit, roles, sessions, users, verifications
from models.accounts.revocations import Revoked
from models.accounts.sessions import Rotated
from models.accounts.users import User
from models.accounts.verifications import EMAIL, PHONE
from models.errors import Unauthenticated
from models.limits import DAY, Limit
from models.store import reading, session

CODES_A_MINUTE, CODES_A_DAY = 5, 20  # by whom and to where: what is sent costs, and each code may be guessed five times
NO_TOKEN = "The refresh token is not valid or has expired."  # noqa: S105 - a message


def refresh(token: str) -> dict[str, Any]:
    """A new pair of tokens, with the rights that the user has now. Raises Unauthenticated, alike for every fault."""
    rotated, access = in_database(_rotate, token)
    if rotated is not None and rotated.token is None:
        revoke(Revoked(sessions=[rotated.session_id]))
    if rotated is None or rotated.token is None:
        raise Unauthenticated(NO_TOKEN)
    return pair(access, rotated.token)


def _rotate(token: str) -> tuple[Rotated | None, str]:
    with reading() as opened:
        if not sessions.is_real(opened, token):  # garbage takes no turn of those who write
            return None, ""
    with session() as opened:
        rotated = sessions.rotate(opened, token)
        if rotated is None:
            return None, ""
        if rotated.token is None:
            seen = {"session": rotated.session_id}
            audit.record(opened, "session.reused", None, rotated.user_id, client_address(), **seen)
            return rotated, ""
        user = users.get(opened, rotated.user_id)
        if not user.is_active:  # this session was begun at the very moment of disabling
            return None, ""
        access = access_token(
            user.id,
            rotated.session_id,
            user.generation,
            is_superuser=user.is_superuser,
            permissions=roles.permissions_of(opened, user.id),
        )
        return rotated, access


def log_out(principal: Principal, session_id: str) -> None:
    """Ends a session of the caller's, also on open sockets. Raises NotFound, RedisAway: not effective yet."""

    def end() -> None:
        with session() as opened:
            sessions.end(opened, principal.id, session_id)
            audit.record(opened, "session.ended", principal.id, principal.id, client_address(), session=session_id)

    in_database(end)
    revoke(Revoked(sessions=[session_id]))


def log_out_everywhere(principal: Principal) -> None:
    """Ends all sessions of the caller's. Raises RedisAway: not effective yet."""

    def end() -> list[str]:
        with session() as opened:
            ended = sessions.end_all(opened, principal.id)
            audit.record(opened, "sessions.ended", principal.id, principal.id, client_address(), count=len(ended))
            return ended

    revoke(Revoked(sessions=[*in_database(end), principal.session_id]))


def own_sessions(principal: Principal) -> list[dict[str, Any]]:
    """Where the caller is signed in."""

    def read() -> list[dict[str, Any]]:
        with reading() as opened:
            return [sessions.shown(row, principal.session_id) for row in sessions.of_user(opened, principal.id)]

    return in_database(read)


def me(principal: Principal) -> dict[str, Any]:
    """The caller's own user."""

    def read() -> dict[str, Any]:
        with reading() as opened:
            return shown(opened, users.get(opened, principal.id))

    return in_database(read)


def shown(opened: Session, user: User) -> dict[str, Any]:
    """A user with the roles they have."""
    return shown_all(opened, [user])[0]


def shown_all(opened: Session, rows: Sequence[User]) -> list[dict[str, Any]]:
    """Users with the roles they have, in the order of the rows. One query finds the roles of all."""
    held = roles.of_users(opened, [row.id for row in rows])
    return [users.shown(row, [roles.shown(role) for role in held.get(row.id, ())]) for row in rows]


def change(principal: Principal, **changes: Any) -> dict[str, Any]:
    """Changes the caller's own fields. Raises Conflict when the username is taken."""

    def write() -> dict[str, Any]:
        with session() as opened:
            user = users.change(opened, principal.id, **changes)
            audit.record(opened, "user.changed", principal.id, principal.id, client_address(), fields=sorted(changes))
            return shown(opened, user)

    return in_database(write)


def ask_for_code(principal: Principal, kind: str, address: str) -> dict[str, Any]:
    """Sends a code to an address. A phone number is kept at once, unverified; an e-mail address once it is verified.

    Raises NoSender, TooMany, Conflict when the address is another user's.
    """
    verifying.check_sender()
    limits.count(_code_limits(principal, address))

    def write() -> tuple[str, dict[str, Any]]:
        with session() as opened:
            user = users.get(opened, principal.id)
            if kind == PHONE and user.phone_number != address:
                user = users.change(opened, user.id, phone_number=address, phone_verified=False)
            elif kind == EMAIL:
                users.check_free(opened, user.id, EMAIL, address)
            code = verifications.begin(opened, user.id, kind, address)
            audit.record(opened, "code.sent", user.id, user.id, client_address(), kind=kind)
            return code, shown(opened, user)

    code, user = in_database(write)
    verifying.send_code(address, code)
    return user


def _code_limits(principal: Principal, address: str) -> tuple[Limit, ...]:
    return (
        Limit("codes", f"codes:{principal.id}", CODES_A_MINUTE),
        Limit("codes a day", f"codes-day:{principal.id}", CODES_A_DAY, DAY),
        Limit("codes to an address a day", f"codes-to:{digest(address)}", CODES_A_DAY, DAY),
    )


def verify(principal: Principal, kind: str, code: str) -> dict[str, Any]:
    """The code came back, so the address is the caller's; who held it unverified loses it.

    Raises Invalid, Conflict when another account has verified it before."""

    def write() -> dict[str, Any] | None:
        with session() as opened:
            lost = addresses.prove(opened, principal.id, kind, code.strip())
            if lost is None:
                audit.record(opened, "code.refused", principal.id, principal.id, client_address(), kind=kind)
                return None
            audit.record(opened, "address.verified", principal.id, principal.id, client_address(), kind=kind)
            for loser in lost:
                audit.record(opened, "address.lost", principal.id, loser, None, kind=kind)
            return shown(opened, users.get(opened, principal.id))

    user = in_database(write)
    if user is None:
        raise verifications.refused()
    return user
