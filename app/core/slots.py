"""What a server is asked by at most one at a time: its host, its domain, and its IP address.

Slots are named so that none can be taken for another: no host name has a space (the URL Standard
forbids it), and a host's own slot is named as the host is.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

from app.core.urls import registrable_domain

HOSTS_IN_LANE: Final = 32
MAX_LANES: Final = 16
"""An address shared by so few hosts is one machine, which gets one request at a time; where there
are more it is a network's front, and every 32 hosts get a request of their own, up to 16."""

BUDGET: Final = "= requests"
"""The slot that stands for every request of all."""

MAX_NAME: Final = 255


def domain_slot(host: str) -> str | None:
    """The slot that all hosts of a registrable domain share; None for an IP address.

    Private suffixes count: what two people have on one platform (a.blogspot.com, b.blogspot.com)
    are two domains, and what they share is the platform's addresses.
    """
    try:
        ip_address(host)
    except ValueError:
        return f"* {registrable_domain(host) or host}"[:MAX_NAME]
    return None


def address_slots(address: str) -> list[str]:
    """The lanes of an address, in the order in which they fill with hosts."""
    return [f"@ {address} {lane}" for lane in range(MAX_LANES)]


def lane_for(address: str, hosts_before: int) -> str:
    """The lane of one more host, of an address that so many have already."""
    return address_slots(address)[hosts_before // HOSTS_IN_LANE % MAX_LANES]


def is_at(slot: str | None, address: str) -> bool:
    """Whether a lane is one of this address."""
    return slot is not None and slot.startswith(f"@ {address} ")


def named(slot: str | None) -> str | None:
    """The domain or the address that a slot stands for."""
    return None if slot is None else slot.split(" ")[1]
