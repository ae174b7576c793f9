"""What feeds are asked with, for operators: set, looked at without the secret, and taken away."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.api.auditing import Audit
from app.api.callers import KeyBeforeBody
from app.api.deps import DepsDep, Reading, Writing
from app.api.feed_fields import invalid
from app.api.ids import FeedId
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_credentials import CredentialsAnswer, SetCredentials
from app.core.credentials import (
    CredentialKind,
    header_fault,
    is_variable,
    secret_fault,
    username_fault,
)
from app.core.urls import origin_of, without_credentials
from app.errors import Invalid, NotFound
from app.store.credentials import (
    Credentials,
    bound_to,
    delete_credentials,
    read_credentials,
    write_credentials,
)
from app.store.feeds import Feed, get_feed, make_due
from app.store.relocate import relocate
from app.store.sealing import Sealer

router = APIRouter(route_class=KeyBeforeBody, prefix="/v1/admin", tags=["feeds"])
PATH: Final = "/feeds/{feed_id}/credentials"


@router.get(PATH, response_model=CredentialsAnswer, responses=problems(404))
async def credentials_of_feed(request: Request, session: Reading, feed_id: FeedId) -> Response:
    """What a feed is asked with; the secret is never shown."""
    await get_feed(session, feed_id)
    found = await read_credentials(session, feed_id)
    if found is None:
        raise NotFound(f"feed {feed_id} has no credentials: PUT some to this address")
    return reply(request, {"data": _shape(feed_id, found)})


@router.put(PATH, response_model=CredentialsAnswer, responses=problems(400, 404, 409))
async def set_credentials(
    request: Request,
    session: Writing,
    deps: DepsDep,
    audit: Audit,
    feed_id: FeedId,
    asked: SetCredentials,
) -> Response:
    """Give a feed credentials, in the place of any that it has, and poll it at once.

    They go to the scheme, host and port of the feed's present address and nowhere else.
    """
    feed = await get_feed(session, feed_id)
    bare = without_credentials(feed.url)
    new = _checked(asked, feed, bare, deps.sealer, deps.clock())
    if bare != feed.url:
        why = "its credentials are kept apart from its address"
        await relocate(session, feed_id, bare, why=why, now=deps.clock())
    before = await read_credentials(session, feed_id)
    await write_credentials(session, feed_id, new)
    await audit(
        session,
        "feed.set_credentials",
        f"feed:{feed_id}",
        before=before and _shape(feed_id, before),
        after=_shape(feed_id, new),
    )
    await make_due(session, feed_id)
    deps.wake_poller()
    return await credentials_of_feed(request, session, feed_id)


@router.delete(PATH, status_code=204, responses=problems(404))
async def forget_credentials(session: Writing, audit: Audit, feed_id: FeedId) -> Response:
    """Ask a feed without credentials from now on, and forget them."""
    await get_feed(session, feed_id)
    before = await read_credentials(session, feed_id)
    if before is None:
        raise NotFound(f"feed {feed_id} has no credentials: there is nothing to forget")
    await delete_credentials(session, feed_id)
    shown = _shape(feed_id, before)
    await audit(session, "feed.forget_credentials", f"feed:{feed_id}", before=shown)
    return Response(status_code=204)


def _checked(
    asked: SetCredentials, feed: Feed, url: str, sealer: Sealer, now: datetime
) -> Credentials:
    """What is asked for, in a form that can be kept; raises Invalid for what could not be sent."""
    _check_parts(asked)
    origin = origin_of(url) or ""
    if origin.startswith("http:") and not asked.over_http:
        raise invalid(
            "over_http",
            "the feed's address is plain http, where anybody on the way reads them: move the feed "
            "to its https address, or send over_http: true",
        )
    return Credentials(
        kind=asked.kind,
        origin=origin,
        set_at=now,
        username=asked.username,
        header=asked.header,
        variable=_variable(asked),
        sealed=_sealed(asked, bound_to(feed.id, asked.kind, origin), sealer),
        over_http=asked.over_http,
    )


def _check_parts(asked: SetCredentials) -> None:
    if (asked.secret is None) is (asked.variable is None):
        raise invalid("secret", "send either a secret or the name of a variable that holds it")
    wanted = {CredentialKind.BASIC: "username", CredentialKind.HEADER: "header"}
    for kind, name in wanted.items():
        if (getattr(asked, name) is not None) is not (asked.kind is kind):
            raise invalid(name, f"it belongs to the kind {kind.value}, which needs it")
    for name, fault in (
        ("username", asked.username is not None and username_fault(asked.username)),
        ("header", asked.header is not None and header_fault(asked.header)),
    ):
        if fault:
            raise invalid(name, fault)


def _variable(asked: SetCredentials) -> str | None:
    name = asked.variable
    if name is not None and not is_variable(name):
        raise invalid(
            "variable",
            "no variable that may be sent to a server: name one as COPYDESK_FEED_WIRE, in capital "
            "letters, digits and _",
        )
    return name


def _sealed(asked: SetCredentials, bound: str, sealer: Sealer) -> bytes | None:
    if asked.secret is None:
        return None
    secret = asked.secret.get_secret_value()
    if (fault := secret_fault(asked.kind, secret)) is not None:
        raise invalid("secret", fault)
    if not sealer.has_key:
        raise Invalid(
            "secrets are kept encrypted, and there is no key: set COPYDESK_SECRET_KEY (openssl "
            "rand -hex 32) and start again, or name a variable that holds the secret"
        )
    return sealer.seal(secret, bound_to=bound)


def _shape(feed_id: int, found: Credentials) -> dict[str, Any]:
    return {
        "feed_id": str(feed_id),
        "kind": found.kind.value,
        "username": found.username,
        "header": found.header,
        "origin": found.origin,
        "variable": found.variable,
        "over_http": found.over_http,
        "set_at": found.set_at,
    }
