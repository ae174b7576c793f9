"""How all hosts stand, for an operator: whom the poller asks, waits for, or leaves alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from app.core.refusal import told
from app.core.slots import named
from app.store.clock import database_now
from app.store.engine import ReadSession
from app.store.hosts import OF_ADDRESS, OF_DOMAIN, back_off_of
from app.store.models import feeds, hosts
from app.store.refusals import HostStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedHost:
    """A host and the feeds that are asked from it."""

    status: HostStatus
    feeds: int


async def list_hosts(
    session: ReadSession,
    *,
    limit: int,
    after: str | None = None,
    containing: str = "",
    backing_off: bool | None = None,
    busy: bool | None = None,
) -> list[ListedHost]:
    """By name, those behind `after`; None of a condition is both."""
    now = await database_now(session)
    query = (
        select(
            hosts,
            OF_DOMAIN.c.busy_until.label("domain_busy"),
            OF_DOMAIN.c.free_at.label("domain_free"),
            OF_ADDRESS.c.busy_until.label("address_busy"),
            OF_ADDRESS.c.free_at.label("address_free"),
            select(func.count())
            .where(feeds.c.host == hosts.c.host)
            .scalar_subquery()
            .label("feeds"),
        )
        .outerjoin(OF_DOMAIN, OF_DOMAIN.c.host == hosts.c.domain_slot)
        .outerjoin(OF_ADDRESS, OF_ADDRESS.c.host == hosts.c.address_slot)
        .where(hosts.c.host.not_like("% %"))  # slots of domains and addresses
        .order_by(hosts.c.host)
        .limit(limit)
    )
    if after is not None:
        query = query.where(hosts.c.host > after)
    if containing:
        query = query.where(hosts.c.host.contains(containing.lower(), autoescape=True))
    for wanted, holds in ((backing_off, _backs_off(now)), (busy, _busy(now))):
        if wanted is not None:
            query = query.where(holds if wanted else ~holds)
    return [_listed(row, now) for row in await session.execute(query)]


def _backs_off(now: datetime) -> ColumnElement[bool]:
    return and_(hosts.c.refusals > 0, _lasts(hosts.c.refused_until, now))


def _busy(now: datetime) -> ColumnElement[bool]:
    return or_(*(_lasts(slot.c.busy_until, now) for slot in (hosts, OF_DOMAIN, OF_ADDRESS)))


def _lasts(until: ColumnElement[Any], now: datetime) -> ColumnElement[bool]:
    return and_(until.is_not(None), until > now)  # so that it can be negated


def _listed(row: Row[Any], now: datetime) -> ListedHost:
    back_off = back_off_of(row)
    waits = back_off.holds_at(now)
    free = (row.free_at, row.domain_free, row.address_free, back_off.until if waits else None)
    busy = (row.busy_until, row.domain_busy, row.address_busy)
    status = HostStatus(
        host=row.host,
        domain=named(row.domain_slot),
        address=named(row.address_slot),
        free_at=max(at for at in free if at is not None),
        busy=any(until is not None and until > now for until in busy),
        backs_off=waits,
        refusals=back_off.steps,
        reason=told(row.host, back_off) if waits else None,
    )
    return ListedHost(status=status, feeds=row.feeds)
