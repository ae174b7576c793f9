"""The change log over HTTP: read it from any place, miss nothing."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.api.callers import Reader
from app.api.deps import Deps, DepsDep
from app.api.event_types import TypeName, tells_of_feeds, types_of
from app.api.listing import Include
from app.api.parameters import SEPARATED, UnorderedDep, moment
from app.api.replies import page_reply
from app.api.schemas import ChangeList, problems
from app.api.shapes import change_shape
from app.errors import FieldError, Invalid
from app.store.changes import last_seq, seq_before
from app.store.engine import ReadSession
from app.store.following import Following, read_on
from app.store.trim import check_place

router = APIRouter(prefix="/v1", tags=["changes"])

MAX_SEQ: Final = (1 << 63) - 1

After = Annotated[
    str,
    Query(
        max_length=40,
        description="The last `seq` you have, 0 for the beginning, a time (RFC 3339), or `now`: "
        "nothing that has happened yet.",
    ),
]
ChangeLimit = Annotated[int, Query(ge=1, le=1000, description="Changes on a page.")]
Wait = Annotated[
    float, Query(ge=0, le=60, description="Seconds to wait for a change if there is none yet.")
]
Compact = Annotated[
    bool, Query(description="Of each story, and each feed, only the latest change.")
]


def following(
    caller: Reader,
    search: UnorderedDep,
    include: Annotated[
        list[Include] | None,
        SEPARATED,
        Query(description="`body` adds text, blocks, html and copies."),
    ] = None,
    type: Annotated[  # noqa: A002 - the parameter's name
        list[TypeName] | None,
        SEPARATED,
        Query(
            description="Only what is of these types; all that tell of stories unless told. "
            "`feed.*`, or some of its types, for administrators and without filters."
        ),
    ] = None,
) -> Following:
    if odd := set(include or ()) - {Include.BODY}:
        raise _invalid("include", f"{min(odd).value} has no place in the log, which takes body")
    types = types_of(type, caller)
    wanted = Following(search=search, types=types, body=Include.BODY in (include or ()))
    if wanted.filters and tells_of_feeds(types):
        raise _invalid("type", "filters find stories, and no feeds: ask for `feed.*` by itself")
    return wanted


FollowingDep = Annotated[Following, Depends(following)]


@router.get("/changes", response_model=ChangeList, responses=problems(400, 401, 403, 410))
async def list_changes(
    request: Request,
    deps: DepsDep,
    wanted: FollowingDep,
    after: After = "0",
    limit: ChangeLimit = 100,
    wait: Wait = 0,
    compact: Compact = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """What happened to stories, in order, each with the story at that revision; for administrators
    who ask for them, what happened to feeds.

    Call again with `after` set to `page.next_cursor`; it is kept when there is nothing newer. With
    the filters of a search, changes are left out of stories that do not match; of a story that may
    have matched before and does not now, a change with `matches` false says to drop it.
    """
    return await log_page(
        request, deps, replace(wanted, compact=compact), after=after, limit=limit, wait_s=wait
    )


async def log_page(
    request: Request, deps: Deps, wanted: Following, *, after: str, limit: int, wait_s: float
) -> Response:
    """A page of the log; where it is empty, after a wait, during which no session stays open."""
    until = time.monotonic() + wait_s
    async with deps.database.read() as session:
        start = await start_of(session, "after", after, compact=wanted.compact)
        found = await read_on(session, wanted, start, limit, deps.clock())
    while not found.told and not found.more:
        left_s = until - time.monotonic()
        if left_s <= 0 or not await deps.wait_for_changes(found.last_seq, left_s):
            break
        async with deps.database.read() as session:
            found = await read_on(session, wanted, found.scanned, limit, deps.clock())
    return page_reply(
        request,
        [change_shape(told, body=wanted.body) for told in found.told],
        next_cursor=str(found.scanned),
        limit=limit,
        meta={"last_seq": found.last_seq},
        has_more=found.more,
    )


async def start_of(
    session: ReadSession, parameter: str, said: str, *, compact: bool = False
) -> int:
    """The entry to read after: a seq, "now" or a time; raises Invalid, and LogTrimmed where what
    follows is not there any more.
    """
    if said == "now":
        return await last_seq(session)
    start = await _place(session, parameter, said)
    await check_place(session, start, compact=compact)
    return start


async def _place(session: ReadSession, parameter: str, said: str) -> int:
    if said.isascii() and said.isdigit() and (seq := int(said)) <= MAX_SEQ:
        return seq
    if "-" in said.lstrip("-") and (at := moment(parameter, said)) is not None:
        return await seq_before(session, at)
    raise _invalid(
        parameter, f"{said!r} is no place in the log: send a seq, a time (RFC 3339), or now"
    )


def _invalid(parameter: str, detail: str) -> Invalid:
    return Invalid(
        f"{parameter}: {detail}", errors=(FieldError(parameter=parameter, detail=detail),)
    )
