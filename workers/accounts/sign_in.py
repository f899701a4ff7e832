"""The end of every sign-in: a device session, the visitor's conversation, an audit entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from channels import web
from channels.relay.publish import publish
from channels.relay.revocations import revoke
from models.accounts import audit, roles, sessions
from models.accounts.auth_requests import Request
from models.accounts.revocations import Revoked
from models.conversations import adoption, owners, views
from models.people import users
from models.people.users import User

DISABLED = "This account is disabled."


@dataclass(frozen=True)
class SignedIn:
    """The result for the ingress, and the visitor's conversation if it became the user's."""

    result: dict[str, Any]
    taken_over: views.Conversation | None


def begin(db: Session, request: Request, user: User, by: str) -> SignedIn:
    """Begins the device session named by the request's id, and gives the visitor's conversation to the user."""
    token = sessions.begin(db, request.id, user.id, request.device, request.address)
    audit.record(db, "session.begun", user.id, user.id, request.address, session=request.id, by=by)
    db.flush()
    taken_over = _take_over(db, request, user.id)
    fields = users.shown(user, [roles.shown(role) for role in roles.of_user(db, user.id)])
    rights = {"generation": user.generation, "permissions": roles.permissions_of(db, user.id)}
    return SignedIn({"user": fields, "session_id": request.id, "refresh_token": token, **rights}, taken_over)


def _take_over(db: Session, request: Request, user_id: str) -> views.Conversation | None:
    if request.visitor is None:
        return None
    contact_id, conversation_id = request.visitor
    row = adoption.take_over(db, conversation_id, contact_id, user_id)
    if row is None:
        return None
    audit.record(db, "conversation.taken_over", user_id, user_id, request.address, conversation=row.id)
    return views.of_conversation(db, row)


def announce(signed_in: SignedIn) -> dict[str, Any]:
    """Voids the visitor's token and publishes the conversation's new owner. Call after the commit. Returns the result."""
    if signed_in.taken_over is not None:
        owners.remember(signed_in.taken_over.id, str(signed_in.taken_over.user))
        publish(web.state(signed_in.taken_over))
        revoke(Revoked(contacts=[str(signed_in.taken_over.contact)]))
    return signed_in.result
