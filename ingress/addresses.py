"""Where a request comes from."""

from __future__ import annotations

import ipaddress

from flask import request


def client_address() -> str:
    """The client's address, as the connection or the trusted proxies tell it (see TRUSTED_PROXIES)."""
    return (request.remote_addr or "unknown")[:45]


def client_network() -> str:
    """What limits count as one: an IPv4 address, or the /64 that one customer has of IPv6."""
    try:
        address = ipaddress.ip_address(client_address())
    except ValueError:
        return client_address()
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)
