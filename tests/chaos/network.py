"""Hosts of the made-up network, all on loopback: addresses, and names that stand for them."""

from __future__ import annotations

from random import Random

SUFFIX = "-example.com"
"""Under a public suffix, since other names have no registrable domain; nobody looks them up."""


def address(n: int) -> str:
    """The nth address of 127.0.0.0/8 that is nobody else's."""
    return f"127.{1 + n // 62_500}.{n // 250 % 250}.{n % 250 + 1}"


def made_up_name(n: int, domain: int, at: str) -> str:
    """A host name whose first label says where it is."""
    return f"h{n}-{at.replace('.', '-')}.d{domain}{SUFFIX}"


def is_made_up(host: str) -> bool:
    return host.startswith("h") and host.endswith(SUFFIX)


def made_up_address(host: str) -> str:
    return ".".join(host.partition(".")[0].split("-")[1:])


def domain_of(host: str) -> str | None:
    return host.partition(".")[2] if is_made_up(host) else None


def hosts_of_feeds(feeds: int, chance: Random) -> list[str]:
    """A host for each feed: most have one of their own, some share it with a few others.

    Of those with names, some share a domain or an address with others.
    """
    shared = [_host(n, feeds, chance) for n in range(max(1, feeds // 24))]
    return [
        chance.choice(shared) if chance.random() < 0.25 else _host(len(shared) + n, feeds, chance)
        for n in range(feeds)
    ]


def _host(n: int, feeds: int, chance: Random) -> str:
    if chance.random() < 0.7:
        return address(n)
    several = max(1, feeds // 40)
    at = address(2 * feeds + chance.randrange(several)) if chance.random() < 0.5 else address(n)
    domain = chance.randrange(several) if chance.random() < 0.5 else several + n
    return made_up_name(n, domain, at)
