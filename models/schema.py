"""All tables, for migrations: importing this module knows every one of them."""

from sqlmodel import SQLModel

from models import contacts, conversations, messages, tool_calls, trail

METADATA = SQLModel.metadata
TABLES = (
    contacts.contact,
    conversations.conversation,
    messages.message,
    tool_calls.tool_call,
    trail.failure,
    trail.dead_letter,
)
