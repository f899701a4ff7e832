"""A list costs as many statements for many rows as for few: nothing is asked for each row."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from models.accounts import api_keys, audit, passkeys, roles, sessions
from models.conversations.messages import Message
from models.store.database import engine, session
from tests.ingress.identity.account import Account, signed_in
from tests.models import samples
from tests.stores import Stores

_positions = itertools.count(1)


def _conversations(_account: Account) -> None:
    conversation_id, _ = samples.conversation()
    _message(conversation_id, 1)


def _message(conversation_id: str, position: int) -> None:
    """One from our side, which is unread."""
    fields: dict[str, Any] = {"id": str(uuid.uuid4()), "conversation_id": conversation_id, "position": position}
    fields |= {"channel": "web", "accepted_at": 1, "created_at": 1}
    with session() as db:
        db.add(Message(**fields, author_kind="agent", content="hello", status="answered"))


def _users(_account: Account) -> None:
    signed_in(permissions=[roles.OPERATE])


def _roles(_account: Account) -> None:
    with session() as db:
        roles.add(db, str(uuid.uuid4()), "", [])


def _keys(account: Account) -> None:
    with session() as db:
        api_keys.add(db, account.id, "program", [api_keys.READ])


def _sessions(account: Account) -> None:
    with session() as db:
        sessions.begin(db, str(uuid.uuid4()), account.id, "pytest", "127.0.0.1")


def _passkeys(account: Account) -> None:
    made = str(uuid.uuid4())
    with session() as db:
        passkeys.add(db, made, account.id, "key", credential_id=made, public_key=b"")


def _audit(account: Account) -> None:
    with session() as db:
        audit.record(db, "thing.done", account.id)


def _messages(account: Account) -> None:
    _message(account.session_id, next(_positions))


LISTS: dict[str, Callable[[Account], None]] = {
    "/api/conversations": _conversations,
    "/api/conversations/{conversation_id}/messages": _messages,
    "/api/users": _users,
    "/api/roles": _roles,
    "/api/auth/keys": _keys,
    "/api/auth/sessions": _sessions,
    "/api/auth/passkeys": _passkeys,
    "/api/admin/audit": _audit,
}


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that this process sends meanwhile."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine(), "before_cursor_execute", note)


@pytest.mark.parametrize("path", LISTS)
def test_a_list_of_many_costs_what_a_list_of_few_costs(stores: Stores, client: FlaskClient, path: str) -> None:
    account = signed_in(client, is_superuser=True, permissions=[roles.OPERATE])
    mine, _ = samples.conversation(account.id)
    account.session_id = mine  # whose messages are listed
    assert account.get("/api/auth/me").status_code == 200  # Redis now knows what is revoked, and no longer asks for it
    costs = []
    for rows in (2, 10):
        for _ in range(rows):
            LISTS[path](account)
        with counted() as statements:
            response = account.get(path.replace("{conversation_id}", mine))
        assert response.status_code == 200, response.text
        assert len(response.get_json()["items"]) >= rows
        costs.append(len([s for s in statements if s.startswith("SELECT")]))
    assert 0 < costs[0] == costs[1], statements


def test_every_list_is_counted(client: FlaskClient) -> None:
    document = client.get("/openapi.json").get_json()
    schemas = document["components"]["schemas"]
    lists = set()
    for path, methods in document["paths"].items():
        for answer in methods.get("get", {}).get("responses", {}).values():
            schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
            if "items" in schemas.get(schema.get("$ref", "").rpartition("/")[2], {}).get("properties", {}):
                lists.add(path)
    assert lists == set(LISTS)
