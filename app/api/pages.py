"""The pages of stories, for operators: what was fetched, which text was kept and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.api.auditing import Audit
from app.api.deps import Reading, Writing
from app.api.ids import StoryId
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_pages import StoryPageAnswer
from app.store.engine import ReadSession
from app.store.pages import ask_again, read_page_of

router = APIRouter(prefix="/v1/admin", tags=["stories"])


@router.get(
    "/stories/{story_id}/page", response_model=StoryPageAnswer, responses=problems(400, 404)
)
async def page_of_story(request: Request, session: Reading, story_id: StoryId) -> Response:
    """What came of a story's page: outcome, the length of both texts, which is kept and why."""
    return reply(request, {"data": await _shape(session, story_id)})


@router.post(
    "/stories/{story_id}/page",
    status_code=202,
    response_model=StoryPageAnswer,
    responses=problems(400, 404),
)
async def fetch_page_again(
    request: Request, session: Writing, audit: Audit, story_id: StoryId
) -> Response:
    """Have a story's page fetched again, soon, also one that was refused or given up."""
    before = await _shape(session, story_id)
    await ask_again(session, story_id)
    after = await _shape(session, story_id)
    await audit(session, "story.fetch_page", f"story:{story_id}", before=before, after=after)
    return reply(request, {"data": after}, status=202)


async def _shape(session: ReadSession, story_id: int) -> dict[str, Any]:
    page = await read_page_of(session, story_id)
    shown = {"story_id": str(page.story_id), "feed_id": str(page.feed_id)}
    return asdict(page) | shown
