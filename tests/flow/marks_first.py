"""The command with one fault put in: it marks a message as taken before it is sent.

For the test that shows why it is done the other way round.
"""

from __future__ import annotations

from app.__main__ import main
from app.core.webhook import Attempt, Judgement, Verdict
from app.push.deliver import AT_ONCE, Delivered, Webhooks
from app.store.webhook_leases import (
    ClaimedWebhook,
    due_deliveries,
    record_attempt,
    release_webhook,
)


async def mark_then_send(self: Webhooks, item: ClaimedWebhook) -> Delivered:
    async with self._database.read() as session:
        due = await due_deliveries(session, item, AT_ONCE)
        messages = await self._messages(session, item.webhook, due)
    for delivery, message in zip(due, messages, strict=True):
        hoped = Attempt(at=self._clock(), ms=0, status=204, failure=None, detail=None, excerpt=None)
        done = Judgement(verdict=Verdict.DONE)
        async with self._database.write() as session:
            await record_attempt(session, item, delivery, hoped, done)
        await self._sender.send(item.webhook, message)
    async with self._database.write() as session:
        await release_webhook(session, item)
    return Delivered(webhook_id=item.webhook.id, taken=len(due), failed=None)


if __name__ == "__main__":
    Webhooks.do = mark_then_send
    main()
