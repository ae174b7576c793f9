"""Making stories again by this release's normal form, a batch at a call."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.api.auditing import Audit
from app.api.deps import DepsDep
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_status import ReprocessAnswer
from app.store.renewal import Outdated

router = APIRouter(prefix="/v1/admin", tags=["operations"])


@router.post("/reprocess", response_model=ReprocessAnswer, responses=problems(400, 503))
async def reprocess_some(
    request: Request,
    deps: DepsDep,
    audit: Audit,
    *,
    before: Annotated[
        int | None,
        Query(ge=0, lt=1 << 63, description="`next` of the call before; from the newest without."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Stories in this call.")] = 50,
    tags: Annotated[
        bool,
        Query(description="Only those that are tagged by a former policy, release or model."),
    ] = False,
) -> Response:
    """Make the newest stories again that have the normal form of an older release, or are tagged by
    a former one or by another model, from what their feeds said. Those that come out as they are
    write nothing; the others are `story.renewed` or `story.retagged` in the change log, and no
    revision.

    Call again with `before` set to `next` until that is null.
    """
    done = await deps.renew(before, limit, Outdated.TAGS if tags else Outdated.ALL)
    counts = {"renewed": done.changed, "unchanged": done.same, "skipped": done.skipped}
    if any(counts.values()):
        async with deps.database.write() as session:
            await audit(session, "stories.reprocess", "stories", after=counts)
    following = None if done.next is None else str(done.next)
    return reply(request, {"data": {**counts, "next": following, "outdated": done.outdated}})
