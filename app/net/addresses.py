"""Which addresses and ports may be dialled: the public internet, and what the operator allows.

`ipaddress.is_global` is not asked: on Python 3.11 it is true for multicast, NAT64, 6to4 of a
private address, site-local and IPv4-compatible addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TypeAlias

IPAddress: TypeAlias = IPv4Address | IPv6Address
IPNetwork: TypeAlias = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPolicy:
    """`allow` holds the networks that may be reached though they are not public."""

    allow: tuple[IPNetwork, ...] = ()


# IANA IPv4 Special-Purpose Address Registry, with multicast (RFC 5771).
_V4_DENIED = {
    ip_network(network): reason
    for network, reason in {
        "0.0.0.0/8": "this network",
        "10.0.0.0/8": "private",
        "100.64.0.0/10": "carrier-grade NAT",
        "127.0.0.0/8": "loopback",
        "169.254.0.0/16": "link-local, where clouds keep their metadata",
        "172.16.0.0/12": "private",
        "192.0.0.0/24": "IETF protocol assignments",
        "192.0.2.0/24": "documentation",
        "192.31.196.0/24": "AS112 name servers",
        "192.52.193.0/24": "automatic multicast tunnelling",
        "192.88.99.0/24": "6to4 relay",
        "192.168.0.0/16": "private",
        "192.175.48.0/24": "AS112 name servers",
        "198.18.0.0/15": "benchmarking",
        "198.51.100.0/24": "documentation",
        "203.0.113.0/24": "documentation",
        "224.0.0.0/4": "multicast",
        "240.0.0.0/4": "reserved or broadcast",
    }.items()
}

_V6_PUBLIC = IPv6Network("2000::/3")
# IANA IPv6 Special-Purpose Address Registry, inside 2000::/3.
_V6_DENIED = {
    ip_network(network): reason
    for network, reason in {
        "2001::/23": "IETF protocol assignments, Teredo among them",
        "2001:db8::/32": "documentation",
        "2002::/16": "6to4",
        "2620:4f:8000::/48": "AS112 name servers",
        "3fff::/20": "documentation",
    }.items()
}
# Named for the operator's sake: everything outside 2000::/3 is refused anyhow.
_V6_NAMES = {
    ip_network(network): reason
    for network, reason in {
        "::/128": "unspecified",
        "::1/128": "loopback",
        "::/96": "IPv4-compatible",
        "64:ff9b::/96": "NAT64",
        "64:ff9b:1::/48": "NAT64",
        "fc00::/7": "private",
        "fe80::/10": "link-local",
        "ff00::/8": "multicast",
    }.items()
}

# https://fetch.spec.whatwg.org/#port-blocking: services that could take a request for their own
# protocol. Feeds on odd ports exist, so nothing else is refused.
# fmt: off
_BLOCKED_PORTS = frozenset({
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101,
    102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427,
    465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990,
    993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667,
    6668, 6669, 6679, 6697, 10080,
})
# fmt: on


def check_address(ip: str | IPAddress, policy: AddressPolicy) -> str | None:
    """Why the address may not be dialled, or None if it may.

    A v4-mapped address counts as the IPv4 address in it. Text that is no address is refused.
    """
    try:
        address = _unwrap(ip_address(ip))
    except ValueError:
        return "not an IP address"
    if any(address in network for network in policy.allow):
        return None
    if isinstance(address, IPv4Address):
        return _named(address, _V4_DENIED)
    if address not in _V6_PUBLIC:
        return _named(address, _V6_NAMES) or "outside the public range 2000::/3"
    if address.scope_id is not None:
        return "an address with a zone"
    return _named(address, _V6_DENIED)


def check_port(port: int) -> str | None:
    """Why the port may not be dialled, or None if it may."""
    return "a port of another protocol" if port in _BLOCKED_PORTS else None


def _unwrap(address: IPAddress) -> IPAddress:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _named(address: IPAddress, networks: dict[IPNetwork, str]) -> str | None:
    return next((reason for network, reason in networks.items() if address in network), None)
