"""Examples of saved searches and webhooks."""

from __future__ import annotations

from typing import Any, Final

_SEARCH: Final = {
    "id": "3",
    "name": "Ferries",
    "query": {"q": "ferry -strike", "tag": ["place:jp|place:kr"]},
    "owner_id": "4",
    "created_at": "2026-11-01T08:00:00Z",
    "changed_at": "2026-11-01T08:00:00Z",
    "links": {
        "stories": "/v1/searches/3/stories",
        "changes": "/v1/searches/3/changes",
        "stream": "/v1/searches/3/stream",
        "atom": "/v1/searches/3/feed.atom",
        "json_feed": "/v1/searches/3/feed.json",
    },
}
_HOOK: Final[dict[str, Any]] = {
    "id": "7",
    "name": "The desk's inbox",
    "url": "https://desk.example/hooks/copydesk",
    "search_id": "3",
    "types": [],
    "state": "active",
    "reason": None,
    "owner_id": "4",
    "created_at": "2026-11-01T08:00:00Z",
    "changed_at": "2026-11-01T08:00:00Z",
    "failing_since": None,
    "last_success_at": "2026-11-12T04:34:11.042000Z",
    "next_attempt_at": None,
    "rotating_until": None,
}
_ATTEMPT: Final = {
    "at": "2026-11-12T04:34:11.042000Z",
    "ms": 84,
    "status": 204,
    "failure": None,
    "detail": None,
    "excerpt": None,
}
_PAGE: Final = {"next_cursor": None, "has_more": False, "limit": 20}


def _list(path: str, item: dict[str, Any]) -> dict[str, Any]:
    return {"data": [item], "page": _PAGE, "meta": {}, "links": {"self": path, "next": None}}


PUSH: Final[dict[str, Any]] = {
    "SearchAnswer": {"data": _SEARCH},
    "SearchList": _list("/v1/searches", _SEARCH),
    "WebhookAnswer": {"data": _HOOK},
    "WebhookList": _list("/v1/webhooks", _HOOK),
    "SecretWebhookAnswer": {
        "data": {**_HOOK, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="}
    },
    "TestAnswer": {"data": _ATTEMPT},
    "DeliveryList": _list(
        "/v1/webhooks/7/deliveries",
        {
            "id": "81",
            "message_id": "msg_7_10412",
            "seq": 10412,
            "type": "story.corrected",
            "story_id": "3765292800123456789",
            "revision": 2,
            "feed_id": None,
            "matches": True,
            "state": "done",
            "made_at": "2026-11-12T04:34:10.900000Z",
            "done_at": "2026-11-12T04:34:11.042000Z",
            "attempts": [_ATTEMPT],
        },
    ),
    "RedeliveredAnswer": {"data": {"due": 3}},
}
