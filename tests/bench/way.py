"""The way of a message: accepted a second, answered a second, and the seconds from POST to the reply on the socket.

Rounds of ours and of the peers' take turns, so that a machine that speeds up or slows down does it to both.
`python -m tests.bench.way` prints JSON.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Callable, Coroutine
from typing import Any

from tests.bench.load import ANSWERED_WITHIN, Ear, Http, Visitor, ears, flood, request, visitors
from tests.bench.peers_running import Peers, peers
from tests.bench.programs import program
from tests.bench.sizes import sized
from tests.program import Program

ROUNDS, MESSAGES, VISITORS, PINGS = sized(5, 1), sized(2000, 4), sized(250, 2), sized(200, 2)
CONNECTIONS = 16
QUESTION = "How do I start Switchboard?"


def write_to(visitor: Visitor, number: int) -> bytes:
    """One message."""
    path = f"/api/conversations/{visitor.id}/messages"
    return request("POST", path, {"content": f"{QUESTION} ({number})"}, visitor.token)


async def our_round(url: str, whom: list[Visitor], listening: list[Ear]) -> dict[str, float]:
    """Accepts and answers MESSAGES messages over all conversations."""
    before = sum(ear.answered for ear in listening)
    began = time.perf_counter()
    seconds, _ = await flood(url, [write_to(whom[n % len(whom)], n) for n in range(MESSAGES)], CONNECTIONS)
    while sum(ear.answered for ear in listening) - before < MESSAGES:
        assert time.perf_counter() - began < 120, "not all were answered"
        await asyncio.sleep(0.005)
    return {"accepted": MESSAGES / seconds, "answered": MESSAGES / (time.perf_counter() - began)}


async def peer_round(found: Peers) -> dict[str, float]:
    """MESSAGES single tasks, then as many chains of two."""
    alone, _ = await flood(found.url, [request("POST", "/one", {})] * MESSAGES, CONNECTIONS)
    while not found.idle():
        await asyncio.sleep(0.005)
    began = time.perf_counter()
    await flood(found.url, [request("POST", "/chain", {})] * MESSAGES, CONNECTIONS)
    while not found.idle():
        await asyncio.sleep(0.005)
    return {"accepted": MESSAGES / alone, "answered": MESSAGES / (time.perf_counter() - began)}


async def timed(url: str, raw: bytes, arrived: Callable[[], Coroutine[Any, Any, None]]) -> list[float]:
    """Milliseconds of PINGS rounds, one after the other, sorted."""
    http = await Http(url).open()
    rounds = []
    for _ in range(PINGS):
        began = time.perf_counter()
        await http.send(raw)
        await arrived()
        rounds.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.01)
    http.close()
    return sorted(rounds)


async def our_rounds_trip(url: str, visitor: Visitor, ear: Ear) -> list[float]:
    """POST until the reply is on the socket, idle."""

    async def arrived() -> None:
        await asyncio.wait_for(ear.heard.wait(), ANSWERED_WITHIN)
        ear.heard.clear()

    ear.heard.clear()
    return await timed(url, write_to(visitor, 0), arrived)


async def chains_trip(found: Peers) -> list[float]:
    """POST until the second task has said so, idle."""
    listening = found.redis.pubsub()
    listening.subscribe("peer")
    listening.get_message(timeout=2)

    async def arrived() -> None:
        while listening.get_message(timeout=2) is None:
            pass

    return await timed(found.url, request("POST", "/chain", {"mark": "x"}), arrived)


def summary(trips: list[float]) -> dict[str, float]:
    """p50 and p99."""
    return {"p50": trips[len(trips) // 2], "p99": trips[int(len(trips) * 0.99)]}


async def measure(program: Program, found: Peers) -> dict[str, Any]:
    """All figures."""
    whom = await visitors(program.url, VISITORS)
    listening: list[Any] = await ears(program.url, whom)
    await our_round(program.url, whom, listening)  # what is done once is not the price of a message
    rounds = [(await our_round(program.url, whom, listening), await peer_round(found)) for _ in range(ROUNDS)]
    ours, chain = await our_rounds_trip(program.url, whom[0], listening[0]), await chains_trip(found)
    for ear in listening:
        ear.close()
    result: dict[str, Any] = {"messages": MESSAGES, "conversations": VISITORS, "rounds": ROUNDS}
    for name in ("accepted", "answered"):
        result[name] = {
            "ours": [round(mine[name]) for mine, _ in rounds],
            "peer": [round(theirs[name]) for _, theirs in rounds],
            "ratio": round(statistics.median(mine[name] / theirs[name] for mine, theirs in rounds), 2),
        }
    result["trip_ms"] = {"ours": summary(ours), "peer": summary(chain)}
    result["trip_ratio"] = round(result["trip_ms"]["ours"]["p50"] / result["trip_ms"]["peer"]["p50"], 2)
    result["tail_ratio"] = round(result["trip_ms"]["ours"]["p99"] / result["trip_ms"]["ours"]["p50"], 2)
    return result


def run() -> dict[str, Any]:
    """Starts everything and measures."""
    with program() as started, peers(started.settings.redis_url.removeprefix("unix://")) as found:
        return asyncio.run(measure(started, found))


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
