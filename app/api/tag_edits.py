"""What operators do to tags: look at it, block, rename, merge, and take it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.api.auditing import Audit, Auditor
from app.api.callers import KeyBeforeBody
from app.api.deps import DepsDep, Reading, Writing
from app.api.listing import Cursor, Limit
from app.api.paging import paging
from app.api.replies import page_reply, reply
from app.api.schemas import problems
from app.api.schemas_tags import MergeTag, RenameTag, TagEditAnswer, TagEditList
from app.api.tags import QCode
from app.core.tagging.edits import FIXED, read_qcode
from app.errors import Conflict, FieldError, Invalid
from app.store.engine import WriteSession
from app.store.tag_edits import (
    EditKind,
    TagEdit,
    block_tag,
    list_edits,
    merge_tag,
    read_edit,
    rename_tag,
)

log = structlog.get_logger()

PATH = "/v1/admin/tags"
FAULTS = problems(400, 404, 409)

router = APIRouter(route_class=KeyBeforeBody, tags=["tags and sources"])


@router.get(PATH, response_model=TagEditList, responses=problems(400))
async def edited_tags(
    request: Request,
    session: Reading,
    deps: DepsDep,
    edited: Annotated[Literal["true"], Query(description="All tags are at `/v1/tags`.")] = "true",
    kind: Annotated[EditKind | None, Query(description="Only these.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Tags that operators have blocked, merged or renamed, by their QCodes."""
    pages = paging(deps.cursor_secret, f"edited tags {edited} {kind}", cursor, limit)
    after = "" if pages.place is None else str(pages.place[0])
    found = await list_edits(session, kind=kind, after=after, limit=pages.wanted)
    shown, following = pages.cut(found, lambda edit: [edit.tag])
    return page_reply(request, [_shape(x) for x in shown], next_cursor=following, limit=limit)


@router.post(f"{PATH}/{{qcode}}:block", response_model=TagEditAnswer, responses=FAULTS)
async def block(
    request: Request, session: Writing, deps: DepsDep, audit: Audit, qcode: QCode
) -> Response:
    """Have a tag given to no story again, whoever gives it. Stories that have it lose it soon, and
    are `story.retagged` in the change log.
    """
    act = await _begin(session, audit, "block", _editable(qcode))
    edit = await block_tag(session, act.tag, deps.clock(), blocked=True)
    return await act.answer(request, edit)


@router.post(f"{PATH}/{{qcode}}:unblock", response_model=TagEditAnswer, responses=FAULTS)
async def unblock(
    request: Request, session: Writing, deps: DepsDep, audit: Audit, qcode: QCode
) -> Response:
    """Let a tag be given again. Every story is tagged again for it, which takes its time."""
    act = await _begin(session, audit, "unblock", _editable(qcode))
    edit = await block_tag(session, act.tag, deps.clock(), blocked=False)
    return await act.answer(request, edit)


@router.post(f"{PATH}/{{qcode}}:rename", response_model=TagEditAnswer, responses=FAULTS)
async def rename(
    request: Request,
    session: Writing,
    deps: DepsDep,
    audit: Audit,
    qcode: QCode,
    asked: RenameTag,
) -> Response:
    """Give a tag another name, or its own back; its code stays."""
    act = await _begin(session, audit, "rename", _editable(qcode))
    return await act.answer(request, await rename_tag(session, act.tag, asked.name, deps.clock()))


@router.post(f"{PATH}/{{qcode}}:merge", response_model=TagEditAnswer, responses=FAULTS)
async def merge(
    request: Request,
    session: Writing,
    deps: DepsDep,
    audit: Audit,
    qcode: QCode,
    asked: MergeTag,
) -> Response:
    """Have a tag go under another's name wherever it comes from. Searches for it find what the
    other is on; stories that have it are tagged again soon.
    """
    tag, into = _editable(qcode), _read(asked.into, FieldError(pointer="/into", detail=""))
    act = await _begin(session, audit, "merge", tag)
    return await act.answer(request, await merge_tag(session, tag, into, deps.clock()))


@router.post(f"{PATH}/{{qcode}}:unmerge", response_model=TagEditAnswer, responses=FAULTS)
async def unmerge(
    request: Request, session: Writing, deps: DepsDep, audit: Audit, qcode: QCode
) -> Response:
    """Let a tag go under its own name again; stories that have the other are tagged again."""
    act = await _begin(session, audit, "unmerge", _editable(qcode))
    return await act.answer(request, await merge_tag(session, act.tag, None, deps.clock()))


def _editable(written: str) -> str:
    return _read(written, FieldError(parameter="qcode", detail=""))


def _read(written: str, where: FieldError) -> str:
    """A tag that can be edited; raises Invalid for what is none, Conflict for a language."""
    tag = read_qcode(written)
    if tag is None:
        detail = f"{written[:200]!r} is no tag: write scheme:code, as place:jp"
        fault = FieldError(detail=detail, parameter=where.parameter, pointer=where.pointer)
        raise Invalid(detail, errors=(fault,))
    if tag.partition(":")[0] == FIXED:
        raise Conflict(
            f"{tag} says which language a story is in, and stays: make a tag rule that sets the "
            "language of those that it is wrong for"
        )
    return tag


@dataclass(frozen=True, slots=True, kw_only=True)
class _Act:
    """An edit that is under way, and what was on record before it."""

    session: WriteSession
    audit: Auditor
    action: str
    before: TagEdit

    @property
    def tag(self) -> str:
        return self.before.tag

    async def answer(self, request: Request, edit: TagEdit) -> Response:
        """What the edit has come to, put on record."""
        before, after = _shape(self.before), _shape(edit)
        subject = f"tag:{self.tag}"
        await self.audit(self.session, f"tag.{self.action}", subject, before=before, after=after)
        log.info("tag_edited", action=self.action, tag=edit.tag, into=edit.into, name=edit.name)
        return reply(request, {"data": after})


async def _begin(session: WriteSession, audit: Auditor, action: str, tag: str) -> _Act:
    before = await read_edit(session, tag)
    return _Act(session=session, audit=audit, action=action, before=before)


def _shape(edit: TagEdit) -> dict[str, Any]:
    return {
        "tag": edit.tag,
        "blocked": edit.blocked,
        "merged_into": edit.into,
        "name": edit.name,
        "at": edit.at,
    }
