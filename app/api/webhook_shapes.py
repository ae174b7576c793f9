"""Webhooks, deliveries and attempts → what a caller sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.core.webhook import Attempt, message_id
from app.store.deliveries import Delivery
from app.store.webhooks import Webhook


def webhook_shape(hook: Webhook) -> dict[str, Any]:
    return {
        "id": str(hook.id),
        "name": hook.name,
        "url": hook.url,
        "search_id": None if hook.search_id is None else str(hook.search_id),
        "types": sorted(kind.value for kind in hook.types),
        "state": hook.state.value,
        "reason": hook.reason,
        "owner_id": None if hook.owner_id is None else str(hook.owner_id),
        "created_at": hook.created_at,
        "changed_at": hook.changed_at,
        "failing_since": hook.failing_since,
        "last_success_at": hook.last_success_at,
        "next_attempt_at": hook.due_at,
        "rotating_until": hook.old_secret_until,
    }


def attempt_shape(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": attempt.at,
        "ms": attempt.ms,
        "status": attempt.status,
        "failure": attempt.failure,
        "detail": attempt.detail,
        "excerpt": attempt.excerpt,
    }


def delivery_shape(delivery: Delivery, attempts: Sequence[Attempt]) -> dict[str, Any]:
    return {
        "id": str(delivery.id),
        "message_id": message_id(delivery.webhook_id, delivery.seq),
        "seq": delivery.seq,
        "type": delivery.type.value,
        "story_id": None if delivery.story_id is None else str(delivery.story_id),
        "revision": delivery.revision,
        "feed_id": None if delivery.feed_id is None else str(delivery.feed_id),
        "matches": delivery.matches,
        "state": delivery.state.value,
        "made_at": delivery.made_at,
        "done_at": delivery.done_at,
        "attempts": [attempt_shape(attempt) for attempt in attempts],
    }
