"""Device sessions: new tokens, signing out, and the list of the caller's devices."""

from __future__ import annotations

from typing import Any

from channels.relay.revocations import revoke
from ingress.accounts.sign_in import pair
from ingress.http.addresses import client_address
from ingress.identity.principal import Principal
from ingress.identity.tokens import access_token
from models.accounts import audit, roles, sessions
from models.accounts.revocations import Revoked
from models.accounts.sessions import Rotated
from models.errors import Unauthenticated
from models.people import users
from models.store.database import reading, session

NO_TOKEN = "The refresh token is not valid or has expired."  # noqa: S105 - a message


def refresh(token: str) -> dict[str, Any]:
    """A new pair of tokens, with the user's current rights. Raises Unauthenticated, the same for every fault."""
    rotated, access = _rotate(token)
    if rotated is not None and rotated.token is None:
        revoke(Revoked(sessions=[rotated.session_id]))
    if rotated is None or rotated.token is None:
        raise Unauthenticated(NO_TOKEN)
    return pair(access, rotated.token)


def _rotate(token: str) -> tuple[Rotated | None, str]:
    with reading() as db:
        if not sessions.is_real(db, token):  # an invented token must not occupy the database's writer
            return None, ""
    with session() as db:
        rotated = sessions.rotate(db, token)
        if rotated is None:
            return None, ""
        if rotated.token is None:
            detail = {"session": rotated.session_id}
            audit.record(db, "session.reused", None, rotated.user_id, client_address(), **detail)
            return rotated, ""
        user = users.get(db, rotated.user_id)
        if not user.is_active:  # the session began while the user was being disabled
            return None, ""
        access = access_token(
            user.id,
            rotated.session_id,
            user.generation,
            is_superuser=user.is_superuser,
            permissions=roles.permissions_of(db, user.id),
        )
        return rotated, access


def log_out(principal: Principal, session_id: str) -> None:
    """Ends a session of the caller, also on open sockets. Raises NotFound; RedisAway: not effective yet."""
    with session() as db:
        sessions.end(db, principal.id, session_id)
        audit.record(db, "session.ended", principal.id, principal.id, client_address(), session=session_id)
    revoke(Revoked(sessions=[session_id]))


def log_out_everywhere(principal: Principal) -> None:
    """Ends all sessions of the caller. Raises RedisAway: not effective yet."""
    with session() as db:
        ended = sessions.end_all(db, principal.id)
        audit.record(db, "sessions.ended", principal.id, principal.id, client_address(), count=len(ended))
    revoke(Revoked(sessions=[*ended, principal.session_id]))


def own_sessions(principal: Principal) -> list[dict[str, Any]]:
    """The caller's sessions."""
    with reading() as db:
        return [sessions.shown(row, principal.session_id) for row in sessions.of_user(db, principal.id)]
