"""Networks and origins, as operators list them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Final

from app.core.forwarded import Network

ANY: Final = "*"
_ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


def networks_of(listed: str | Sequence[Network]) -> Sequence[Network]:
    """Networks such as 10.0.0.0/8, between commas; raises ValueError."""
    if not isinstance(listed, str):
        return listed
    return tuple(ipaddress.ip_network(part) for part in _parts(listed))


def origins_of(listed: str | Sequence[str]) -> Sequence[str]:
    """Origins as browsers write them (RFC 6454), or ANY, between commas; raises ValueError."""
    origins = _parts(listed) if isinstance(listed, str) else listed
    for origin in origins:
        if origin != ANY and not _ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin!r} is no origin: scheme://host, in lower case")
    return tuple(origins)


def _parts(listed: str) -> list[str]:
    return [part.strip() for part in listed.split(",") if part.strip()]
