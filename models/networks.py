"""Networks: what limits count as one caller."""

from __future__ import annotations

import ipaddress


def network_of(address: str) -> str:
    """An IPv4 address as it is, or the /64 of an IPv6 address, which one customer has. Anything else stays as it is."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        return str(known.ipv4_mapped or ipaddress.ip_network((known, 64), strict=False))
    return str(known)
