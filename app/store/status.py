"""Figures for operators: feeds by state, backlog, the last hour, delay, the database itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text

from app.core.page.job import PageState
from app.core.story import StoryStatus
from app.core.webhook import WebhookState
from app.store.changes import last_seq
from app.store.deliveries import read_head
from app.store.engine import SQLITE, ReadSession, to_ms
from app.store.feeds import Health, health_of
from app.store.models import feeds, fetches, pages, stories, webhooks
from app.store.reindex import count_outdated
from app.store.renewal import Outdated, count_outdated_entries

HOUR = timedelta(hours=1)
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of the service as its database tells it."""

    feeds: dict[str, int]  # by health
    due: int  # active feeds whose time has come
    most_overdue_s: float
    leased: int
    polls: dict[str, int]  # of the last hour, by outcome
    failures: dict[str, int]  # of the last hour, by kind
    new_stories: int  # of the last hour
    stories: int
    delay_p50_s: float | None  # from publication to availability, of the last hour's stories
    delay_p95_s: float | None
    last_seq: int
    outdated: int  # stories that the search index holds as an older release would
    outdated_entries: int  # stories that this release would make otherwise
    outdated_tags: int  # those of them that are tagged by a former policy, or by other taggers
    pages: dict[str, int]  # of feeds that ask for full text, by state
    database: str
    database_version: str
    database_bytes: int | None


async def read_status(session: ReadSession, now: datetime, taggers: str) -> Status:
    """`taggers` are those of today."""
    since = now - HOUR
    due, oldest, leased = await backlog(session, now)
    delays = await read_delays(session, since)
    version, size = await database_figures(session)
    new = select(func.count()).where(stories.c.ingested_at >= since)
    every = (
        select(func.count()).select_from(stories).where(stories.c.status == StoryStatus.LIVE.value)
    )
    return Status(
        feeds=await count_feeds(session),
        due=due,
        most_overdue_s=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
        leased=leased,
        polls=await _counted(session, "outcome", since),
        failures=await _counted(session, "failure", since),
        new_stories=int((await session.execute(new)).scalar_one()),
        stories=int((await session.execute(every)).scalar_one()),
        delay_p50_s=percentile(delays, 0.5),
        delay_p95_s=percentile(delays, 0.95),
        last_seq=await last_seq(session),
        outdated=await count_outdated(session),
        outdated_entries=await count_outdated_entries(session, taggers=taggers),
        outdated_tags=await count_outdated_entries(session, which=Outdated.TAGS, taggers=taggers),
        pages=await _pages(session),
        database=session.dialect,
        database_version=version,
        database_bytes=size,
    )


async def count_webhooks(session: ReadSession) -> dict[str, int]:
    """How many webhooks are in each state; none is left out."""
    rows = await session.execute(select(webhooks.c.state, func.count()).group_by(webhooks.c.state))
    return {state.value: 0 for state in WebhookState} | {row[0]: row[1] for row in rows}


async def push_backlog(session: ReadSession) -> int:
    """How many entries of the log have not been turned into deliveries yet."""
    return await last_seq(session) - await read_head(session)


async def count_feeds(session: ReadSession) -> dict[str, int]:
    health = health_of()
    rows = await session.execute(select(health, func.count()).group_by(health))
    return {h.value: 0 for h in Health} | {row[0]: row[1] for row in rows}


async def _pages(session: ReadSession) -> dict[str, int]:
    rows = await session.execute(select(pages.c.state, func.count()).group_by(pages.c.state))
    return {state.value: 0 for state in PageState} | {row[0]: row[1] for row in rows}


async def backlog(session: ReadSession, now: datetime) -> tuple[int, datetime | None, int]:
    due = (feeds.c.state == "active") & (feeds.c.next_poll_at <= now)
    waiting = due & (feeds.c.lease_until.is_(None) | (feeds.c.lease_until <= now))
    row = (
        await session.execute(select(func.count(), func.min(feeds.c.next_poll_at)).where(waiting))
    ).one()
    leased = await session.execute(select(func.count()).where(feeds.c.lease_until > now))
    return row[0], row[1], int(leased.scalar_one())


async def _counted(session: ReadSession, column: str, since: datetime) -> dict[str, int]:
    counted = fetches.c[column]
    rows = await session.execute(
        select(counted, func.count())
        .where(fetches.c.at >= since, counted.is_not(None))
        .group_by(counted)
    )
    return {row[0]: row[1] for row in rows}


async def read_delays(session: ReadSession, since: datetime) -> Sequence[float]:
    """Seconds, the shortest first, of stories published within a day of being seen.

    Older ones came with a feed that was added: they say nothing of how fast polling is.
    """
    rows = await session.execute(
        text(
            "SELECT ingested_at - published_at AS delay FROM stories WHERE ingested_at >= :since"
            " AND published_from <> 'first_seen' AND ingested_at - published_at < :day"
            " ORDER BY delay"
        ),
        {"since": to_ms(since), "day": DAY_MS},
    )
    return [row[0] / 1000 for row in rows]


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The value that `share` of all are below; None of none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None


async def database_figures(session: ReadSession) -> tuple[str, int | None]:
    if session.dialect == SQLITE:
        version = "SELECT sqlite_version()"
        size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    else:
        version = "SELECT current_setting('server_version')"
        size = "SELECT pg_database_size(current_database())"
    found = str((await session.execute(text(version))).scalar_one())
    return found, (await session.execute(text(size))).scalar_one()
