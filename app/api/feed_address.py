"""The address that an operator gives a feed, and the credentials that may stand in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote, urlsplit

from app.api.deps import Deps
from app.api.feed_fields import feed_url, invalid
from app.core.credentials import CredentialKind, secret_fault, username_fault
from app.core.urls import origin_of, without_credentials
from app.store.credentials import Credentials, bound_to, write_credentials
from app.store.engine import WriteSession
from app.store.feeds import Feed, check_new
from app.store.relocate import relocate
from app.store.sealing import Sealer


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a feed is, and what stood in its address beside that."""

    url: str  # without credentials
    given: str = field(repr=False)
    username: str | None = None
    password: str = field(default="", repr=False)


def read_address(raw: str, sealer: Sealer) -> Address:
    """The address in full; its credentials (https://user:password@…) are told apart from it.

    Raises Invalid for what is no address, and for credentials where there is no key to keep them.
    """
    given = feed_url(raw)
    url = without_credentials(given)
    if url == given:
        return Address(url=url, given=given)
    parts = urlsplit(given)
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not sealer.has_key:
        raise invalid(
            "url",
            "the credentials in it are kept encrypted, and there is no key: set "
            "COPYDESK_SECRET_KEY (openssl rand -hex 32) and start again; or add the address "
            "without them and name a variable that holds the secret: copydesk feeds credentials",
        )
    fault = username_fault(username) or secret_fault(CredentialKind.BASIC, password)
    if fault is not None:
        raise invalid("url", f"its credentials cannot be sent: {fault}")
    return Address(url=url, given=given, username=username, password=password)


async def keep_credentials(
    session: WriteSession, feed_id: int, address: Address, sealer: Sealer, now: datetime
) -> None:
    """Put the credentials of an address on record, if it has any.

    Over plain http as well: who writes them into such an address has said so.
    """
    if address.username is None:
        return
    origin = origin_of(address.url) or ""
    bound = bound_to(feed_id, CredentialKind.BASIC, origin)
    new = Credentials(
        kind=CredentialKind.BASIC,
        origin=origin,
        set_at=now,
        username=address.username,
        sealed=sealer.seal(address.password, bound_to=bound),
        over_http=origin.startswith("http:"),
    )
    await write_credentials(session, feed_id, new)


async def try_move(raw: str, feed: Feed, deps: Deps, *, probe: bool) -> Address:
    """The address that a feed is to be moved to, tried unless `probe` is False.

    Raises Conflict if another feed has it, Unreachable if there is no feed.
    """
    address = read_address(raw, deps.sealer)
    if address.url != feed.url:
        async with deps.database.read() as session:
            await check_new(session, address.url)
        if probe:
            await deps.probe(address.given, feed.id)
    return address


async def move(session: WriteSession, feed_id: int, address: Address, deps: Deps) -> None:
    """Have the feed at its new address; its copies and ledger stay."""
    now = deps.clock()
    await relocate(session, feed_id, address.url, why="moved by an operator", now=now)
    await keep_credentials(session, feed_id, address, deps.sealer, now)
