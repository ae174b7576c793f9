"""Feeds, for operators: add, look at, change, poll now."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response

from app.api.auditing import Audit, Auditor
from app.api.callers import KeyBeforeBody
from app.api.deps import Deps, DepsDep, Reading, Writing
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
from app.api.listing import Cursor, Limit
from app.api.paging import cut, make_cursor, read_cursor
from app.api.replies import page_reply, reply
from app.api.schemas import problems
from app.api.schemas_admin import (
    AddedFeed,
    AddFeed,
    ChangeFeed,
    FeedList,
    FetchAnswer,
)
from app.api.schemas_hosts import FeedAnswer, host_shape
from app.api.shapes import feed_shape, fetch_shape
from app.core.language import normalize_language
from app.core.poll import Probe
from app.core.text import title_text
from app.errors import Conflict, Unavailable
from app.store.engine import ReadSession, WriteSession
from app.store.feeds import (
    Feed,
    FeedState,
    Health,
    add_feed,
    change_feed,
    check_new,
    delete_feed,
    get_feed,
    list_feeds,
    make_due,
    set_state,
)
from app.store.ledger import Fetch, latest_fetches
from app.store.refusals import read_host
from app.store.sources import set_country
from app.store.subscriptions import subscriptions_of

REFRESH_WAIT_S: Final = 60.0
TITLES_SHOWN: Final = 3

router = APIRouter(route_class=KeyBeforeBody, prefix="/v1/admin", tags=["feeds"])
FeedId = Annotated[int, Path(ge=1, lt=1 << 63, description="A feed's id.")]


@router.get("/feeds", response_model=FeedList, responses=problems(400))
async def feeds(
    request: Request,
    session: Reading,
    deps: DepsDep,
    state: FeedState | None = None,
    health: Health | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Feeds with their health and last poll."""
    bound_to = f"feeds {state} {health}"
    after_id = 0
    if cursor is not None:
        after_id = int(read_cursor(deps.cursor_secret, cursor, bound_to)[0])
    found = await list_feeds(
        session, state=state, health=health, after_id=after_id, limit=limit + 1
    )
    shown, ends = cut(found, limit)
    following = make_cursor(deps.cursor_secret, [ends.id], bound_to) if ends else None
    last = await latest_fetches(session, [feed.id for feed in shown])
    hubs = await subscriptions_of(session, [feed.id for feed in shown])
    data = [feed_shape(feed, last.get(feed.id), hubs.get(feed.id)) for feed in shown]
    return page_reply(request, data, next_cursor=following, limit=limit)


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
    return await _feed_reply(request, session, feed_id)


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
        before = await _shown(session, feed_id)
        await change_feed(session, feed_id, values, version=version)
        if "country" in asked.model_fields_set:
            await set_country(session, feed.source.id, country)
        if moved is not None:
            await move(session, feed_id, moved, deps)
        await _audit_change(audit, session, "feed.change", before)
        answer = await _feed_reply(request, session, feed_id)
    if moved is not None:
        deps.wake_poller()
    return answer


@router.delete("/feeds/{feed_id}", status_code=204, responses=problems(404))
async def delete(session: Writing, audit: Audit, feed_id: FeedId) -> Response:
    """Stop polling a feed and forget its ledger; its stories stay."""
    before = await _shown(session, feed_id)
    await delete_feed(session, feed_id)
    await audit(session, "feed.delete", f"feed:{feed_id}", before=before)
    return Response(status_code=204)


@router.post("/feeds/{feed_id}:pause", response_model=FeedAnswer, responses=problems(404))
async def pause(request: Request, session: Writing, audit: Audit, feed_id: FeedId) -> Response:
    """Poll the feed no more until it is resumed."""
    before = await _shown(session, feed_id)
    await set_state(session, feed_id, FeedState.PAUSED, "paused by an operator")
    await _audit_change(audit, session, "feed.pause", before)
    return await _feed_reply(request, session, feed_id)


@router.post("/feeds/{feed_id}:resume", response_model=FeedAnswer, responses=problems(404))
async def resume(
    request: Request, session: Writing, deps: DepsDep, audit: Audit, feed_id: FeedId
) -> Response:
    """Poll a paused or quarantined feed again, at once."""
    before = await _shown(session, feed_id)
    await set_state(session, feed_id, FeedState.ACTIVE, "resumed by an operator, due at once")
    await _audit_change(audit, session, "feed.resume", before)
    deps.wake_poller()
    return await _feed_reply(request, session, feed_id)


@router.post(
    "/feeds/{feed_id}:refresh", response_model=FetchAnswer, responses=problems(400, 404, 409, 503)
)
async def refresh(
    request: Request,
    deps: DepsDep,
    audit: Audit,
    feed_id: FeedId,
    wait: Annotated[bool, Query(description="Answer with the poll's ledger row.")] = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Poll the feed now: 202 at once, or with `wait` the outcome, also of a feed that is paused."""
    if not wait:
        async with deps.database.write() as session:
            _check_active(await get_feed(session, feed_id))
            await make_due(session, feed_id)
            await audit(session, "feed.refresh", f"feed:{feed_id}")
        deps.wake_poller()
        location = {"Location": f"/v1/admin/feeds/{feed_id}"}
        return reply(request, {"data": None}, status=202, headers=location)
    polled = fetch_shape(await _poll(deps, feed_id))
    async with deps.database.write() as session:
        await audit(session, "feed.refresh", f"feed:{feed_id}", after=polled)
    return reply(request, {"data": polled})


def _check_active(feed: Feed) -> None:
    """Nobody would come for it."""
    if feed.state is not FeedState.ACTIVE:
        raise Conflict(
            f"feed {feed.id} is {feed.state.value}: resume it, or poll it this once with wait=true"
        )


async def _poll(deps: Deps, feed_id: int) -> Fetch:
    async with deps.database.read() as session:
        await get_feed(session, feed_id)
        before = (await latest_fetches(session, [feed_id])).get(feed_id)
    polled = await deps.poll_now(feed_id, REFRESH_WAIT_S)
    async with deps.database.read() as session:
        after = (await latest_fetches(session, [feed_id])).get(feed_id)
    if not polled or after is None or (before is not None and after.id == before.id):
        raise Unavailable(
            "the feed or its host was busy all the time: look at its ledger, or try again"
        )
    return after


async def _feed_reply(request: Request, session: ReadSession, feed_id: int) -> Response:
    feed = await get_feed(session, feed_id)
    last = (await latest_fetches(session, [feed_id])).get(feed_id)
    hub = (await subscriptions_of(session, [feed_id])).get(feed_id)
    host = host_shape(await read_host(session, feed.host))
    payload = {"data": feed_shape(feed, last, hub) | {"host": host}}
    prefix = f"{feed.version}-"
    return reply(request, payload, etag_prefix=prefix)


async def _shown(session: ReadSession, feed_id: int) -> dict[str, Any]:
    return feed_shape(await get_feed(session, feed_id), None)


async def _audit_change(
    audit: Auditor, session: WriteSession, action: str, before: dict[str, Any]
) -> None:
    feed_id = int(before["id"])
    after = await _shown(session, feed_id)
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
