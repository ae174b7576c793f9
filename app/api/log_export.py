"""The change log as one file: every entry from a place on, a line each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from xxhash import xxh3_128_hexdigest

from app import __version__
from app.api.changes import After, Compact, FollowingDep, start_of
from app.api.deps import Deps, DepsDep
from app.api.parameters import line_of
from app.api.replies import encode, names_etag, not_modified, reply_stream
from app.api.schemas import problems
from app.api.shapes import change_shape
from app.store.changes import last_seq
from app.store.following import Following, read_on
from app.store.sources import sources_as_told

router = APIRouter(prefix="/v1", tags=["changes"])

NDJSON: Final = "application/x-ndjson"
STRETCH: Final = 200


@router.get(
    "/changes.ndjson",
    response_class=Response,
    responses={
        200: {"content": {NDJSON: {"schema": {"type": "string"}}}},
        **problems(400, 401, 403, 410),
    },
)
async def export_changes(
    request: Request,
    deps: DepsDep,
    wanted: FollowingDep,
    after: After = "0",
    compact: Compact = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """All changes from a place to the present, a line each, as `GET /v1/changes` gives them.

    One that breaks off is taken up by `after` with the `seq` of the last whole line.
    """
    wanted = replace(wanted, compact=compact)
    async with deps.database.read() as session:
        start = await start_of(session, "after", after, compact=compact)
        until = await last_seq(session)
        sources = await sources_as_told(session)
    rests_on = [
        *(start, until, sources, compact, wanted.body),
        *(sorted(wanted.types), line_of(wanted.search), __version__),
    ]
    etag = f'W/"{xxh3_128_hexdigest(encode(rests_on))[:20]}"'
    if names_etag(request, etag):
        return not_modified(etag)
    lines = _nothing() if request.state.without_body else _lines(deps, wanted, start, until)
    return reply_stream(request, lines, media_type=NDJSON, etag=etag)


async def _lines(deps: Deps, wanted: Following, start: int, until: int) -> AsyncIterator[bytes]:
    """Each stretch is read in a session of its own, as slow as its reader may be."""
    scanned = start
    while scanned < until:
        async with deps.database.read() as session:
            found = await read_on(session, wanted, scanned, STRETCH, deps.clock())
        yield b"".join(encode(change_shape(told, body=wanted.body)) + b"\n" for told in found.told)
        scanned = found.scanned


async def _nothing() -> AsyncIterator[bytes]:
    yield b""
