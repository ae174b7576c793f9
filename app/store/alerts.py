"""Alerts on record: those that stand, those that are over, and whether anybody was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Row, bindparam, cast, func, or_, select, update

from app.core.alert import Alert, AlertKind, AlertSeverity, Key, Standing, alert_shape
from app.core.alerts import AlertChanges
from app.store.clock import now_ms
from app.store.engine import ReadSession, WriteSession
from app.store.models import alerts, meta

DUE: Final = "alerts_due"
TOLD_FOR: Final = timedelta(days=1)
"""For how long after its end it is worth telling that there was an alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedAlert:
    """An alert, with how it went on; `told_at` is by the clock of the database, as all of it."""

    id: int
    alert: Alert
    clear_since: datetime | None
    ended_at: datetime | None
    told_at: datetime | None


async def take_turn(session: WriteSession, every: timedelta) -> bool:
    """Whether it is this process that looks now: one of all does, once in so long a time."""
    await session.execute(
        session.insert(meta)
        .values(name=DUE, value=0)
        .on_conflict_do_nothing(index_elements=["name"])
    )
    now = int((await session.execute(select(now_ms()))).scalar_one())
    taken = await session.execute(
        update(meta)
        .where(meta.c.name == DUE, cast(meta.c.value, BigInteger) <= now)
        .values(value=now + every // timedelta(milliseconds=1))
    )
    return bool(taken.rowcount)


async def read_standing(session: ReadSession) -> dict[Key, Standing]:
    rows = await session.execute(select(alerts).where(alerts.c.ended_at.is_(None)))
    found = [alert_of(row) for row in rows]
    return {
        one.alert.key: Standing(
            since=one.alert.since,
            detail=one.alert.detail,
            severity=one.alert.severity,
            clear_since=one.clear_since,
        )
        for one in found
    }


async def write_changes(session: WriteSession, changes: AlertChanges, at: datetime) -> None:
    """Put on record what became of alerts; of two that begin the same one, one does."""
    if changes.begun:
        begin = session.insert(alerts).on_conflict_do_nothing(
            index_elements=["kind", "subject"], index_where=alerts.c.ended_at.is_(None)
        )
        await session.execute(begin, [_values(alert) for alert in changes.begun])
    await _update(
        session,
        {
            "severity": bindparam("to_severity"),
            "detail": bindparam("to_detail"),
            "clear_since": None,
        },
        [
            {
                **_key(alert.key),
                "to_severity": alert.severity.value,
                "to_detail": _detail(alert),
            }
            for alert in changes.changed
        ],
    )
    await _update(session, {"clear_since": at}, [_key(key) for key in changes.fading])
    await _update(session, {"ended_at": at}, [_key(key) for key in changes.ended])


async def record_past(
    session: WriteSession, alert: Alert, ended_at: datetime, *, told: bool
) -> None:
    """Put on record an alert that could not be while it stood; whether it was told as it began."""
    told_at = alert.since if told else None
    await session.execute(
        alerts.insert().values(**_values(alert), ended_at=ended_at, told_at=told_at)
    )


async def untold(session: ReadSession, now: datetime, limit: int) -> Sequence[RecordedAlert]:
    """The oldest of which the beginning or the end was not told yet."""
    rows = await session.execute(
        select(alerts)
        .where(
            or_(alerts.c.told_at.is_(None), alerts.c.told_at < alerts.c.ended_at),
            or_(alerts.c.ended_at.is_(None), alerts.c.ended_at > now - TOLD_FOR),
        )
        .order_by(alerts.c.id)
        .limit(limit)
    )
    return [alert_of(row) for row in rows]


async def mark_told(session: WriteSession, ids: Sequence[int], read_at: datetime) -> None:
    """These were told as they were when they were read."""
    await session.execute(update(alerts).where(alerts.c.id.in_(ids)).values(told_at=read_at))


async def list_alerts(
    session: ReadSession,
    *,
    standing: bool | None = None,
    kind: AlertKind | None = None,
    before: int | None = None,
    limit: int,
) -> Sequence[RecordedAlert]:
    """The latest first; `standing` None: those that are over too."""
    query = select(alerts).order_by(alerts.c.id.desc()).limit(limit)
    if standing is not None:
        ended = alerts.c.ended_at
        query = query.where(ended.is_(None) if standing else ended.is_not(None))
    if kind is not None:
        query = query.where(alerts.c.kind == kind.value)
    if before is not None:
        query = query.where(alerts.c.id < before)
    return [alert_of(row) for row in await session.execute(query)]


async def count_standing(session: ReadSession) -> dict[str, int]:
    """How many alerts of each kind stand; none is left out."""
    rows = await session.execute(
        select(alerts.c.kind, func.count())
        .where(alerts.c.ended_at.is_(None))
        .group_by(alerts.c.kind)
    )
    return {kind.value: 0 for kind in AlertKind} | {row[0]: row[1] for row in rows}


def recorded_shape(one: RecordedAlert) -> dict[str, Any]:
    """An alert on record, as the API tells it."""
    return {
        "id": str(one.id),
        **alert_shape(one.alert),
        "ended_at": one.ended_at,
        "told_at": one.told_at,
    }


async def _update(
    session: WriteSession, values: dict[str, Any], keys: Sequence[dict[str, Any]]
) -> None:
    if keys:
        standing = update(alerts).where(
            alerts.c.kind == bindparam("of_kind"),
            alerts.c.subject == bindparam("of_subject"),
            alerts.c.ended_at.is_(None),
        )
        await session.execute(standing.values(**values), keys)


def _key(key: Key) -> dict[str, Any]:
    return {"of_kind": key[0].value, "of_subject": key[1]}


def _values(alert: Alert) -> dict[str, Any]:
    return {
        "kind": alert.kind.value,
        "subject": alert.subject,
        "severity": alert.severity.value,
        "detail": _detail(alert),
        "since": alert.since,
    }


def _detail(alert: Alert) -> dict[str, str]:
    return {"said": alert.detail, "step": alert.step}


def alert_of(row: Row[Any]) -> RecordedAlert:
    return RecordedAlert(
        id=row.id,
        alert=Alert(
            kind=AlertKind(row.kind),
            subject=row.subject,
            severity=AlertSeverity(row.severity),
            detail=row.detail["said"],
            step=row.detail["step"],
            since=row.since,
        ),
        clear_since=row.clear_since,
        ended_at=row.ended_at,
        told_at=row.told_at,
    )
