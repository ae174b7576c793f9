"""The tags of one story by hand: what was done to them, a tag given, taken away, left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.api.auditing import Audit, Auditor
from app.api.callers import KeyBeforeBody
from app.api.deps import Deps, DepsDep, Reading
from app.api.ids import StoryId
from app.api.replies import reply
from app.api.rule_fields import given_tag, settable_qcode
from app.api.schemas import problems
from app.api.schemas_tags import GiveTag, HandTagsAnswer
from app.api.shapes import NOT_IN_TEXT
from app.api.tags import QCode
from app.core.tagging.hand import HandEdit, HandEdits, with_edit, without_edit
from app.core.tagging.rules import GivenTag
from app.errors import Conflict, FieldError, Invalid
from app.store.retag import (
    HandTags,
    check_room,
    read_hand_tags,
    story_to_edit,
    write_hand_tags,
)
from app.store.tag_edits import called

log = structlog.get_logger()

PATH: Final = "/v1/admin/stories/{story_id}/tags"
TRIES: Final = 5
"""How often a story may be found to have changed meanwhile."""

FAULTS = problems(400, 404, 409, 503)

router = APIRouter(route_class=KeyBeforeBody, tags=["stories"])


@router.get(PATH, response_model=HandTagsAnswer, responses=problems(400, 404))
async def hand_tags(request: Request, session: Reading, story_id: StoryId) -> Response:
    """The tags of a story, and what operators have done to them by hand, the last one last."""
    return reply(request, {"data": _shape(await read_hand_tags(session, story_id))})


@router.put(f"{PATH}/{{qcode}}", response_model=HandTagsAnswer, responses=FAULTS)
async def give_tag(
    request: Request,
    deps: DepsDep,
    audit: Audit,
    story_id: StoryId,
    qcode: QCode,
    asked: GiveTag | None = None,
) -> Response:
    """Give a story a tag, by an operator, whatever taggers and rules say of the story, now and
    later. A tag that is blocked is not given, and one that is merged goes under the other's name.

    A story that comes out with other tags is `story.retagged` in the change log.
    """
    with _as_parameter():
        tag = given_tag(qcode, None, "qcode")
    if asked is not None and asked.name is not None:
        name = asked.name
    else:
        async with deps.database.read() as session:
            name = await called(session, tag.qcode) or tag.name
    edit = HandEdit(tag=GivenTag(scheme=tag.scheme, code=tag.code, name=name), given=True)
    edited = _Edit(action="story.give_tag", change=lambda edits: with_edit(edits, edit))
    return await _edited(request, deps, audit, story_id, edited)


@router.delete(f"{PATH}/{{qcode}}", response_model=HandTagsAnswer, responses=FAULTS)
async def take_tag(
    request: Request, deps: DepsDep, audit: Audit, story_id: StoryId, qcode: QCode
) -> Response:
    """Take a tag from a story: nobody gives it to this one again, whether or not it has it now."""
    with _as_parameter():
        scheme, _, code = settable_qcode(qcode, "qcode").partition(":")
    edit = HandEdit(tag=GivenTag(scheme=scheme, code=code, name=code), given=False)
    edited = _Edit(action="story.take_tag", change=lambda edits: with_edit(edits, edit))
    return await _edited(request, deps, audit, story_id, edited)


@router.post(f"{PATH}/{{qcode}}:reset", response_model=HandTagsAnswer, responses=FAULTS)
async def reset_tag(
    request: Request, deps: DepsDep, audit: Audit, story_id: StoryId, qcode: QCode
) -> Response:
    """Undo what was done to one tag of a story by hand: it has it as taggers and rules say."""
    with _as_parameter():
        tag = settable_qcode(qcode, "qcode")
    edited = _Edit(action="story.reset_tag", change=lambda edits: without_edit(edits, tag))
    return await _edited(request, deps, audit, story_id, edited)


@router.delete(PATH, response_model=HandTagsAnswer, responses=FAULTS)
async def reset_tags(request: Request, deps: DepsDep, audit: Audit, story_id: StoryId) -> Response:
    """Undo all that was done to a story's tags by hand."""
    edited = _Edit(action="story.reset_tags", change=lambda _: ())
    return await _edited(request, deps, audit, story_id, edited)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    """What is done to the edits of a story, and under which name that is put on record."""

    action: str
    change: Callable[[HandEdits], HandEdits]


async def _edited(
    request: Request, deps: Deps, audit: Auditor, story_id: int, asked: _Edit
) -> Response:
    """The story made again by the edits as they are left, if that makes a difference."""
    for _ in range(TRIES):
        async with deps.database.read() as session:
            read = await story_to_edit(session, story_id)
            before = _shape(await read_hand_tags(session, story_id))
        edits = asked.change(read.making.edits)
        if edits != read.making.edits:
            check_room(edits)
            made = await deps.make_again(replace(read.making, edits=edits))
            async with deps.database.write() as session:
                if not await write_hand_tags(session, read, edits, made, deps.clock()):
                    continue
                after = _shape(await read_hand_tags(session, story_id))
                subject = f"story:{story_id}"
                await audit(session, asked.action, subject, before=before, after=after)
            log.info("story_tags_edited", story_id=story_id, edits=len(edits))
        async with deps.database.read() as session:
            return reply(request, {"data": _shape(await read_hand_tags(session, story_id))})
    raise Conflict(f"story {story_id} changes at this moment: send the request again")


@contextmanager
def _as_parameter() -> Iterator[None]:
    """A fault of the tag is one of the path."""
    try:
        yield
    except Invalid as error:
        detail = error.errors[0].detail
        fault = FieldError(parameter="qcode", detail=detail)
        raise Invalid(f"qcode: {detail}", errors=(fault,)) from error


def _shape(found: HandTags) -> dict[str, Any]:
    return {
        "story_id": str(found.story_id),
        "tags": [{**NOT_IN_TEXT, **tag} for tag in found.tags],
        "edits": [
            {
                "tag": one.edit.qcode,
                "given": one.edit.given,
                "name": one.edit.tag.name if one.edit.given else None,
                "at": one.at,
            }
            for one in found.edits
        ],
    }
