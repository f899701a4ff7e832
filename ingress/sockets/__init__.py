"""The WebSocket at `/connection/websocket`. `Sockets` is the middleware, `Methods` the registry of RPC methods."""

from ingress.sockets.methods import Methods
from ingress.sockets.middleware import Sockets
from ingress.sockets.options import Options

__all__ = ["Methods", "Options", "Sockets"]
