"""Who sends what to which webhook, by the database's clock: leases, attempts, what follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, exists, func, literal, or_, select, update

from app.core.webhook import MAX_DEAD, Attempt, DeliveryState, Judgement, Verdict, WebhookState
from app.store.clock import now_ms
from app.store.deliveries import Delivery, delivery_of
from app.store.engine import ReadSession, WriteSession, from_ms
from app.store.models import attempts, deliveries, keys, webhooks
from app.store.webhooks import Webhook, webhook_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedWebhook:
    """A webhook under a lease; nothing is written of it but with this token."""

    webhook: Webhook
    lease_token: int
    now: datetime


async def next_delivery_at(session: ReadSession, *, slow: bool) -> datetime | None:
    """When the next webhook is to be told something, slow ones counted or not; None if none is."""
    query = select(func.min(webhooks.c.due_at)).where(
        webhooks.c.state == WebhookState.ACTIVE.value, _owner_may_know()
    )
    row = await session.execute(query if slow else query.where(~webhooks.c.slow))
    return row.scalar_one_or_none()


async def claim_webhooks(
    session: WriteSession, *, limit: int, slow: int, lease_s: float
) -> list[ClaimedWebhook]:
    """Lease webhooks that have something due, the longest due first; so many slow ones at most, and
    those after the others.
    """
    ids = await _due(session, limit, slow=False)
    if (room := min(limit - len(ids), slow)) > 0:
        ids += await _due(session, room, slow=True)
    if not ids:
        return []
    now = now_ms()
    rows = await session.execute(
        update(webhooks)
        .where(webhooks.c.id.in_(ids))
        .values(
            lease_until=now + literal(int(lease_s * 1000)), lease_token=webhooks.c.lease_token + 1
        )
        .returning(webhooks, now.label("now_ms"))
    )
    return [_claimed(row) for row in rows]


async def _due(session: WriteSession, limit: int, *, slow: bool) -> list[int]:
    now = now_ms()
    due = (
        select(webhooks.c.id)
        .where(webhooks.c.state == WebhookState.ACTIVE.value, webhooks.c.due_at <= now)
        .where(webhooks.c.slow if slow else ~webhooks.c.slow, _owner_may_know())
        .where(or_(webhooks.c.lease_until.is_(None), webhooks.c.lease_until <= now))
        .order_by(webhooks.c.due_at, webhooks.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list((await session.execute(due)).scalars())


async def renew_webhook(session: WriteSession, claimed: ClaimedWebhook, lease_s: float) -> None:
    await session.execute(
        update(webhooks)
        .where(_held(claimed), webhooks.c.lease_until.is_not(None))
        .values(lease_until=now_ms() + literal(int(lease_s * 1000)))
    )


async def release_webhook(
    session: WriteSession, claimed: ClaimedWebhook, due_at: datetime | None = None
) -> None:
    """End a lease: due at a time, or at once if anything is due, or else no more."""
    waits = (
        select(literal(1))
        .where(deliveries.c.webhook_id == claimed.webhook.id)
        .where(deliveries.c.state == DeliveryState.DUE.value)
        .exists()
    )
    again = now_ms() if due_at is None else literal(due_at, webhooks.c.due_at.type)
    following = select(again).where(waits).scalar_subquery()
    await session.execute(
        update(webhooks).where(_held(claimed)).values(lease_until=None, due_at=following)
    )


async def due_deliveries(
    session: ReadSession, claimed: ClaimedWebhook, limit: int
) -> list[Delivery]:
    """What a webhook is to be told next, in order."""
    rows = await session.execute(
        select(deliveries)
        .where(deliveries.c.webhook_id == claimed.webhook.id)
        .where(deliveries.c.state == DeliveryState.DUE.value)
        .order_by(deliveries.c.seq)
        .limit(limit)
    )
    return [delivery_of(row) for row in rows]


async def record_attempt(
    session: WriteSession,
    claimed: ClaimedWebhook,
    delivery: Delivery,
    attempt: Attempt,
    judged: Judgement,
) -> bool:
    """Write what came of an attempt, and what follows; whether to go on: not where the webhook was
    paused, or changed, since it was claimed. Nothing is written if the lease is somebody else's by
    now.
    """
    held = await session.execute(
        select(webhooks.c.version, webhooks.c.dead)
        .where(_held(claimed))
        .with_for_update(key_share=True)
    )
    if (present := held.one_or_none()) is None:
        return False
    unchanged = bool(present.version == claimed.webhook.version)
    dead = present.dead + 1 if judged.verdict is Verdict.DEAD else present.dead
    await session.execute(attempts.insert().values(delivery_id=delivery.id, **_row_of(attempt)))
    done = judged.verdict is not Verdict.RETRY
    state = {Verdict.DONE: DeliveryState.DONE, Verdict.RETRY: DeliveryState.DUE}
    await session.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery.id)
        .values(
            state=state.get(judged.verdict, DeliveryState.DEAD).value,
            attempts=deliveries.c.attempts + 1,
            done_at=attempt.at if done else None,
        )
    )
    await session.execute(
        update(webhooks)
        .where(_held(claimed))
        .values(
            slow=attempt.slow,
            **_follows(attempt, judged, dead, may_end=unchanged),
        )
    )
    return unchanged


def _follows(attempt: Attempt, judged: Judgement, dead: int, *, may_end: bool) -> dict[str, Any]:
    """What an attempt means for the webhook itself, so many of whose messages have been given up in
    a row; it says nothing against another address.
    """
    if judged.verdict is Verdict.DONE:
        return {"failing_since": None, "last_success_at": attempt.at, "dead": 0}
    since = func.coalesce(webhooks.c.failing_since, literal(attempt.at, webhooks.c.due_at.type))
    failing = {"failing_since": since, "dead": dead}
    if not may_end:
        return failing
    if judged.verdict is Verdict.GONE:
        reason = "its receiver answered 410 (gone): change its address, then resume it"
    elif judged.verdict is Verdict.DEAD and dead >= MAX_DEAD:
        reason = f"{MAX_DEAD} messages in a row were given up: mend the receiver, then resume it"
    else:
        return failing
    return {**failing, "state": WebhookState.DISABLED.value, "reason": reason}


def _claimed(row: Row[Any]) -> ClaimedWebhook:
    return ClaimedWebhook(
        webhook=webhook_of(row), lease_token=row.lease_token, now=from_ms(row.now_ms)
    )


def _owner_may_know() -> ColumnElement[bool]:
    """Whether the key that made a webhook is good still: what ended may be told nothing more."""
    good = exists().where(
        keys.c.id == webhooks.c.owner_id,
        keys.c.revoked_at.is_(None),
        or_(keys.c.expires_at.is_(None), keys.c.expires_at > now_ms()),
    )
    return or_(webhooks.c.owner_id.is_(None), good)


def _held(claimed: ClaimedWebhook) -> Any:  # noqa: ANN401 - a SQL expression
    return (webhooks.c.id == claimed.webhook.id) & (webhooks.c.lease_token == claimed.lease_token)


def _row_of(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": attempt.at,
        "ms": attempt.ms,
        "status": attempt.status,
        "failure": attempt.failure,
        "detail": attempt.detail,
        "excerpt": attempt.excerpt,
    }
