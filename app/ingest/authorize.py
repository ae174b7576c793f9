"""What a feed is asked with, from its credentials on record: a header for one origin alone.

The secret is opened for one fetch, and goes nowhere but into its header.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, assert_never

from app.core.credentials import CredentialKind, is_variable, secret_fault
from app.core.poll import ClaimedFeed
from app.core.types import Failure, FetchFailed
from app.core.urls import without_credentials
from app.store.credentials import Credentials, bound_to
from app.store.sealing import Sealer, SealFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """A header for requests to `origin`, and to no other."""

    origin: str
    header: bytes
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSecrets:
    """What secrets of feeds are opened with, or read from: only variables with the prefix."""

    sealer: Sealer = field(default_factory=Sealer)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)


Authorized: TypeAlias = Authorization | FetchFailed | None


def authorize(
    feed: ClaimedFeed, origin: str, given: Credentials | None, secrets: FeedSecrets
) -> Authorized:
    """The header for a feed at `origin`, or why there can be none, with the next step.

    None where there are no credentials, or none for this origin: it is asked without.
    """
    if given is None or given.origin != origin:
        return None
    step = _step(feed)
    if origin.startswith("http:") and not given.over_http:
        return _failed(
            feed,
            "its credentials are not sent over plain http, where anybody on the way reads them: "
            f"move it to its https address, or allow it: {step} --over-http",
        )
    secret = _secret(feed, given, secrets, step)
    if isinstance(secret, FetchFailed):
        return secret
    if (fault := secret_fault(given.kind, secret)) is not None:
        return _failed(feed, f"the secret of its credentials {fault}: set it again: {step}")
    return _header(given, secret)


def refused(
    feed: ClaimedFeed, origin: str, given: Credentials | None, failed: FetchFailed
) -> FetchFailed:
    """A server's refusal (401, 403, 407) with the next step for this feed."""
    if failed.kind is not Failure.UNAUTHORIZED or failed.status is None:
        return failed
    if given is None:
        step = (
            f"if the feed needs credentials, give it some: {_step(feed)}; else its server may "
            "refuse this user agent: see COPYDESK_USER_AGENT"
        )
    elif given.origin != origin:
        step = (
            f"the feed's credentials are for {given.origin} alone: if they are for {origin} too, "
            f"set them again: {_step(feed)}"
        )
    elif failed.redirects:
        step = "credentials are not sent over a redirect: copydesk feeds move it to where it leads"
    else:
        step = f"its server refuses the credentials: set them again: {_step(feed)}"
    return replace(failed, detail=f"status {failed.status}: {step}")


def _secret(
    feed: ClaimedFeed, given: Credentials, secrets: FeedSecrets, step: str
) -> str | FetchFailed:
    if given.variable is not None:
        if not is_variable(given.variable):  # whoever wrote it there
            return _failed(feed, f"its credentials name a variable that is not one for it: {step}")
        value = secrets.variables.get(given.variable)
        if value:
            return value
        return _failed(
            feed, f"its secret is in {given.variable}, which is not set: set it, and start again"
        )
    opened = secrets.sealer.open(
        given.sealed or b"", bound_to=bound_to(feed.id, given.kind, given.origin)
    )
    match opened:
        case SealFault.NO_KEY:
            return _failed(
                feed, "its credentials are kept encrypted, and COPYDESK_SECRET_KEY is not set"
            )
        case SealFault.OTHER_KEY:
            return _failed(
                feed,
                "its credentials were encrypted under another COPYDESK_SECRET_KEY: set that as "
                f"well (NEW,OLD), or enter them again: {step}",
            )
        case SealFault.BROKEN:
            return _failed(feed, f"its credentials on record are damaged: enter them again: {step}")
        case str():
            return opened


def _header(given: Credentials, secret: str) -> Authorization:
    match given.kind:
        case CredentialKind.BASIC:
            pair = base64.b64encode(f"{given.username or ''}:{secret}".encode())
            name, value = b"Authorization", b"Basic " + pair
        case CredentialKind.BEARER:
            name, value = b"Authorization", b"Bearer " + secret.encode("ascii")
        case CredentialKind.HEADER:
            name, value = (given.header or "").encode("ascii"), secret.encode("ascii")
        case _:
            assert_never(given.kind)
    return Authorization(origin=given.origin, header=name, value=value)


def _step(feed: ClaimedFeed) -> str:
    return f"copydesk feeds credentials {feed.id}"


def _failed(feed: ClaimedFeed, detail: str) -> FetchFailed:
    """As if the server had refused: it was not asked."""
    return FetchFailed(kind=Failure.UNAUTHORIZED, detail=detail, url=without_credentials(feed.url))
