"""The audit log, for operators: who did what to what, and what it was before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime

from app.api.deps import DepsDep, Reading
from app.api.listing import Cursor, Limit
from app.api.paging import paging
from app.api.replies import page_reply
from app.api.schemas import problems
from app.api.schemas_audit import AuditList
from app.store.audit import Audited, list_audit

PATH: Final = "/v1/admin/audit"
MAX_NAME: Final = 200

router = APIRouter(tags=["audit"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """Which acts are asked for."""

    actor: Annotated[
        str | None, Query(max_length=MAX_NAME, description="The name of a key, to the letter.")
    ] = None
    action: Annotated[
        str | None,
        Query(max_length=MAX_NAME, description="Such as feed.pause, or all of a kind: feed."),
    ] = None
    subject: Annotated[str | None, Query(max_length=MAX_NAME, description="Such as feed:12.")] = (
        None
    )
    after: Annotated[
        AwareDatetime | None, Query(description="Only what was done then or later.")
    ] = None
    before: Annotated[AwareDatetime | None, Query(description="Only what was done earlier.")] = None


@router.get(PATH, response_model=AuditList, responses=problems(400))
async def audit_log(
    request: Request,
    session: Reading,
    deps: DepsDep,
    asked: Annotated[Acts, Depends()],
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """What was done by keys, by the console and by this machine's command, the newest first."""
    pages = paging(deps.cursor_secret, f"audit {asked}", cursor, limit)
    found = await list_audit(
        session,
        actor=asked.actor,
        action=asked.action,
        subject=asked.subject,
        since=asked.after,
        until=asked.before,
        before_id=pages.behind,
        limit=pages.wanted,
    )
    shown, following = pages.cut(found, lambda act: [act.id])
    data = [_shape(act) for act in shown]
    return page_reply(request, data, next_cursor=following, limit=limit)


def _shape(act: Audited) -> dict[str, Any]:
    return {
        "id": str(act.id),
        "at": act.at,
        "actor": act.actor.name,
        "key_id": None if act.actor.key_id is None else str(act.actor.key_id),
        "via": act.actor.via,
        "action": act.action,
        "subject": act.subject,
        "before": act.before,
        "after": act.after,
        "request_id": act.request_id,
    }
