"""What each command answers, seen by a client that can say anything."""

import time
import uuid

import jwt
import pytest

from ingress.identity.principal import VISITOR
from ingress.identity.tokens import AUDIENCE, ISSUER, visitor_token
from models.settings import settings
from tests.ingress.sockets.raw import Raw, tell
from tests.live import SECRET, Server


def token(conversation: str, expires_in: float, key: str = SECRET, subject: str = "visitor") -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "conversation": conversation, "jti": str(uuid.uuid4())}
    kid = next(iter(settings().signing_keys))
    return jwt.encode(
        {**claims, "iat": now, "exp": now + expires_in}, key, algorithm="HS256", headers={"kid": kid, "typ": VISITOR}
    )


def test_connect_tells_what_the_client_must_know(shared: Server, conversation: str) -> None:
    answer = Raw(shared).call("connect", token=visitor_token("v", conversation))["connect"]
    assert uuid.UUID(answer["client"])
    assert (answer["ping"], answer["pong"], answer["expires"]) == (25, True, True)
    assert 29 * 86400 < answer["ttl"] <= 30 * 86400


@pytest.mark.parametrize("method", ["subscribe", "rpc", "unsubscribe", "refresh", "ping"])
def test_nothing_before_connect(shared: Server, method: str) -> None:
    client = Raw(shared)
    client.socket.send(f'{{"id":1,"{method}":{{"channel":"operators"}}}}')
    assert client.closed() == (3501, "bad request")


def test_connecting_twice(shared: Server, conversation: str) -> None:
    client = Raw(shared, conversation)
    client.socket.send('{"id":9,"connect":{}}')
    assert client.closed() == (3501, "bad request")


@pytest.mark.parametrize("bad", ["", "garbage", "a.b.c", None])
def test_a_token_that_is_none(shared: Server, conversation: str, bad: str | None) -> None:
    client = Raw(shared)
    wrong = token(conversation, 60, key="x" * 40) if bad is None else bad
    client.socket.send(f'{{"id":1,"connect":{{"token":"{wrong}"}}}}')
    assert client.closed() == (3500, "invalid token")


def test_an_expired_token_may_be_replaced(shared: Server, conversation: str) -> None:
    client = Raw(shared)
    assert client.call("connect", token=token(conversation, -5))["error"] == {"code": 109, "message": "token expired"}
    assert "connect" in client.call("connect", token=token(conversation, 60))


def test_what_is_anothers_looks_like_what_does_not_exist(shared: Server, conversation: str) -> None:
    client, other = Raw(shared, conversation), str(uuid.uuid4())
    tell(other, 1)
    denied = {"code": 103, "message": "permission denied"}
    assert client.subscribe(other)["error"] == client.subscribe("nobody's")["error"] == denied
    for topic in ("operators", "user:visitor", f"insight:{other}", "conversation:", "*"):
        assert client.call("subscribe", channel=topic)["error"] == denied


def test_subscribing_and_unsubscribing(shared: Server, conversation: str) -> None:
    client = Raw(shared, conversation)
    answer = client.subscribe(conversation)["subscribe"]
    assert (answer["offset"], answer["recoverable"], answer["was_recovering"]) == (0, True, False)
    assert client.subscribe(conversation)["error"]["code"] == 105
    tell(conversation, 1)
    assert client.push() == {
        "channel": f"conversation:{conversation}",
        "pub": {"offset": 1, "data": {"type": "test", "n": 1}},
    }
    assert client.call("unsubscribe", channel=f"conversation:{conversation}")["unsubscribe"] == {}
    tell(conversation, 2)
    recovered = client.subscribe(conversation, recover=True, epoch=answer["epoch"], offset=1)["subscribe"]
    assert client.pushes == []
    assert recovered["recovered"]
    assert recovered["publications"] == [{"offset": 2, "data": {"type": "test", "n": 2}}]


def test_an_honest_no(shared: Server, conversation: str) -> None:
    client = Raw(shared, conversation)
    tell(conversation, 1, 2)
    answer = client.subscribe(conversation, recover=True, epoch="another", offset=1)["subscribe"]
    assert (answer["was_recovering"], answer["recovered"], answer["publications"]) == (True, False, [])
    assert answer["offset"] == 2
    client.call("unsubscribe", channel=f"conversation:{conversation}")
    refusal = client.subscribe(conversation, recover=True, epoch="another", offset=1, flag=2)
    assert refusal["error"] == {"code": 112, "message": "unrecoverable position"}


def test_more_than_an_sdk_takes_in_one_frame_is_not_recovered(shared: Server, conversation: str) -> None:
    client = Raw(shared, conversation)
    tell(conversation, 1)
    epoch = client.subscribe(conversation)["subscribe"]["epoch"]
    client.call("unsubscribe", channel=f"conversation:{conversation}")
    tell(conversation, *range(20), text="🙂" * 16000)
    assert not client.subscribe(conversation, recover=True, epoch=epoch, offset=1)["subscribe"]["recovered"]
    assert client.call("ping")["ping"] == {}


@pytest.mark.parametrize(
    ("method", "data", "error"),
    [
        ("conflict", {}, {"code": 409, "message": "Conflict"}),
        ("message.send", {"conversation_id": "another's"}, {"code": 404, "message": "Not found"}),
        ("no such", {}, {"code": 104, "message": "method not found"}),
        ("bug", {}, {"code": 100, "message": "internal server error", "temporary": True}),
        ("typing", {"conversation_id": "another's"}, {"code": 404, "message": "There is no such conversation."}),
    ],
)
def test_errors_of_methods(shared: Server, conversation: str, method: str, data: dict[str, str], error: object) -> None:
    client = Raw(shared, conversation)
    assert client.call("rpc", method=method, data=data)["error"] == error
    assert client.call("rpc", method="echo", data={"a": 1})["rpc"] == {"data": {"a": 1}}


def test_a_limit_says_that_waiting_helps(shared: Server, conversation: str) -> None:
    data = {"conversation_id": conversation, "content": "too much"}
    error = Raw(shared, conversation).call("rpc", method="message.send", data=data)["error"]
    assert (error["code"], error["temporary"]) == (429, True)


def test_typing_reaches_the_others(shared: Server, conversation: str) -> None:
    one, other = Raw(shared, conversation), Raw(shared, conversation)
    other.subscribe(conversation)
    one.call("rpc", method="typing")
    assert other.push()["pub"] == {"data": {"type": "typing", "author": {"kind": "contact", "name": None}}}


@pytest.mark.parametrize("method", ["publish", "presence", "presence_stats", "history", "sub_refresh"])
def test_what_the_protocol_knows_and_we_do_not_offer(shared: Server, conversation: str, method: str) -> None:
    assert Raw(shared, conversation).call(method)["error"] == {"code": 108, "message": "not available"}


def test_an_asynchronous_message_cannot_be_answered(shared: Server, conversation: str) -> None:
    client = Raw(shared, conversation)
    client.socket.send('{"send":{"data":{}}}')
    assert client.closed() == (3508, "not available")


def test_several_commands_in_one_frame(shared: Server, conversation: str) -> None:
    client = Raw(shared)
    connect = f'{{"id":1,"connect":{{"token":"{visitor_token("v", conversation)}"}}}}'
    client.socket.send(connect + '\n{}\n\n{"id":2,"rpc":{"method":"echo","data":{"n":2}}}\n{"id":3,"ping":{}}\n')
    assert [client.said()["id"] for _ in range(3)] == [1, 2, 3]


def test_a_refreshed_socket_lives_on_and_another_dies(serve: object, conversation: str) -> None:
    server: Server = serve(ping_every=0.5, expired_within=0.5)
    kept, dies, thief = Raw(server), Raw(server), Raw(server)
    for client in (kept, dies, thief):
        assert client.call("connect", token=token(conversation, 4))["connect"]["ttl"] <= 4
    assert kept.call("refresh", token=token(conversation, 60))["refresh"]["ttl"] > 30
    thief.socket.send(f'{{"id":5,"refresh":{{"token":"{token(conversation, 60, subject="someone else")}"}}}}')
    assert thief.closed() == (3500, "invalid token")
    answered = 0
    while answered < 10:  # pongs, for five seconds
        said = kept.said()
        assert said == {}
        kept.socket.send("{}")
        if answered < 2:
            dies.socket.send("{}")
        answered += 1
    assert dies.closed() == (3005, "connection expired")
    assert kept.call("ping")["ping"] == {}
