"""What a source's categories and sections stand for: look at it, with those seen most, and say."""

from __future__ import annotations

from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from app.api.auditing import Audit
from app.api.callers import KeyBeforeBody
from app.api.deps import Reading, Writing
from app.api.feed_fields import invalid
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_sections import SectionsAnswer, SetSections
from app.api.shapes import source_shape
from app.core.tagging.topic_sections import fold_section, sections
from app.core.tagging.topics import SCHEME
from app.core.topics import topic
from app.core.types import Category
from app.store.engine import ReadSession
from app.store.sections import (
    LOOKED_AT,
    SeenCategory,
    SourceSections,
    read_sections,
    seen_categories,
    write_sections,
)

log = structlog.get_logger()

PATH: Final = "/v1/admin/sources/{source}/sections"

router = APIRouter(route_class=KeyBeforeBody, tags=["tags and sources"])
Named = Annotated[
    str, Path(max_length=255, description="A source's id or its domain.", examples=["12"])
]


@router.get(PATH, response_model=SectionsAnswer, responses=problems(400, 404))
async def source_sections(request: Request, session: Reading, source: Named) -> Response:
    """Which media topics a source's categories stand for as operators say, and the categories that
    its newest stories have, with the topic that each stands for so far.
    """
    return await _answer(request, session, source)


@router.put(PATH, response_model=SectionsAnswer, responses=problems(400, 404))
async def set_sections(
    request: Request, session: Writing, audit: Audit, source: Named, asked: SetSections
) -> Response:
    """Say which media topics a source's categories stand for, in place of all that was said
    before; null for one that says nothing. What is not named stands for what it does everywhere.

    The stories of the source are tagged again soon, by a polling process.
    """
    found = await read_sections(session, source)
    await write_sections(session, found.source.id, _checked(asked.sections))
    after = await read_sections(session, source)
    await audit(
        session,
        "source.set_sections",
        f"source:{found.source.id}",
        before=_said(found),
        after=_said(after),
    )
    log.info("sections_set", source_id=found.source.id, sections=len(asked.sections))
    return await _answer(request, session, source)


def _checked(asked: dict[str, str | None]) -> dict[str, str | None]:
    """The codes of the topics; raises Invalid."""
    said: dict[str, str] = {}
    checked: dict[str, str | None] = {}
    for words, qcode in asked.items():
        folded = fold_section(words)
        if not folded:
            raise invalid("sections", f"{words!r} has no letter: write a category's words")
        if folded in said:
            raise invalid(
                "sections", f"{words!r} and {said[folded]!r} are one category: leave one out"
            )
        said[folded] = words
        checked[words] = None if qcode is None else _topic(words, qcode)
    return checked


def _topic(words: str, qcode: str) -> str:
    scheme, _, code = qcode.partition(":")
    known = topic(code) if scheme == SCHEME else None
    if known is None or known.retired is not None:
        raise invalid(
            "sections",
            f"{words!r}: {qcode!r} is no media topic in use: write one such as medtop:11000000,"
            " which GET /v1/tags?scheme=medtop&prefix= finds by name",
        )
    return code


async def _answer(request: Request, session: ReadSession, source: str) -> Response:
    found = await read_sections(session, source)
    seen = await seen_categories(session, found.source.id)
    data = {
        "source": source_shape(found.source),
        "sections": _said(found),
        "seen": [_seen_shape(category, found) for category in seen],
        "looked_at": LOOKED_AT,
    }
    return reply(request, {"data": data})


def _said(found: SourceSections) -> dict[str, str | None]:
    return {words: code and f"{SCHEME}:{code}" for words, code in found.sections.items()}


def _seen_shape(category: SeenCategory, of: SourceSections) -> dict[str, Any]:
    own = {fold_section(words): code for words, code in of.sections.items()}
    standing = sections([Category(term=category.name)], of.source.country, own)
    return {
        "tag": category.tag,
        "name": category.name,
        "stories": category.stories,
        "topic": f"{SCHEME}:{standing[0].code}" if standing else None,
        "own": fold_section(category.name) in own,
    }
