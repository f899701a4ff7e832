"""RFC 6455, section 4.2: who may open a socket, and what everyone else is told."""

import http.client
import json
from contextlib import closing

import pytest
from websockets.exceptions import InvalidStatus

from tests.ingress.sockets.raw import Raw
from tests.ingress.sockets.server_fixtures import Serve
from tests.live import Server

GOOD = {
    "Upgrade": "WebSocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


def _ask(server: Server, method: str = "GET", /, **headers: str | None) -> tuple[int, http.client.HTTPMessage, bytes]:
    wanted = {**GOOD, **{name.replace("_", "-"): value for name, value in headers.items()}}
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as asked:
        asked.request(method, "/connection/websocket", headers={k: v for k, v in wanted.items() if v is not None})
        with asked.getresponse() as answer:
            return answer.status, answer.headers, answer.read() if answer.status != 101 else b""


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 101),
        ({"Upgrade": None, "Connection": None}, 426),
        ({"Upgrade": "h2c"}, 426),
        ({"Connection": "keep-alive"}, 426),
        ({"Sec_WebSocket_Version": "8"}, 426),
        ({"Sec_WebSocket_Version": None}, 426),
        ({"Sec_WebSocket_Key": None}, 400),
        ({"Sec_WebSocket_Key": "short"}, 400),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "https://friend.example"}, 101),
        ({"Origin": "https://friend.example.evil.example"}, 403),
        ({"Origin": "http://127.0.0.1"}, 403),
        ({"Origin": "https://chat.example", "Host": "chat.example"}, 101),
        ({"Origin": "https://chat.example", "Host": "chat.example:443"}, 101),
        ({"Origin": "https://chat.example:8443", "Host": "chat.example"}, 403),
        ({"Origin": "https://chat.example:x", "Host": "chat.example"}, 403),
        ({"Origin": "file://chat.example", "Host": "chat.example"}, 403),
    ],
)
def test_who_may_open_a_socket(shared: Server, headers: dict[str, str | None], status: int) -> None:
    assert _ask(shared, "GET", **headers)[0] == status


def test_the_accept_token_is_the_one_of_the_standard(shared: Server) -> None:
    """The example of RFC 6455, section 1.3."""
    status, headers, _ = _ask(shared, Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==")
    assert (status, headers["Sec-WebSocket-Accept"]) == (101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")


def test_a_refusal_is_a_problem(shared: Server) -> None:
    status, headers, body = _ask(shared, Sec_WebSocket_Version="8")
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Sec-WebSocket-Version"] == "13"
    assert json.loads(body)["status"] == status == 426


def test_only_get_opens_a_socket(shared: Server) -> None:
    status, headers, _ = _ask(shared, "POST")
    assert (status, headers["Allow"]) == (405, "GET")


def test_the_same_origin_with_its_port(shared: Server) -> None:
    assert _ask(shared, Origin=f"http://127.0.0.1:{shared.port}")[0] == 101


def test_compression_is_not_accepted(shared: Server, conversation: str) -> None:
    _, headers, _ = _ask(shared, Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits")
    assert "Sec-WebSocket-Extensions" not in headers


def test_everything_else_is_the_apps(shared: Server) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", shared.port, timeout=30)) as asked:
        asked.request("GET", "/connection/websocket/")
        with asked.getresponse() as answer:
            assert answer.status == 404


def test_a_graceful_stop_sends_clients_elsewhere(serve: Serve, conversation: str) -> None:
    server = serve()
    clients = [Raw(server, conversation) for _ in range(3)]
    server.process.terminate()
    assert [client.closed() for client in clients] == [(3001, "shutdown")] * 3
    assert server.process.wait(10) == 0


def test_many_come_and_go_and_nothing_is_left(serve: Serve, conversation: str) -> None:
    server = serve()
    for _ in range(3):
        clients = [Raw(server, conversation) for _ in range(30)]
        for client in clients:
            client.subscribe(conversation)
        for client in clients:
            client.socket.socket.close() if len(client.pushes) % 2 else client.socket.close()
    with pytest.raises(InvalidStatus):
        Raw(server, origin="https://evil.example")
    assert "Traceback" not in server.log()
