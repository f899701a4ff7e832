"""Behind a run with failures in it: no secret and no content in logs, in Flower or in what Celery carries."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from celery import Celery
from redis import Redis

from tests.acceptance.member import PASSWORD, Member
from tests.acceptance.person import Person
from tests.program import Program
from tests.servers.openai import serving

FRESH, WRONG, SHORT, OTHER = (
    "zebra words, fresh ones",
    "zebra words, wrong ones",
    "zebra (short)",
    "zebra words, others",
)
MARKER = "zebra-in-the-content"
MODEL_KEY = "sk-zebra-key-of-the-model"
INBOUND = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Run:
    """What was said in a run, and everything that others can look into afterwards."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.secrets: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        self.flower: dict[str, Any] = {}

    def go(self) -> None:
        """Good and bad messages, on every road; and a worker that dies over them."""
        program = self.program
        with Person(program) as person:
            settings = program.settings
            self.secrets = {
                "SECRET_KEY": settings.secret_key[0], "FLOWER_PASSWORD": settings.flower_password,
                "visitor token": person.token, "INBOUND_SECRET": INBOUND.removeprefix("whsec_"),
                "LLM_API_KEY": MODEL_KEY, "content": MARKER,
            }  # fmt: skip
            person.wait_reply(person.send(f"good {MARKER}"))
            person.send(f"bad {MARKER} [behave:401]")  # whose error echoes the key and the input
            person.send(f"cut {MARKER} [behave:reset]")
            program.wait_back("agents", program.kill("agents"))
            person.wait_reply(person.send(f"after {MARKER}"))
            self._refused(person)
            self._account(person)
            self.flower = self._tasks()

    def _refused(self, person: Person) -> None:
        http = person.http
        path = f"/api/conversations/{person.id}/messages"
        assert http.post(path, content=f'{{"content": "{MARKER}').status_code == 415
        assert http.post(path, json={"content": MARKER * 2000}).status_code == 422
        assert http.post(path, json={"content": MARKER, "unknown": MARKER}).status_code == 422
        broken = {"Authorization": f"Bearer {person.token}x"}
        assert http.get(path, headers=broken).status_code == 401
        signed = {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": f"v1,{MARKER}"}
        assert http.post("/webhooks/in/shop", json={"text": MARKER}, headers=signed).status_code == 401

    def _account(self, person: Person) -> None:
        """Signing in, rightly and wrongly, on the road of queues; with the worker killed in the middle of it."""
        with Member(self.program, visitor=person.token) as member:
            http, first = member.http, dict(member.tokens)
            assert member.login(WRONG).status_code == 401
            assert http.put("/api/auth/me/password", json={"current": WRONG, "new": FRESH}).status_code == 403
            assert http.put("/api/auth/me/password", json={"current": PASSWORD, "new": SHORT}).status_code == 422
            assert http.put("/api/auth/me/password", json={"current": PASSWORD, "new": FRESH}).status_code == 204
            key = http.post("/api/auth/keys", json={"name": "k", "scopes": ["conversations:read"]}).json()["key"]
            assert member.refresh().status_code == 200
            impatient = threading.Thread(target=member.login, args=[FRESH])
            impatient.start()
            self.program.wait_back("auth", self.program.kill("auth"))
            impatient.join()
            assert http.get("/api/auth/me", params={"q": "x"}).status_code == 200
            said = {"email": "odd", "password": OTHER, "username": 5}
            assert http.post("/api/auth/register", json=said).status_code == 422
            self.secrets |= {
                "password": PASSWORD, "new password": FRESH, "wrong password": WRONG, "short password": SHORT,
                "refused password": OTHER, "API key": key, "access token": first["access_token"],
                "refresh token": first["refresh_token"], "second refresh token": member.tokens["refresh_token"],
                "second access token": member.tokens["access_token"], "e-mail address": f"{member.name}@example.org",
            }  # fmt: skip

    def _tasks(self) -> dict[str, Any]:
        settings = self.program.settings
        assert httpx.get(f"{self.program.flower_url}/api/tasks", trust_env=False).status_code == 401
        auth = (settings.flower_user, settings.flower_password)
        found: dict[str, Any] = {}

        def seen() -> bool:
            response = httpx.get(f"{self.program.flower_url}/api/tasks", auth=auth, trust_env=False)
            found.update(response.json())
            return {"receive", "answer", "authenticate"} <= {task["name"] for task in found.values()}

        self.program.wait_until(seen, 30, "shown by Flower")
        return found


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with (
        serving() as model,
        Program(
            LLM_MODEL="openai/first", LLM_API_BASE=model.url, LLM_API_KEY=MODEL_KEY, AGENT_TIMEOUT="3",
            INBOUND_SECRET_SHOP=INBOUND, LOG_LEVEL="DEBUG",
        ) as program,
    ):  # fmt: skip
        made = Run(program)
        with _listening(made):
            made.go()
        yield made


@contextmanager
def _listening(run: Run) -> Iterator[None]:
    """All of Celery's events meanwhile, which hold arguments as they were sent."""
    app = Celery(broker=run.program.settings.broker_url)
    app.conf.broker_transport_options = {"global_keyprefix": "queue:"}
    with app.connection_for_read() as connection:
        receiver = app.events.Receiver(connection, handlers={"*": run.events.append})
        listener = threading.Thread(target=receiver.capture, kwargs={"wakeup": False})
        listener.start()
        try:
            yield
        finally:
            receiver.should_stop = True
            listener.join()


def _found(text: str, secrets: dict[str, str]) -> list[str]:
    return [name for name, secret in secrets.items() if secret in text]


def test_logs(run: Run) -> None:
    files = [path for path in run.program.folder.rglob("*.log*") if path.is_file()]
    assert len(files) > 6
    leaks = {path.name: _found(path.read_text(errors="replace"), run.secrets) for path in files}
    assert not {name: found for name, found in leaks.items() if found}


def test_terminal(run: Run) -> None:
    """Flower's password is told there, once, on purpose: to whoever starts the program."""
    output = run.program.output()
    assert _found(output, run.secrets) == ["FLOWER_PASSWORD"]
    assert output.count(run.secrets["FLOWER_PASSWORD"]) == 1


def test_flower(run: Run) -> None:
    assert len(run.flower) > 3
    assert not _found(json.dumps(run.flower), run.secrets)


def test_celery_messages(run: Run) -> None:
    sent = [event for event in run.events if event["type"] == "task-sent"]
    assert {"receive", "answer", "authenticate"} <= {event["name"] for event in sent}
    assert not _found(json.dumps(run.events, default=str), run.secrets)


def test_redis(run: Run) -> None:
    """Everything that it holds, and everything that it has written to disk. Content waits there to be stored, and is
    no secret; an address is written in no key."""
    secrets = {name: secret for name, secret in run.secrets.items() if name != "content"}
    with Redis.from_url(run.program.settings.redis_url) as redis:
        held = b"\n".join(key + (redis.dump(key) or b"") for key in redis.scan_iter())
    written = b"".join(path.read_bytes() for path in (run.program.folder / "redis").rglob("*") if path.is_file())
    assert MARKER.encode() in written
    for text in (held, written):
        assert not _found(text.decode(errors="replace"), secrets)


def test_the_search_finds_what_is_there(run: Run) -> None:
    """The database does hold the content, and the secrets file the secrets: so the search would find them."""
    assert _found((run.program.folder / "secrets.env").read_text(), run.secrets) == ["SECRET_KEY", "FLOWER_PASSWORD"]
    stored = b"".join(path.read_bytes() for path in run.program.folder.glob("switchboard.db*"))
    assert MARKER.encode() in stored
    assert run.program.settings.secret_key[0].encode() not in stored
    secrets = {name: secret for name, secret in run.secrets.items() if name not in {"content", "e-mail address"}}
    assert not _found(stored.decode(errors="replace"), secrets)
