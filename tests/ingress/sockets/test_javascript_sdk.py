"""npm `centrifuge`, the official client for browsers, under node: a conformance test. Needs node and `npm ci`."""

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ingress.identity.tokens import visitor_token
from tests.ingress.sockets.raw import tell
from tests.ingress.sockets.server_fixtures import Serve
from tests.live import ROOT, Redis, Server

FOLDER = ROOT / "tests" / "javascript"


class Script:
    """follow.mjs, its reports and its orders."""

    def __init__(self, server: Server, conversation: str, token: str = "") -> None:
        address = f"ws://127.0.0.1:{server.port}/connection/websocket"
        told = [address, token or visitor_token("v", conversation), f"conversation:{conversation}"]
        self.process = subprocess.Popen(
            ["node", "follow.mjs", *told], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._reports: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._reports.put(json.loads(line))

    def report(self, *kinds: str) -> dict[str, Any]:
        """The next report of one of the kinds."""
        while not set(kinds) & (said := self._reports.get(timeout=60)).keys():
            pass
        return said

    def numbers(self, count: int) -> list[int]:
        return [self.report("data")["data"]["n"] for _ in range(count)]

    def order(self, **said: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(said) + "\n")
        self.process.stdin.flush()


Follow = Callable[..., Script]


@pytest.fixture
def follow() -> Iterator[Follow]:
    if shutil.which("node") is None or not (FOLDER / "node_modules").is_dir():
        assert not os.environ.get("CI"), "CI runs `npm ci` in tests/javascript"
        pytest.skip("needs node, and `npm ci` in tests/javascript")
    scripts: list[Script] = []

    def start(server: Server, conversation: str, token: str = "") -> Script:
        scripts.append(Script(server, conversation, token))
        return scripts[-1]

    yield start
    for script in scripts:
        script.process.kill()
        script.process.communicate()


def test_it_sends_and_receives(shared: Server, conversation: str, follow: Follow) -> None:
    script = follow(shared, conversation)
    assert not script.report("subscribed")["wasRecovering"]
    script.order(rpc="message.send", data={"conversation_id": conversation, "content": "🙂" * 16000})
    said = [script.report("data", "result") for _ in range(2)]
    assert sum("result" in one for one in said) == 1
    assert next(one["data"]["message"]["content"] for one in said if "data" in one) == "🙂" * 16000
    script.order(rpc="conflict", data={})
    assert script.report("error") == {"error": 409, "message": "Conflict", "temporary": False}
    script.order(leave=True)
    assert script.report("disconnected")["disconnected"] == 0


def test_it_recovers_when_the_server_was_killed(serve: Serve, conversation: str, follow: Follow) -> None:
    server = serve()
    script = follow(server, conversation)
    script.report("subscribed")
    tell(conversation, 1, 2)
    assert script.numbers(2) == [1, 2]
    server.kill()
    tell(conversation, 3, 4)
    server.start()
    again = script.report("subscribed")
    assert (again["wasRecovering"], again["recovered"]) == (True, True)
    tell(conversation, 5)
    assert script.numbers(3) == [3, 4, 5]


def test_it_goes_on_when_redis_was_killed(
    serve: Serve, redis_process: Redis, conversation: str, follow: Follow
) -> None:
    script = follow(serve(), conversation)
    script.report("subscribed")
    tell(conversation, 1)
    redis_process.kill()
    redis_process.start()
    tell(conversation, 2)
    assert script.numbers(2) == [1, 2]


def test_it_learns_that_a_wiped_history_cannot_be_recovered(
    redis_process: Redis, shared: Server, conversation: str, follow: Follow
) -> None:
    from models.store.redis import redis

    script = follow(shared, conversation)
    script.report("subscribed")
    tell(conversation, 1)
    assert script.numbers(1) == [1]
    redis().flushall()
    tell(conversation, 2)
    again = script.report("subscribed")
    assert (again["wasRecovering"], again["recovered"]) == (True, False)
    tell(conversation, 3)
    assert script.numbers(1) == [3]


def test_a_bad_token_is_final(shared: Server, conversation: str, follow: Follow) -> None:
    assert follow(shared, conversation, "garbage").report("disconnected")["disconnected"] == 3500


def test_it_comes_back_after_a_graceful_stop(serve: Serve, conversation: str, follow: Follow) -> None:
    server = serve()
    script = follow(server, conversation)
    script.report("subscribed")
    server.process.terminate()
    assert script.report("connecting")["connecting"] == 3001
    server.process.wait(10)
    tell(conversation, 1)
    server.start()
    assert script.report("subscribed")["recovered"]
    assert script.numbers(1) == [1]


def test_it_answers_pings(serve: Serve, conversation: str, follow: Follow) -> None:
    server = serve(ping_every=0.5, pong_within=3)
    script = follow(server, conversation)
    script.report("subscribed")
    with pytest.raises(queue.Empty):
        script._reports.get(timeout=4)  # a mute one would have been sent away, and told of coming back
