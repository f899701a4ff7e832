"""Clients that come and go while a publisher hammers see each event exactly once and in order, or are told."""

import threading
import uuid
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from tests.ingress.sockets.raw import Raw, tell
from tests.ingress.sockets.server_fixtures import Serve
from tests.live import Redis, Server

TOTAL = 280  # fewer than the stream keeps, so that everything can be recovered


def _follow(server: Server, conversation: str, patience: int, seen: list[int], epoch: str) -> None:
    """Reads a few events, hangs up in the middle, comes back with its position, until it has seen all."""
    while len(seen) < TOTAL:
        client = Raw(server, conversation)
        reply = client.subscribe(conversation, recover=True, epoch=epoch, offset=len(seen))["subscribe"]
        assert reply["recovered"]
        told = [pub["offset"] for pub in reply["publications"]]
        while len(told) < patience and len(seen) + len(told) < TOTAL:
            told.append(client.push()["pub"]["offset"])
        seen.extend(told)
        client.socket.socket.close()


def test_live_and_history_meet_without_gap_or_double(shared: Server, conversation: str) -> None:
    epoch = Raw(shared, conversation).subscribe(conversation)["subscribe"]["epoch"]
    seen: list[list[int]] = [[] for _ in range(12)]
    readers = [
        threading.Thread(target=_follow, args=(shared, conversation, 3 + n, one, epoch)) for n, one in enumerate(seen)
    ]
    for reader in readers:
        reader.start()
    for n in range(1, TOTAL + 1):
        tell(conversation, n)
    for reader in readers:
        reader.join(60)
    assert seen == [list(range(1, TOTAL + 1))] * len(seen)


def test_a_trimmed_history_is_not_recovered(shared: Server, conversation: str) -> None:
    epoch = Raw(shared, conversation).subscribe(conversation)["subscribe"]["epoch"]
    tell(conversation, *range(700))
    reply = Raw(shared, conversation).subscribe(conversation, recover=True, epoch=epoch, offset=1)["subscribe"]
    assert (reply["recovered"], reply["publications"], reply["offset"]) == (False, [], 700)


def test_a_wiped_redis_unsubscribes_with_2500(redis_process: Redis, shared: Server, conversation: str) -> None:
    client = Raw(shared, conversation)
    tell(conversation, 1, 2, 3)
    before = client.subscribe(conversation)["subscribe"]
    _wipe()
    tell(conversation, 1)
    assert client.push()["unsubscribe"] == {"code": 2500, "reason": "insufficient state"}
    again = client.subscribe(conversation, recover=True, epoch=before["epoch"], offset=3)["subscribe"]
    assert (again["was_recovering"], again["recovered"]) == (True, False)
    tell(conversation, 2)
    assert client.push()["pub"]["data"]["n"] == 2


def _wipe() -> None:
    from models.store.redis import redis

    redis().flushall()


def test_redis_killed_under_open_sockets(serve: Serve, redis_process: Redis, conversation: str) -> None:
    server = serve()
    client = Raw(server, conversation)
    client.subscribe(conversation)
    tell(conversation, 1)
    redis_process.kill()
    try:
        error = Raw(server, str(uuid.uuid4())).call("rpc", method="typing")["error"]
        assert (error["code"], error["temporary"]) == (503, True)
        client.call("ping")
    finally:
        redis_process.start()
    tell(conversation, 2)
    assert [client.push()["pub"]["offset"] for _ in range(2)] == [1, 2]


def test_subscribing_while_redis_is_away_is_a_temporary_error(
    serve: Serve, redis_process: Redis, conversation: str
) -> None:
    server = serve()
    client = Raw(server, conversation)
    redis_process.kill()
    try:
        error = {"code": 100, "message": "internal server error", "temporary": True}
        assert client.subscribe(conversation)["error"] == error
    finally:
        redis_process.start()
    assert "subscribe" in client.subscribe(conversation)


@pytest.mark.parametrize("round_", range(3))
def test_a_server_killed_under_load(serve: Serve, conversation: str, round_: int) -> None:
    server = serve()
    client = Raw(server, conversation)
    epoch = client.subscribe(conversation)["subscribe"]["epoch"]
    publisher = threading.Thread(target=_tell_all, args=(conversation,))
    publisher.start()
    seen = []
    with suppress(ConnectionClosed):
        while True:
            seen.append(client.push()["pub"]["offset"])
            if len(seen) == 20 + round_ * 30:
                server.kill()
    server.start()
    back = Raw(server, conversation)
    reply = back.subscribe(conversation, recover=True, epoch=epoch, offset=len(seen))["subscribe"]
    seen += [pub["offset"] for pub in reply["publications"]]
    publisher.join()
    while len(seen) < 200:
        seen.append(back.push()["pub"]["offset"])
    assert reply["recovered"]
    assert seen == list(range(1, 201))


def _tell_all(conversation: str) -> None:
    for n in range(1, 201):
        tell(conversation, n)
