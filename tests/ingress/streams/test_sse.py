"""Server-sent events over a real server."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import uuid
from collections.abc import Iterator

import pytest

from channels.relay.publish import Publication, ephemeral, publish
from ingress.streams import event_frames, sse
from tests.ingress.sockets.raw import tell
from tests.ingress.sockets.server_fixtures import Serve
from tests.live import Server, until

pytestmark = pytest.mark.usefixtures("listening")

opened: list[Stream] = []


class Stream:
    """Reads events as (id, event, data); comments as (id, "comment", text)."""

    def __init__(self, server: Server, conversation: str, last_event_id: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        self._connection.request("GET", f"/events/conversation:{conversation}", headers=headers)
        self.answer = self._connection.getresponse()
        opened.append(self)

    def next(self) -> tuple[str, str, object]:
        found = {"id": "", "event": "comment", "data": "null"}
        for raw in iter(self.answer.readline, b"\n"):
            assert raw, "the stream has ended"
            name, _, value = raw.decode().rstrip("\n").partition(": ")
            found[name] = value
        return found["id"], found["event"], json.loads(found["data"])

    def close(self) -> None:
        self.answer.close()
        self._connection.close()


@pytest.fixture(autouse=True)
def _hung_up() -> Iterator[None]:
    yield
    while opened:
        opened.pop().close()


@pytest.fixture
def conversation() -> str:
    return str(uuid.uuid4())


def test_events_and_their_ids(shared: Server, conversation: str) -> None:
    stream = Stream(shared, conversation)
    assert stream.answer.headers["X-Accel-Buffering"] == "no"
    assert stream.answer.headers["Cache-Control"] == "no-store"
    start, kind, _ = stream.next()
    assert (kind, start.rpartition(":")[2]) == ("comment", "0")
    tell(conversation, 1)
    ephemeral(f"conversation:{conversation}", {"type": "typing", "text": "a\nb 🙂"})
    tell(conversation, 2)
    epoch = start.partition(":")[0]
    assert [stream.next() for _ in range(3)] == [
        (f"{epoch}:1", "test", {"type": "test", "n": 1}),
        ("", "typing", {"type": "typing", "text": "a\nb 🙂"}),
        (f"{epoch}:2", "test", {"type": "test", "n": 2}),
    ]


def test_last_event_id_resumes_where_the_stream_broke(shared: Server, conversation: str) -> None:
    stream = Stream(shared, conversation)
    start, _, _ = stream.next()
    stream.close()
    tell(conversation, 1, 2)
    stream = Stream(shared, conversation, start)
    seen = [stream.next() for _ in range(2)]
    tell(conversation, 3)
    seen.append(stream.next())
    assert [data["n"] for _, _, data in seen] == [1, 2, 3]  # type: ignore[index]
    assert seen[-1][0] == start.replace(":0", ":3")


@pytest.mark.parametrize("known", ["another:3", "garbage", "🙂".encode().decode("latin-1")])
def test_what_cannot_be_resumed_is_lost_and_then_live(shared: Server, conversation: str, known: str) -> None:
    tell(conversation, 1, 2)
    stream = Stream(shared, conversation, known)
    position, kind, _ = stream.next()
    assert (kind, position.rpartition(":")[2]) == ("lost", "2")
    tell(conversation, 3)
    assert stream.next()[1:] == ("test", {"type": "test", "n": 3})


def test_one_that_reads_too_slowly_is_cut_off(shared: Server, conversation: str) -> None:
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    slow.connect(("127.0.0.1", shared.port))
    slow.sendall(f"GET /events/conversation:{conversation} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    until(lambda: b": open" in slow.recv(4096))
    for _ in range(12):
        tell(conversation, *range(10), text="x" * 100_000)
    slow.settimeout(15)
    received = 0
    with contextlib.suppress(ConnectionResetError):
        while piece := slow.recv(1 << 20):
            received += len(piece)
    slow.close()
    assert received < 12_000_000
    assert "Traceback" not in shared.log().partition("The method bug failed")[0]


def test_streams_end_at_a_graceful_stop(serve: Serve, conversation: str) -> None:
    server = serve()
    stream = Stream(server, conversation)
    stream.next()
    server.process.terminate()
    assert stream.answer.read() == b""
    assert server.process.wait(10) == 0


def test_pings_keep_an_idle_stream_open(redis_process: object, conversation: str) -> None:
    stream = sse.event_stream(conversation, None, ping_every=0.05)
    pieces = iter(stream)
    assert re.fullmatch(rb"id: \w+:0\n: open\n\n", next(pieces))
    assert next(pieces) == next(pieces) == b": ping\n\n"
    publish([Publication(conversation, {"type": "x"})])
    assert b"event: x\n" in next(piece for piece in pieces if piece != b": ping\n\n")
    stream.close()


def test_a_stream_that_is_never_read_lets_go(redis_process: object, conversation: str) -> None:
    from models.store.redis import redis

    sse.event_stream(conversation).close()
    until(lambda: redis().pubsub_numsub(f"relay:{conversation}") == [(f"relay:{conversation}", 0)], 20)


def test_finite_streams_use_the_same_words() -> None:
    assert event_frames.encode("started", {"a": "1\n2"}) == b'event: started\ndata: {"a":"1\\n2"}\n\n'
    assert event_frames.encode("x", {}, "e:1") == b"id: e:1\nevent: x\ndata: {}\n\n"
