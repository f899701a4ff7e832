"""The socket's methods for messages: the same calls as the routes make."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from channels import web
from channels.relay.publish import publish
from ingress.conversations import access, commands
from ingress.conversations.acceptance import Draft, accept_message
from ingress.conversations.requests import HandOffRequest, NewMessage, ReadMark
from ingress.http.forms import Reference, Strict
from ingress.identity.principal import Principal
from ingress.sockets import Registry
from models import documents, reasons
from models.conversations.views import Author, Conversation
from models.errors import Invalid
from models.views import Uuid, View

Params = TypeVar("Params", bound=BaseModel)


class Send(NewMessage):
    """`message.send`."""

    conversation_id: Reference


class Read(ReadMark):
    """`message.read`."""

    conversation_id: Reference


class AskForPerson(HandOffRequest):
    """`conversation.handoff`."""

    conversation_id: Reference


class Close(Strict):
    """`conversation.close`."""

    conversation_id: Reference


class Indicate(Strict):
    """`typing`. Without `conversation_id` it is that of a visitor's token."""

    conversation_id: Reference | None = None


class Sent(View):
    """The message is in the ledger: it will be stored and answered."""

    message_id: Uuid


class Done(View):
    """An empty result: the call succeeded."""


class Changed(View):
    """The conversation as it is now."""

    conversation: Conversation


# For the document of the socket: method → what it takes, and what it gives.
PARAMS: dict[str, type[BaseModel]] = {
    "message.send": Send,
    "message.read": Read,
    "typing": Indicate,
    "conversation.handoff": AskForPerson,
    "conversation.close": Close,
}
RESULTS: dict[str, type[BaseModel]] = {
    "message.send": Sent,
    "message.read": Done,
    "typing": Done,
    "conversation.handoff": Changed,
    "conversation.close": Changed,
}


def register(registry: Registry) -> None:
    """Adds the methods of conversations."""
    registry.methods.add("message.send", send)
    registry.methods.add("message.read", read)
    registry.methods.add("typing", typing)
    registry.methods.add("conversation.handoff", hand_off)
    registry.methods.add("conversation.close", close)


def send(principal: Principal, params: dict[str, Any]) -> dict[str, Any]:
    """Accepts a message. Returns {message_id}."""
    said = _checked(Send, params)
    access.writable(principal, said.conversation_id)
    draft = Draft(said.content, said.parent_id, said.metadata)
    return {"message_id": accept_message(principal, said.conversation_id, draft, said.client_message_id).id}


def read(principal: Principal, params: dict[str, Any]) -> dict[str, Any]:
    """Moves the read mark."""
    said = _checked(Read, params)
    access.own(principal, said.conversation_id)
    commands.mark_read(said.conversation_id, said.up_to)
    return {}


def typing(principal: Principal, params: dict[str, Any]) -> dict[str, Any]:
    """Tells the conversation that the caller is typing. Without `conversation_id` it is that of a visitor's token."""
    conversation_id = _checked(Indicate, params).conversation_id or principal.conversation_id
    if not conversation_id:
        raise Invalid("conversation_id", "is required")
    access.own(principal, conversation_id)
    publish(web.typing(conversation_id, Author(kind=principal.author_kind, name=None)))
    return {}


def hand_off(principal: Principal, params: dict[str, Any]) -> dict[str, Any]:
    """Asks for a person. Returns {conversation}."""
    fields = _checked(AskForPerson, params)
    access.own(principal, fields.conversation_id)
    return {"conversation": commands.hand_off(fields.conversation_id, principal.author_kind, fields.reason).document()}


def close(principal: Principal, params: dict[str, Any]) -> dict[str, Any]:
    """Ends the conversation. Returns {conversation}."""
    fields = _checked(Close, params)
    access.own(principal, fields.conversation_id)
    return {"conversation": commands.close(fields.conversation_id).document()}


def _checked(model: type[Params], params: dict[str, Any]) -> Params:
    documents.check(params)
    try:
        return model.model_validate(params)
    except ValidationError as error:
        raise Invalid(*reasons.faults(error, "data")[0]) from None
