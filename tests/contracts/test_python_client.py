"""openapi-python-client makes a client of the API document, and people chat, list and sign in with it."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from tests.contracts.world import PASSWORD
from tests.program import Program

PACKAGE = "switchboard_client"


class Generated:
    """The package of the generated client, on the running program."""

    def __init__(self, url: str) -> None:
        self._url, self._package = url, importlib.import_module(PACKAGE)
        self.models: Any = importlib.import_module(f"{PACKAGE}.models")

    def call(self, operation: str, *path: Any, token: str = "", **parameters: Any) -> Any:
        """What an operation gives, such as `accounts.get_me`: its status, and the model that the client read."""
        module = importlib.import_module(f"{PACKAGE}.api.{operation}")
        known = self._package.AuthenticatedClient if token else self._package.Client
        with known(
            base_url=self._url,
            timeout=httpx.Timeout(40),
            httpx_args={"trust_env": False},
            **({"token": token} if token else {}),
        ) as client:
            response = module.sync_detailed(*path, client=client, **parameters)
        return SimpleNamespace(status=int(response.status_code), read=response.parsed)


@pytest.fixture(scope="module")
def generated(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    folder = tmp_path_factory.mktemp("generated")
    document = folder / "openapi.json"
    document.write_text(httpx.get(f"{program.url}/openapi.json", trust_env=False).text)
    command = [str(Path(sys.executable).parent / "openapi-python-client"), "generate", "--path", str(document)]
    told = subprocess.run(
        [*command, "--meta", "none", "--output-path", str(folder / PACKAGE), "--fail-on-warning"],
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},  # it formats with ruff
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    sys.path.insert(0, str(folder))
    return Generated(program.url)


def test_a_visitor_chats(generated: Generated) -> None:
    opened = generated.call("conversations.open_conversation", body=generated.models.Visit(name="Ada"))
    assert opened.status == 201
    conversation, token = opened.read.conversation, opened.read.token
    assert (conversation.state, conversation.unread) == ("agent", 0)
    message = generated.models.NewMessage(content="hello")
    answered = generated.call(
        "conversations.send_message", conversation.id, token=token, body=message, prefer="wait=30"
    ).read
    assert answered.message.content == "hello"
    assert answered.reply.author.kind == "agent"
    assert answered.reply.in_reply_to == answered.message.id
    listed = generated.call("conversations.list_messages", conversation.id, token=token).read
    assert [one.id for one in listed.items] == [answered.message.id, answered.reply.id]
    assert listed.items[0].created_at < listed.items[1].created_at


def test_a_user_signs_in_and_lists(generated: Generated) -> None:
    name = f"user-{uuid.uuid4().hex[:12]}"
    who = {"email": f"{name}@example.org", "password": PASSWORD}
    registered = generated.call("accounts.register", body=generated.models.Registration(username=name, **who))
    assert (registered.status, registered.read.user.username) == (201, name)
    token = generated.call("accounts.login", body=generated.models.Login(**who)).read.access_token
    opened = generated.call("conversations.open_conversation", token=token, body=generated.models.Visit()).read
    listed = generated.call("conversations.list_conversations", token=token, limit=10).read
    assert [one.id for one in listed.items] == [opened.conversation.id]
    assert opened.conversation.user == registered.read.user.id


def test_a_change_leaves_the_rest(generated: Generated) -> None:
    """Left out is left alone; None is null, which empties."""
    name = f"user-{uuid.uuid4().hex[:12]}"
    said = {"email": f"{name}@example.org", "password": PASSWORD, "username": name, "full_name": "Ada Lovelace"}
    token = generated.call("accounts.register", body=generated.models.Registration(**said)).read.access_token
    changed = generated.call("accounts.update_me", token=token, body=generated.models.Profile(bio="I count")).read
    assert (changed.full_name, changed.username, changed.bio) == ("Ada Lovelace", name, "I count")
    emptied = generated.call("accounts.update_me", token=token, body=generated.models.Profile(bio=None)).read
    assert (emptied.full_name, emptied.username, emptied.bio) == ("Ada Lovelace", name, None)


def test_a_refusal_is_a_problem(generated: Generated) -> None:
    wrong = generated.models.Login(email="nobody@example.org", password=PASSWORD)
    refused = generated.call("accounts.login", body=wrong)
    assert (refused.status, refused.read.type_) == (401, "urn:switchboard:problem:unauthenticated")
    missing = generated.call("conversations.get_conversation", uuid.uuid4(), token="no-token")
    assert (missing.status, missing.read.title) == (401, "Authentication required")
