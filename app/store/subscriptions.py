"""Subscriptions at WebSub hubs: which there are to be, and how they stand.

A row belongs to a feed while it is wanted. When the feed is gone or names another hub, the row
stays without it until the hub has been told.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, and_, case, delete, func, literal, null, or_, select, update

from app.core.urls import host_of
from app.core.websub import (
    DENIED_RETRY_S,
    PROVEN_FOR,
    NamedHubs,
    SubscriptionState,
    next_hub,
    renewal,
)
from app.store.engine import ReadSession, WriteSession, now_ms
from app.store.hosts import (
    all_free,
    database_now,
    keep,
    know_hosts,
    leave,
    slots_of,
    take,
    until,
    with_slots,
)
from app.store.models import feeds, subscriptions

OVERSCAN: Final = 4
SETTLED: Final = timedelta(hours=1)
"""For so long a subscription is not given up for another because the feed says otherwise now."""

GIVEN_UP: Final = 5
"""Failures in a row after which another hub is tried, and no more is said to one that is left."""

FORGET_S: Final = 3600.0
"""How long one that has ended is remembered: its hub may ask twice."""

WANTED: Final = (SubscriptionState.PENDING.value, SubscriptionState.VERIFIED.value)
LEFT: Final = (SubscriptionState.LEAVING.value, SubscriptionState.LEFT.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """How a feed's subscription stands, for its operator."""

    hub_url: str
    topic_url: str
    state: SubscriptionState
    detail: str | None
    expires_at: datetime | None
    pushed_at: datetime | None
    ignored: int
    proven: bool


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


# --- what is wanted -------------------------------------------------------------------------------


async def want_subscription(session: WriteSession, feed_id: int, named: NamedHubs) -> None:
    """Have a feed's subscription be at one of the hubs that its document names, or at none."""
    found = await session.execute(
        select(subscriptions).where(subscriptions.c.feed_id == feed_id).with_for_update()
    )
    row = found.one_or_none()
    current = None if row is None else row.hub_url
    given_up = row is not None and (
        row.failures >= GIVEN_UP or row.state == SubscriptionState.DENIED.value
    )
    hub = next_hub(named.hubs, current, given_up=given_up)
    if row is not None:
        if hub == current and row.topic_url == named.topic_url:
            return
        now = await database_now(session)
        if not given_up and row.requested_at is not None and now - row.requested_at < SETTLED:
            return
        await _part(session, row)
    host = None if hub is None else host_of(hub)
    if hub is not None and host is not None:
        await know_hosts(session, {host})
        await session.execute(
            session.insert(subscriptions).values(
                feed_id=feed_id,
                hub_url=hub,
                hub_host=host,
                topic_url=named.topic_url,
                token=secrets.token_urlsafe(32),
                secret=secrets.token_urlsafe(32),
                state=SubscriptionState.PENDING.value,
                due_at=now_ms(),
            )
        )


async def _part(session: WriteSession, row: Row[Any]) -> None:
    """Take a subscription from its feed; one that no hub knows of is forgotten at once."""
    mine = subscriptions.c.id == row.id
    if row.requested_at is None:
        await session.execute(delete(subscriptions).where(mine))
        return
    await session.execute(update(subscriptions).where(mine).values(feed_id=None, **_leaving()))


async def end_subscription(session: WriteSession, feed_id: int) -> None:
    """Have the hub told that a feed's pushes are not wanted: it is deleted or paused."""
    await session.execute(
        update(subscriptions)
        .where(subscriptions.c.feed_id == feed_id, subscriptions.c.state.not_in(LEFT))
        .values(**_leaving())
    )


async def resume_subscription(session: WriteSession, feed_id: int) -> None:
    """Have a feed's pushes again that were not wanted for a while."""
    await session.execute(
        update(subscriptions)
        .where(subscriptions.c.feed_id == feed_id, subscriptions.c.state.in_(LEFT))
        .values(state=SubscriptionState.PENDING.value, failures=0, detail=None, due_at=now_ms())
    )


def _leaving() -> dict[str, Any]:
    state = SubscriptionState.LEAVING.value
    return {
        "state": state,
        "failures": 0,
        "detail": None,
        "expires_at": None,
        "proven_at": None,
        "due_at": now_ms(),
    }


# --- asking the hub -------------------------------------------------------------------------------


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
    now = now_ms()
    query = select(subscriptions, feeds.c.state.label("feed_state"))
    query = query.outerjoin(feeds, feeds.c.id == subscriptions.c.feed_id)
    free = or_(subscriptions.c.lease_until.is_(None), subscriptions.c.lease_until <= now)
    rows = await session.execute(
        with_slots(query, subscriptions.c.hub_host)
        .where(subscriptions.c.due_at <= now, free, all_free())
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
    answered = or_(
        subscriptions.c.verified_at >= subscriptions.c.requested_at,
        subscriptions.c.state.in_((SubscriptionState.LEFT.value, SubscriptionState.DENIED.value)),
    )
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


# --- what the hub says ----------------------------------------------------------------------------


async def verify(
    session: WriteSession, token: str, *, topic_url: str, subscribe: bool, lease_s: int
) -> bool:
    """Whether this is what we have asked the hub for (§5.3); if so it stands from now on.

    A hub may ask again, as when it has not heard our answer.
    """
    now = await database_now(session)
    states = WANTED if subscribe else LEFT
    mine = update(subscriptions).where(
        subscriptions.c.token == token,
        subscriptions.c.topic_url == topic_url,
        subscriptions.c.requested_at.is_not(None),
        subscriptions.c.state.in_(states),
    )
    if subscribe:
        verified = mine.where(subscriptions.c.feed_id.is_not(None)).values(
            state=SubscriptionState.VERIFIED.value,
            detail=None,
            failures=0,
            verified_at=now,
            expires_at=now + timedelta(seconds=lease_s),
            due_at=renewal(now, lease_s),
        )
    else:
        verified = mine.values(
            state=SubscriptionState.LEFT.value, detail=None, failures=0, due_at=until(FORGET_S)
        )
    return (await session.execute(verified)).rowcount > 0


async def deny(session: WriteSession, token: str, *, topic_url: str, reason: str) -> bool:
    """The hub refuses, or ends what there was (§5.2): on record, and asked again much later."""
    denied = await session.execute(
        update(subscriptions)
        .where(subscriptions.c.token == token, subscriptions.c.topic_url == topic_url)
        .where(subscriptions.c.state.in_(WANTED))
        .values(
            state=SubscriptionState.DENIED.value,
            detail=reason,
            expires_at=None,
            proven_at=None,
            due_at=until(DENIED_RETRY_S),
        )
    )
    return denied.rowcount > 0


async def note_ignored(session: WriteSession, subscription_id: int) -> None:
    """Count a push that was not signed as agreed."""
    await session.execute(
        update(subscriptions)
        .where(subscriptions.c.id == subscription_id)
        .values(ignored=subscriptions.c.ignored + 1)
    )


async def not_proven(session: WriteSession, feed_id: int) -> None:
    """A poll has found what no push has brought: the hub does not tell of everything."""
    await session.execute(
        update(subscriptions).where(subscriptions.c.feed_id == feed_id).values(proven_at=None)
    )


# --- how they stand -------------------------------------------------------------------------------


def proven() -> Any:  # noqa: ANN401 - a SQL expression
    """Whether a subscription's hub is known to tell of its feed's changes."""
    now = now_ms()
    since = now - literal(int(PROVEN_FOR.total_seconds() * 1000))
    return and_(
        subscriptions.c.state == SubscriptionState.VERIFIED.value,
        subscriptions.c.expires_at > now,
        subscriptions.c.proven_at > since,
    )


async def subscriptions_of(
    session: ReadSession, feed_ids: Collection[int]
) -> dict[int, Subscription]:
    """By feed."""
    rows = await session.execute(
        select(subscriptions, proven().label("proven")).where(subscriptions.c.feed_id.in_(feed_ids))
    )
    return {
        row.feed_id: Subscription(
            hub_url=row.hub_url,
            topic_url=row.topic_url,
            state=SubscriptionState(row.state),
            detail=row.detail,
            expires_at=row.expires_at,
            pushed_at=row.pushed_at,
            ignored=row.ignored,
            proven=bool(row.proven),
        )
        for row in rows
    }
