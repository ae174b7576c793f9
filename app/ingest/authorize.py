"""What a feed is asked with, from its credentials on record: a header for one origin alone.

The secret is opened for one fetch, and goes nowhere but into its header.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, assert_never

from app.core.credentials import CredentialKind, is_variable, secret_fault
from app.core.types import Failure, FetchFailed
from app.core.urls import origin_of, without_credentials
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
    feed_id: int, url: str, given: Credentials | None, secrets: FeedSecrets
) -> Authorized:
    """The header for a feed at `url`, or why there can be none, with the next step.

    None where there are no credentials, or none for this origin: it is asked without.
    """
    origin = origin_of(url) or ""
    if given is None or given.origin != origin:
        return None
    step = _step(feed_id)

    def failed(detail: str) -> FetchFailed:
        """As if the server had refused: it was not asked."""
        return FetchFailed(kind=Failure.UNAUTHORIZED, detail=detail, url=without_credentials(url))

    if origin.startswith("http:") and not given.over_http:
        return failed(
            "its credentials are not sent over plain http, where anybody on the way reads them: "
            f"move it to its https address, or allow it: {step} --over-http",
        )
    secret = _secret(feed_id, given, secrets)
    if isinstance(secret, _NoSecret):
        return failed(f"{secret.why}: {secret.step or step}")
    if (fault := secret_fault(given.kind, secret)) is not None:
        return failed(f"the secret of its credentials {fault}: set it again: {step}")
    return _header(given, secret)


def refused(feed_id: int, url: str, given: Credentials | None, failed: FetchFailed) -> FetchFailed:
    """A server's refusal (401, 403, 407) with the next step for this feed."""
    if failed.kind is not Failure.UNAUTHORIZED or failed.status is None:
        return failed
    set_again, origin = _step(feed_id), origin_of(url)
    if given is None:
        step = (
            f"if the feed needs credentials, give it some: {set_again}; else its server may "
            "refuse this user agent: see COPYDESK_USER_AGENT"
        )
    elif given.origin != origin:
        step = (
            f"the feed's credentials are for {given.origin} alone: if they are for {origin} too, "
            f"set them again: {set_again}"
        )
    elif failed.redirects and origin_of(failed.url) != origin:
        step = (
            "credentials are not sent over a redirect to another server: if they are for that "
            f"one, copydesk feeds move {feed_id} {failed.url}"
        )
    else:
        step = f"its server refuses the credentials: set them again: {set_again}"
    return replace(failed, detail=f"status {failed.status}: {step}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _NoSecret:
    why: str
    step: str | None = None  # setting the credentials again, if it is no other


def _secret(feed_id: int, given: Credentials, secrets: FeedSecrets) -> str | _NoSecret:
    if given.variable is not None:
        if not is_variable(given.variable):  # whoever wrote it there
            return _NoSecret(why="its credentials name a variable that no feed's secret may be in")
        return secrets.variables.get(given.variable) or _NoSecret(
            why=f"its secret is in {given.variable}, which is not set",
            step="set it, and start the service again",
        )
    opened = secrets.sealer.open(
        given.sealed or b"", bound_to=bound_to(feed_id, given.kind, given.origin)
    )
    match opened:
        case SealFault.NO_KEY:
            why = "its credentials are kept encrypted, and COPYDESK_SECRET_KEY is not set"
            return _NoSecret(why=why, step="set it, and start the service again")
        case SealFault.OTHER_KEY:
            return _NoSecret(
                why="its credentials were encrypted under another COPYDESK_SECRET_KEY: set that as "
                "well (NEW,OLD), or enter them again"
            )
        case SealFault.BROKEN:
            return _NoSecret(why="its credentials on record are damaged: enter them again")
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


def _step(feed_id: int) -> str:
    return f"copydesk feeds credentials {feed_id}"
