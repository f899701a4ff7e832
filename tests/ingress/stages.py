"""The stages behind the ingress, run here one by one when a test says so."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ingress.identity.watching import watch
from ingress.streams.waiting import Waiter
from models import ledger
from models.conversations import successors
from models.conversations.conversations import Conversation
from models.store.database import reading
from tests.live import until
from workers.conversations import answer, receive


def stored(conversation_id: str) -> None:
    """What was accepted for the conversation is in the database."""
    receive.receive(ledger.shard_of(conversation_id))


def answered(conversation_id: str) -> None:
    """What was accepted for the conversation is stored, and answered wherever it went."""
    stored(conversation_id)
    with reading() as db:
        row = db.get(Conversation, conversation_id)
        assert row is not None
        ids = [one.id for one in successors.chain(db, row)]
    answer.answer(ids)


def accepted_for(conversation_id: str) -> bool:
    """Whether something waits in the ledger for this conversation."""
    shard = ledger.entries(ledger.shard_of(conversation_id), 1000)
    return any(entry.inbound.conversation_id == conversation_id for entry in shard)


@contextmanager
def asking(
    client: FlaskClient, path: str, body: dict[str, Any], headers: dict[str, str]
) -> Iterator[Future[TestResponse]]:
    """A request that waits while the test goes on; inside, it is subscribed and its message is accepted."""
    before = {one for one in watch()._open if isinstance(one, Waiter)}
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(client.application.test_client().post, path, json=body, headers=headers)
        until(lambda: asked.done() or any(isinstance(one, Waiter) and one not in before for one in list(watch()._open)))
        yield asked
