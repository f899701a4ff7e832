"""HTTPS and WSS with a certificate of our own, and Flower beside them."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import connect

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
        reply = asyncio.run(_connected(program.websocket_url, trusted, told.json()["token"]))
        assert reply["connect"]["client"]


async def _connected(url: str, trusted: ssl.SSLContext, token: str) -> dict[str, Any]:
    """The reply to `connect`. By the client without threads: until Python 3.13 two threads may not read from and write to
    one TLS socket at the same time, and of a thousand requests one is never sent."""
    async with connect(url, ssl=trusted) as socket:
        await socket.send(json.dumps({"id": 1, "connect": {"token": token}}))
        reply: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 10))
        return reply
