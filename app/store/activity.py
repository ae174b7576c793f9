"""What happened hour by hour: stories, polls, failures, and how late stories were."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, literal_column, select

from app.core.story import PublishedFrom
from app.store.engine import ReadSession
from app.store.models import fetches, stories

HOUR: Final = timedelta(hours=1)
HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000
DAY: Final = timedelta(days=1)
MAX_HOURS: Final = 24 * 14
SETTLED: Final = timedelta(minutes=10)
"""A poll is told to the ledger when it is over: after this, an hour that is over is complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """One hour, from `start` on; delays are of stories published within a day of being seen."""

    start: datetime
    stories: int = 0
    polls: int = 0
    failures: dict[str, int] = field(default_factory=dict)  # by kind
    delay_p50_s: float | None = None
    delay_p95_s: float | None = None


class Activity:
    """The last hours. Those that are over are read once, since they do not change any more."""

    def __init__(self) -> None:
        self._kept: dict[datetime, Hour] = {}

    async def read(self, session: ReadSession, now: datetime, hours: int) -> list[Hour]:
        """So many hours up to the one that is running, without a hole, the newest last."""
        last = now.replace(minute=0, second=0, microsecond=0)
        wanted = [last - n * HOUR for n in reversed(range(min(hours, MAX_HOURS)))]
        missing = [hour for hour in wanted if hour not in self._kept]
        found = await _read(session, missing[0], last + HOUR) if missing else {}
        answer = [self._kept.get(hour) or found.get(hour) or Hour(start=hour) for hour in wanted]
        oldest = last - MAX_HOURS * HOUR
        over = {h.start: h for h in answer if h.start + HOUR + SETTLED <= now}
        self._kept = {at: h for at, h in (self._kept | over).items() if at >= oldest}
        return answer


async def _read(session: ReadSession, since: datetime, until: datetime) -> dict[datetime, Hour]:
    hours = {since + n * HOUR: [0, 0] for n in range(int((until - since) / HOUR))}
    failures: dict[datetime, dict[str, int]] = {start: {} for start in hours}
    delays: dict[datetime, list[tuple[int, int]]] = {start: [] for start in hours}
    for number, failure, count in await _polls(session, since, until):
        start = _start(number)
        hours[start][1] += count
        if failure is not None:
            failures[start][failure] = count
    for number, count in await _stories(session, since, until):
        hours[_start(number)][0] = count
    for number, minute, count in await _delays(session, since, until):
        delays[_start(number)].append((minute, count))
    return {
        start: Hour(
            start=start,
            stories=new,
            polls=polls,
            failures=failures[start],
            delay_p50_s=_share(delays[start], 0.5),
            delay_p95_s=_share(delays[start], 0.95),
        )
        for start, (new, polls) in hours.items()
    }


async def _polls(session: ReadSession, since: datetime, until: datetime) -> Sequence[Any]:
    hour = _hour_of("fetches.at")
    rows = await session.execute(
        select(hour, fetches.c.failure, func.count())
        .where(fetches.c.at >= since, fetches.c.at < until)
        .group_by(hour, fetches.c.failure)
    )
    return rows.all()


async def _stories(session: ReadSession, since: datetime, until: datetime) -> Sequence[Any]:
    hour = _hour_of("stories.ingested_at")
    rows = await session.execute(
        select(hour, func.count())
        .where(stories.c.ingested_at >= since, stories.c.ingested_at < until)
        .group_by(hour)
    )
    return rows.all()


async def _delays(session: ReadSession, since: datetime, until: datetime) -> Sequence[Any]:
    """How many stories were so many minutes late, by hour: few rows, however many stories."""
    hour = _hour_of("stories.ingested_at")
    minute: Any = literal_column(f"(stories.ingested_at - stories.published_at) / {MINUTE_MS}")
    rows = await session.execute(
        select(hour, minute, func.count())
        .where(stories.c.ingested_at >= since, stories.c.ingested_at < until)
        .where(stories.c.published_from != PublishedFrom.FIRST_SEEN.value)
        .where(minute < DAY // timedelta(minutes=1))
        .group_by(hour, minute)
        .order_by(minute)
    )
    return rows.all()


def _hour_of(column: str) -> Any:  # noqa: ANN401 - an expression of SQLAlchemy's
    """Hours since 1970: instants are kept in milliseconds."""
    return literal_column(f"{column} / {HOUR_MS}")


def _start(number: int) -> datetime:
    return datetime.fromtimestamp(number * 3600, UTC)


def _share(counts: Iterable[tuple[int, int]], share: float) -> float | None:
    """The delay, in seconds and exact to the minute, that this share of stories was within."""
    ordered = list(counts)
    total = sum(count for _, count in ordered)
    reached = 0
    for minute, count in ordered:
        reached += count
        if reached >= share * total:
            return float((minute + 1) * 60)
    return None
