"""A user's devices on the socket, each with its token."""

from __future__ import annotations

from ingress.conversations import commands
from tests.ingress.identity.account import Account, signed_in
from tests.ingress.sockets.raw import Raw
from tests.live import Server


def device(server: Server, account: Account) -> Raw:
    client = Raw(server)
    connected = client.call("connect", token=account.access)["connect"]
    assert 24 * 60 < connected["ttl"] <= 25 * 60
    return client


def test_every_device_hears_of_the_user_s_conversations_and_nobody_else_does(shared: Server) -> None:
    ann, bob = signed_in(), signed_in()
    phone, desk, other = device(shared, ann), device(shared, ann), device(shared, bob)
    topic = f"user:{ann.id}"
    for client in (phone, desk):
        assert "subscribe" in client.call("subscribe", channel=topic)
    opened = commands.open_for_user(ann.id, {})
    told = {"type": "conversation.state", "conversation": opened.document()}
    assert [client.push() for client in (phone, desk)] == [{"channel": topic, "pub": {"offset": 1, "data": told}}] * 2
    assert "subscribe" in desk.subscribe(opened.id)
    assert phone.call("rpc", method="typing", data={"conversation_id": opened.id})["rpc"] == {"data": {}}
    assert desk.push()["pub"] == {"data": {"type": "typing", "author": {"kind": "user", "name": None}}}
    denied = {"code": 103, "message": "permission denied"}
    assert other.call("subscribe", channel=topic)["error"] == other.subscribe(opened.id)["error"] == denied
    assert other.call("rpc", method="typing", data={"conversation_id": opened.id})["error"]["code"] == 404
    assert phone.call("rpc", method="typing")["error"]["code"] == 422
