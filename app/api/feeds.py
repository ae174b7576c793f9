"""Feeds, for operators: add, look at, change, poll now."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request
from fastapi.responses import Response

from app.api.auditing import Audit, Auditor
from app.api.callers import KeyBeforeBody
from app.api.deps import DepsDep, Reading
from app.api.feed_address import keep_credentials, move, read_address, try_move
from app.api.feed_fields import (
    check_bounds,
    check_site,
    check_zone,
    country_code,
    language_code,
    new_feed,
    version_of,
)
from app.api.ids import FeedId
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_admin import (
    AddedFeed,
    AddFeed,
    ChangeFeed,
)
from app.api.schemas_hosts import FeedAnswer, host_shape
from app.api.shapes import feed_shape
from app.core.language import normalize_language
from app.core.poll import Probe
from app.core.text import title_text
from app.store.credentials import read_credentials
from app.store.engine import ReadSession, WriteSession
from app.store.feeds import (
    add_feed,
    change_feed,
    check_new,
    get_feed,
)
from app.store.ledger import latest_fetches
from app.store.refusals import read_host
from app.store.sources import set_country
from app.store.subscriptions import subscriptions_of

TITLES_SHOWN: Final = 3

router = APIRouter(route_class=KeyBeforeBody, prefix="/v1/admin", tags=["feeds"])


@router.post("/feeds", status_code=201, response_model=AddedFeed, responses=problems(400, 409, 422))
async def add(request: Request, deps: DepsDep, audit: Audit, asked: AddFeed) -> Response:
    """Add a feed: try its address, say what was found, and poll it at once."""
    address = read_address(asked.url, deps.sealer)
    url = address.url
    check_bounds(asked.min_interval_s, asked.max_interval_s)
    check_site(asked.site_url)
    language = language_code(asked.language)
    country = country_code(asked.country)
    async with deps.database.read() as session:
        await check_new(session, url)  # before its server is troubled
    probe = await deps.probe(address.given, None) if asked.probe else None
    new = new_feed(
        url,
        title=asked.title or (probe.feed.title if probe else None),
        site_url=asked.site_url,
        declared_site=probe.feed.site_url if probe else None,
        language=language or (normalize_language(probe.feed.language) if probe else None),
        source_name=asked.source_name,
        country=country,
        full_text=asked.full_text,
        min_interval_s=asked.min_interval_s,
        max_interval_s=asked.max_interval_s,
    )
    async with deps.database.write() as session:
        feed_id = await add_feed(session, new, deps.clock())
        await keep_credentials(session, feed_id, address, deps.sealer, deps.clock())
        shown = feed_shape(await get_feed(session, feed_id), None)
        await audit(session, "feed.add", f"feed:{feed_id}", after=shown)
    deps.wake_poller()
    payload = {"data": shown, "found": probe and _found(probe)}
    location = {"Location": f"/v1/admin/feeds/{feed_id}"}
    return reply(request, payload, status=201, headers=location)


@router.get("/feeds/{feed_id}", response_model=FeedAnswer, responses=problems(400, 404))
async def one_feed(request: Request, session: Reading, feed_id: FeedId) -> Response:
    """One feed; its ETag is what a PATCH sends as If-Match."""
    return await feed_reply(request, session, feed_id)


@router.patch(
    "/feeds/{feed_id}",
    response_model=FeedAnswer,
    responses=problems(400, 404, 409, 412, 422, 428),
)
async def change(
    request: Request,
    deps: DepsDep,
    audit: Audit,
    feed_id: FeedId,
    asked: ChangeFeed,
    if_match: Annotated[str | None, Header(description="The ETag of the feed as read.")] = None,
) -> Response:
    """Set what operators own of a feed; needs If-Match, so that no change is lost.

    A new `url` moves the feed: what is there is tried first, and all that the feed brought stays.
    """
    async with deps.database.read() as session:
        feed = await get_feed(session, feed_id)
    version = version_of(if_match, feed)
    values = asked.model_dump(exclude_unset=True, exclude={"url", "probe", "country"})
    check_bounds(
        values.get("min_interval_s", feed.min_interval_s),
        values.get("max_interval_s", feed.max_interval_s),
    )
    if values.get("language"):
        values["language"] = language_code(asked.language)
    check_zone(asked.time_zone)
    country = country_code(asked.country)
    moved = await try_move(asked.url, feed, deps, probe=asked.probe) if asked.url else None
    async with deps.database.write() as session:
        before = await shown_feed(session, feed_id)
        await change_feed(session, feed_id, values, version=version)
        if "country" in asked.model_fields_set:
            await set_country(session, feed.source.id, country)
        if moved is not None:
            await move(session, feed_id, moved, deps)
        await audit_change(audit, session, "feed.change", before)
        answer = await feed_reply(request, session, feed_id)
    if moved is not None:
        deps.wake_poller()
    return answer


async def feed_reply(request: Request, session: ReadSession, feed_id: int) -> Response:
    """A feed in detail, with the ETag of what operators own of it."""
    feed = await get_feed(session, feed_id)
    last = (await latest_fetches(session, [feed_id])).get(feed_id)
    hub = (await subscriptions_of(session, [feed_id])).get(feed_id)
    host = host_shape(await read_host(session, feed.host))
    given = await read_credentials(session, feed_id)
    beside = {"host": host, "has_credentials": given is not None}
    payload = {"data": feed_shape(feed, last, hub) | beside}
    prefix = f"{feed.version}-"
    return reply(request, payload, etag_prefix=prefix)


async def shown_feed(session: ReadSession, feed_id: int) -> dict[str, Any]:
    """What the audit log keeps of a feed."""
    return feed_shape(await get_feed(session, feed_id), None)


async def audit_change(
    audit: Auditor, session: WriteSession, action: str, before: dict[str, Any]
) -> None:
    """Put a change of a feed on record, with the feed before and after."""
    feed_id = int(before["id"])
    after = await shown_feed(session, feed_id)
    await audit(session, action, f"feed:{feed_id}", before=before, after=after)


def _found(probe: Probe) -> dict[str, Any]:
    feed = probe.feed
    titles = [title_text(entry.title) for entry in feed.entries if entry.title]
    return {
        "url": probe.url,
        "format": feed.format,
        "title": feed.title,
        "site_url": feed.site_url,
        "language": feed.language,
        "entries": len(feed.entries) + feed.dropped,
        "titles": titles[:TITLES_SHOWN],
        "notes": list(feed.notes),
    }
