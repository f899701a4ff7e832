"""What the auth worker does with passkeys when it is killed and its task runs again, on both databases."""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from models.accounts import audit, passkeys, sessions
from models.accounts.auth_requests import Request
from models.errors import Conflict, Forbidden, Invalid, Unauthenticated
from models.people import users
from models.people.users import User
from models.settings import settings
from models.store.database import reading, session
from tests.servers.authenticator import Authenticator
from tests.stores import Stores, fresh
from workers.accounts import passkeys as workers_passkeys


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with fresh(request.param, tmp_path_factory.mktemp("var")) as opened:
        yield opened


@pytest.fixture
def device(stores: Stores) -> Authenticator:
    return Authenticator(settings().passkey_origin)


def asked(operation: str, **said: Any) -> Request:
    """A request as the ingress makes it."""
    return Request(str(uuid.uuid4()), operation, said, "pytest", "127.0.0.1", user_id=said.get("user_id", ""))


def creation(device: Authenticator, user_id: str = "", **bent: Any) -> Request:
    """For a passkey of this user, or of a new one."""
    challenge, user_id = secrets.token_bytes(32), user_id or str(uuid.uuid4())
    options: dict[str, Any] = {"challenge": bytes_to_base64url(challenge)}
    options |= {"user": {"id": bytes_to_base64url(uuid.UUID(user_id).bytes)}}
    said = {"credential": device.make(options, **bent), "challenge": base64.b64encode(challenge).decode()}
    said |= {"name": "Key", "transports": ["internal"], "user_id": user_id, "email": f"{user_id[:8]}@example.org"}
    return asked("register_passkey", **said)


def use(device: Authenticator, **bent: Any) -> Request:
    """For a sign-in without a name."""
    challenge = secrets.token_bytes(32)
    used = device.use({"challenge": bytes_to_base64url(challenge)}, **bent)
    handle = str(uuid.UUID(bytes=base64url_to_bytes(device.handle)))
    said = {"credential": used, "challenge": base64.b64encode(challenge).decode(), "email": ""}
    return asked("login_passkey", **said, credential_id=used["id"], user_handle=handle)


def trail(user_id: str) -> list[str]:
    """What the audit trail says of the user, the newest first."""
    with reading() as db:
        return [row.action for row in audit.page(db, None, 50, subject=user_id)]


def disable(user_id: str) -> None:
    with session() as db:
        db.get(User, user_id).is_active = False


def test_a_rerun_makes_the_same_account(device: Authenticator) -> None:
    request = creation(device)
    first, again = workers_passkeys.register(request), workers_passkeys.register(request)
    assert first == again
    with reading() as db:
        assert len(passkeys.of_user(db, first["user"]["id"])) == 1
        assert len(sessions.of_user(db, first["user"]["id"])) == 1


def test_a_rerun_adds_the_same_passkey(device: Authenticator) -> None:
    made = workers_passkeys.register(creation(device))
    user_id = made["user"]["id"]
    request = replace(creation(Authenticator(settings().passkey_origin), user_id), session_id=made["session_id"])
    assert workers_passkeys.add(request) == workers_passkeys.add(request)
    with reading() as db:
        assert len(passkeys.of_user(db, user_id)) == 2


def test_a_rerun_of_a_sign_in_finishes_it(device: Authenticator) -> None:
    """Its counter has moved already, and that is no copied authenticator."""
    user_id = workers_passkeys.register(creation(device))["user"]["id"]
    request = use(device)
    assert workers_passkeys.login(request) == workers_passkeys.login(request)
    assert "passkey.cloned" not in trail(user_id)
    with reading() as db:
        assert len(sessions.of_user(db, user_id)) == 2


def test_the_same_assertion_in_another_request_is_a_copy(device: Authenticator) -> None:
    user_id = workers_passkeys.register(creation(device))["user"]["id"]
    request = use(device)
    workers_passkeys.login(request)
    with pytest.raises(Unauthenticated):
        workers_passkeys.login(asked("login_passkey", **request.fields))
    assert trail(user_id)[:2] == ["session.refused", "passkey.cloned"]


def test_a_rerun_for_a_disabled_user_says_the_same(device: Authenticator) -> None:
    user_id = workers_passkeys.register(creation(device))["user"]["id"]
    disable(user_id)
    request = use(device, counter=3)
    for _ in range(2):
        with pytest.raises(Forbidden):
            workers_passkeys.login(request)
    assert "passkey.cloned" not in trail(user_id)


def test_a_copied_authenticator_is_not_told_that_its_user_is_disabled(device: Authenticator) -> None:
    user_id = workers_passkeys.register(creation(device))["user"]["id"]
    workers_passkeys.login(use(device, counter=3))
    disable(user_id)
    with pytest.raises(Unauthenticated):
        workers_passkeys.login(use(device, counter=3))
    assert "passkey.cloned" in trail(user_id)


def test_an_account_s_address_and_a_credential_are_taken_once(device: Authenticator) -> None:
    request = creation(device)
    workers_passkeys.register(request)
    handle = device.handle
    with session() as db:
        users.change(db, request.fields["user_id"], email_verified=True)
    other = Authenticator(settings().passkey_origin)
    with pytest.raises(Conflict):
        workers_passkeys.register(
            asked("register_passkey", **creation(other).fields | {"email": request.fields["email"]})
        )
    with pytest.raises(Conflict):
        workers_passkeys.register(creation(device))
    device.handle = handle
    assert workers_passkeys.login(use(device))["user"]["id"] == request.fields["user_id"]


def test_a_frame_on_another_s_page_makes_and_uses_nothing(device: Authenticator) -> None:
    with pytest.raises(Invalid):
        workers_passkeys.register(creation(device, framed=True))
    workers_passkeys.register(creation(device))
    with pytest.raises(Unauthenticated):
        workers_passkeys.login(use(device, framed=True))
    assert workers_passkeys.login(use(device))


P384 = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
ODD_KEYS: dict[str, dict[int, Any]] = {
    "a point off the curve": {1: 2, 3: -7, -1: 1, -2: b"\1" * 32, -3: b"\2" * 32},
    "another curve": {1: 2, 3: -7, -1: 2, -2: P384.x.to_bytes(48, "big"), -3: P384.y.to_bytes(48, "big")},
    "coordinates that are numbers": {1: 2, 3: -7, -1: 1, -2: 5, -3: 6},
    "RSA of four bits": {1: 3, 3: -257, -1: b"\x0f", -2: b"\3"},
    "RSA of 1024 bits": {1: 3, 3: -257, -1: b"\xff" * 128, -2: b"\1\0\1"},
    "RSA of 8192 bits": {1: 3, 3: -257, -1: b"\xff" * 1024, -2: b"\1\0\1"},
    "RSA that says ES256": {1: 3, 3: -7, -1: b"\xff" * 256, -2: b"\1\0\1"},
    "Ed25519 that says ES256": {1: 1, 3: -7, -1: 6, -2: b"\1" * 32},
}


@pytest.mark.parametrize("stores", ["sqlite"], indirect=True)
@pytest.mark.parametrize("key", ODD_KEYS.values(), ids=ODD_KEYS.keys())
def test_a_key_with_which_nobody_could_come_in_is_refused(device: Authenticator, key: dict[int, Any]) -> None:
    with pytest.raises(Invalid):
        workers_passkeys.register(creation(device, key=key))


def test_the_credential_made_is_the_one_named(device: Authenticator) -> None:
    request = creation(device)
    named = bytes_to_base64url(b"another")
    request.fields["credential"] |= {"id": named, "rawId": named}
    with pytest.raises(Invalid):
        workers_passkeys.register(request)


@pytest.mark.parametrize("stores", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100_000,
        b'{"x":' * 100_000,
        b"1" * 10_000,
        b"\xff",
        b"",
        b"null",
        b'{"type":{},"challenge":[],"origin":1}',
    ],
)
def test_client_data_that_is_none_is_refused(device: Authenticator, text: bytes) -> None:
    made, used = creation(device), use(device)
    made.fields["credential"]["response"]["clientDataJSON"] = bytes_to_base64url(text)
    with pytest.raises(Invalid):
        workers_passkeys.register(made)
    workers_passkeys.register(creation(device))
    used.fields["credential"]["response"]["clientDataJSON"] = bytes_to_base64url(text)
    with pytest.raises(Unauthenticated):
        workers_passkeys.login(used)
