"""The WebSocket at `/connection/websocket`. `Sockets` is the middleware; capabilities register with `Registry`."""

from ingress.sockets.middleware import Sockets
from ingress.sockets.options import Options
from ingress.sockets.registry import Registry

__all__ = ["Options", "Registry", "Sockets"]
