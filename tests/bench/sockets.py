"""What sockets cost: memory of idle ones, and frames a second to a crowd, beside FastAPI/uvicorn in one run.

`python -m tests.bench.sockets` prints JSON. The peer needs `fastapi` and `uvicorn`; PEER_PYTHON names an interpreter
that has them. Without one, the peer's figures are null.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from typing import IO, Any

import psutil

from channels.relay.publish import Publication, encode, publish
from ingress.sockets import frames
from tests.bench.sizes import sized
from tests.live import ROOT, SECRET, Server, redis_server, until
from tests.ports import free_port

IDLE, CROWD, ROUNDS, FRAMES = sized(5000, 4), sized(2000, 4), sized(5, 1), sized(20, 2)
SETTLING = sized(2, 0)  # seconds
DATA = {"type": "message.created", "message": {"id": str(uuid.UUID(int=7)), "content": "x" * 200}}


@contextmanager
def crowd(port: int, count: int, topic: str = "") -> Any:
    """A process of clients, all subscribed."""
    arguments = [sys.executable, "-m", "tests.bench.crowd", str(port), str(count), topic]
    with subprocess.Popen(arguments, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        yield process
        process.kill()


@contextmanager
def ours() -> Any:
    """Our server, with a migrated database beside it: it is asked for what Redis does not know of a token."""
    own = {"REDIS_URL": redis_server().url, "SECRET_KEY": SECRET, "RATELIMIT_ENABLED": "false"}
    environ = {**os.environ, **own}  # its crowd is one visitor with thousands of sockets
    subprocess.run([sys.executable, "-m", "models.migrations", "up"], cwd=ROOT, env=environ, check=True, timeout=60)
    server = Server("tests.bench.app:application", environ)
    try:
        yield server.port, server.worker
    finally:
        server.kill()


@contextmanager
def peers() -> Any:
    """FastAPI under uvicorn, one process, its fastest event loop and parser if installed."""
    port = free_port()
    python = os.environ.get("PEER_PYTHON", sys.executable)
    command = [python, "-m", "uvicorn", "tests.bench.peer:app", "--port", str(port), "--log-level", "warning"]
    environ = {**os.environ, "REDIS_URL": redis_server().url}
    with subprocess.Popen(command, cwd=ROOT, env=environ) as process:
        until(lambda: _answers(port) or process.poll() is not None, 20)
        if process.poll() is not None:
            raise RuntimeError("fastapi and uvicorn are not installed")
        yield port, process.pid
        process.kill()


def _answers(port: int) -> bool:
    return any(c.laddr.port == port and c.status == "LISTEN" for c in psutil.net_connections("tcp"))


def idle(server: Any, topic: str = "") -> float:
    """Kilobytes of resident memory for each idle socket, each with a topic of its own."""
    with server as (port, pid):
        with crowd(port, 20, topic):
            time.sleep(SETTLING)  # what the first socket loads is not the price of a socket
        before = psutil.Process(pid).memory_info().rss
        with crowd(port, IDLE, topic):
            time.sleep(SETTLING)
            return float(psutil.Process(pid).memory_info().rss - before) / IDLE / 1024


def fan_out(server: Any, topic: str, size: int) -> dict[str, float]:
    """Frames a second to the crowd: the median of some rounds, and the server's CPU seconds a million frames."""
    with server as (port, pid), crowd(port, CROWD, topic) as process:
        before, rates = sum(psutil.Process(pid).cpu_times()[:2]), []
        for _ in range(ROUNDS):
            seconds = _round(process.stdin, process.stdout, topic, size)
            rates.append(CROWD * FRAMES / seconds)
        used = sum(psutil.Process(pid).cpu_times()[:2]) - before
        return {"frames_per_second": round(statistics.median(rates)), "best": round(max(rates)),
                "cpu_seconds_per_million": round(used * 1e6 / (CROWD * FRAMES * ROUNDS), 1)}  # fmt: skip


def _round(orders: IO[str], answers: IO[str], topic: str, size: int) -> float:
    orders.write(f"{FRAMES} {size}\n")
    orders.flush()
    time.sleep(0.3)  # the crowd registers its sockets
    name = "peer" if topic == "peer" else f"conversation:{topic}"
    for _ in range(FRAMES):
        publish([Publication(name, DATA, history=False)])
    return float(answers.readline())


def run() -> dict[str, Any]:
    """All figures."""
    redis_server()
    topic = str(uuid.uuid4())
    push = b'{"push":{"channel":"conversation:%b","pub":{"data":%b}}}' % (topic.encode(), encode(DATA))
    result: dict[str, Any] = {
        "idle_sockets": IDLE,
        "idle_kilobytes_per_socket": round(idle(ours()), 1),
        "crowd": CROWD,
        "fan_out": fan_out(ours(), topic, len(frames.text(push))),
    }
    try:
        result["peer_fan_out"] = fan_out(peers(), "peer", len(frames.text(encode(DATA))))
        result["peer_idle_kilobytes_per_socket"] = round(idle(peers(), "peer"), 1)
    except (RuntimeError, AssertionError) as missing:
        result["peer_fan_out"] = None
        print(missing, file=sys.stderr)
    else:
        own, other = result["fan_out"]["frames_per_second"], result["peer_fan_out"]["frames_per_second"]
        result["fan_out_ratio"] = round(own / other, 2)
    return result


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
