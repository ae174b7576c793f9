"""Operators' rules over stories: add, look at, change, try on what is stored, follow through."""

from __future__ import annotations

from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Header, Path, Request
from fastapi.responses import Response

from app.api.auditing import Audit
from app.api.callers import KeyBeforeBody
from app.api.deps import DepsDep, Reading, Writing
from app.api.feed_fields import named_version
from app.api.listing import Cursor, Limit
from app.api.paging import paging
from app.api.replies import page_reply, reply
from app.api.rule_fields import read_actions, read_query
from app.api.rule_shapes import actions_shape, backfill_shape, rule_shape, tried_shape
from app.api.schemas import problems
from app.api.schemas_rules import (
    AddRule,
    BackfillAnswer,
    ChangeRule,
    PauseBackfill,
    RuleAnswer,
    RuleList,
    TriedAnswer,
    TryRule,
)
from app.store.policy import pause_backfill, read_backfill
from app.store.rules import (
    NewRule,
    StoredRule,
    add_rule,
    change_rule,
    delete_rule,
    get_rule,
    list_rules,
)
from app.store.trying import try_query

log = structlog.get_logger()

PATH: Final = "/v1/admin/tag-rules"

router = APIRouter(route_class=KeyBeforeBody, tags=["rules"])
RuleId = Annotated[int, Path(ge=1, lt=1 << 63, description="A rule's id.")]


@router.get(PATH, response_model=RuleList, responses=problems(400))
async def tag_rules(
    request: Request, session: Reading, deps: DepsDep, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    """The rules in their order."""
    pages = paging(deps.cursor_secret, "tag-rules", cursor, limit)
    found = await list_rules(session, after=pages.behind or 0, limit=pages.wanted)
    shown, following = pages.cut(found, lambda rule: [rule.position])
    data = [rule_shape(rule) for rule in shown]
    return page_reply(request, data, next_cursor=following, limit=limit)


@router.post(PATH, status_code=201, response_model=RuleAnswer, responses=problems(400, 409))
async def add_tag_rule(
    request: Request, session: Writing, deps: DepsDep, audit: Audit, asked: AddRule
) -> Response:
    """Add a rule. New stories are judged by it at once; those on record are brought up to it by
    the polling processes, see `:backfill`.
    """
    read_query(asked.query)
    new = NewRule(
        name=asked.name,
        query=asked.query,
        actions=read_actions(asked.actions),
        enabled=asked.enabled,
        position=asked.position,
    )
    rule = await add_rule(session, new, deps.clock())
    await audit(session, "tag_rule.add", f"tag-rule:{rule.id}", after=rule_shape(rule))
    log.info("tag_rule_added", rule_id=rule.id, position=rule.position, enabled=rule.enabled)
    return _rule_reply(request, rule, status=201)


@router.post(f"{PATH}:try", response_model=TriedAnswer, responses=problems(400, 503))
async def try_tag_rule(
    request: Request, session: Reading, deps: DepsDep, asked: TryRule
) -> Response:
    """Try a rule on the stories in the stream: how many match, what it would do to the newest of
    them, and what it costs. Nothing is saved or changed.

    It is asked of the search index, where stories have the tags that rules gave them, and where
    those are missing that a rule drops.
    """
    tree, actions = read_query(asked.query), read_actions(asked.actions)
    tried = await try_query(session, tree, deps.clock())
    data = {"query": str(tree), "actions": actions_shape(actions), **tried_shape(tried, actions)}
    return reply(request, {"data": data})


@router.get(f"{PATH}:backfill", response_model=BackfillAnswer)
async def backfill(request: Request, session: Reading) -> Response:
    """How far the stories on record are brought up to what operators have said about tags."""
    return reply(request, {"data": backfill_shape(await read_backfill(session))})


@router.post(f"{PATH}:backfill", response_model=BackfillAnswer, responses=problems(400))
async def pause_or_resume(
    request: Request, session: Writing, audit: Audit, asked: PauseBackfill
) -> Response:
    """Stop bringing stories up, or take it up where it stopped."""
    before = backfill_shape(await read_backfill(session))
    await pause_backfill(session, paused=asked.paused)
    after = backfill_shape(await read_backfill(session))
    action = "tag_backfill.pause" if asked.paused else "tag_backfill.resume"
    await audit(session, action, "tag-backfill", before=before, after=after)
    log.info("tag_backfill_paused" if asked.paused else "tag_backfill_resumed")
    return reply(request, {"data": after})


@router.get(f"{PATH}/{{rule_id}}", response_model=RuleAnswer, responses=problems(400, 404))
async def one_tag_rule(request: Request, session: Reading, rule_id: RuleId) -> Response:
    """One rule; its ETag is what a PATCH sends as If-Match."""
    return _rule_reply(request, await get_rule(session, rule_id))


@router.patch(
    f"{PATH}/{{rule_id}}", response_model=RuleAnswer, responses=problems(400, 404, 412, 428)
)
async def change_tag_rule(
    request: Request,
    session: Writing,
    deps: DepsDep,
    audit: Audit,
    rule_id: RuleId,
    asked: ChangeRule,
    if_match: Annotated[str | None, Header(description="The ETag of the rule as read.")] = None,
) -> Response:
    """Change a rule, move it, or turn it on or off; needs If-Match, so that no change is lost."""
    present = await get_rule(session, rule_id)
    version = named_version(if_match, present.version, f"{PATH}/{{rule_id}}")
    values: dict[str, Any] = asked.model_dump(exclude_unset=True)
    if "query" in values:
        read_query(asked.query)
    if "actions" in values:
        values["actions"] = read_actions(asked.actions)
    rule = await change_rule(session, rule_id, values, version=version, at=deps.clock())
    before, after = rule_shape(present), rule_shape(rule)
    await audit(session, "tag_rule.change", f"tag-rule:{rule_id}", before=before, after=after)
    log.info("tag_rule_changed", rule_id=rule_id, fields=sorted(values))
    return _rule_reply(request, rule)


@router.delete(f"{PATH}/{{rule_id}}", status_code=204, responses=problems(400, 404))
async def delete_tag_rule(session: Writing, audit: Audit, rule_id: RuleId) -> Response:
    """Delete a rule: its tags are taken from the stories, and what it took is given back."""
    rule = await delete_rule(session, rule_id)
    await audit(session, "tag_rule.delete", f"tag-rule:{rule_id}", before=rule_shape(rule))
    log.info("tag_rule_deleted", rule_id=rule_id, name=rule.name, query=rule.query)
    return Response(status_code=204)


def _rule_reply(request: Request, rule: StoredRule, status: int = 200) -> Response:
    headers = {"Location": f"{PATH}/{rule.id}"} if status == 201 else {}  # noqa: PLR2004 - created
    return reply(
        request,
        {"data": rule_shape(rule)},
        status=status,
        headers=headers,
        etag_prefix=f"{rule.version}-",
    )
