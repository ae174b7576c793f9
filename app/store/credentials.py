"""What a feed is asked with: a name and a secret, or where the secret is to be found."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select
from sqlalchemy.sql.elements import ColumnElement

from app.core.credentials import CredentialKind
from app.store.engine import ReadSession, WriteSession
from app.store.models import feed_credentials, feeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A feed's credentials, the secret encrypted or named: never as it is.

    They are for `origin` ("https://news.example", with its port if it is not the scheme's own)
    alone. Either `sealed` or `variable`, the name of an environment variable, is there.
    """

    kind: CredentialKind
    origin: str
    set_at: datetime
    username: str | None = None
    header: str | None = None
    variable: str | None = None
    sealed: bytes | None = field(default=None, repr=False)
    over_http: bool = False  # an operator lets them go unencrypted


def bound_to(feed_id: int, kind: CredentialKind, origin: str) -> str:
    """What a sealed secret is good for, and nothing else."""
    return f"{feed_id} {kind.value} {origin}"


async def read_credentials(session: ReadSession, feed_id: int) -> Credentials | None:
    """None for a feed that is asked without any."""
    found = await session.execute(
        select(feed_credentials).where(feed_credentials.c.feed_id == feed_id)
    )
    row = found.one_or_none()
    if row is None:
        return None
    return Credentials(
        kind=CredentialKind(row.kind),
        origin=row.origin,
        set_at=row.set_at,
        username=row.username,
        header=row.header,
        variable=row.variable,
        sealed=row.sealed,
        over_http=row.over_http,
    )


async def write_credentials(session: WriteSession, feed_id: int, new: Credentials) -> None:
    """Put a feed's credentials on record, in the place of those that were."""
    values: dict[str, Any] = {
        "kind": new.kind.value,
        "origin": new.origin,
        "set_at": new.set_at,
        "username": new.username,
        "header": new.header,
        "variable": new.variable,
        "sealed": new.sealed,
        "over_http": new.over_http,
    }
    await session.execute(
        session.insert(feed_credentials)
        .values(feed_id=feed_id, **values)
        .on_conflict_do_update(index_elements=["feed_id"], set_=values)
    )


async def delete_credentials(session: WriteSession, feed_id: int) -> bool:
    """Forget a feed's credentials; whether there were any."""
    gone = await session.execute(
        delete(feed_credentials).where(feed_credentials.c.feed_id == feed_id)
    )
    return gone.rowcount > 0


def has_credentials() -> ColumnElement[bool]:
    """Whether a row of feeds has credentials, for a query of feeds."""
    return exists().where(feed_credentials.c.feed_id == feeds.c.id)
