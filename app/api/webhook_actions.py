"""What is done with webhooks that are there: paused, tested, rotated, looked into, told again."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.api.auditing import Audit
from app.api.callers import WriteKeyBeforeBody, Writer
from app.api.deps import DepsDep, Reading, Writing
from app.api.feed_fields import invalid
from app.api.listing import Cursor, Limit
from app.api.paging import paging
from app.api.replies import page_reply, reply
from app.api.schemas import problems
from app.api.schemas_webhooks import (
    DeliveryList,
    Redeliver,
    RedeliveredAnswer,
    RotateSecret,
    SecretWebhookAnswer,
    TestAnswer,
    WebhookAnswer,
)
from app.api.webhook_shapes import attempt_shape, delivery_shape
from app.api.webhooks import (
    ONE,
    WebhookId,
    audit_webhook,
    owned_webhook,
    secret_of,
    webhook_reply,
)
from app.core.webhook import DeliveryState, WebhookState
from app.errors import Conflict
from app.store.deliveries import (
    NewDelivery,
    add_deliveries,
    latest_attempts,
    list_deliveries,
)
from app.store.keys import get_key
from app.store.redelivery import redeliver_some, stretch_for
from app.store.sealing import seal_text
from app.store.webhooks import SEALED_FOR, change_webhook, set_webhook_state

log = structlog.get_logger()

router = APIRouter(route_class=WriteKeyBeforeBody, tags=["webhooks"])


@router.post(f"{ONE}:pause", response_model=WebhookAnswer, responses=problems(401, 403, 404))
async def pause(
    request: Request,
    session: Writing,
    deps: DepsDep,
    caller: Writer,
    audit: Audit,
    webhook_id: WebhookId,
) -> Response:
    """Hold messages back until it is resumed, for 30 days: what is older, the log has still."""
    before = await owned_webhook(session, caller, webhook_id)
    hook = await set_webhook_state(
        session, webhook_id, WebhookState.PAUSED, "paused by its owner", deps.clock()
    )
    await audit_webhook(audit, session, "pause", before=before, after=hook)
    return webhook_reply(request, hook)


@router.post(f"{ONE}:resume", response_model=WebhookAnswer, responses=problems(401, 403, 404, 409))
async def resume(
    request: Request,
    session: Writing,
    deps: DepsDep,
    caller: Writer,
    audit: Audit,
    webhook_id: WebhookId,
) -> Response:
    """Send what was held back, in order, from now on."""
    before = await owned_webhook(session, caller, webhook_id)
    if before.owner_id is not None:
        key = await get_key(session, before.owner_id)
        if not key.usable(deps.clock()):
            raise Conflict(
                f"the key {key.name!r} that made webhook {webhook_id} has ended, and what ended is "
                "told nothing: make the webhook again with another key"
            )
    hook = await set_webhook_state(session, webhook_id, WebhookState.ACTIVE, None, deps.clock())
    await audit_webhook(audit, session, "resume", before=before, after=hook)
    deps.wake_pusher()
    return webhook_reply(request, hook)


@router.post(f"{ONE}:test", response_model=TestAnswer, responses=problems(401, 403, 404))
async def test(request: Request, deps: DepsDep, caller: Writer, webhook_id: WebhookId) -> Response:
    """Send a message of the type `webhook.test` now, and answer with what came of it."""
    async with deps.database.read() as session:
        hook = await owned_webhook(session, caller, webhook_id)
    return reply(request, {"data": attempt_shape(await deps.test_webhook(hook))})


@router.post(
    f"{ONE}:rotate", response_model=SecretWebhookAnswer, responses=problems(400, 401, 403, 404)
)
async def rotate(
    request: Request,
    session: Writing,
    deps: DepsDep,
    caller: Writer,
    audit: Audit,
    webhook_id: WebhookId,
    asked: RotateSecret,
) -> Response:
    """Sign with another secret, and for a while with both; the new one is shown this once."""
    present = await owned_webhook(session, caller, webhook_id)
    secret, now = secret_of(asked.secret), deps.clock()
    hook = await change_webhook(
        session,
        webhook_id,
        {
            "secret": seal_text(deps.sealer, secret, bound_to=SEALED_FOR),
            "old_secret": present.secret,
            "old_secret_until": now + timedelta(seconds=asked.overlap_s),
        },
        at=now,
    )
    await audit_webhook(audit, session, "rotate", before=present, after=hook)
    log.info("webhook_secret_rotated", webhook_id=webhook_id, overlap_s=asked.overlap_s)
    return webhook_reply(request, hook, secret=secret)


@router.get(
    f"{ONE}/deliveries", response_model=DeliveryList, responses=problems(400, 401, 403, 404)
)
async def deliveries(
    request: Request,
    session: Reading,
    deps: DepsDep,
    caller: Writer,
    webhook_id: WebhookId,
    state: Annotated[
        DeliveryState | None, Query(description="Only those that are due, done or dead.")
    ] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """What it was told and is to be told, newest first, with every attempt."""
    await owned_webhook(session, caller, webhook_id)
    pages = paging(deps.cursor_secret, f"deliveries {webhook_id} {state}", cursor, limit)
    found = await list_deliveries(
        session, webhook_id, state=state, before=pages.behind, limit=pages.wanted
    )
    shown, following = pages.cut(found, lambda one: [one.seq])
    tried = await latest_attempts(session, [one.id for one in shown])
    data = [delivery_shape(one, tried[one.id]) for one in shown]
    return page_reply(request, data, next_cursor=following, limit=limit)


@router.post(
    f"{ONE}:redeliver",
    response_model=RedeliveredAnswer,
    responses=problems(400, 401, 403, 404, 410),
)
async def redeliver(
    request: Request,
    deps: DepsDep,
    caller: Writer,
    audit: Audit,
    webhook_id: WebhookId,
    asked: Redeliver,
) -> Response:
    """Send messages again, under their first ids: some deliveries, or of all changes between two
    places of the log those that it follows.
    """
    new: list[NewDelivery] = []
    async with deps.database.read() as reading:  # which may take a while: no writer waits for it
        hook = await owned_webhook(reading, caller, webhook_id)
        if asked.deliveries is None and asked.after is not None and asked.until is not None:
            new = await stretch_for(reading, hook, asked.after, asked.until, deps.clock())
        elif asked.deliveries is None or (asked.after, asked.until) != (None, None):
            raise invalid("deliveries", "name some deliveries, or both `after` and `until`")
    async with deps.database.write() as session:
        hook = await owned_webhook(session, caller, webhook_id)
        if asked.deliveries is None:
            await add_deliveries(session, new, deps.clock())
            due = len(new)
        else:
            some = [int(n) for n in asked.deliveries]
            due = await redeliver_some(session, hook, some, deps.clock())
        after = {**asked.model_dump(exclude_none=True), "due": due}
        await audit(session, "webhook.redeliver", f"webhook:{webhook_id}", after=after)
    deps.wake_pusher()
    return reply(request, {"data": {"due": due}})
