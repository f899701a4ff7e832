"""The same over TLS: `wss://`."""

import json
import shutil
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from tests.ingress.sockets.raw import Raw, tell
from tests.ingress.sockets.server_fixtures import Serve


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    openssl = shutil.which("openssl")
    assert openssl is not None, "openssl makes the certificate"
    wanted = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([openssl, *wanted.split(), *files], check=True, capture_output=True)
    return folder


def test_commands_large_messages_and_close_codes(serve: Serve, conversation: str, certificate: Path) -> None:
    server = serve("--certfile", str(certificate / "cert.pem"), "--keyfile", str(certificate / "key.pem"))
    trusted = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    reader, writer = (Raw(server, conversation, scheme="wss", ssl=trusted) for _ in range(2))
    reader.subscribe(conversation)
    large = "🙂" * 16000
    publisher = threading.Thread(target=_tell_all, args=(conversation, large))
    publisher.start()
    for _ in range(10):  # both directions at once
        assert writer.call("rpc", method="echo", data={"a": large})["rpc"]["data"]["a"] == large
        assert reader.call("rpc", method="echo", data={"a": large})["rpc"]["data"]["a"] == large
    publisher.join()
    assert [reader.push()["pub"]["data"]["n"] for _ in range(30)] == list(range(30))
    writer.socket.send(json.dumps({"id": "x"}))
    assert writer.closed() == (3501, "bad request")
    server.process.terminate()
    assert reader.closed() == (3001, "shutdown")


def test_a_reader_that_never_reads(serve: Serve, conversation: str, certificate: Path) -> None:
    server = serve(
        "--certfile", str(certificate / "cert.pem"), "--keyfile", str(certificate / "key.pem"), outbox_max=99_000
    )
    trusted = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    slow, other = (Raw(server, conversation, scheme="wss", ssl=trusted) for _ in range(2))
    slow.subscribe(conversation)
    slow.socket.recv_messages.pause()
    for _ in range(30):
        tell(conversation, *range(10), text="x" * 50_000)
    assert other.call("ping")["ping"] == {}
    assert "ingress/sockets" not in server.log()
    slow.socket.recv_messages.resume()  # so that its thread can end


def _tell_all(conversation: str, text: str) -> None:
    for n in range(30):
        tell(conversation, n, text=text)
