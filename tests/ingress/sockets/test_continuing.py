"""A visitor's socket that stayed open while the conversation was closed long ago."""

from __future__ import annotations

import uuid

from channels import web
from channels.relay.publish import publish
from ingress.identity.tokens import visitor_token
from models.conversations import conversations, views
from models.conversations.successors import id_of_successor
from models.people import contacts
from models.store.database import session
from tests.ingress.sockets.raw import Raw
from tests.live import Server

DENIED = {"code": 103, "message": "permission denied"}


def visitor() -> tuple[str, str]:
    """A conversation that is continued by another one, and its contact."""
    contact_id, old = str(uuid.uuid4()), str(uuid.uuid4())
    with session() as db:
        contacts.open_visitor(db, contact_id, {})
        for one in (old, id_of_successor(old)):
            conversations.open_new(db, one, contact_id, "web")
    return old, contact_id


def connected(server: Server, contact_id: str, conversation_id: str) -> Raw:
    client = Raw(server)
    assert "connect" in client.call("connect", token=visitor_token(contact_id, conversation_id))
    return client


def test_the_old_token_opens_the_topic_of_the_successor_and_no_other(shared: Server) -> None:
    old, contact_id = visitor()
    other, stranger = visitor()
    successor = id_of_successor(old)
    client, foreign = connected(shared, contact_id, old), connected(shared, stranger, other)
    assert "subscribe" in client.subscribe(old)
    with session() as db:
        shown = views.of_conversation(db, conversations.get(db, old))
    publish(web.state(shown.model_copy(update={"continued_by": successor, "revision": 9})))
    assert client.push()["pub"]["data"]["conversation"]["continued_by"] == successor
    assert "subscribe" in client.subscribe(successor)
    assert client.call("rpc", method="typing", data={"conversation_id": successor})["rpc"] == {"data": {}}
    assert client.push()["channel"] == f"conversation:{successor}"
    for one in (old, successor, id_of_successor(id_of_successor(other))):
        assert foreign.subscribe(one)["error"] == DENIED
    assert foreign.call("rpc", method="typing", data={"conversation_id": successor})["error"]["code"] == 404
    assert client.call("subscribe", channel=f"user:{contact_id}")["error"] == DENIED
