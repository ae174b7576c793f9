"""A feed as it would be read: `/v1/admin/normalize`. Nothing is stored, and nothing fetched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.api.callers import KeyBeforeBody
from app.api.deps import Deps, DepsDep
from app.api.feed_address import read_address
from app.api.feed_fields import check_zone, feed_url, language_code
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_normalize import AskPreview, NormalizeAnswer, PreviewAnswer
from app.core.preview import Preview, PreviewedStory, PreviewRequest, source_of
from app.core.search.facets import StorySource
from app.core.story import Story, block_record, placed, tag_record
from app.core.urls import without_credentials
from app.errors import Invalid, IsAPage
from app.store.policy import read_policy
from app.store.sources import find_source

PREFIX: Final = "/v1/admin"
PATH: Final = f"{PREFIX}/normalize"
MAX_DOCUMENT_BYTES: Final = 8 * 1024 * 1024
PAGE_FORMAT: Final = "html"
NO_ADDRESS: Final = "https://feed.example/document"

router = APIRouter(route_class=KeyBeforeBody, prefix=PREFIX, tags=["operations"])


@router.post(
    "/normalize",
    response_model=NormalizeAnswer,
    responses=problems(400, 413, 422, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "A feed or an article's page, as it is served, with its Content-Type.",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def normalize(
    request: Request,
    deps: DepsDep,
    url: Annotated[
        str, Query(description="The feed's address: links are resolved against it.")
    ] = NO_ADDRESS,
    language: Annotated[
        str | None, Query(description="The feed's language, whatever it says itself: en, ja.")
    ] = None,
    time_zone: Annotated[
        str | None, Query(description="For dates without a zone: an IANA name, as Asia/Tokyo.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Stories shown.")] = 20,
) -> Response:
    """Show what would become of a feed, or of an article's page: stories, blocks, and which rule
    decided what; nothing is stored or fetched.

    The stories are those of a first poll, before anything is on record.
    """
    with _named_as_parameters():
        address, code = feed_url(url), language_code(language)
        check_zone(time_zone)
    policy, source = await _on_record(deps, address)
    asked = PreviewRequest(
        body=await request.body(),  # its length is capped by the middleware
        content_type=request.headers.get("content-type"),
        url=address,
        now=deps.clock(),
        language=code,
        time_zone=time_zone,
        limit=limit,
        policy=policy,
        source=source,
    )
    return reply(request, {"data": _feed_shape(await deps.preview(asked))})


@router.post("/feeds:preview", response_model=PreviewAnswer, responses=problems(400, 422, 503))
async def preview(request: Request, deps: DepsDep, asked: AskPreview) -> Response:
    """Fetch an address once, and show what would become of its stories if it were a feed of ours;
    nothing is stored.

    The stories are those of a first poll, before anything is on record.
    """
    address, code = read_address(asked.url, deps.sealer), language_code(asked.language)
    check_zone(asked.time_zone)
    fetched = await deps.fetch_once(address.given)
    policy, source = await _on_record(deps, address.url)
    found = await deps.preview(
        PreviewRequest(
            body=fetched.body,
            content_type=fetched.content_type,
            url=address.url,
            now=deps.clock(),
            language=code,
            time_zone=asked.time_zone,
            limit=asked.limit,
            policy=policy,
            source=source,
        )
    )
    if found.format == PAGE_FORMAT:
        raise IsAPage(
            f"{address.url} is a page and no feed: POST /v1/admin/feeds:discover looks for the "
            "feeds of the site"
        )
    meta = {"url": without_credentials(fetched.url), "bytes": len(fetched.body)}
    return reply(request, {"data": _feed_shape(found), "meta": meta})


async def _on_record(deps: Deps, address: str) -> tuple[bytes, StorySource | None]:
    """What operators say of tags, and the publisher that feeds of this address are of."""
    async with deps.database.read() as session:
        return await read_policy(session), await find_source(session, source_of(address).domain)


@contextmanager
def _named_as_parameters() -> Iterator[None]:
    """Faults of fields are faults of the query parameters that bear their names."""
    try:
        yield
    except Invalid as error:
        errors = (
            replace(fault, pointer=None, parameter=(fault.pointer or "").removeprefix("/"))
            for fault in error.errors
        )
        raise Invalid(error.detail, errors=tuple(errors)) from error


def _feed_shape(found: Preview) -> dict[str, Any]:
    return {
        "format": found.format,
        "title": found.title,
        "site_url": found.site_url,
        "language": found.language,
        "entries": found.entries,
        "distinct": found.distinct,
        "notes": found.notes,
        "title_affixes": {
            "prefixes": found.title_affixes.prefixes,
            "suffixes": found.title_affixes.suffixes,
        },
        "repeated_lines": [
            {"place": lesson.place.value, "text": lesson.text, "stories": lesson.stories}
            for lesson in found.lessons
        ],
        "stories": [_shape(previewed) for previewed in found.stories],
    }


def _shape(previewed: PreviewedStory) -> dict[str, Any]:
    identity = {
        "known_by": previewed.known_by.value,
        "guid": previewed.guid,
        "guid_counts": previewed.guid_counts,
        "url": previewed.url,
        "url_counts": previewed.url_counts,
    }
    return _story_shape(previewed.story) | {"identity": identity}


def _story_shape(story: Story) -> dict[str, Any]:
    """As callers see it once it is stored, and how its date was read."""
    return {
        "url": story.url,
        "title": story.title,
        "summary": story.summary,
        "authors": [{"name": name} for name in story.authors],
        "agency": story.agency,
        "dateline": story.dateline,
        "language": story.language,
        "published_at": story.published_at,
        "published_from": story.published_from.value,
        "published_raw": story.published_raw,
        "published_rule": story.published_rule,
        "updated_at": max(story.updated_at or story.published_at, story.published_at),
        "image": story.image_url,
        "enclosures": story.enclosures,
        "tags": [tag_record(tag) for tag in story.tags],
        "word_count": story.word_count,
        "text": story.text,
        "blocks": placed(block_record(block) for block in story.blocks),
        "html": story.html,
    }
