"""HTTPS and WSS with a certificate of our own, and Flower beside them."""

from __future__ import annotations

import json
import ssl
import subprocess
from pathlib import Path

import httpx
from websockets.sync.client import connect

from tests.program import Program


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


def test_a_question_is_answered_over_https_and_the_socket_over_wss(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    trusted = ssl.create_default_context(cafile=str(cert))
    with Program(SSL_CERT=str(cert), SSL_KEY=str(key)) as program, httpx.Client(verify=trusted) as client:
        told = client.post(f"{program.url}/api/chat", json={"message": {"content": "What is Switchboard?"}}, timeout=60)
        assert told.status_code == 200, told.text
        assert told.json()["reply"]["content"]
        with connect(program.websocket_url, ssl=trusted) as socket:
            socket.send(json.dumps({"id": 1, "connect": {"token": told.json()["token"]}}))
            assert json.loads(socket.recv(timeout=10))["connect"]["client"]
