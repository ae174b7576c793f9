"""Webhooks: kept by their owners, tested, rotated, told again."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Header, Path, Request
from fastapi.responses import Response

from app.api.auditing import Audit, Auditor
from app.api.callers import Caller, Reader, WriteKeyBeforeBody, Writer
from app.api.deps import DepsDep, Reading, Writing
from app.api.event_types import tells_of_feeds, types_of
from app.api.feed_fields import invalid, named_version
from app.api.listing import Cursor, Limit
from app.api.paging import paging
from app.api.replies import page_reply, reply
from app.api.schemas import problems
from app.api.schemas_webhooks import (
    AddWebhook,
    AddWebhookOfSearch,
    ChangeWebhook,
    SecretWebhookAnswer,
    WebhookAnswer,
    WebhookList,
)
from app.api.searches import SearchId, owned
from app.api.webhook_shapes import webhook_shape
from app.core.urls import absolute_url
from app.core.webhook import key_of, new_secret
from app.store.changes import EventType
from app.store.engine import ReadSession, WriteSession
from app.store.keys import Scope, get_key
from app.store.sealing import seal_text
from app.store.webhooks import (
    SEALED_FOR,
    NewWebhook,
    Webhook,
    add_webhook,
    change_webhook,
    delete_webhook,
    get_webhook,
    list_webhooks,
    no_webhook,
)

log = structlog.get_logger()

PATH: Final = "/v1/webhooks"
SECRET_BYTES: Final = 32
ONE: Final = f"{PATH}/{{webhook_id}}"

router = APIRouter(route_class=WriteKeyBeforeBody, tags=["webhooks"])
WebhookId = Annotated[int, Path(ge=1, lt=1 << 63, description="A webhook's id.")]
IfMatch = Annotated[str | None, Header(description="The ETag of the webhook as read.")]


@router.get(PATH, response_model=WebhookList, responses=problems(400, 401, 403))
async def webhooks(
    request: Request,
    session: Reading,
    deps: DepsDep,
    caller: Writer,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """The caller's webhooks; all of them for administrators."""
    bound_to = f"webhooks {caller.key_id} {caller.administers}"
    pages = paging(deps.cursor_secret, bound_to, cursor, limit)
    found = await list_webhooks(
        session,
        owner_id=caller.key_id,
        everybodys=caller.administers,
        after=pages.behind or 0,
        limit=pages.wanted,
    )
    shown, following = pages.cut(found, lambda one: [one.id])
    data = [webhook_shape(hook) for hook in shown]
    return page_reply(request, data, next_cursor=following, limit=limit)


@router.post(
    PATH,
    status_code=201,
    response_model=SecretWebhookAnswer,
    responses=problems(400, 401, 403, 404, 409),
)
async def add(
    request: Request,
    session: Writing,
    deps: DepsDep,
    caller: Writer,
    audit: Audit,
    asked: AddWebhook,
) -> Response:
    """Have a receiver told of changes from now on; its secret is shown this once."""
    search_id = None if asked.search_id is None else int(asked.search_id)
    if search_id is not None:
        await owned(session, caller, search_id)
    hook, secret = await _add(session, deps, caller, audit, asked, search_id)
    return webhook_reply(request, hook, secret=secret, status=201)


@router.get(
    "/v1/searches/{search_id}/webhooks",
    response_model=WebhookList,
    responses=problems(400, 401, 403, 404),
)
async def webhooks_of_search(
    request: Request, session: Reading, caller: Writer, search_id: SearchId
) -> Response:
    """The webhooks of a saved search."""
    await owned(session, caller, search_id)
    found = await list_webhooks(
        session, owner_id=caller.key_id, everybodys=caller.administers, search_id=search_id
    )
    data = [webhook_shape(hook) for hook in found]
    return page_reply(request, data, next_cursor=None, limit=len(data))


@router.post(
    "/v1/searches/{search_id}/webhooks",
    status_code=201,
    response_model=SecretWebhookAnswer,
    responses=problems(400, 401, 403, 404, 409),
)
async def add_to_search(
    request: Request,
    session: Writing,
    deps: DepsDep,
    caller: Writer,
    audit: Audit,
    search_id: SearchId,
    asked: AddWebhookOfSearch,
) -> Response:
    """Have a receiver told of what a saved search finds; its secret is shown this once."""
    await owned(session, caller, search_id)
    hook, secret = await _add(session, deps, caller, audit, asked, search_id)
    return webhook_reply(request, hook, secret=secret, status=201)


@router.get(ONE, response_model=WebhookAnswer, responses=problems(400, 401, 403, 404))
async def one_webhook(
    request: Request, session: Reading, caller: Writer, webhook_id: WebhookId
) -> Response:
    """One webhook; its ETag is what a PATCH sends as If-Match."""
    return webhook_reply(request, await owned_webhook(session, caller, webhook_id))


@router.patch(ONE, response_model=WebhookAnswer, responses=problems(400, 401, 403, 404, 412, 428))
async def change(
    request: Request,
    session: Writing,
    deps: DepsDep,
    caller: Writer,
    audit: Audit,
    webhook_id: WebhookId,
    asked: ChangeWebhook,
    if_match: IfMatch = None,
) -> Response:
    """Change where it goes, its name, or what it is told of; needs If-Match."""
    present = await owned_webhook(session, caller, webhook_id)
    version = named_version(if_match, present.version, ONE)
    values: dict[str, Any] = {}
    if asked.url is not None:
        values["url"] = _address(asked.url)
    if "name" in asked.model_fields_set:
        values["name"] = asked.name
    if "types" in asked.model_fields_set:
        types = types_of(asked.types, caller)
        await _check_types(session, types, present.owner_id, present.search_id)
        values["types"] = sorted(kind.value for kind in types)
    hook = await change_webhook(session, webhook_id, values, version=version, at=deps.clock())
    await audit_webhook(audit, session, "change", before=present, after=hook)
    log.info("webhook_changed", webhook_id=webhook_id, fields=sorted(values))
    return webhook_reply(request, hook)


@router.delete(ONE, status_code=204, responses=problems(401, 403, 404))
async def delete(session: Writing, caller: Writer, audit: Audit, webhook_id: WebhookId) -> Response:
    """Tell it nothing more, and forget what it was told."""
    present = await owned_webhook(session, caller, webhook_id)
    await delete_webhook(session, webhook_id)
    await audit_webhook(audit, session, "delete", before=present)
    log.info("webhook_deleted", webhook_id=webhook_id)
    return Response(status_code=204)


async def _add(
    session: WriteSession,
    deps: DepsDep,
    caller: Caller,
    audit: Auditor,
    asked: AddWebhook | AddWebhookOfSearch,
    search_id: int | None,
) -> tuple[Webhook, str]:
    """The new webhook and its secret."""
    secret = secret_of(asked.secret)
    types = types_of(asked.types, caller)
    await _check_types(session, types, caller.key_id, search_id)
    new = NewWebhook(
        owner_id=caller.key_id,
        search_id=search_id,
        name=asked.name,
        url=_address(asked.url),
        types=types,
        secret=seal_text(deps.sealer, secret, bound_to=SEALED_FOR),
    )
    hook = await add_webhook(session, new, deps.clock())
    await audit_webhook(audit, session, "add", after=hook)
    log.info("webhook_added", webhook_id=hook.id, search_id=search_id)
    return hook, secret


async def audit_webhook(
    audit: Auditor,
    session: WriteSession,
    act: str,
    *,
    before: Webhook | None = None,
    after: Webhook | None = None,
) -> None:
    """Put on record what was done to a webhook; its secret is in neither shape."""
    hook = before or after
    await audit(
        session,
        f"webhook.{act}",
        "webhook" if hook is None else f"webhook:{hook.id}",
        before=before and webhook_shape(before),
        after=after and webhook_shape(after),
    )


async def owned_webhook(session: ReadSession, caller: Reader, webhook_id: int) -> Webhook:
    found = await get_webhook(session, webhook_id)
    if not caller.may_change(found.owner_id):
        raise no_webhook(webhook_id)
    return found


async def _check_types(
    session: ReadSession, types: Collection[EventType], owner_id: int | None, search_id: int | None
) -> None:
    """Raises Invalid where the webhook is to be told of feeds, and is of a search or of a key that
    does not administer.
    """
    if not tells_of_feeds(types):
        return
    if search_id is not None:
        raise invalid("types", "a search finds stories, and no feeds: make a webhook without one")
    if owner_id is not None and not (await get_key(session, owner_id)).allows(Scope.ADMIN):
        raise invalid("types", "the key that made it does not administer: make one with another")


def _address(raw: str) -> str:
    url = absolute_url(raw, None)
    if url is None:
        raise invalid("url", f"{raw!r} is no http or https address: write it in full")
    return url.partition("#")[0]


def secret_of(given: str | None) -> str:
    if given is None:
        return new_secret(secrets.token_bytes(SECRET_BYTES))
    try:
        key_of(given)
    except ValueError as error:
        raise invalid("secret", str(error)) from None
    return given


def webhook_reply(
    request: Request, hook: Webhook, *, secret: str | None = None, status: int = 200
) -> Response:
    data = webhook_shape(hook)
    headers = {}
    if secret is not None:
        data["secret"] = secret
        headers["Cache-Control"] = "no-store"
    if status == 201:  # noqa: PLR2004 - Created
        headers["Location"] = f"{PATH}/{hook.id}"
    prefix = f"{hook.version}-"
    return reply(request, {"data": data}, status=status, headers=headers, etag_prefix=prefix)
