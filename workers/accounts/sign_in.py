"""What every way of signing in ends with: a device session, the visitor's conversation, an entry in the audit trail."""

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
    """What the ingress makes its answer of; and the conversation, if a visitor's became the user's."""

    result: dict[str, Any]
    taken: views.Conversation | None


def begin(db: Session, request: Request, user: User, by: str) -> SignedIn:
    """Begins the device session named by the request, and takes over what the visitor has begun."""
    token = sessions.begin(db, request.id, user.id, request.device, request.address)
    audit.record(db, "session.begun", user.id, user.id, request.address, session=request.id, by=by)
    db.flush()
    taken = _taken(db, request, user.id)
    shown = users.shown(user, [roles.shown(role) for role in roles.of_user(db, user.id)])
    rights = {"generation": user.generation, "permissions": roles.permissions_of(db, user.id)}
    return SignedIn({"user": shown, "session_id": request.id, "refresh_token": token, **rights}, taken)


def _taken(db: Session, request: Request, user_id: str) -> views.Conversation | None:
    if request.visitor is None:
        return None
    contact_id, conversation_id = request.visitor
    row = adoption.take_over(db, conversation_id, contact_id, user_id)
    if row is None:
        return None
    audit.record(db, "conversation.taken_over", user_id, user_id, request.address, conversation=row.id)
    return views.of_conversation(db, row)


def told(signed: SignedIn) -> dict[str, Any]:
    """Behind the commit: the visitor's token is void, and those who follow the conversation hear whose it is now."""
    if signed.taken is not None:
        owners.remember(signed.taken.id, str(signed.taken.user))
        publish(web.state(signed.taken))
        revoke(Revoked(contacts=[str(signed.taken.contact)]))
    return signed.result
