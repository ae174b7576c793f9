"""Where a request comes from, when proxies stand before us."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final, TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

NOWHERE: Final = "unknown"
HOME_BITS: Final = 64  # of IPv6, what one household or host is given


def client_of(peer: str | None, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """Who to count a request to: an IPv4 address, or the /64 of an IPv6 one.

    `forwarded` are the values of X-Forwarded-For, believed as far as trusted proxies wrote them:
    from the right, up to the first address that is none of theirs. Anybody may write the rest.
    """
    client = _address(peer or "")
    if client is None:
        return NOWHERE
    named = [part for value in forwarded for part in value.split(",")]
    while named and _is_in(client, trusted):
        before = _address(named.pop())
        if before is None:
            break
        client = before
    if isinstance(client, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((client, HOME_BITS), strict=False))
    return str(client)


def _address(written: str) -> Address | None:
    """An address with or without a port, as proxies write them."""
    bare = written.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
