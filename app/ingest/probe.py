"""Try an address: what a feed says of itself before anything is stored."""

from __future__ import annotations

from app.core.alternates import parse_or_name_others
from app.core.poll import Probe
from app.core.types import Failure, Fetched, FetchFailed, FetchResult, NotModified, ParseFailed
from app.core.urls import without_credentials
from app.errors import FieldError, IsAPage, Unreachable
from app.ingest.authorize import authorize
from app.ingest.fetch import FetchRequest, fetch
from app.ingest.offload import OffloadFailed
from app.ingest.pipeline import Pipeline
from app.ingest.visiting import visiting
from app.store.credentials import read_credentials


async def probe(url: str, pipeline: Pipeline, feed_id: int | None = None) -> Probe:
    """Fetch and read an address, as feed `feed_id` if it is to be that one's.

    Raises Unreachable saying why it gives no feed; of a page, with the feeds that it names.
    """
    shown = without_credentials(url)
    fetched = await fetch_once(url, pipeline, feed_id)
    parsed = await pipeline.offload.run(
        parse_or_name_others,
        fetched.body,
        content_type=fetched.content_type,
        url=fetched.url,
        max_entries=pipeline.max_entries,
    )
    if isinstance(parsed, OffloadFailed):
        raise Unreachable(f"{shown} could not be read ({parsed.kind.value}): {parsed.detail}")
    if isinstance(parsed, ParseFailed):
        raise _no_feed(shown, parsed)
    return Probe(url=fetched.url, feed=parsed)


async def fetch_once(url: str, pipeline: Pipeline, feed_id: int | None = None) -> Fetched:
    """What an address answers, under the slots of its host; raises Unreachable saying why it
    gives no document.
    """
    shown = without_credentials(url)
    match await _fetched(url, pipeline, feed_id):
        case FetchFailed(kind=kind, detail=detail):
            raise Unreachable(f"{shown} could not be fetched ({kind.value}): {detail}")
        case NotModified():
            raise Unreachable(f"{shown} answered 304 without having been asked to")
        case Fetched() as fetched:
            return fetched


async def _fetched(url: str, pipeline: Pipeline, feed_id: int | None) -> FetchResult:
    authorization = None
    if feed_id is not None:
        async with pipeline.database.read() as session:
            given = await read_credentials(session, feed_id)
        authorized = authorize(feed_id, url, given, pipeline.secrets)
        if isinstance(authorized, FetchFailed):
            return authorized
        authorization = authorized
    policy = pipeline.fetch_policy
    async with visiting(pipeline, "probe", 2 * policy.deadline_s) as entrance:
        barred = await entrance.enter(url)
        if barred is not None:
            return FetchFailed(kind=barred.kind, detail=barred.detail, url=without_credentials(url))
        request = FetchRequest(url=url, authorization=authorization, enter=entrance.enter)
        return await fetch(request, pipeline.clients, policy)


def _no_feed(url: str, failed: ParseFailed) -> Unreachable:
    said = f"{url} is no feed ({failed.kind.value}): {failed.detail}"
    if failed.kind is not Failure.HTML_PAGE:
        return Unreachable(said)
    named = tuple(
        FieldError(pointer="/url", detail=f"the page names the feed {address}")
        for address in failed.alternates
    )
    step = "POST /v1/admin/feeds:discover looks for all feeds of the site"
    return IsAPage(f"{said}; {step}", errors=named)
