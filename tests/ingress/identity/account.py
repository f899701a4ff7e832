"""A user who is signed in, for tests that are about something else than signing in: nothing is hashed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ingress.identity.principal import Principal
from ingress.identity.tokens import access_token, verify
from models.accounts import api_keys, roles, sessions
from models.people import users
from models.store.database import session


class Account:
    """Their tokens and what they ask for, if there is a client to ask with."""

    def __init__(self, client: FlaskClient | None, user_id: str, session_id: str, access: str, refresh: str) -> None:
        self._client = client
        self.id = user_id
        self.session_id = session_id
        self.access = access
        self.refresh = refresh

    @property
    def client(self) -> FlaskClient:
        """What asks for them."""
        assert self._client is not None, "signed in without a client"
        return self._client

    @property
    def headers(self) -> dict[str, str]:
        """With the access token."""
        return {"Authorization": f"Bearer {self.access}"}

    @property
    def principal(self) -> Principal:
        """Whom the access token names."""
        return verify(self.access)

    def get(self, path: str) -> TestResponse:
        """GET as this user."""
        return self.client.get(path, headers=self.headers)

    def post(self, path: str, body: Any = None) -> TestResponse:
        """POST as this user."""
        return self.client.post(path, json=body, headers=self.headers)

    def put(self, path: str, body: Any = None) -> TestResponse:
        """PUT as this user."""
        return self.client.put(path, json=body, headers=self.headers)

    def delete(self, path: str) -> TestResponse:
        """DELETE as this user."""
        return self.client.delete(path, headers=self.headers)


def signed_in(
    client: FlaskClient | None = None,
    email: str | None = None,
    *,
    permissions: Sequence[str] = (),
    is_superuser: bool = False,
    **said: Any,
) -> Account:
    """A new user on a device session of their own, with a role that has these permissions."""
    user_id, session_id = str(uuid.uuid4()), str(uuid.uuid4())
    with session() as db:
        users.add(db, user_id, email or f"{user_id[:8]}@example.org", is_superuser=is_superuser, **said)
        if permissions:
            roles.assign(db, user_id, [roles.add(db, f"role of {user_id}", "", permissions).id])
        refresh = sessions.begin(db, session_id, user_id, "pytest", "127.0.0.1")
    access = access_token(user_id, session_id, 0, is_superuser=is_superuser, permissions=permissions)
    return Account(client, user_id, session_id, access, refresh)


def api_key(account: Account, *scopes: str) -> dict[str, str]:
    """The headers of a program with a new key of the account's."""
    with session() as db:
        _, secret = api_keys.add(db, account.id, "program", scopes)
    return {"Authorization": f"Bearer {secret}"}
