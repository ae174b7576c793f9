"""Everything that matches in one answer, sent as it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from fastapi import Request
from fastapi.responses import Response
from xxhash import xxh3_128_hexdigest

from app import __version__
from app.api.deps import Deps
from app.api.formats.page import Shape, StreamFormat
from app.api.listing import Listing
from app.api.replies import encode, names_etag, not_modified, reply_stream
from app.api.story_pages import further_stretches, read_stretch
from app.core.search.search import Sort
from app.errors import FieldError, Invalid
from app.store.changes import last_seq
from app.store.engine import ReadSession
from app.store.find import Place
from app.store.sources import sources_as_told


async def stream(
    request: Request, session: ReadSession, deps: Deps, listing: Listing, form: StreamFormat
) -> Response:
    """The whole result; raises Invalid for what only a page has.

    The first stretch is read before the answer begins, so that a database that does not answer is
    still told as a problem; and in the request's own session, so that no request needs two.
    """
    _refuse_paging(listing)
    etag = await _etag(session, listing, form)
    if names_etag(request, etag):
        return not_modified(etag)
    if request.state.without_body:
        return reply_stream(request, _nothing(), media_type=form.media_type, etag=etag)
    now = deps.clock()
    place = None if listing.after_id is None else Place(value=0, id=listing.after_id)
    first, following = await read_stretch(session, listing, after=place, now=now)
    rest = further_stretches(deps, listing, after=following, now=now)
    chunks = _written(first, rest, listing.columns, form)
    return reply_stream(request, chunks, media_type=form.media_type, etag=etag)


async def _written(
    first: Sequence[Shape],
    rest: AsyncIterator[Sequence[Shape]],
    columns: Sequence[str],
    form: StreamFormat,
) -> AsyncIterator[bytes]:
    yield form.begin(columns) + form.write(first, columns)
    async for stories in rest:
        yield form.write(stories, columns)


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


async def _etag(session: ReadSession, listing: Listing, form: StreamFormat) -> str:
    """What the answer rests on: the state of the change log and of the sources, what was asked, and
    how it is written down. Weak: when a copy was last seen changes without a word in the log.
    """
    rests_on = [
        await last_seq(session),
        await sources_as_told(session),
        listing.bound_to,
        listing.columns,
        listing.after_id,
        form.suffix,
        __version__,
    ]
    return f'W/"{xxh3_128_hexdigest(encode(rests_on))[:20]}"'


def _refuse_paging(listing: Listing) -> None:
    faults = [
        FieldError(
            parameter=name,
            detail="this format holds everything that matches: leave it out, or ask for .json",
        )
        for name, value in (("limit", listing.limit), ("cursor", listing.cursor))
        if value is not None
    ]
    if listing.after_id is not None and listing.asked.search.sort is not Sort.PUBLISHED:
        detail = "a story's id is a place in the order of publication only: leave sort out"
        faults.append(FieldError(parameter="after_id", detail=detail))
    if listing.asked.search.sort is Sort.RELEVANCE:
        detail = (
            "only the newest 1,000 matches are ranked, and this format holds all: send "
            "sort=-published, or ask for .json"
        )
        faults.append(FieldError(parameter="sort", detail=detail))
    if faults:
        raise Invalid(f"{faults[0].parameter}: {faults[0].detail}", errors=tuple(faults))
