"""Which hub is to be asked when, under leases and with the slots of its host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, and_, case, delete, func, null, or_, select, update

from app.core.websub import SubscriptionState
from app.store.clock import database_now, now_ms
from app.store.engine import ReadSession, WriteSession
from app.store.hosts import all_free, keep, leave, slots_of, take, until, with_slots
from app.store.models import feeds, subscriptions
from app.store.subscriptions import LEFT

OVERSCAN: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedSubscription:
    """A subscription whose hub is to be asked now; `subscribe` or else unsubscribe."""

    id: int
    feed_id: int | None
    subscribe: bool
    requested: bool  # the hub has been asked before
    hub_url: str
    hub_host: str
    topic_url: str
    callback_url: str
    token: str
    secret: str
    failures: int
    lease_token: int


async def next_request_at(session: ReadSession) -> datetime | None:
    """When the next hub is to be asked; None without a subscription to ask for."""
    return (await session.execute(select(func.min(subscriptions.c.due_at)))).scalar_one_or_none()


async def claim_requests(
    session: WriteSession, *, limit: int, lease_s: float, callback: str
) -> list[ClaimedSubscription]:
    """Lease up to `limit` subscriptions to ask for now, one of each free slot of their hubs.

    `callback` is the address under which hubs reach this service, before the token.
    """
    rows = await _due(session, limit * OVERSCAN)
    picked: list[Row[Any]] = []
    used: set[str] = set()
    for row in rows:
        if used.isdisjoint(slots_of(row)) and len(picked) < limit:
            picked.append(row)
            used |= slots_of(row)
    holders = {row.id: _holder(row.id, row.lease_token + 1) for row in picked}
    served = await take(session, {holders[row.id]: slots_of(row) for row in picked}, lease_s)
    claimed = [_claimed(row, callback) for row in picked if holders[row.id] in served]
    for one in claimed:
        await _begin(session, one, lease_s)
    return claimed


async def _due(session: WriteSession, limit: int) -> Sequence[Row[Any]]:
    now = await database_now(session)
    query = select(subscriptions, feeds.c.state.label("feed_state"))
    query = query.outerjoin(feeds, feeds.c.id == subscriptions.c.feed_id)
    free = or_(subscriptions.c.lease_until.is_(None), subscriptions.c.lease_until <= now)
    rows = await session.execute(
        with_slots(query, subscriptions.c.hub_host)
        .where(subscriptions.c.due_at <= now, free, all_free(now))
        .order_by(subscriptions.c.due_at, subscriptions.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=subscriptions)
    )
    return rows.all()


def _claimed(row: Row[Any], callback: str) -> ClaimedSubscription:
    subscribe = row.feed_state == "active" and row.state not in LEFT
    address = f"{callback}{row.token}"
    return ClaimedSubscription(
        id=row.id,
        feed_id=row.feed_id,
        subscribe=subscribe,
        requested=row.requested_at is not None,
        hub_url=row.hub_url,
        hub_host=row.hub_host,
        topic_url=row.topic_url,
        callback_url=address if subscribe else row.callback_url or address,
        token=row.token,
        secret=row.secret,
        failures=row.failures,
        lease_token=row.lease_token + 1,
    )


async def _begin(session: WriteSession, one: ClaimedSubscription, lease_s: float) -> None:
    """On record before the hub is asked: it may verify before it has answered."""
    values: dict[str, Any] = {"lease_token": one.lease_token, "lease_until": until(lease_s)}
    state = subscriptions.c.state
    if one.subscribe:
        denied = state == SubscriptionState.DENIED.value
        pending = case((denied, SubscriptionState.PENDING.value), else_=state)
        values |= {"requested_at": now_ms(), "callback_url": one.callback_url, "state": pending}
    else:
        left = state == SubscriptionState.LEFT.value
        values |= {"state": case((left, state), else_=SubscriptionState.LEAVING.value)}
        values |= {"expires_at": null(), "proven_at": null()}
    await session.execute(
        update(subscriptions).where(subscriptions.c.id == one.id).values(**values)
    )


async def request_accepted(
    session: WriteSession, one: ClaimedSubscription, *, gap_s: float, again_s: float
) -> None:
    """The hub has taken the request; if it does not verify it, it is asked again in `again_s`."""
    state = subscriptions.c.state
    if one.subscribe:
        denied = state == SubscriptionState.DENIED.value
        answered = or_(subscriptions.c.verified_at >= subscriptions.c.requested_at, denied)
    else:
        answered = state == SubscriptionState.LEFT.value
    kept = subscriptions.c.failures
    await _end(
        session,
        one,
        gap_s,
        due_at=case((answered, subscriptions.c.due_at), else_=until(again_s)),
        failures=case((answered, kept), else_=kept + 1),
        detail=case((answered, subscriptions.c.detail), else_="asked, and not verified yet"),
    )


async def request_failed(
    session: WriteSession, one: ClaimedSubscription, detail: str, *, gap_s: float, again_s: float
) -> None:
    """The hub has not taken the request, and is asked again in `again_s`."""
    failures = subscriptions.c.failures + 1
    await _end(session, one, gap_s, due_at=until(again_s), failures=failures, detail=detail)


async def request_dropped(session: WriteSession, one: ClaimedSubscription, *, gap_s: float) -> None:
    """There is no more to say to the hub: what a feed still has is kept for its return."""
    values = {"state": SubscriptionState.LEFT.value, "due_at": null(), "failures": 0}
    await _end(session, one, gap_s, **values)
    await session.execute(
        delete(subscriptions).where(_held(one), subscriptions.c.feed_id.is_(None))
    )


async def keep_request(session: WriteSession, one: ClaimedSubscription, lease_s: float) -> None:
    """Make a lease as long again from now; one that was lost stays lost."""
    await session.execute(
        update(subscriptions)
        .where(_held(one), subscriptions.c.lease_until.is_not(None))
        .values(lease_until=until(lease_s))
    )
    await keep(session, _holder(one.id, one.lease_token), lease_s)


async def give_back_request(session: WriteSession, one: ClaimedSubscription) -> None:
    """End a lease undone: the hub may be asked at once."""
    await _end(session, one, 0)


async def _end(
    session: WriteSession,
    one: ClaimedSubscription,
    gap_s: float,
    **values: Any,  # noqa: ANN401 - columns
) -> None:
    await session.execute(
        update(subscriptions).where(_held(one)).values(lease_until=None, **values)
    )
    await leave(session, _holder(one.id, one.lease_token), gap_s=gap_s)


def _held(one: ClaimedSubscription) -> Any:  # noqa: ANN401 - a SQL expression
    return and_(subscriptions.c.id == one.id, subscriptions.c.lease_token == one.lease_token)


def holder_of_request(one: ClaimedSubscription) -> str:
    """The name under which a request holds its hub's slots."""
    return _holder(one.id, one.lease_token)


def _holder(subscription_id: int, token: int) -> str:
    return f"hub-{subscription_id}:{token}"
