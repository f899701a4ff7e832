"""All tables, for migrations: importing this module imports each of them."""

from sqlmodel import SQLModel

from models import trail
from models.accounts import api_keys, audit, passkeys, roles, sessions, verifications
from models.conversations import conversations, messages
from models.people import contacts, users
from models.trail import tool_calls

METADATA = SQLModel.metadata
TABLES = (
    users.user,
    roles.role,
    roles.user_role,
    sessions.device_session,
    passkeys.passkey,
    api_keys.api_key,
    verifications.verification,
    audit.audit,
    contacts.contact,
    conversations.conversation,
    messages.message,
    tool_calls.tool_call,
    trail.failure,
    trail.dead_letter,
)
