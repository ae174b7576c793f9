"""Bringing the search index up to date, a batch at a call, while the service serves."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.api.auditing import Audit
from app.api.deps import DepsDep
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_status import ReindexAnswer
from app.store.reindex import count_outdated, outdated_stories, reindex

router = APIRouter(prefix="/v1/admin", tags=["operations"])


@router.post("/reindex", response_model=ReindexAnswer, responses=problems(400, 503))
async def reindex_some(
    request: Request,
    deps: DepsDep,
    audit: Audit,
    before: Annotated[
        int | None,
        Query(ge=0, lt=1 << 63, description="`next` of the call before; from the newest without."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Stories in this call.")] = 200,
) -> Response:
    """Index the newest stories anew that the search index holds as an older release would, or as
    they were before their source's country changed.

    Call again with `before` set to `next` until that is null.
    """
    async with deps.database.read() as session:
        stale = await outdated_stories(session, before=before, limit=limit)
    indexed = 0
    if stale:
        terms = await deps.index_terms([story.words for story in stale])
        async with deps.database.write() as session:
            indexed = await reindex(session, list(zip(stale, terms, strict=True)))
            await audit(session, "stories.reindex", "stories", after={"indexed": indexed})
    async with deps.database.read() as session:
        left = await count_outdated(session)
    following = str(stale[-1].id) if len(stale) == limit else None
    return reply(request, {"data": {"indexed": indexed, "next": following, "outdated": left}})
