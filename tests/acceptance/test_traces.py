"""The way of a message through all processes, found in their logs by its trace id: retries, crashes, dead letters, too."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from models.settings import ROOT
from tests.acceptance.clients import Follower, Visitor
from tests.acceptance.person import Person
from tests.program import Program
from tests.servers.openai import ModelServer, serving
from tests.servers.openai_wire import DEFAULT_REPLY

Line = dict[str, Any]
OURS = (
    "web",
    "messages",
    "agents",
    "auth",
    "sweeper",
    "beat",
)  # Redis, Flower and the supervisor write their own lines


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def program(model: ModelServer) -> Iterator[Program]:
    llm = {"LLM_MODEL": "openai/first", "LLM_API_BASE": model.url, "LLM_API_KEY": "sk-test", "AGENT_TIMEOUT": "3"}
    with Program(LOG_FORMAT="json", LOG_LEVEL="DEBUG", **llm) as started:
        yield started


@pytest.fixture
def person(program: Program, model: ModelServer) -> Iterator[Person]:
    model.forget()
    with Person(program) as made:
        yield made


def new() -> str:
    return uuid.uuid4().hex


def traceparent(trace_id: str) -> dict[str, str]:
    return {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}


def send(person: Person, trace_id: str, content: str = "hello") -> str:
    """Sends a message with this trace id. Returns the message's id."""
    response = person.post(content, **traceparent(trace_id))
    assert (response.status_code, response.headers["trace-id"]) == (202, trace_id)
    return str(response.json()["message_id"])


def lines(program: Program, process: str) -> list[Line]:
    """The log of a process; its last line may be half written."""
    whole = program.places.log(process).read_text().split("\n")[:-1]
    return [json.loads(line) for line in whole]


def way(program: Program, trace_id: str) -> list[tuple[str, str, str]]:
    """What `grep <trace id> var/log/*` shows, in the order of time: process, level, event."""
    found = [
        (line, process) for process in OURS for line in lines(program, process) if line.get("trace_id") == trace_id
    ]
    found.sort(key=lambda one: str(one[0]["timestamp"]))
    return [(process, line["level"], line["event"]) for line, process in found]


def wait_for(program: Program, trace_id: str, process: str, event: str) -> None:
    """Waits until the line is there: it is written after the client was told."""

    def there() -> bool:
        return any(one[0] == process and event in one[2] for one in way(program, trace_id))

    program.wait_until(there, 30, f"logged by {process}: {event}")


def test_a_message_is_found_in_all_logs_with_its_retry(person: Person, model: ModelServer) -> None:
    program, trace_id = person.program, new()
    model.behave("500")
    asked = send(person, trace_id)
    assert person.wait_reply(asked)["content"] == DEFAULT_REPLY
    wait_for(program, trace_id, "agents", "answered")
    assert way(program, trace_id) == [
        ("web", "debug", "accepted"),
        ("messages", "debug", "stored"),
        ("agents", "warning", f"model openai/first failed (unavailable) at message {asked}, try 1"),
        ("agents", "info", "try 1 failed (unavailable); the next one is due in 1 s"),
        ("agents", "info", "try 2 begins"),
        ("agents", "debug", "answered"),
    ]
    for process, task in (("web", None), ("messages", "receive"), ("agents", "answer")):
        for line in (line for line in lines(program, process) if line.get("trace_id") == trace_id):
            about = {name: line.get(name) for name in ("conversation_id", "message_id", "channel", "task")}
            assert about == {"conversation_id": person.id, "message_id": asked, "channel": "web", "task": task}
            assert bool(line.get("task_id")) == bool(task)


def test_after_a_crash_it_goes_on(person: Person, model: ModelServer) -> None:
    program, trace_id = person.program, new()
    model.behave("silent")
    asked = send(person, trace_id)
    program.wait_until(lambda: model.requests, 20, "asked")
    program.wait_back("agents", program.kill("agents"))
    assert person.wait_reply(asked)["content"] == DEFAULT_REPLY
    wait_for(program, trace_id, "agents", "answered")
    (*_, again, last) = way(program, trace_id)
    assert re.fullmatch(r"try [2-9] begins", again[2]) and last == ("agents", "debug", "answered")


def test_a_dead_letter_and_its_replay(person: Person, model: ModelServer) -> None:
    program, trace_id = person.program, new()
    model.behave("401")
    asked = send(person, trace_id)
    wait_for(program, trace_id, "agents", f"message {asked} is given up at try 1: misconfigured")
    letter = next(line for line in _letters(program, "list").splitlines() if "misconfigured" in line)
    _letters(program, "replay", letter.split()[0])
    assert person.wait_reply(asked)["content"] == DEFAULT_REPLY
    wait_for(program, trace_id, "agents", "answered")


def _letters(program: Program, *words: str) -> str:
    command = [sys.executable, "-m", "flask", "--app", "ingress", "dead-letters", *words]
    ran = subprocess.run(command, cwd=ROOT, env=program.environ, capture_output=True, text=True, timeout=60, check=True)
    return ran.stdout


def test_requests_at_the_same_time_keep_theirs(person: Person) -> None:
    program, made = person.program, [new() for _ in range(12)]

    def chat(trace_id: str) -> tuple[str, str, str]:
        body = {"message": {"content": "hello"}}
        answered = httpx.post(
            f"{program.url}/api/chat", json=body, headers=traceparent(trace_id), timeout=60, trust_env=False
        )
        return trace_id, answered.headers["trace-id"], answered.json()["message_id"]

    with ThreadPoolExecutor(len(made)) as pool:
        told = list(pool.map(chat, made))
    assert all(sent == received for sent, received, _ in told)
    for trace_id, _, message_id in told:
        wait_for(program, trace_id, "agents", "answered")
        logged = [line for process in OURS for line in lines(program, process) if line.get("trace_id") == trace_id]
        assert {line.get("message_id") for line in logged} == {message_id}


def test_each_command_of_a_socket_has_a_trace_of_its_own(person: Person) -> None:
    program = person.program

    async def talk() -> list[str]:
        follower = Follower(program, Visitor(person.id, person.token))
        try:
            await follower.ready()
            said = [
                await follower.rpc("message.send", conversation_id=person.id, content=content)
                for content in ("one", "two")
            ]
            return [str(one["rpc"]["data"]["message_id"]) for one in said]
        finally:
            await follower.close()

    sent = asyncio.run(talk())
    for message_id in sent:
        person.wait_reply(message_id)
    accepted = {line["message_id"]: line["trace_id"] for line in lines(program, "web") if line["event"] == "accepted"}
    first, second = (accepted[message_id] for message_id in sent)
    assert first != second
    for trace_id in (first, second):
        assert re.fullmatch("[0-9a-f]{32}", trace_id)
        wait_for(program, trace_id, "agents", "answered")
        assert [(process, event) for process, _, event in way(program, trace_id)] == [
            ("web", "accepted"), ("messages", "stored"), ("agents", "answered"),
        ]  # fmt: skip


def test_signing_in_is_found_in_the_log_of_its_worker(person: Person) -> None:
    program, trace_id = person.program, new()
    body = {"username": "nobody@example.org", "password": "wrong but long enough"}
    refused = person.http.post("/api/auth/login", json=body, headers=traceparent(trace_id))
    assert (refused.status_code, refused.headers["trace-id"]) == (401, trace_id)
    wait_for(program, trace_id, "auth", "session.refused")
    (line,) = [line for line in lines(program, "auth") if line.get("trace_id") == trace_id]
    assert line["task"] == "authenticate" and line["task_id"]


def test_every_line_of_every_process_is_an_object(person: Person) -> None:
    """Those of gunicorn and Celery as well, and what the tests above have made them say."""
    told = {process: lines(person.program, process) for process in OURS}
    for line in (line for process in OURS for line in told[process]):
        assert {"timestamp", "level", "logger", "event"} <= line.keys(), line
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", line["timestamp"])
    assert {"gunicorn", "ingress.conversations.acceptance"} <= {line["logger"] for line in told["web"]}


def test_lines_for_people_are_the_default(shared_program: Program) -> None:
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z \[(info|warning|error) *\] .+ \[[a-zA-Z_.]+\]( [a-z_]+=\S+)*"
    told = shared_program.places.log("web").read_text().splitlines()
    assert any("Starting gunicorn" in line for line in told)
    assert [line for line in told if not re.fullmatch(form, line)] == []
