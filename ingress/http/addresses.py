"""Addresses of clients."""

from __future__ import annotations

from flask import request

from models.networks import network_of


def client_address() -> str:
    """The client's address, from the connection or the trusted proxies (see TRUSTED_PROXIES)."""
    return (request.remote_addr or "unknown")[:45]


def client_network() -> str:
    """What limits count as one client: an IPv4 address, or an IPv6 /64, which one customer has."""
    return network_of(client_address())
