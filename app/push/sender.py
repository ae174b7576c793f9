"""Sends one message to one receiver, signed, and says what came of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from app.core.webhook import EXCERPT_BYTES, Attempt, Message, headers_of, payload
from app.net import HttpClients, Timeout, failure_of, one_line
from app.store.sealing import Sealer, SealFault, open_text
from app.store.webhooks import SEALED_FOR, Webhook

TIMEOUT_S: Final = 15.0
"""For one message, from the look-up of the name on; Standard Webhooks says 15 to 30."""

TEST_TYPE: Final = "webhook.test"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPolicy:
    """How many are told at once, and how many of them may be slow to answer; `public_url` is where
    receivers find the stories.
    """

    user_agent: str
    public_url: str | None = None
    concurrency: int = 256
    slow: int = 64
    lease_s: float = 60.0
    drain_s: float = 20.0


class Receiver(Protocol):
    """Who is sent messages: where it is, and the secrets that are good now, sealed or not."""

    @property
    def url(self) -> str: ...

    def secrets(self, now: datetime) -> list[str]: ...


class Sender:
    """Sends messages through the guarded client: no redirect is followed, of an answer no more is
    read than its beginning.
    """

    def __init__(
        self,
        clients: HttpClients,
        policy: DeliveryPolicy,
        clock: Callable[[], datetime],
        sealer: Sealer | None = None,
    ) -> None:
        self._sealer = sealer or Sealer()
        self._clients = clients
        self._policy = policy
        self._clock = clock

    async def send(self, to: Receiver, message: Message) -> tuple[Attempt, int | None]:
        """What came of it, and a Retry-After in seconds; nothing is raised but CancelledError."""
        started, at = time.perf_counter(), self._clock()
        status = failure = detail = excerpt = retry_after_s = None
        try:
            async with asyncio.timeout(TIMEOUT_S):
                status, excerpt, retry_after_s = await self._post(to, message, at)
        except SecretSealed as error:
            failure, detail = "sealed", str(error)
        except TimeoutError:
            failure, detail = "timeout", f"no answer in {TIMEOUT_S:g} s"
        except Exception as error:  # noqa: BLE001 - the edge: whatever a receiver provokes is a value
            kind, detail = failure_of(error)
            failure = kind.value
        ms = round((time.perf_counter() - started) * 1000)
        attempt = Attempt(
            at=at, ms=ms, status=status, failure=failure, detail=detail, excerpt=excerpt
        )
        return attempt, retry_after_s

    async def test(self, webhook: Webhook) -> Attempt:
        """Send a message that means nothing; what came of it. Nothing is put on record."""
        at = self._clock()
        message = Message(
            id=f"msg_{webhook.id}_test_{round(at.timestamp() * 1000)}",
            body=payload(TEST_TYPE, at, {"webhook_id": str(webhook.id)}),
        )
        attempt, _ = await self.send(webhook, message)
        return attempt

    async def _post(
        self, to: Receiver, message: Message, at: datetime
    ) -> tuple[int, str | None, int | None]:
        target = self._clients.target(to.url)
        client = self._clients.client_for(target.host)
        headers = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": self._policy.user_agent,
            **headers_of(message, at, [self._opened(secret) for secret in to.secrets(at)]),
        }
        if target.authorization is not None:
            headers["Authorization"] = target.authorization.decode("latin-1")
        request = client.build_request(
            "POST",
            target.url,
            content=message.body,
            headers=headers,
            timeout=Timeout(None, connect=TIMEOUT_S),
        )
        response = await client.send(request, stream=True)
        try:
            beginning = b""
            async for piece in response.aiter_raw():
                beginning += piece
                if len(beginning) >= EXCERPT_BYTES:
                    break
        finally:
            await response.aclose()
        said = excerpt_of(beginning, response.headers.get("content-encoding", ""))
        after = response.headers.get("retry-after", "").strip()
        waits = int(after) if after.isascii() and after.isdigit() and len(after) < 9 else None  # noqa: PLR2004 - what is longer is no span
        return response.status_code, said, waits

    def _opened(self, secret: str) -> str:
        match open_text(self._sealer, secret, bound_to=SEALED_FOR):
            case SealFault.NO_KEY | SealFault.OTHER_KEY:
                raise SecretSealed(
                    "its secret was sealed with a key that is not in COPYDESK_SECRET_KEY: add that "
                    "key, or rotate the webhook's secret"
                )
            case SealFault.BROKEN:
                raise SecretSealed("its secret was changed in the database: rotate it")
            case str() as opened:
                return opened


class SecretSealed(Exception):
    """A secret that cannot be opened; says what to do."""


def excerpt_of(beginning: bytes, coding: str) -> str | None:
    """The beginning of an answer, in a line; of one that is no text, what it is."""
    coding = coding.strip().lower()
    if coding not in ("", "identity") and beginning:
        return f"({one_line(coding)[:20]}, not read)"
    if b"\0" in beginning:
        return "(binary, not read)"
    return one_line(beginning[:EXCERPT_BYTES].decode("utf-8", "replace")) or None
