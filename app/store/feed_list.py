"""Feeds in lists: filtered, searched, in one of several orders, with how their last polls went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    func,
    literal,
    or_,
    select,
    tuple_,
    type_coerce,
    union_all,
)

from app.core.schedule import Outcome
from app.store.engine import ReadSession
from app.store.feeds import Feed, feed_of, select_feeds
from app.store.health import FeedState, Health, health_of
from app.store.models import feeds, fetches, sources

RECENT: Final = 24
"""Polls that are shown of each feed of a list."""

_TEXTS: Final = (feeds.c.url, feeds.c.title, sources.c.name, sources.c.domain)


class FeedSort(StrEnum):
    """An order of feeds; those that are equal in it stand in the order of their addition."""

    ADDED = "added"
    ADDED_LAST = "-added"
    TITLE = "title"
    TITLE_DOWN = "-title"
    POLLED = "polled"  # what was polled longest ago, or never, comes first
    POLLED_LAST = "-polled"
    NEXT_POLL = "next_poll"
    NEXT_POLL_LAST = "-next_poll"
    NEWS = "news"  # what has been quiet longest comes first
    NEWS_LAST = "-news"
    FAILURES = "failures"
    FAILURES_MOST = "-failures"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPlace:
    """Where a feed stands in a list: by what it is sorted, a time in milliseconds, and its id."""

    value: int | str
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFeed:
    feed: Feed
    place: FeedPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedQuery:
    """What a list of feeds holds: all words of `words` are somewhere in address, title or source,
    whatever their case.
    """

    state: FeedState | None = None
    health: Health | None = None
    words: tuple[str, ...] = ()
    sort: FeedSort = FeedSort.ADDED


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentPoll:
    """One of a feed's last polls, in short."""

    at: datetime
    outcome: Outcome
    new: int


async def list_feeds(
    session: ReadSession,
    *,
    asked: FeedQuery | None = None,
    after: FeedPlace | None = None,
    limit: int,
) -> list[ListedFeed]:
    """Feeds in the order that is asked for, that of their addition by default, beyond `after`."""
    wanted = asked or FeedQuery()
    column, falls = _column(wanted.sort), wanted.sort.startswith("-")
    place = tuple_(column, feeds.c.id)
    query = select_feeds().add_columns(column.label("place")).limit(limit)
    query = query.order_by(*(each.desc() if falls else each for each in (column, feeds.c.id)))
    if after is not None:
        last = tuple_(literal(after.value, column.type), literal(after.id, BigInteger))
        query = query.where(place < last if falls else place > last)
    if wanted.state is not None:
        query = query.where(feeds.c.state == wanted.state.value)
    if wanted.health is not None:
        query = query.where(health_of() == wanted.health.value)
    for word in wanted.words:
        query = query.where(or_(*(text.icontains(word, autoescape=True) for text in _TEXTS)))
    return [
        ListedFeed(feed=feed_of(row), place=FeedPlace(value=row.place, id=row.id))
        for row in await session.execute(query)
    ]


async def recent_polls(
    session: ReadSession, feed_ids: Sequence[int], limit: int = RECENT
) -> Mapping[int, list[RecentPoll]]:
    """The last polls of each feed, oldest first; one short reading of the index for each."""
    if not feed_ids:
        return {}
    each = [
        select(
            select(fetches.c.id, fetches.c.feed_id, fetches.c.at, fetches.c.outcome, fetches.c.new)
            .where(fetches.c.feed_id == feed_id)
            .order_by(fetches.c.id.desc())
            .limit(limit)
            .subquery()
        )
        for feed_id in feed_ids
    ]
    found: dict[int, list[RecentPoll]] = {feed_id: [] for feed_id in feed_ids}
    for row in sorted(await session.execute(union_all(*each)), key=lambda row: row.id):
        if row.outcome != Outcome.REPLAYED.value:
            poll = RecentPoll(at=row.at, outcome=Outcome(row.outcome), new=row.new)
            found[row.feed_id].append(poll)
    return found


def _column(sort: FeedSort) -> ColumnElement[Any]:
    match sort.lstrip("-"):
        case "title":
            return func.lower(func.coalesce(feeds.c.title, feeds.c.url))
        case "polled":
            return _ms(feeds.c.last_poll_at)
        case "next_poll":
            return _ms(feeds.c.next_poll_at)
        case "news":
            return _ms(feeds.c.last_new_at)
        case "failures":
            return feeds.c.failures
        case _:
            return feeds.c.id


def _ms(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A time as the number that it is kept as; never is before all others."""
    return func.coalesce(type_coerce(column, BigInteger), 0)
