"""What a feed may be asked with, and what of it could never be sent."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, assert_never

VARIABLE_PREFIX: Final = "COPYDESK_FEED_"
"""Of the variables that may hold a feed's secret: no other is ever sent to a server."""

_VARIABLE: Final = re.compile(VARIABLE_PREFIX + "[A-Z0-9_]{1,100}")
_TOKEN: Final = re.compile(r"[!-~]+")
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110 §5.6.2
_HEADER_VALUE: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_OURS: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "expect",
        "host",
        "if-modified-since",
        "if-none-match",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
"""Headers that say how a request is to be read, or that a poll sets itself."""


class CredentialKind(StrEnum):
    """How the secret is sent."""

    BASIC = "basic"  # with a user name (RFC 7617)
    BEARER = "bearer"  # RFC 6750
    HEADER = "header"  # as a header's value


def is_variable(name: str) -> bool:
    """Whether an environment variable may hold a feed's secret."""
    return _VARIABLE.fullmatch(name) is not None


def username_fault(name: str) -> str | None:
    if ":" in name or _CONTROL.search(name):
        return "a user name holds no colon (RFC 7617) and no control character"
    return None


def header_fault(name: str) -> str | None:
    if not _HEADER_NAME.fullmatch(name) or name.lower() in _OURS:
        return f"{name!r} is no header that can be set: write one as X-Api-Key"
    return None


def secret_fault(kind: CredentialKind, secret: str) -> str | None:
    """Why a secret cannot be sent in a header of this kind; it is not told itself."""
    match kind:
        case CredentialKind.BASIC:
            return "holds a control character" if _CONTROL.search(secret) else None
        case CredentialKind.BEARER:
            return None if _TOKEN.fullmatch(secret) else "is empty, or not of printable ASCII"
        case CredentialKind.HEADER:
            return None if _HEADER_VALUE.fullmatch(secret) else "is empty, or not printable ASCII"
        case _:
            assert_never(kind)
