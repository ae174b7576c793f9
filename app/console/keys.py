"""Keys: who may call the API, how much, until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.responses import Response

from app.console.inside import Refused
from app.console.visit import Visit

PATH: Final = "/v1/admin/keys"
HERE: Final = "/admin/keys"
SCOPES: Final = (
    ("read", "read: search, follow the log"),
    ("write", "write: also keep searches and webhooks"),
    ("admin", "admin: also everything on these pages"),
)
LIVES: Final = (("", "never"), ("7", "in a week"), ("90", "in 90 days"), ("365", "in a year"))


async def show(visit: Visit) -> Response:
    """GET /admin/keys."""
    return await _page(visit)


async def create(visit: Visit) -> Response:
    """POST /admin/keys: a key, shown this once."""
    form = await visit.form()
    asked = {
        "name": str(form.get("name", "")).strip(),
        "scopes": [str(form.get("scope", "read"))],
        "expires_at": _expiry(str(form.get("days", "")), visit.now),
        "requests_per_minute": _count(form),
    }
    try:
        made = await visit.api.post(PATH, asked)
    except Refused as problem:
        return await _page(visit, code=problem.status, wrong=problem, given=form)
    return await _page(visit, made=made.data)


async def change(visit: Visit) -> Response:
    """POST /admin/keys/{id}/rate: how much a key may send."""
    path = f"{PATH}/{visit.path('key_id')}"
    changed = await visit.api.patch(
        path, {"requests_per_minute": _count(await visit.form())}, headers={"If-Match": "*"}
    )
    return visit.go(HERE, said=f"The key “{changed.data['name']}” is changed.")


async def revoke(visit: Visit) -> Response:
    """POST /admin/keys/{id}/revoke: its end."""
    ended = await visit.api.delete(f"{PATH}/{visit.path('key_id')}")
    return visit.go(HERE, said=f"The key “{ended.data['name']}” has ended.")


async def _page(
    visit: Visit,
    *,
    code: int = 200,
    made: dict[str, Any] | None = None,
    wrong: Refused | None = None,
    given: FormData | None = None,
) -> Response:
    answer = await visit.api.get(PATH)
    usable = [key for key in answer.data if _is_usable(key, visit.now)]
    return visit.render(
        "keys.html",
        code=code,
        usable=usable,
        ended=[key for key in answer.data if key not in usable],
        scopes=SCOPES,
        lives=LIVES,
        made=made,
        wrong=wrong,
        given=given or {},
    )


def _is_usable(key: dict[str, Any], now: datetime) -> bool:
    ends = key["expires_at"]
    return key["revoked_at"] is None and (ends is None or datetime.fromisoformat(ends) > now)


def _expiry(days: str, now: datetime) -> str | None:
    if not days.isdecimal() or len(days) > len("9999"):
        return None
    return (now.astimezone(UTC) + timedelta(days=int(days))).isoformat()


def _count(form: FormData) -> int | str | None:
    """A number, or what was written in its place, for the API to say what is wrong with it."""
    given = str(form.get("rate", "")).strip()
    return int(given) if given.isdecimal() and len(given) < len("1000000000") else given or None
