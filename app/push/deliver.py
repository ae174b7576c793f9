"""Sends what is due to webhooks: each in order, many at once, at least once, under one id."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Row

from app.core.hashing import hash64
from app.core.webhook import (
    Attempt,
    Judgement,
    Message,
    Verdict,
    judge,
    message_id,
    payload,
)
from app.push.sender import DeliveryPolicy, Sender
from app.store.deliveries import Delivery, prune_deliveries
from app.store.engine import Database, ReadSession, WriteSession
from app.store.stories import load_stories
from app.store.webhook_leases import (
    ClaimedWebhook,
    claim_webhooks,
    due_deliveries,
    next_delivery_at,
    record_attempt,
    release_webhook,
    renew_webhook,
)
from app.store.webhooks import Webhook
from app.work.leased import LeasedLoop, LeasedPolicy
from app.work.loop import Loop

log = structlog.get_logger()

AT_ONCE: Final = 100
"""Messages read at a time for one webhook; after them others have their turn."""

TURN_S: Final = 30.0
"""How long one webhook is sent to before others have their turn."""

KEPT: Final = timedelta(days=30)
"""How long it is kept what was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One turn of a webhook: how many messages were taken, and the attempt that ended it."""

    webhook_id: int
    taken: int
    failed: Attempt | None


class Deliverer(LeasedLoop[ClaimedWebhook, Delivered]):
    """The loop around `Webhooks`; several may run on one PostgreSQL."""

    def __init__(
        self,
        database: Database,
        sender: Sender,
        policy: DeliveryPolicy,
        clock: Callable[[], datetime],
        on_done: Callable[[Delivered], None] = lambda _done: None,
    ) -> None:
        leased = LeasedPolicy(
            name="webhooks",
            concurrency=policy.concurrency,
            lease_s=policy.lease_s,
            drain_s=policy.drain_s,
        )
        super().__init__(Webhooks(database, sender, policy, clock), database, leased, on_done)


class Webhooks:
    """The webhooks that have something due, as work that is done under leases."""

    def __init__(
        self,
        database: Database,
        sender: Sender,
        policy: DeliveryPolicy,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._sender = sender
        self._policy = policy
        self._clock = clock
        self._slow: set[int] = set()  # those that are told now

    async def next_due(self, session: ReadSession) -> datetime | None:
        return await next_delivery_at(session, slow=self._room_for_slow > 0)

    async def claim(self, session: WriteSession, limit: int) -> Sequence[ClaimedWebhook]:
        claimed = await claim_webhooks(
            session, limit=limit, slow=self._room_for_slow, lease_s=self._policy.lease_s
        )
        self._slow.update(item.webhook.id for item in claimed if item.webhook.slow)
        return claimed

    @property
    def _room_for_slow(self) -> int:
        return self._policy.slow - len(self._slow)

    async def renew(self, session: WriteSession, item: ClaimedWebhook) -> None:
        await renew_webhook(session, item, self._policy.lease_s)

    async def give_back(self, session: WriteSession, item: ClaimedWebhook) -> None:
        self._slow.discard(item.webhook.id)
        await release_webhook(session, item)

    async def do(self, item: ClaimedWebhook) -> Delivered:
        """Send in order until one is not taken, or others shall have their turn: at once after an
        answer that took long.
        """
        try:
            return await self._tell(item)
        finally:
            self._slow.discard(item.webhook.id)

    async def _tell(self, item: ClaimedWebhook) -> Delivered:
        async with self._database.read() as session:
            due = await due_deliveries(session, item, AT_ONCE)
            messages = await self._messages(session, item.webhook, due)
        until = time.monotonic() + TURN_S
        taken, ended = 0, Judgement(verdict=Verdict.DONE)
        failed: Attempt | None = None
        for delivery, message in zip(due, messages, strict=True):
            attempt, retry_after_s = await self._sender.send(item.webhook, message)
            jitter = (hash64(message.id, str(delivery.attempts)) & 0xFFFF) / 0x10000
            ended = judge(attempt, delivery.attempts + 1, jitter, retry_after_s)
            async with self._database.write() as session:
                if not await record_attempt(session, item, delivery, attempt, ended):
                    break
            if ended.verdict is not Verdict.DONE:
                failed = attempt
                break
            taken += 1
            if attempt.slow or time.monotonic() > until:
                break
        async with self._database.write() as session:
            await release_webhook(session, item, ended.retry_at)
        return Delivered(webhook_id=item.webhook.id, taken=taken, failed=failed)

    def named(self, item: ClaimedWebhook) -> Mapping[str, int]:
        return {"webhook_id": item.webhook.id}

    async def broke(
        self,
        item: ClaimedWebhook,
        error: Exception,
        started: float,  # noqa: ARG002 - as all work has it
    ) -> Delivered:
        log.error("webhook_broke", webhook_id=item.webhook.id, exc_info=error)
        later = self._clock() + timedelta(seconds=TURN_S)
        async with self._database.write() as session:
            await release_webhook(session, item, later)
        return Delivered(webhook_id=item.webhook.id, taken=0, failed=None)

    async def _messages(
        self, session: ReadSession, webhook: Webhook, due: Sequence[Delivery]
    ) -> list[Message]:
        """What is said of each change: little, and the same each time but for title and address,
        which are those of now.
        """
        ids = list({delivery.story_id for delivery in due if delivery.story_id is not None})
        rows = {row.id: row for row in await load_stories(session, ids, body=False)}
        return [self._message(webhook, one, rows) for one in due]

    def _message(
        self, webhook: Webhook, delivery: Delivery, rows: Mapping[int, Row[Any]]
    ) -> Message:
        of_feed = delivery.feed_id is not None
        path = f"admin/feeds/{delivery.feed_id}" if of_feed else f"stories/{delivery.story_id}"
        data = {
            "seq": delivery.seq,
            **(_of_feed(delivery) if of_feed else _of_story(delivery, rows)),
            "link": f"{self._policy.public_url or ''}/v1/{path}",
            "webhook_id": str(webhook.id),
            "search_id": None if webhook.search_id is None else str(webhook.search_id),
        }
        return Message(
            id=message_id(webhook.id, delivery.seq),
            body=payload(delivery.type.value, delivery.made_at, data),
        )


def _of_story(delivery: Delivery, rows: Mapping[int, Row[Any]]) -> dict[str, Any]:
    row = rows.get(delivery.story_id or 0)
    return {
        "story_id": str(delivery.story_id),
        "revision": delivery.revision,
        "matches": delivery.matches,
        "title": None if row is None else row.title,
        "url": None if row is None else row.url,
    }


def _of_feed(delivery: Delivery) -> dict[str, Any]:
    return {"feed_id": str(delivery.feed_id), **(delivery.detail or {})}


class Pruner(Loop):
    """Forgets what was delivered long ago, a little at a time."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        super().__init__("webhook pruner", self._prune)
        self._database = database
        self._clock = clock

    async def _prune(self) -> float:
        async with self._database.write() as session:
            gone = await prune_deliveries(session, self._clock() - KEPT)
        return 1.0 if gone else 3600.0
