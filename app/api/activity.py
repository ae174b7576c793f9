"""What happened hour by hour, for operators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.api.deps import DepsDep, Reading
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_status import ActivityAnswer
from app.store.activity import MAX_HOURS

router = APIRouter(prefix="/v1/admin", tags=["operations"])


@router.get("/activity", response_model=ActivityAnswer, responses=problems(400))
async def activity(
    request: Request,
    session: Reading,
    deps: DepsDep,
    hours: Annotated[int, Query(ge=1, le=MAX_HOURS, description="How many hours back.")] = 48,
) -> Response:
    """Stories, polls, failures by kind and delay from publication, of each of the last hours."""
    found = await deps.activity.read(session, deps.clock(), hours)
    data = [
        {
            "start": hour.start,
            "stories": hour.stories,
            "polls": hour.polls,
            "failures": hour.failures,
            "delay": {"p50_s": hour.delay_p50_s, "p95_s": hour.delay_p95_s},
        }
        for hour in found
    ]
    return reply(request, {"data": data})
