"""Stories: one collection answers search and tag filters alike, in many forms."""

from __future__ import annotations

from typing import Annotated, Any, Final, assert_never

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from app.api.deps import Deps, DepsDep, Reading
from app.api.formats import LIST_FORMATS, STORY_FORMATS
from app.api.formats.page import (
    ListFormat,
    OneStory,
    PageFormat,
    StoryFormat,
    StreamFormat,
)
from app.api.listing import (
    FieldsDep,
    Listing,
    ListingDep,
    by_accept,
    by_suffix,
    origin_of,
    pick,
    refuse_coverage,
    refuse_picking,
    refuse_resuming,
)
from app.api.parameters import moment
from app.api.replies import next_page, reply_bytes
from app.api.schemas import StoryAnswer, problems
from app.api.schemas_lists import StoryList
from app.api.shapes import full_story_shape
from app.api.story_pages import read_page
from app.api.streams import stream
from app.store.engine import ReadSession
from app.store.revisions import story_as_of
from app.store.stories import copies_of, get_story

router = APIRouter(prefix="/v1", tags=["stories"])

StoryId = Annotated[int, Path(ge=0, lt=1 << 63, description="A story's id.")]
AsOf = Annotated[str | None, Query(description="Show the story as it was at this time (RFC 3339).")]
Suffix = Annotated[str, Path(max_length=20, description="The format: see the media types.")]


def _forms(formats: tuple[ListFormat, ...] | tuple[StoryFormat, ...]) -> dict[int | str, Any]:
    """The media types beside JSON, for a route's description."""
    others: dict[str, Any] = {known.media_type: {} for known in formats[1:]}
    return {200: {"description": "In the form asked for.", "content": others}}


LIST_ANSWERS: Final = _forms(LIST_FORMATS)
STORY_ANSWERS: Final = _forms(STORY_FORMATS)


@router.get(
    "/stories", response_model=StoryList, responses={**LIST_ANSWERS, **problems(400, 401, 406)}
)
async def list_stories(
    request: Request, session: Reading, deps: DepsDep, listing: ListingDep
) -> Response:
    """Find stories by words and filters, newest or best first, in the form that Accept names."""
    return await list_as(by_accept(request, LIST_FORMATS), request, session, deps, listing)


@router.get(
    "/stories.{suffix}",
    response_model=StoryList,
    responses={**LIST_ANSWERS, **problems(400, 401, 404)},
)
async def list_stories_as(
    request: Request, session: Reading, deps: DepsDep, listing: ListingDep, suffix: Suffix
) -> Response:
    """Find stories, in the form that the suffix names, whatever Accept says."""
    return await list_as(by_suffix(suffix, LIST_FORMATS), request, session, deps, listing)


@router.get(
    "/stories/{story_id}.{suffix}",
    response_model=StoryAnswer,
    responses={**STORY_ANSWERS, **problems(400, 401, 404)},
)
async def one_story_as(
    request: Request,
    session: Reading,
    fields: FieldsDep,
    story_id: StoryId,
    suffix: Suffix,
    as_of: AsOf = None,
) -> Response:
    """One story in the form that the suffix names, whatever Accept says."""
    return await _story_as(
        by_suffix(suffix, STORY_FORMATS), request, session, story_id, fields, as_of
    )


@router.get(
    "/stories/{story_id}",
    response_model=StoryAnswer,
    responses={**STORY_ANSWERS, **problems(400, 401, 404, 406)},
)
async def one_story(
    request: Request,
    session: Reading,
    fields: FieldsDep,
    story_id: StoryId,
    as_of: AsOf = None,
) -> Response:
    """One story with its text, blocks and copies, in the form that Accept names."""
    return await _story_as(
        by_accept(request, STORY_FORMATS), request, session, story_id, fields, as_of
    )


async def list_as(
    form: ListFormat, request: Request, session: ReadSession, deps: Deps, listing: Listing
) -> Response:
    match form:
        case PageFormat():
            refuse_resuming(listing)
            if not form.picks:
                refuse_picking(listing.fields, listing.include)
            page = await read_page(request, session, deps, listing, form)
            headers = next_page(page.next_link)
            return reply_bytes(
                request, form.write(page), media_type=form.media_type, headers=headers
            )
        case StreamFormat():
            refuse_coverage(listing.include)
            return await stream(request, session, deps, listing, form)
        case _:
            assert_never(form)


async def _story_as(
    form: StoryFormat,
    request: Request,
    session: ReadSession,
    story_id: int,
    fields: tuple[str, ...] | None,
    as_of: str | None,
) -> Response:
    if not form.picks:
        refuse_picking(fields)
    at = moment("as_of", as_of)
    row = await (get_story(session, story_id) if at is None else story_as_of(session, story_id, at))
    copies = await copies_of(session, [story_id])
    shape = full_story_shape(row, copies[story_id])
    one = OneStory(
        story=shape if fields is None else pick(shape, fields), origin=origin_of(request)
    )
    return reply_bytes(request, form.write(one), media_type=form.media_type)
