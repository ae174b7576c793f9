"""The audit log: who did what to what, written in the transaction of the act itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from app.store.engine import ReadSession, WriteSession
from app.store.models import audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: by a key on record, or without one; `via` is api, console, command or service."""

    key_id: int | None
    name: str
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """One act on record; `before` and `after` are what it was about, as the API shows it."""

    id: int
    at: datetime
    actor: Actor
    action: str
    subject: str
    before: Any
    after: Any
    request_id: str | None


async def add_audit(
    session: WriteSession,
    actor: Actor,
    action: str,
    subject: str,
    *,
    at: datetime,
    before: Any = None,  # noqa: ANN401 - whatever JSON can say
    after: Any = None,  # noqa: ANN401 - whatever JSON can say
    request_id: str | None = None,
) -> None:
    """Put an act on record: an action such as `feed.pause`, of a subject such as `feed:12`.

    Secrets belong in neither `before` nor `after`.
    """
    await session.execute(
        audit.insert().values(
            at=at,
            key_id=actor.key_id,
            actor=actor.name,
            via=actor.via,
            action=action,
            subject=subject,
            before=before,
            after=after,
            request_id=request_id,
        )
    )


async def list_audit(
    session: ReadSession,
    *,
    actor: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int,
) -> Sequence[Audited]:
    """Acts, the newest first; `action` may be a family: `feed` has `feed.pause`.

    `since` is included, `until` is not.
    """
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if actor is not None:
        query = query.where(audit.c.actor == actor)
    if action is not None:
        family = audit.c.action.startswith(f"{action}.", autoescape=True)
        query = query.where((audit.c.action == action) | family)
    if subject is not None:
        query = query.where(audit.c.subject == subject)
    if since is not None:
        query = query.where(audit.c.at >= since)
    if until is not None:
        query = query.where(audit.c.at < until)
    if before_id is not None:
        query = query.where(audit.c.id < before_id)
    return [_audited(row) for row in await session.execute(query)]


def _audited(row: Row[Any]) -> Audited:
    return Audited(
        id=row.id,
        at=row.at,
        actor=Actor(key_id=row.key_id, name=row.actor, via=row.via),
        action=row.action,
        subject=row.subject,
        before=row.before,
        after=row.after,
        request_id=row.request_id,
    )
