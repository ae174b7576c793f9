"""Lines that sources repeat, for operators: look at, add, take back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from app.api.auditing import Audit
from app.api.callers import KeyBeforeBody
from app.api.deps import DepsDep, Reading, Writing
from app.api.listing import Cursor, Limit
from app.api.paging import paging
from app.api.replies import page_reply, reply
from app.api.schemas import problems
from app.api.schemas_boilerplate import (
    AddBoilerplateRule,
    BoilerplateRuleAnswer,
    BoilerplateRuleList,
    ChangeBoilerplateRule,
)
from app.core.normal.lines import may_stand
from app.core.normal.repeats import LineState
from app.core.text import clean_text
from app.errors import FieldError, Invalid
from app.store.learned import LearnedLine, change_line, get_line, list_lines, set_line

PATH = "/v1/admin/boilerplate-rules"

router = APIRouter(route_class=KeyBeforeBody, tags=["boilerplate"])
RuleId = Annotated[int, Path(ge=1, lt=1 << 63, description="A rule's id.")]


@router.get(PATH, response_model=BoilerplateRuleList, responses=problems(400))
async def rules(
    request: Request,
    session: Reading,
    deps: DepsDep,
    source_id: Annotated[
        int | None, Query(ge=1, lt=1 << 63, description="Only this source's.")
    ] = None,
    state: LineState | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """What sources were found to repeat, or are said to, in the order it was learned."""
    pages = paging(deps.cursor_secret, f"boilerplate {source_id} {state}", cursor, limit)
    found = await list_lines(
        session,
        source_id=source_id,
        state=state,
        after_id=pages.behind or 0,
        limit=pages.wanted,
    )
    shown, following = pages.cut(found, lambda line: [line.id])
    return page_reply(request, [_shape(x) for x in shown], next_cursor=following, limit=limit)


@router.post(
    PATH, status_code=201, response_model=BoilerplateRuleAnswer, responses=problems(400, 404, 409)
)
async def add(
    request: Request, session: Writing, deps: DepsDep, audit: Audit, asked: AddBoilerplateRule
) -> Response:
    """Say that a line is no part of a source's stories. Those that have it are made again soon."""
    text = clean_text(asked.text)
    if not may_stand(asked.place, text):
        detail = (
            f"no {asked.place} ends there: it is up to three sentences, or ends with a separator "
            "such as | or - between spaces"
        )
        raise Invalid(f"text: {detail}", errors=(FieldError(pointer="/text", detail=detail),))
    line = await set_line(
        session, source_id=asked.source_id, place=asked.place, text=text, at=deps.clock()
    )
    await audit(session, "boilerplate.add", f"boilerplate-rule:{line.id}", after=_shape(line))
    location = {"Location": f"{PATH}/{line.id}"}
    return reply(request, {"data": _shape(line)}, status=201, headers=location)


@router.get(
    f"{PATH}/{{rule_id}}", response_model=BoilerplateRuleAnswer, responses=problems(400, 404)
)
async def one_rule(request: Request, session: Reading, rule_id: RuleId) -> Response:
    """One line that a source repeats."""
    return reply(request, {"data": _shape(await get_line(session, rule_id))})


@router.patch(
    f"{PATH}/{{rule_id}}", response_model=BoilerplateRuleAnswer, responses=problems(400, 404)
)
async def change(
    request: Request,
    session: Writing,
    deps: DepsDep,
    audit: Audit,
    rule_id: RuleId,
    asked: ChangeBoilerplateRule,
) -> Response:
    """Give a line back to the stories (`reverted`), or take it again. Those that have it are made
    again soon, and are `story.renewed` in the change log.
    """
    before = _shape(await get_line(session, rule_id))
    line = await change_line(session, rule_id, asked.state, deps.clock())
    subject = f"boilerplate-rule:{rule_id}"
    await audit(session, "boilerplate.change", subject, before=before, after=_shape(line))
    return reply(request, {"data": _shape(line)})


def _shape(line: LearnedLine) -> dict[str, Any]:
    return {
        "id": str(line.id),
        "source_id": str(line.source_id),
        "place": line.place.value,
        "text": line.text,
        "stories": line.stories,
        "state": line.state.value,
        "learned_at": line.learned_at,
        "changed_at": line.changed_at,
    }
