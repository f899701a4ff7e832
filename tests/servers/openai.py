"""A server that speaks the OpenAI chat-completions protocol with SSE streaming and misbehaves when told to.

It plays the provider in tests, in the acceptance tests and in the benchmark: `python -m tests.servers.openai --port N`.
What it does is decided, in this order, by
- the script: `PUT /control/script` with a JSON list of behaviours, one used up by each request;
- a word in the last user message: `[behave:stall]`;
- the model's name: `openai/behave-500`;
- else it answers normally, with the words of `DEFAULT_REPLY`.

A behaviour is a name of `BEHAVIOURS`, or an object `{"name": …, "text": …, "retry_after": …, "tool": …, "arguments": …}`;
with `"asked": …` it is kept for a request whose last user message contains that.
`GET /control/requests` gives what was asked (`{"count": n, "requests": [...]}`), `DELETE /control` forgets it all.
Every wait ends when the client hangs up or the server stops, so that no test has to sit one out.
"""

from __future__ import annotations

import argparse
import json
import re
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.servers.openai_behaviours import BEHAVIOURS, Behaviour, chosen

WORD = re.compile(r"\[behave:([a-z0-9_]+)\]")


class ModelServer(ThreadingHTTPServer):
    """The server with its script and its memory. `url` is what LLM_API_BASE takes."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.requests: list[dict[str, Any]] = []
        self.times: list[float] = []  # of `time.monotonic()`, when each of them came
        self.script: list[Behaviour] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def behave(self, *behaviours: Behaviour) -> None:
        """The next requests get these, in this order."""
        with self.lock:
            self.script.extend(behaviours)

    def asked(self, request: dict[str, Any]) -> Behaviour:
        with self.lock:
            self.requests.append(request)
            self.times.append(time.monotonic())
            mine = next((n for n, one in enumerate(self.script) if _is_meant(one, request)), None)
            return _asked_for(request) if mine is None else self.script.pop(mine)

    def forget(self) -> None:
        with self.lock:
            self.requests.clear()
            self.times.clear()
            self.script.clear()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what half of the tests are about."""


def _last_said(request: dict[str, Any]) -> str:
    said = [m.get("content") for m in request.get("messages", []) if m.get("role") == "user"]
    return said[-1] if said and isinstance(said[-1], str) else ""


def _is_meant(behaviour: Behaviour, request: dict[str, Any]) -> bool:
    return isinstance(behaviour, str) or behaviour.get("asked", "") in _last_said(request)


def _asked_for(request: dict[str, Any]) -> Behaviour:
    found = WORD.search(_last_said(request))
    return found[1] if found else str(request.get("model", "")).partition("behave-")[2] or "normal"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ModelServer

    def do_POST(self) -> None:
        if not self.path.endswith("/chat/completions"):
            return self.reply(404, {"error": {"message": "no such path", "type": "invalid_request_error"}})
        request = self.body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        behaviour = chosen(self.server.asked({**request, "headers": headers}))
        BEHAVIOURS[behaviour["name"]](self, request, behaviour)

    def do_PUT(self) -> None:
        self.server.behave(*self.body())
        self.reply(200, {})

    def do_GET(self) -> None:
        with self.server.lock:
            seen = list(self.server.requests)
        self.reply(200, {"count": len(seen), "requests": seen})

    def do_DELETE(self) -> None:
        self.server.forget()
        self.reply(200, {})

    def body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")

    def reply(self, status: int, body: object, **headers: str) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def begin_stream(self) -> None:
        """A stream that ends with the connection, so that a cut looks like a cut and like an end at once."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()

    def event(self, data: object) -> None:
        self.wfile.write(f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode())
        self.wfile.flush()

    def wait(self, seconds: float) -> None:
        """Waits, but not for a client that has gone."""
        for _ in range(int(seconds / 0.05) + 1):
            readable, _, _ = select.select([self.connection], [], [], 0)
            if self.server.stopping.wait(min(seconds, 0.05)) or readable:
                return

    def log_message(self, format: str, *args: object) -> None:
        """Tests read `requests`, not a log."""


@contextmanager
def serving(port: int = 0) -> Iterator[ModelServer]:
    """The server in a thread, on a free port unless one is named."""
    server = ModelServer(port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description="Plays an OpenAI-compatible model.")
    parser.add_argument("--port", type=int, default=0)
    server = ModelServer(parser.parse_args().port)
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
