"""Where a request comes from."""

from __future__ import annotations

from flask import request

from models.networks import network_of


def client_address() -> str:
    """The client's address, as the connection or the trusted proxies tell it (see TRUSTED_PROXIES)."""
    return (request.remote_addr or "unknown")[:45]


def client_network() -> str:
    """What limits count as one: an IPv4 address, or the /64 that one customer has of IPv6."""
    return network_of(client_address())
