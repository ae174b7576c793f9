"""Looks now and then at how the service stands, keeps its alerts on record, and tells a webhook.

One of all processes looks: each tries to take the turn, and one gets it. Whoever is told is told at
least once of each beginning and each end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from app.core.alert import (
    SERVICE,
    SEVERITY_OF,
    Alert,
    AlertKind,
    alert_shape,
    step_of,
)
from app.core.alerts import AlertPolicy, judge
from app.core.hashing import hash64
from app.core.webhook import RETRIES_S, Message, payload
from app.push.sender import Sender
from app.store.alerts import (
    RecordedAlert,
    mark_told,
    read_standing,
    record_past,
    recorded_shape,
    take_turn,
    untold,
    write_changes,
)
from app.store.clock import database_now
from app.store.conditions import read_conditions
from app.store.engine import DATABASE_FAULTS, Database
from app.store.machine import disk_free
from app.work.loop import Loop

log = structlog.get_logger()

EVERY: Final = timedelta(seconds=30)
FIRST_S: Final = 5.0
"""After the start of a process: feeds that fell due while none ran are no backlog yet."""

UNWRITABLE: Final = timedelta(minutes=2)
"""How long the database must have refused before somebody is told: a restart is none."""

TOLD_AT_ONCE: Final = 100
MESSAGE_TYPE: Final = "alerts"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertReceiver:
    """Where alerts are told, signed as Standard Webhooks says."""

    url: str
    secret: str

    def secrets(self, _now: datetime) -> list[str]:
        return [self.secret]


class Alerter(Loop):
    """The loop of one process."""

    def __init__(
        self,
        database: Database,
        policy: AlertPolicy,
        sender: Sender,
        clock: Callable[[], datetime],
        *,
        receiver: AlertReceiver | None = None,
        file: str | None = None,
    ) -> None:
        """`file` is that of an SQLite database, whose disk is looked at."""
        super().__init__("alerts", self.look)
        self._database = database
        self._policy = policy
        self._sender = sender
        self._clock = clock
        self._receiver = receiver
        self._file = file
        self._refusal: Alert | None = None  # the database's, while it lasts
        self._refusal_told = False
        self._failed = 0
        self._next_try: datetime | None = None

    async def run(self) -> None:
        """Look until stopped."""
        await self.pause(FIRST_S)
        await super().run()

    async def look(self) -> float:
        """Look if it is this process's turn; how long to wait for the next."""
        try:
            async with self._database.write() as session:
                mine = await take_turn(session, EVERY)
            await self._end_refusal()
            if mine:
                await self._judge()
                await self._tell()
        except DATABASE_FAULTS as error:
            await self._refused(error)
        return EVERY.total_seconds()

    async def _judge(self) -> None:
        free = disk_free(self._file) if self._file else None
        async with self._database.read() as session:
            conditions = await read_conditions(session, disk_free=free)
            standing = await read_standing(session)
        changes = judge(conditions, standing, self._policy)
        if not (changes.begun or changes.changed or changes.fading or changes.ended):
            return
        async with self._database.write() as session:
            await write_changes(session, changes, conditions.now)
        for alert in changes.begun:
            log.warning(
                "alert_begun",
                kind=alert.kind.value,
                subject=alert.subject,
                detail=alert.detail,
                step=alert.step,
            )
        for kind, subject in changes.ended:
            log.info("alert_ended", kind=kind.value, subject=subject)

    async def _tell(self) -> None:
        """Tell of what was not told, in messages of a hundred; later again what is not taken."""
        if self._receiver is None or (self._next_try and self._clock() < self._next_try):
            return
        while True:
            async with self._database.read() as session:
                read_at = await database_now(session)
                found = await untold(session, read_at, TOLD_AT_ONCE)
            if not found or not await self._send(self._receiver, _message(found, read_at)):
                return
            async with self._database.write() as session:
                await mark_told(session, [one.id for one in found], read_at)

    async def _send(self, receiver: AlertReceiver, message: Message) -> bool:
        attempt, _ = await self._sender.send(receiver, message)
        if attempt.taken:
            self._failed, self._next_try = 0, None
            return True
        wait_s = RETRIES_S[min(self._failed, len(RETRIES_S) - 1)]
        self._failed += 1
        self._next_try = self._clock() + timedelta(seconds=min(wait_s, RETRIES_S[3]))
        log.warning(
            "alerts_not_told",
            status=attempt.status,
            failure=attempt.failure,
            detail=attempt.detail,
            retry_at=self._next_try,
        )
        return False

    async def _refused(self, error: BaseException) -> None:
        """A database that takes no writes cannot keep an alert of it: this process tells it."""
        now = self._clock()
        said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        if self._refusal is None:
            self._refusal = Alert(
                kind=AlertKind.DATABASE,
                subject=SERVICE,
                severity=SEVERITY_OF[AlertKind.DATABASE],
                detail=f"the database cannot be written to: {said or type(error).__name__}",
                step=step_of(AlertKind.DATABASE, SERVICE),
                since=now,
            )
        log.warning("database_refuses", detail=self._refusal.detail, since=self._refusal.since)
        due = now - self._refusal.since >= UNWRITABLE and not self._refusal_told
        if due and self._receiver is not None:
            shape = alert_shape(self._refusal)
            message = _of(
                f"alerts_database_{self._refusal.since.timestamp():.0f}", now, [shape], []
            )
            self._refusal_told = await self._send(self._receiver, message)

    async def _end_refusal(self) -> None:
        """Put it on record once it can be, from where its end is told as any other's."""
        refusal, told = self._refusal, self._refusal_told
        self._refusal, self._refusal_told = None, False
        if refusal is None or self._clock() - refusal.since < UNWRITABLE:
            return
        async with self._database.write() as session:
            await record_past(session, refusal, await database_now(session), told=told)


def _message(found: Sequence[RecordedAlert], at: datetime) -> Message:
    """Under the same id each time the same is told."""
    names = " ".join(f"{one.id}:{one.ended_at is None}" for one in found)
    begun = [_told_shape(one) for one in found if one.ended_at is None]
    ended = [_told_shape(one) for one in found if one.ended_at is not None]
    return _of(f"alerts_{found[0].id}_{hash64(names) & 0xFFFFFFFF:08x}", at, begun, ended)


def _told_shape(one: RecordedAlert) -> dict[str, Any]:
    shape = recorded_shape(one)
    del shape["told_at"]
    return shape


def _of(
    message_id: str, at: datetime, begun: Sequence[dict[str, Any]], ended: Sequence[dict[str, Any]]
) -> Message:
    data = {"begun": list(begun), "ended": list(ended)}
    return Message(id=message_id, body=payload(MESSAGE_TYPE, at, data))
