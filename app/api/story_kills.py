"""Stories killed by operators, and restored: how one stands, and changing that."""

from __future__ import annotations

from typing import Any, Final

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.api.auditing import Audit
from app.api.callers import KeyBeforeBody
from app.api.deps import DepsDep, Reading, Writing
from app.api.ids import StoryId
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_kills import KillStory, StandingAnswer
from app.errors import Conflict
from app.store.kills import (
    Kill,
    Standing,
    kill_story,
    read_standing,
    restore_story,
    story_to_restore,
)

log = structlog.get_logger()

PATH: Final = "/v1/admin/stories/{story_id}"
TRIES: Final = 5
"""How often a story may be found to have changed meanwhile."""

FAULTS = problems(400, 404, 409, 503)

router = APIRouter(route_class=KeyBeforeBody, tags=["stories"])


@router.get(PATH, response_model=StandingAnswer, responses=problems(400, 404))
async def standing(request: Request, session: Reading, story_id: StoryId) -> Response:
    """Whether a story is served, and who has killed it; also of one that no reader is shown."""
    return reply(request, {"data": _shape(await read_standing(session, story_id))})


@router.post(f"{PATH}:kill", response_model=StandingAnswer, responses=FAULTS)
async def kill(
    request: Request,
    session: Writing,
    deps: DepsDep,
    audit: Audit,
    story_id: StoryId,
    asked: KillStory,
) -> Response:
    """Take a story out of the stream, as if its publisher had withdrawn it: it is `story.killed`
    in the change log, once, and stays so whatever its feeds tell, until it is restored.

    What it said stays among its revisions.
    """
    before = await read_standing(session, story_id)
    now = Kill(reason=asked.reason, actor=audit.actor.name, at=deps.clock())
    await kill_story(session, story_id, now)
    after = await read_standing(session, story_id)
    await audit(
        session, "story.kill", f"story:{story_id}", before=_shape(before), after=_shape(after)
    )
    log.info("story_killed", story_id=story_id)
    return reply(request, {"data": _shape(after)})


@router.post(f"{PATH}:restore", response_model=StandingAnswer, responses=FAULTS)
async def restore(request: Request, deps: DepsDep, audit: Audit, story_id: StoryId) -> Response:
    """Let a story that an operator has killed be served again, saying what its feed says by now:
    it is `story.restored` in the change log.

    One that its publisher has withdrawn meanwhile stays `killed`, until he tells it again.
    """
    for _ in range(TRIES):
        async with deps.database.read() as session:
            read = await story_to_restore(session, story_id)
        made = None if read is None else await deps.make_again(read.making)
        async with deps.database.write() as session:
            before = await read_standing(session, story_id)
            if not await restore_story(session, story_id, read, made, deps.clock()):
                continue
            after = await read_standing(session, story_id)
            await audit(
                session,
                "story.restore",
                f"story:{story_id}",
                before=_shape(before),
                after=_shape(after),
            )
        log.info("story_restored", story_id=story_id, status=after.status.value)
        return reply(request, {"data": _shape(after)})
    raise Conflict(f"story {story_id} changes at this moment: send the request again")


def _shape(found: Standing) -> dict[str, Any]:
    kill = found.kill
    return {
        "story_id": str(found.story_id),
        "title": found.title,
        "status": found.status.value,
        "revision": found.revision,
        "kill": kill and {"reason": kill.reason, "actor": kill.actor, "at": kill.at},
    }
