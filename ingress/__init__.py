"""The ingress: accepts messages, webhooks and streams, and answers what can be read. `create_app()` builds it."""

from ingress.app import create_app
from ingress.version import VERSION

__all__ = ["VERSION", "create_app"]
