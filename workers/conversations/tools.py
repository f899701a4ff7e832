"""The tools of an agent, bound to the person who asks. A call and its effect are one row and one transaction."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from pydantic import BaseModel, Field
from sqlmodel import Session

from agents.protocol import Tool
from models.conversations import conversations
from models.conversations.leases import Work
from models.people import contacts
from models.store.database import session
from models.trail import tool_calls

Effect = Callable[[Session, BaseModel], BaseModel]


class ContactDetails(BaseModel):
    """What the person said of themselves; leave out what was not said."""

    name: str | None = Field(None, max_length=200)
    email: str | None = Field(None, max_length=254)
    phone: str | None = Field(None, max_length=32)


class Done(BaseModel):
    """The tool did it; nothing is saved of a user, who has a profile."""

    saved: list[str]


def tools_for(work: Work) -> Sequence[Tool]:
    """The tools for one try at one message."""
    calls = itertools.count(1)

    def remember(db: Session, arguments: BaseModel) -> BaseModel:
        details = arguments.model_dump(exclude_none=True)
        conversation = conversations.get(db, work.conversation_id)
        if conversation.user_id is not None or conversation.contact_id is None:
            return Done(saved=[])  # only the user writes the user's profile
        contact = contacts.get(db, conversation.contact_id)
        for name, value in details.items():
            setattr(contact, name, value)
        return Done(saved=sorted(details))

    return [
        Tool(
            "remember_contact",
            "Saves the person's name, e-mail address or phone number when they give it.",
            ContactDetails,
            lambda arguments: _once(work, next(calls), "remember_contact", arguments, Done, remember),
        )
    ]


def _once(
    work: Work, sequence: int, tool: str, arguments: BaseModel, result: type[BaseModel], effect: Effect
) -> BaseModel:
    """Performs the call, or returns the recorded result of an earlier try."""
    assert work.message is not None
    values = arguments.model_dump()
    with session() as db:
        recorded = tool_calls.result_of(db, work.message.id, sequence, tool, values)
        if recorded is not None:
            return result.model_validate(recorded)
        outcome = effect(db, arguments)
        tool_calls.record(db, work.message.id, sequence, tool, values, outcome.model_dump())
    return outcome
