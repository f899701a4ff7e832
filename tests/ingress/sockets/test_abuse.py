"""Sockets that misbehave: each gets its documented close code, and nobody else notices."""

import contextlib
import json
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from ingress.identity.tokens import visitor_token
from ingress.identity.watching import OPEN_AT_ONCE
from tests.ingress.sockets.raw import Raw, masked, tell
from tests.ingress.sockets.server_fixtures import Serve
from tests.live import Server, until

GARBAGE = ["garbage", "[]", "1", '"{}"', "{", '{"id":1}', '{"id":1,"connect":[]}', '{"id":-1,"ping":{}}', '{"ping":{}}']
GARBAGE += [
    '{"id":"1","ping":{}}',
    '{"id":1,"ping":{},"rpc":{}}',
    '{"id":1,"nonsense":{}}',
    '{"id":1,"ping":{"a":NaN}}',
]
GARBAGE += ["[" * 100_000, '{"id":' + "9" * 5000 + ',"ping":{}}', '{"id":true,"ping":{}}', '{"id":1,"subscribe":{}}']
GARBAGE += [
    '{"id":1,"subscribe":{"channel":5}}',
    '{"id":1,"rpc":{"method":[]}}',
    '{"id":1,"rpc":{"method":"echo","data":5}}',
]


@pytest.fixture
def bystander(shared: Server, conversation: str) -> Iterator[Raw]:
    """A socket that must not notice anything."""
    client = Raw(shared, f"{conversation}-b")
    client.subscribe(f"{conversation}-b")
    yield client
    tell(f"{conversation}-b", 1)
    assert client.push()["pub"]["data"]["n"] == 1


@pytest.mark.parametrize("said", GARBAGE, ids=lambda said: said[:30])
def test_garbage(shared: Server, conversation: str, bystander: Raw, said: str) -> None:
    client = Raw(shared, conversation)
    client.socket.send(said)
    assert client.closed() == (3501, "bad request")


def test_a_claimed_position_that_is_none(shared: Server, conversation: str) -> None:
    for wrong in ({"offset": -1}, {"offset": "1"}, {"offset": 1 << 60}, {"epoch": 1}):
        client = Raw(shared, conversation)
        channel = f"conversation:{conversation}"
        client.socket.send(json.dumps({"id": 7, "subscribe": {"channel": channel, "recover": True, **wrong}}))
        assert client.closed() == (3501, "bad request")


def test_a_binary_frame(shared: Server, conversation: str, bystander: Raw) -> None:
    client = Raw(shared, conversation)
    client.socket.send(b'{"id":2,"ping":{}}')
    assert client.closed() == (3506, "inappropriate protocol")


@pytest.mark.parametrize("pieces", [1, 5])
def test_an_oversized_message(shared: Server, conversation: str, bystander: Raw, pieces: int) -> None:
    client = Raw(shared, conversation)
    with contextlib.suppress(ConnectionClosed):
        client.socket.send(["x" * (300 * 1024 // pieces)] * pieces if pieces > 1 else "x" * (300 * 1024))
    assert client.closed()[0] == 1009


def test_a_message_of_the_largest_size(shared: Server, conversation: str) -> None:
    client = Raw(shared, conversation)
    frame = '{"id":7,"rpc":{"method":"echo","data":{"a":"%s"}}}'
    client.socket.send(frame % ("x" * (256 * 1024 - len(frame) + 2)))
    assert client.said()["id"] == 7


def test_endless_empty_fragments(shared: Server, conversation: str, bystander: Raw) -> None:
    client = Raw(shared, conversation)
    first = masked(Opcode.TEXT, b"", fin=False)
    with contextlib.suppress(OSError):
        client.socket.socket.sendall(first + masked(Opcode.CONT, b"", fin=False) * 10_000)
    assert client.closed() == (3013, "too many requests")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (lambda: masked(Opcode.TEXT, b"\xff\xfe"), 1007),
        (lambda: Frame(Opcode.TEXT, b"{}").serialize(mask=False), 1002),
        (lambda: masked(Opcode.CONT, b"x"), 1002),
        (lambda: b"\x83\x80\0\0\0\0", 1002),
        (lambda: b"\xc1\x80\0\0\0\0", 1002),
    ],
    ids=["not UTF-8", "not masked", "continues nothing", "reserved opcode", "compressed"],
)
def test_frames_against_the_rfc(shared: Server, conversation: str, bystander: Raw, frame: object, code: int) -> None:
    client = Raw(shared, conversation)
    client.socket.socket.sendall(frame())
    assert client.closed()[0] == code


@pytest.mark.parametrize("said", ["{}", '{"id":5,"ping":{}}', '{"id":6,"rpc":{"method":"echo"}}'])
def test_a_flood(shared: Server, conversation: str, bystander: Raw, said: str) -> None:
    client = Raw(shared, conversation)
    with contextlib.suppress(ConnectionClosed):
        for _ in range(2000):
            client.socket.send(said)
    assert client.closed() == (3013, "too many requests")


def test_a_flood_in_one_frame(shared: Server, conversation: str, bystander: Raw) -> None:
    client = Raw(shared, conversation)
    client.socket.send('{"id":5,"ping":{}}\n' * 10_000)
    assert client.closed() == (3013, "too many requests")


def test_a_flood_of_pings_of_the_rfc(shared: Server, conversation: str, bystander: Raw) -> None:
    client = Raw(shared, conversation)
    with contextlib.suppress(ConnectionClosed, OSError):
        client.socket.socket.sendall(masked(Opcode.PING, b"x") * 5000)
    assert client.closed() == (3013, "too many requests")


def test_a_ping_of_the_rfc_is_answered(shared: Server, conversation: str) -> None:
    assert Raw(shared, conversation).socket.ping(b"hello").wait(5)


def test_one_that_never_answers_pings(serve: Serve, conversation: str) -> None:
    server = serve(ping_every=0.5, pong_within=2)
    mute, polite = Raw(server, conversation), Raw(server, conversation)
    for _ in range(6):
        assert polite.said() == {}
        polite.socket.send("{}")
    assert mute.closed() == (3012, "no pong")
    assert polite.call("ping")["ping"] == {}


def test_one_that_never_connects(serve: Serve) -> None:
    server = serve(connect_within=0.5)
    assert Raw(server).closed() == (3502, "stale")


def test_one_visitor_with_too_many_sockets(serve: Serve, conversation: str) -> None:
    server = serve()
    with contextlib.ExitStack() as kept:
        for _ in range(OPEN_AT_ONCE):
            kept.callback(Raw(server, conversation).socket.close)
        token = visitor_token("visitor", conversation)
        refused = Raw(server)
        refused.socket.send(json.dumps({"id": 1, "connect": {"token": token}}))
        assert refused.closed() == (3504, "connection limit")
        other = Raw(server)
        assert "connect" in other.call("connect", token=visitor_token("another visitor", conversation))
    until(lambda: "connect" in _answer_to_connect(server, token))


def _answer_to_connect(server: Server, token: str) -> str:
    socket = Raw(server).socket
    socket.send(json.dumps({"id": 1, "connect": {"token": token}}))
    try:
        return str(socket.recv(timeout=15))
    except ConnectionClosed:
        return ""
