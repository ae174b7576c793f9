"""The robots.txt of each origin, fetched when a page of it is wanted and kept for a day."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from app.core.page.job import NoPage, Stop
from app.core.page.robots import ALLOW_ALL, Robots, read_robots
from app.core.types import Failure, Fetched, FetchFailed, FetchResult

KEPT_S: Final = 24 * 60 * 60.0  # RFC 9309 §2.4
AWAY_S: Final = 10 * 60.0
MAX_ORIGINS: Final = 4096
SERVER_FAULTS: Final = frozenset({Failure.HTTP_SERVER, Failure.RATE_LIMITED})
REDIRECTED_TOO_OFTEN: Final = 5  # RFC 9309 §2.3.1.2: then it counts as not there

RobotsRead: TypeAlias = Robots | NoPage


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    read: RobotsRead
    until: float


class RobotsCache:
    """What the origins ask for, as far as it is known; of one process, forgotten with it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock  # monotonic seconds
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def get(self, origin: str) -> RobotsRead | None:
        """None where it has to be fetched."""
        kept = self._kept.get(origin)
        return kept.read if kept is not None and kept.until > self._clock() else None

    def put(self, origin: str, read: RobotsRead) -> None:
        seconds = KEPT_S if isinstance(read, Robots) else AWAY_S
        self._kept[origin] = _Kept(read=read, until=self._clock() + seconds)
        self._kept.move_to_end(origin)
        while len(self._kept) > MAX_ORIGINS:
            self._kept.popitem(last=False)


def robots_of(fetched: FetchResult, agent: str) -> RobotsRead:
    """What an answer for /robots.txt means (RFC 9309 §2.3.1).

    Where there is none, everything is allowed; while its server fails, nothing is. A name that
    cannot be resolved, or an address that may not be dialled, is the page's failure as well.
    """
    if isinstance(fetched, Fetched):
        return read_robots(fetched.body, agent)
    if not isinstance(fetched, FetchFailed):
        return ALLOW_ALL
    if fetched.kind in (Failure.DNS, Failure.BLOCKED):
        return NoPage(kind=fetched.kind, detail=f"robots.txt: {fetched.detail}")
    none_there = fetched.kind in (Failure.EMPTY, Failure.REDIRECT) or (
        fetched.status is not None
        and fetched.status // 100 in (2, 4)
        and fetched.kind not in (*SERVER_FAULTS, Failure.TOO_LARGE, Failure.TIMEOUT)
    )
    if none_there:
        return ALLOW_ALL
    return NoPage(
        kind=Stop.ROBOTS_AWAY,
        detail=f"robots.txt could not be had, so nothing is fetched: {fetched.detail}",
        status=fetched.status,
        retry_after_s=fetched.hints.retry_after_s,
    )
