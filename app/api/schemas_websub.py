"""What operators get to see of WebSub, as a model and as it is made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from app.core.websub import SubscriptionState
from app.store.subscriptions import Subscription


class WebSubOut(BaseModel):
    """How a feed's subscription at a hub stands."""

    hub: str = Field(description="The hub that the feed names, or one of several.")
    topic: str = Field(description="The feed's own address, as it is known there.")
    state: SubscriptionState = Field(
        description="pending until the hub has verified it (and for good without "
        "COPYDESK_PUBLIC_URL); leaving and left while the feed is paused."
    )
    detail: str | None = Field(description="What stands in the way, in one line.")
    expires_at: datetime | None = Field(description="It is renewed well before.")
    last_push_at: datetime | None = Field(description="The last push that was signed as agreed.")
    ignored: int = Field(description="Pushes that were not signed as agreed.")
    proven: bool = Field(
        description="The hub tells of the changes, so the feed is polled as a backstop only."
    )


def websub_shape(subscription: Subscription | None) -> dict[str, Any] | None:
    if subscription is None:
        return None
    return {
        "hub": subscription.hub_url,
        "topic": subscription.topic_url,
        "state": subscription.state.value,
        "detail": subscription.detail,
        "expires_at": subscription.expires_at,
        "last_push_at": subscription.pushed_at,
        "ignored": subscription.ignored,
        "proven": subscription.proven,
    }
