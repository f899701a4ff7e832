"""Networks: which addresses limits count as one caller."""

from __future__ import annotations

import ipaddress


def network_of(address: str) -> str:
    """An IPv4 address unchanged, or the /64 network of an IPv6 address, which usually has one customer. Any other text
    unchanged."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
