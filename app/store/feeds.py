"""Feeds and their sources, as operators see and change them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, Select, delete, select, update

from app.core.countries import country_of_domain
from app.core.feed_news import FeedEventType, FeedNews
from app.core.types import Failure
from app.core.urls import without_credentials
from app.errors import Conflict, NotFound, PreconditionFailed
from app.store.changes import tell_of_feed
from app.store.clock import now_ms
from app.store.engine import ReadSession, WriteSession
from app.store.health import FeedState, Health, health_of
from app.store.hosts import know_hosts
from app.store.models import feeds, sources
from app.store.pushes import drop_pushes
from app.store.sources import Source, set_country
from app.store.standing import Standing, standing_of
from app.store.subscriptions import end_subscription, resume_subscription

__all__ = ["FeedState", "Health", "health_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFeed:
    """What it takes to add a feed; `domain` names its source, made if there is none."""

    url: str
    host: str
    domain: str
    title: str | None = None
    site_url: str | None = None
    language: str | None = None
    source_name: str | None = None
    country: str | None = None  # of the source; without one, as its domain says
    full_text: bool = False
    min_interval_s: int | None = None
    max_interval_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed on record."""

    id: int
    url: str
    host: str
    title: str | None
    site_url: str | None
    language: str | None
    state: FeedState
    source: Source
    added_at: datetime
    version: int  # goes up with every change by an operator
    time_zone: str | None
    full_text: bool  # its stories are told by their pages where these have more
    min_interval_s: int | None
    max_interval_s: int | None
    keep_days: int | None  # its stories; 0: for ever, None: as the settings say
    next_poll_at: datetime
    next_poll_reasons: tuple[str, ...]
    last_poll_at: datetime | None
    last_success_at: datetime | None
    last_new_at: datetime | None
    failures: int
    failure: Failure | None
    failure_detail: str | None
    silent_since: datetime | None
    guids_unstable: bool
    alternates: tuple[str, ...]  # addresses of feeds that its page names, as it is none itself
    health: Health
    standing: Standing


async def add_feed(session: WriteSession, new: NewFeed, now: datetime) -> int:
    """Put a feed on record, due at once; its id. Raises Conflict if the address is there."""
    await check_new(session, new.url)
    await prepare_feeds(session, [new], now)
    source_id = await _source_of(session, new)
    added = await session.execute(
        session.insert(feeds)
        .values(
            url=new.url,
            host=new.host,
            source_id=source_id,
            title=new.title,
            site_url=new.site_url,
            language=new.language,
            full_text=new.full_text,
            added_at=now,
            min_interval_s=new.min_interval_s,
            max_interval_s=new.max_interval_s,
            next_poll_at=now_ms(),
            next_poll_reasons=["added, due at once"],
        )
        .on_conflict_do_nothing(index_elements=["url"])
        .returning(feeds.c.id)
    )
    feed_id = added.scalar_one_or_none()
    if feed_id is None:  # added by somebody else in between
        await check_new(session, new.url)
        raise Conflict(f"the feed {new.url} was added and deleted at this moment: try again")
    tell_of_feed(session, _news(FeedEventType.ADDED, feed_id, new.url))
    return int(feed_id)


async def prepare_feeds(session: WriteSession, wanted: Sequence[NewFeed], now: datetime) -> None:
    """Put the sources and hosts of feeds on record that are about to be added.

    All sources first, then all hosts, each in its order: who adds many feeds in the order of their
    addresses, and calls this before, never waits in a circle with another. A poll too locks its
    source before it puts a host on record.
    """
    urls = [new.url for new in wanted]
    present = set(
        (await session.execute(select(feeds.c.url).where(feeds.c.url.in_(urls)))).scalars()
    )
    fresh = [new for new in wanted if new.url not in present]
    if not fresh:
        return
    names = {new.domain: new.source_name for new in reversed(fresh)}
    await session.execute(
        session.insert(sources).on_conflict_do_nothing(index_elements=["domain"]),
        [
            {
                "domain": domain,
                "name": names[domain],
                "country": country_of_domain(domain),
                "created_at": now,
            }
            for domain in sorted(names)
        ],
    )
    for new in sorted(fresh, key=attrgetter("domain")):
        if new.country is not None:
            await set_country(session, await _source_of(session, new), new.country)
    await know_hosts(session, {new.host for new in fresh})


async def _source_of(session: ReadSession, new: NewFeed) -> int:
    found = await session.execute(select(sources.c.id).where(sources.c.domain == new.domain))
    return int(found.scalar_one())


async def check_new(session: ReadSession, url: str) -> None:
    """Raises Conflict if a feed has this address."""
    present = await session.execute(select(feeds.c.id).where(feeds.c.url == url))
    if (known := present.scalar_one_or_none()) is not None:
        raise Conflict(f"the feed {url} is there already, as feed {known}")


async def get_feed(session: ReadSession, feed_id: int) -> Feed:
    row = (await session.execute(select_feeds().where(feeds.c.id == feed_id))).one_or_none()
    if row is None:
        raise NotFound(f"there is no feed {feed_id}: GET /v1/admin/feeds lists them")
    return feed_of(row)


async def set_state(session: WriteSession, feed_id: int, state: FeedState, reason: str) -> None:
    """Pause or resume; resuming forgets failed attempts and makes the feed due at once."""
    found = await session.execute(
        select(feeds.c.url, feeds.c.state).where(feeds.c.id == feed_id).with_for_update()
    )
    before = found.one_or_none()
    values: dict[str, Any] = {"state": state.value, "next_poll_reasons": [reason]}
    if state is FeedState.ACTIVE:
        values |= {"attempts": 0, "next_poll_at": now_ms()}
    await _update_one(session, feed_id, values)
    if before is not None and before.state != state.value:
        told = _told_of(FeedState(before.state), state)
        tell_of_feed(session, _news(told, feed_id, before.url, reason))
    if state is FeedState.ACTIVE:
        await drop_pushes(session, feed_id)  # maybe what its polls died of
        await resume_subscription(session, feed_id)
    else:
        await end_subscription(session, feed_id)


async def make_due(session: WriteSession, feed_id: int) -> None:
    """Have the feed polled before anything that falls due later."""
    await _update_one(
        session, feed_id, {"next_poll_at": now_ms(), "next_poll_reasons": ["asked for"]}
    )


async def change_feed(
    session: WriteSession, feed_id: int, values: dict[str, Any], *, version: int
) -> None:
    """Set columns that operators own, if nobody has changed the feed since `version`.

    Raises PreconditionFailed if somebody has, NotFound if the feed is gone.
    """
    changed = await session.execute(
        update(feeds)
        .where(feeds.c.id == feed_id, feeds.c.version == version)
        .values(version=version + 1, **values)
    )
    if changed.rowcount == 0:
        await get_feed(session, feed_id)
        raise PreconditionFailed(
            f"feed {feed_id} has been changed since it was read: GET it again for its new ETag"
        )


async def delete_feed(session: WriteSession, feed_id: int) -> None:
    """Remove a feed with its copies and ledger; its stories stay.

    A poll that is under way keeps its host until it has ended, or its lease has: the request runs.
    Locks as a poll does, the feed and then its source: stories and copies that polls of the same
    source write go with it, and two that took them in different orders would lock up.
    """
    found = await session.execute(
        select(feeds.c.source_id, feeds.c.url).where(feeds.c.id == feed_id).with_for_update()
    )
    if (feed := found.one_or_none()) is None:
        raise NotFound(f"there is no feed {feed_id}: GET /v1/admin/feeds lists them")
    await session.execute(
        select(sources.c.id).where(sources.c.id == feed.source_id).with_for_update(key_share=True)
    )
    await end_subscription(session, feed_id)
    await session.execute(delete(feeds).where(feeds.c.id == feed_id))
    tell_of_feed(session, _news(FeedEventType.REMOVED, feed_id, feed.url))


def _told_of(before: FeedState, after: FeedState) -> FeedEventType:
    if after is FeedState.PAUSED:
        return FeedEventType.PAUSED
    if after is FeedState.QUARANTINED:
        return FeedEventType.QUARANTINED
    released = before is FeedState.QUARANTINED
    return FeedEventType.RELEASED if released else FeedEventType.RESUMED


def _news(kind: FeedEventType, feed_id: int, url: str, reason: str | None = None) -> FeedNews:
    return FeedNews(type=kind, feed_id=feed_id, url=without_credentials(url), reason=reason)


async def _update_one(session: WriteSession, feed_id: int, values: dict[str, Any]) -> None:
    changed = await session.execute(
        update(feeds).where(feeds.c.id == feed_id).values(version=feeds.c.version + 1, **values)
    )
    if changed.rowcount == 0:
        raise NotFound(f"there is no feed {feed_id}: GET /v1/admin/feeds lists them")


def select_feeds() -> Select[Any]:
    """Feeds with their sources and health, as `feed_of` reads them."""
    of_source = (sources.c.domain, sources.c.name.label("source_name"), sources.c.country)
    found = select(feeds, health_of().label("health"), *of_source)
    return found.join(sources, sources.c.id == feeds.c.source_id)


def feed_of(row: Row[Any]) -> Feed:
    """Of a row of `select_feeds`."""
    return Feed(
        id=row.id,
        url=row.url,
        host=row.host,
        title=row.title,
        site_url=row.site_url,
        language=row.language,
        state=FeedState(row.state),
        source=Source(
            id=row.source_id, domain=row.domain, name=row.source_name, country=row.country
        ),
        added_at=row.added_at,
        version=row.version,
        time_zone=row.time_zone,
        full_text=row.full_text,
        min_interval_s=row.min_interval_s,
        keep_days=row.keep_days,
        max_interval_s=row.max_interval_s,
        next_poll_at=row.next_poll_at,
        next_poll_reasons=tuple(row.next_poll_reasons),
        last_poll_at=row.last_poll_at,
        last_success_at=row.last_success_at,
        last_new_at=row.last_new_at,
        failures=row.failures,
        failure=Failure(row.failure) if row.failure else None,
        failure_detail=row.failure_detail,
        silent_since=row.silent_since,
        guids_unstable=row.guids_unstable,
        alternates=tuple(row.alternates),
        health=Health(row.health),
        standing=standing_of(row),
    )
