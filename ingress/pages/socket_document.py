"""/asyncapi.yaml: AsyncAPI 3.0 of the socket. Written as JSON, which is YAML, too (YAML 1.2, 1.3)."""

from __future__ import annotations

from typing import Any, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from channels.web import events
from ingress.conversations import methods
from ingress.sockets import Options
from ingress.version import VERSION
from models.settings import settings

Document = dict[str, Any]
SCHEMAS = "#/components/schemas/"
OF_CONVERSATION = (
    events.MessageCreated, events.MessageUpdated, events.MessageDelta, events.MessageRestarted, events.MessageRead,
    events.Typing, events.ConversationState,
)  # fmt: skip
ABOUT = (
    "The socket speaks the Centrifugo client protocol in JSON (docs/sockets.md). The channels here are the protocol's "
    "channels, and `rpc` lists its RPC methods: `method` is the name, `data` holds the parameters, "
    "and in the reply the result."
)


def document() -> Document:
    """The AsyncAPI document of this deployment."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Switchboard", "version": VERSION, "description": ABOUT},
        "servers": {"socket": _server()},
        "channels": {
            "conversation": _topic("conversation", OF_CONVERSATION),
            "user": _topic("user", (events.ConversationState,)),
            "rpc": {"address": None, "messages": {name: _ref("messages", name) for name in _of_methods()}},
        },
        "operations": {
            "followConversation": _operation("send", "conversation"),
            "followUser": _operation("send", "user"),
            **{_camel(name): _call(name) for name in methods.PARAMS},
        },
        "components": {"schemas": _schemas(), "messages": _messages()},
    }


def _server() -> Document:
    origin = urlsplit(settings().origin)
    protocol = "wss" if origin.scheme == "https" else "ws"
    return {"host": origin.netloc, "protocol": protocol, "pathname": Options().path}


def _topic(kind: str, told: tuple[type[Any], ...]) -> Document:
    return {
        "address": f"{kind}:{{{kind}_id}}",
        "parameters": {f"{kind}_id": {"description": f"The id of the {kind}."}},
        "messages": {event.__name__: _ref("messages", event.__name__) for event in told},
    }


def _operation(action: str, channel: str) -> Document:
    """One operation, as the server does it."""
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}}


def _call(method: str) -> Document:
    """A method: what it takes, and what it replies with."""
    taken, given = ([{"$ref": f"#/channels/rpc/messages/{name}"}] for name in (method, _result(method)))
    rpc = _operation("receive", "rpc")
    return {**rpc, "messages": taken, "reply": {"channel": rpc["channel"], "messages": given}}


def _messages() -> Document:
    told = {event.__name__: _message(_type(event), event) for event in OF_CONVERSATION}
    return told | {name: _message(name, model) for name, model in _of_methods().items()}


def _of_methods() -> dict[str, type[BaseModel]]:
    """Message → model, of all that methods take and give."""
    return methods.PARAMS | {_result(name): model for name, model in methods.RESULTS.items()}


def _result(method: str) -> str:
    return f"{method}.result"


def _type(event: type[Any]) -> str:
    """What stands in the event's `type`."""
    return str(get_args(event.model_fields["type"].annotation)[0])


def _message(name: str, model: type[Any]) -> Document:
    title = (model.__doc__ or "").partition("\n")[0]
    return {
        "name": name,
        "title": title,
        "contentType": "application/json",
        "payload": {"$ref": SCHEMAS + model.__name__},
    }


def _schemas() -> Document:
    wanted = [(model, "serialization") for model in (*OF_CONVERSATION, *methods.RESULTS.values())]
    params = [(model, "validation") for model in methods.PARAMS.values()]
    _, told = models_json_schema(wanted, ref_template=SCHEMAS + "{model}")  # type: ignore[arg-type]  # a Literal each
    _, taken = models_json_schema(params, ref_template=SCHEMAS + "{model}")  # type: ignore[arg-type]
    return {**told["$defs"], **taken["$defs"]}


def _ref(kind: str, name: str) -> Document:
    return {"$ref": f"#/components/{kind}/{name}"}


def _camel(name: str) -> str:
    first, _, rest = name.partition(".")
    return first + rest.capitalize()
