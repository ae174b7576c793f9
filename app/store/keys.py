"""API keys: only their fingerprints are kept, so a key is shown once, when it is made."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, func, literal, select, update

from app.core.hashing import hash64
from app.core.webhook import WebhookState
from app.errors import NotFound, PreconditionFailed
from app.store.engine import Instant, ReadSession, WriteSession
from app.store.models import keys, searches, webhooks

KEY_PREFIX: Final = "cdk_"
SETTING_NAME: Final = "COPYDESK_ADMIN_KEY"
KEY_BYTES: Final = 32
SHOWN_CHARS: Final = 8
LAST_USE_GRAIN: Final = timedelta(minutes=1)


class Scope(StrEnum):
    """What a key may do, each with all before it."""

    READ = "read"
    WRITE = "write"  # keep searches and webhooks
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key on record; `prefix` is its beginning, enough to tell it from the others."""

    id: int
    name: str
    prefix: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    requests_per_minute: int | None = None  # None: as the settings say

    def allows(self, scope: Scope) -> bool:
        ranks = list(Scope)
        return any(ranks.index(own) >= ranks.index(scope) for own in self.scopes)

    @property
    def version(self) -> int:
        """Tells what can be changed of it from what that was before."""
        kept = (self.name, self.expires_at, self.requests_per_minute, self.revoked_at)
        return hash64("key", *map(str, kept)) & 0x7FFFFFFF

    def usable(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def new_secret() -> str:
    """A key of 256 random bits, with a prefix by which scanners can find it in code."""
    return KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)


async def add_key(
    session: WriteSession,
    secret: str,
    *,
    name: str,
    scopes: Sequence[Scope],
    now: datetime,
    expires_at: datetime | None = None,
    requests_per_minute: int | None = None,
) -> Key:
    """Put a key on record by its fingerprint."""
    row = await session.execute(
        keys.insert()
        .values(
            name=name,
            prefix=secret[: min(SHOWN_CHARS, len(secret) // 4)],
            hash=fingerprint(secret),
            scopes=sorted(scope.value for scope in scopes),
            created_at=now,
            expires_at=expires_at,
            requests_per_minute=requests_per_minute,
        )
        .returning(keys)
    )
    return key_of_row(row.one())


async def find_key(session: ReadSession, secret: str) -> Key | None:
    """The key with this fingerprint, usable or not.

    Looked up by SHA-256 of 256 random bits: what time the look-up takes tells nothing of the key.
    """
    row = await session.execute(select(keys).where(keys.c.hash == fingerprint(secret)))
    found = row.one_or_none()
    return None if found is None else key_of_row(found)


async def note_use(session: WriteSession, key_id: int, now: datetime) -> None:
    await session.execute(update(keys).where(keys.c.id == key_id).values(last_used_at=now))


async def list_keys(session: ReadSession) -> list[Key]:
    return [key_of_row(row) for row in await session.execute(select(keys).order_by(keys.c.id))]


async def get_key(session: ReadSession, key_id: int) -> Key:
    """One key; raises NotFound."""
    row = (await session.execute(select(keys).where(keys.c.id == key_id))).one_or_none()
    if row is None:
        raise no_key(key_id)
    return key_of_row(row)


async def change_key(session: WriteSession, key: Key, **changes: Any) -> Key:  # noqa: ANN401 - columns
    """Set columns of a key; raises PreconditionFailed where it is not as it was read."""
    row = await session.execute(
        update(keys)
        .where(keys.c.id == key.id, keys.c.name == key.name)
        .where(keys.c.expires_at.is_not_distinct_from(key.expires_at))
        .where(keys.c.requests_per_minute.is_not_distinct_from(key.requests_per_minute))
        .values(**changes)
        .returning(keys)
    )
    found = row.one_or_none()
    if found is None:
        raise PreconditionFailed(f"key {key.id} has been changed: read it again, then send it")
    return key_of_row(found)


def no_key(key_id: int) -> NotFound:
    return NotFound(f"there is no key {key_id}: GET /v1/admin/keys lists them")


async def revoke_key(session: WriteSession, key_id: int, now: datetime) -> Key:
    """End a key for good, and its webhooks; raises NotFound. Revoking it again changes nothing."""
    row = await session.execute(
        update(keys)
        .where(keys.c.id == key_id)
        .values(revoked_at=func.coalesce(keys.c.revoked_at, literal(now, Instant)))
        .returning(keys)
    )
    found = row.one_or_none()
    if found is None:
        raise no_key(key_id)
    await session.execute(
        update(webhooks)
        .where(webhooks.c.owner_id == key_id, webhooks.c.state != WebhookState.DISABLED.value)
        .values(
            state=WebhookState.DISABLED.value,
            reason="the key that made it was revoked: make it again with another",
            version=webhooks.c.version + 1,
            changed_at=now,
        )
    )
    return key_of_row(found)


async def usable_admin_key(session: ReadSession, now: datetime) -> Key | None:
    """Any key that can still administer."""
    everyone = await list_keys(session)
    return next((k for k in everyone if k.usable(now) and k.allows(Scope.ADMIN)), None)


async def set_key_of_settings(session: WriteSession, secret: str, now: datetime) -> None:
    """Make the key of the settings the one key under that name: an earlier one ends, and what it
    owns is the later one's.
    """
    present = await find_key(session, secret)
    await session.execute(
        update(keys)
        .where(keys.c.name == SETTING_NAME, keys.c.hash != fingerprint(secret))
        .where(keys.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if present is None:
        present = await add_key(session, secret, name=SETTING_NAME, scopes=[Scope.ADMIN], now=now)
    elif not present.usable(now) or not present.allows(Scope.ADMIN):
        await session.execute(
            update(keys)
            .where(keys.c.id == present.id)
            .values(revoked_at=None, expires_at=None, scopes=[Scope.ADMIN.value])
        )
    former = select(keys.c.id).where(keys.c.name == SETTING_NAME, keys.c.id != present.id)
    for table in (searches, webhooks):
        await session.execute(
            update(table).where(table.c.owner_id.in_(former)).values(owner_id=present.id)
        )


def fingerprint(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def key_of_row(row: Row[Any]) -> Key:
    return Key(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        requests_per_minute=row.requests_per_minute,
    )


async def ensure_admin_key(
    session: WriteSession, of_settings: str | None, now: datetime
) -> str | None:
    """See to an admin key; the key itself if it had to be made, to be shown this once."""
    if of_settings is not None:
        await set_key_of_settings(session, of_settings, now)
        return None
    if await usable_admin_key(session, now) is not None:
        return None
    secret = new_secret()
    await add_key(session, secret, name="first admin key", scopes=[Scope.ADMIN], now=now)
    return secret
