"""How long a feed is left alone after failures: by what kind of failure it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.core.types import Failure

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


class Severity(StrEnum):
    """How soon a failure may be over by itself."""

    SOFT = "soft"  # the server answers, with what cannot be read today
    TEMPORARY = "temporary"  # the server cannot be reached, or wants fewer requests
    HARD = "hard"  # somebody has to change something
    GONE = "gone"  # the server says that it is for good


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOff:
    """Seconds until the poll after the first failure, doubled by each further, up to `longest_s`.

    The operator's bounds of the feed hold too, but where `stretched`.
    """

    first_s: int
    longest_s: int
    stretched: bool = False


BACK_OFFS: Final[Mapping[Severity, BackOff]] = {
    Severity.SOFT: BackOff(first_s=5 * MINUTE, longest_s=6 * HOUR),
    Severity.TEMPORARY: BackOff(first_s=5 * MINUTE, longest_s=12 * HOUR),
    Severity.HARD: BackOff(first_s=HOUR, longest_s=DAY),
    Severity.GONE: BackOff(first_s=DAY, longest_s=30 * DAY, stretched=True),
}

SEVERITIES: Final[Mapping[Failure, Severity]] = {
    Failure.DNS: Severity.TEMPORARY,
    Failure.BLOCKED: Severity.HARD,
    Failure.CONNECT: Severity.TEMPORARY,
    Failure.TLS: Severity.HARD,  # a certificate is renewed by hand, or was never good
    Failure.TIMEOUT: Severity.TEMPORARY,
    Failure.PROTOCOL: Severity.TEMPORARY,
    Failure.ENCODING: Severity.SOFT,
    Failure.TOO_LARGE: Severity.HARD,
    Failure.REDIRECT: Severity.HARD,
    Failure.UNAUTHORIZED: Severity.HARD,
    Failure.NOT_FOUND: Severity.HARD,
    Failure.GONE: Severity.GONE,
    Failure.RATE_LIMITED: Severity.TEMPORARY,
    Failure.HTTP_CLIENT: Severity.HARD,
    Failure.HTTP_SERVER: Severity.SOFT,
    Failure.HTTP_UNEXPECTED: Severity.SOFT,
    Failure.EMPTY: Severity.SOFT,
    Failure.HTML_PAGE: Severity.HARD,
    Failure.NOT_A_FEED: Severity.HARD,
    Failure.NOT_XML: Severity.SOFT,  # one entry that was badly escaped, until it leaves the window
    Failure.TRUNCATED: Severity.SOFT,
    Failure.PARSE_TIMEOUT: Severity.SOFT,
    Failure.PARSE_CRASHED: Severity.SOFT,
    Failure.ABANDONED: Severity.HARD,
    Failure.DATABASE: Severity.SOFT,
    Failure.INTERNAL: Severity.SOFT,
}


def back_off_s(
    failure: Failure, failures: int, *, min_interval_s: int, max_interval_s: int
) -> float:
    """Seconds until the next poll after `failures` in a row, the last of this kind."""
    rule = BACK_OFFS[SEVERITIES[failure]]
    longest_s = rule.longest_s if rule.stretched else min(rule.longest_s, max_interval_s)
    doubled_s = rule.first_s * 2.0 ** min(max(failures - 1, 0), 20)
    return max(min(doubled_s, longest_s), min_interval_s)
