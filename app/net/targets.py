"""An address as a user, a feed or a redirect spells it, and the one form of it that is dialled."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import unquote_to_bytes

import can_ada

from app.net.addresses import AddressPolicy, check_address, check_port

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_HOST = 253  # RFC 1035 §2.3.4, without the root's dot
_MAX_LABEL = 63
_MAX_URL = 8192


class Blocked(Exception):
    """The guard refuses an address; `reason` is one line, without credentials."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a request goes.

    `url` is in the WHATWG form, ASCII, with neither credentials nor fragment: fit for a log.
    `authorization` is what the credentials say in a header (RFC 7617), to be sent to this
    target alone.
    """

    url: str
    origin: str
    host: str  # an IPv6 address without its brackets
    port: int
    authorization: bytes | None = field(default=None, repr=False)


def check_url(raw: str, policy: AddressPolicy, *, base: str | None = None) -> Target:
    """The target that `raw` names, resolved against `base`; Blocked if it may not be dialled.

    Parsed as browsers do, so that no spelling of an address (decimal, octal, hex, short,
    full-width) means one thing to the check and another to the socket. A host name is checked
    again, with every address it stands for, when it is dialled.
    """
    url = _parse(raw, base)
    scheme = url.protocol.removesuffix(":")
    if scheme not in _DEFAULT_PORTS:
        raise Blocked(f"the scheme is {scheme[:20]!r}: only http and https are fetched")
    host = url.hostname.removeprefix("[").removesuffix("]")
    port = int(url.port) if url.port else _DEFAULT_PORTS[scheme]
    reason = _host_fault(host, policy) or check_port(port)
    if reason is not None:
        raise Blocked(f"{host[:_MAX_HOST]} port {port}: {reason}")
    authorization = _authorization(url.username, url.password)
    url.username = url.password = url.hash = ""
    return Target(
        url=url.href, origin=url.origin, host=host, port=port, authorization=authorization
    )


def _parse(raw: str, base: str | None) -> can_ada.URL:
    if len(raw) > _MAX_URL:
        raise Blocked(f"the address is longer than {_MAX_URL} characters")
    try:
        return can_ada.parse(raw) if base is None else can_ada.parse(base) + raw
    except (ValueError, TypeError):  # TypeError: a lone surrogate
        raise Blocked("not an address that can be read: see the host and its brackets") from None


def _host_fault(host: str, policy: AddressPolicy) -> str | None:
    try:
        address = ip_address(host)
    except ValueError:
        name = host.removesuffix(".")
        lengths = [len(label) for label in name.split(".")]
        if len(name) > _MAX_HOST or min(lengths) == 0 or max(lengths) > _MAX_LABEL:
            return "not a host name: a label is empty or too long"
        return None
    reason = check_address(address, policy)
    return None if reason is None else _not_public(reason)


def _not_public(reason: str) -> str:
    return f"not a public address ({reason}); see COPYDESK_ALLOW_PRIVATE_NETWORKS"


def _authorization(username: str, password: str) -> bytes | None:
    if not username and not password:
        return None
    pair = unquote_to_bytes(username) + b":" + unquote_to_bytes(password)
    return b"Basic " + base64.b64encode(pair)
