"""Webhooks on record: who is told of which changes, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, delete, exists, func, select, update

from app.core.webhook import DeliveryState, WebhookState
from app.errors import Conflict, NotFound, PreconditionFailed
from app.store.changes import EventType, event_type, last_seq
from app.store.clock import now_ms
from app.store.engine import ReadSession, WriteSession
from app.store.models import deliveries, webhooks

MAX_WEBHOOKS: Final = 10_000
SEALED_FOR: Final = "webhook secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook; without a search it is told of every story, and of feeds. `types` empty: of every
    type that tells of stories. Its secrets are as they are kept, sealed or not (`open_text`).
    """

    id: int
    owner_id: int | None
    search_id: int | None
    name: str | None
    url: str
    types: frozenset[EventType]
    secret: str
    old_secret: str | None
    old_secret_until: datetime | None
    state: WebhookState
    reason: str | None  # why it is not active
    version: int
    created_at: datetime
    changed_at: datetime
    after: int  # it is told of what came after this entry of the log
    failing_since: datetime | None
    last_success_at: datetime | None
    due_at: datetime | None
    slow: bool  # its last answer took long

    def secrets(self, now: datetime) -> list[str]:
        """Those that are good now: while one takes the place of another, both."""
        old = self.old_secret if self.old_secret_until and now < self.old_secret_until else None
        return [self.secret] if old is None else [self.secret, old]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhook:
    owner_id: int | None
    search_id: int | None
    name: str | None
    url: str
    types: frozenset[EventType]
    secret: str


async def add_webhook(session: WriteSession, new: NewWebhook, at: datetime) -> Webhook:
    """Keep a webhook, which is told of what happens from now on; raises Conflict."""
    count = int((await session.execute(select(func.count()).select_from(webhooks))).scalar_one())
    if count >= MAX_WEBHOOKS:
        raise Conflict(f"there are {count} webhooks, which is all there may be: delete some first")
    added = await session.execute(
        webhooks.insert()
        .values(
            owner_id=new.owner_id,
            search_id=new.search_id,
            name=new.name,
            url=new.url,
            types=sorted(kind.value for kind in new.types),
            secret=new.secret,
            state=WebhookState.ACTIVE.value,
            created_at=at,
            changed_at=at,
            after=await last_seq(session),
        )
        .returning(webhooks)
    )
    return webhook_of(added.one())


async def list_webhooks(
    session: ReadSession,
    *,
    owner_id: int | None,
    everybodys: bool,
    search_id: int | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[Webhook]:
    """Those of an owner, or everybody's: all; of one search, if it is named."""
    query = select(webhooks).where(webhooks.c.id > after).order_by(webhooks.c.id).limit(limit)
    if not everybodys:
        query = query.where(webhooks.c.owner_id == owner_id)
    if search_id is not None:
        query = query.where(webhooks.c.search_id == search_id)
    return [webhook_of(row) for row in await session.execute(query)]


async def get_webhook(session: ReadSession, webhook_id: int) -> Webhook:
    """One webhook; raises NotFound."""
    row = (await session.execute(one_webhook(webhook_id))).one_or_none()
    if row is None:
        raise no_webhook(webhook_id)
    return webhook_of(row)


async def change_webhook(
    session: WriteSession,
    webhook_id: int,
    values: Mapping[str, Any],
    *,
    version: int | None = None,
    at: datetime,
) -> Webhook:
    """Set columns that owners own; with a `version`, only if nobody has since.

    Raises NotFound, and PreconditionFailed if somebody has.
    """
    query = update(webhooks).where(webhooks.c.id == webhook_id)
    if version is not None:
        query = query.where(webhooks.c.version == version)
    changed = await session.execute(
        query.values(version=webhooks.c.version + 1, changed_at=at, **values)
    )
    found = await get_webhook(session, webhook_id)
    if changed.rowcount == 0:
        raise PreconditionFailed(
            f"webhook {webhook_id} has been changed since it was read: GET it for its new ETag"
        )
    return found


async def set_webhook_state(
    session: WriteSession, webhook_id: int, state: WebhookState, reason: str | None, at: datetime
) -> Webhook:
    """Pause, resume or end a webhook; what is still to be delivered waits, and is due when it is
    resumed.
    """
    waits = exists().where(
        deliveries.c.webhook_id == webhook_id, deliveries.c.state == DeliveryState.DUE.value
    )
    values: dict[str, Any] = {"state": state.value, "reason": reason}
    if state is WebhookState.ACTIVE:
        due = (await session.execute(select(waits))).scalar_one()
        values |= {"due_at": now_ms() if due else None, "failing_since": None, "dead": 0}
    return await change_webhook(session, webhook_id, values, at=at)


async def delete_webhook(session: WriteSession, webhook_id: int) -> None:
    """Forget a webhook with all that was or is to be delivered; raises NotFound."""
    deleted = await session.execute(delete(webhooks).where(webhooks.c.id == webhook_id))
    if deleted.rowcount == 0:
        raise no_webhook(webhook_id)


def no_webhook(webhook_id: int) -> NotFound:
    return NotFound(f"there is no webhook {webhook_id}: GET /v1/webhooks lists yours")


def one_webhook(webhook_id: int) -> Select[Any]:
    return select(webhooks).where(webhooks.c.id == webhook_id)


def webhook_of(row: Row[Any]) -> Webhook:
    return Webhook(
        id=row.id,
        owner_id=row.owner_id,
        search_id=row.search_id,
        name=row.name,
        url=row.url,
        types=frozenset(event_type(kind) for kind in row.types),
        secret=row.secret,
        old_secret=row.old_secret,
        old_secret_until=row.old_secret_until,
        state=WebhookState(row.state),
        reason=row.reason,
        version=row.version,
        created_at=row.created_at,
        changed_at=row.changed_at,
        after=row.after,
        failing_since=row.failing_since,
        last_success_at=row.last_success_at,
        due_at=row.due_at,
        slow=row.slow,
    )
