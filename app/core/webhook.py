"""What is sent to a webhook, and when it is tried again: Standard Webhooks 1.0, pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import orjson

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what secrets begin with
MIN_SECRET_BYTES: Final = 24
MAX_SECRET_BYTES: Final = 64

RETRIES_S: Final = (5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""After how long a delivery that failed is tried again: from seconds to days, three in all."""

REFUSALS_S: Final = RETRIES_S[:4]
"""The same for one whose answer says that it is the message that cannot be taken: other messages
wait behind it.
"""

MAX_DEAD: Final = 10
"""So many messages given up in a row without one taken end a webhook."""

SLOW_MS: Final = 2_000

REFUSED: Final = frozenset({400, 404, 405, 406, 409, 411, 413, 414, 415, 422})
GONE: Final = 410
EXCERPT_BYTES: Final = 1_000


class WebhookState(StrEnum):
    """Whether anything is sent to it."""

    ACTIVE = "active"
    PAUSED = "paused"  # by its owner
    DISABLED = "disabled"  # by the service: it is gone, or takes nothing


class DeliveryState(StrEnum):
    DUE = "due"
    DONE = "done"
    DEAD = "dead"  # given up


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A change as it is sent, under the same id each time."""

    id: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of sending a message; `failure` says why there is no status."""

    at: datetime
    ms: int
    status: int | None
    failure: str | None
    detail: str | None
    excerpt: str | None

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - any 2xx

    @property
    def slow(self) -> bool:
        """Whether it kept its sender waiting for longer than others shall wait for it."""
        return self.ms >= SLOW_MS


class Verdict(StrEnum):
    """What follows from an attempt."""

    DONE = "done"
    RETRY = "retry"
    DEAD = "dead"
    GONE = "gone"  # the receiver wants nothing more


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    verdict: Verdict
    retry_at: datetime | None = None


def message_id(webhook_id: int, seq: int) -> str:
    """The same for every attempt to tell this webhook of this change, by whichever process."""
    return f"msg_{webhook_id}_{seq}"


def payload(kind: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    """The body: thin, the receiver asks for the story itself."""
    return orjson.dumps(
        {"type": kind, "timestamp": at, "data": dict(data)}, option=orjson.OPT_UTC_Z
    )


def headers_of(message: Message, at: datetime, secrets: Sequence[str]) -> dict[str, str]:
    """Id, time and signatures, one for each secret that is good now."""
    stamp = str(int(at.timestamp()))
    signed = f"{message.id}.{stamp}.".encode() + message.body
    signatures = [
        base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode()
        for secret in secrets
    ]
    return {
        "webhook-id": message.id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def key_of(secret: str) -> bytes:
    """The key that a secret spells; ValueError for what is none, with what to send instead."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(SECRET_PREFIX) or not MIN_SECRET_BYTES <= len(key) <= MAX_SECRET_BYTES:
        raise ValueError(
            f"a secret is {SECRET_PREFIX} and base64 of {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} "
            "random bytes: leave it out to have one made"
        )
    return key


def new_secret(random: bytes) -> str:
    """A secret that spells these random bytes."""
    return SECRET_PREFIX + base64.b64encode(random).decode()


def judge(attempt: Attempt, attempts: int, jitter: float, retry_after_s: int | None) -> Judgement:
    """What follows from the last of so many attempts; `jitter` is in [0, 1), and only adds.

    A longer Retry-After is kept, up to a day.
    """
    if attempt.taken:
        return Judgement(verdict=Verdict.DONE)
    if attempt.status == GONE:
        return Judgement(verdict=Verdict.GONE)
    waits = REFUSALS_S if attempt.status in REFUSED else RETRIES_S
    if attempts > len(waits):
        return Judgement(verdict=Verdict.DEAD)
    wait_s = waits[attempts - 1] * (1 + jitter / 5)
    wait_s = max(wait_s, min(retry_after_s or 0, 86_400))
    return Judgement(verdict=Verdict.RETRY, retry_at=attempt.at + timedelta(seconds=wait_s))
