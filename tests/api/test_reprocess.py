"""Stories made again on request: all that are outdated, or those alone whose tags are."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.api.schemas_status import ReprocessAnswer, StatusAnswer
from tests.api.conftest import Api
from tests.api.publisher import Publisher
from tests.api.stocked import stock


@pytest.fixture
async def outdated(api: Api, harbour: Publisher) -> Api:
    """Of three stories one has the form of an older release, and one the tags of other taggers."""
    await stock(api, harbour)
    ids = sorted(int(story["id"]) for story in await api.data("/v1/stories"))
    async with api.service.database.write() as session:
        await session.execute(
            text("UPDATE entries SET version = 1 WHERE story_id = :id"), {"id": ids[0]}
        )
        await session.execute(
            text("UPDATE entries SET taggers = '0' WHERE story_id = :id"), {"id": ids[1]}
        )
    return api


async def left(api: Api) -> tuple[int, int]:
    answer = await api.admin.get("/v1/admin/status")
    status = StatusAnswer.model_validate_json(answer.content).data
    assert status.tags.taggers == "1"
    return status.normal_form.outdated, status.tags.outdated


async def test_those_with_other_tags_alone_or_all(outdated: Api) -> None:
    assert await left(outdated) == (2, 1)
    for query, renewed, expected in (("?tags=true", 1, (1, 0)), ("", 1, (0, 0))):
        answer = await outdated.admin.post(f"/v1/admin/reprocess{query}")
        done = ReprocessAnswer.model_validate_json(answer.content).data
        assert (done.renewed + done.unchanged, done.outdated) == (renewed, 0)
        assert await left(outdated) == expected
