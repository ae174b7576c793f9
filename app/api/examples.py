"""An example for each of the main answers, for the description; a test reads them by the models."""

from __future__ import annotations

from typing import Any, Final

from app.api.examples_alerts import ALERTS
from app.api.examples_boilerplate import BOILERPLATE
from app.api.examples_clusters import CLUSTER
from app.api.examples_doctor import DOCTOR
from app.api.examples_explain import EXPLAINED
from app.api.examples_feeds import (
    BULK,
    CREDENTIALS,
    DISCOVERED,
    FEED,
    FETCH,
    HOST,
    MOVES,
    REVERTED,
    SOURCE,
)
from app.api.examples_insights import FACETED, TIMELINE
from app.api.examples_jobs import JOBS
from app.api.examples_kills import KILLS
from app.api.examples_normalize import NORMALIZED
from app.api.examples_operations import ACTIVITY, STATUS, STORY_PAGE
from app.api.examples_push import PUSH
from app.api.examples_replay import REPLAYED
from app.api.examples_rules import RULES
from app.api.examples_tags import TAGS
from app.api.schemas_revisions import RevisionOut

_PAGE: Final = {"next_cursor": None, "has_more": False, "limit": 20}
_TAGS: Final = [
    {
        "tag": "agency:kyodo",
        "scheme": "agency",
        "code": "kyodo",
        "name": "Kyodo News",
        "by": "rule",
        "matched": None,
        "score": 1.0,
        "inferred": True,
        "span": None,
        "mentions": 0,
        "rule": None,
    },
    {
        "tag": "category:world-news",
        "scheme": "category",
        "code": "world-news",
        "name": "World News",
        "by": "publisher",
        "matched": "World News",
        "score": 1.0,
        "inferred": False,
        "span": None,
        "mentions": 0,
        "rule": None,
    },
]
_LISTED: Final = {
    "id": "3765292800123456789",
    "url": "https://harbour.example/2026/11/ferry",
    "title": "Ferry service resumes in the north harbour",
    "summary": "The ferry crossed again at dawn.",
    "authors": [{"name": "A. Writer"}],
    "agency": {"code": "kyodo", "name": "Kyodo News"},
    "dateline": {"text": "HAKODATE, Japan, Nov. 12, Kyodo", "place": "Hakodate"},
    "source": SOURCE,
    "language": "en",
    "published_at": "2026-11-12T03:00:00Z",
    "published_from": "published",
    "updated_at": "2026-11-12T04:30:00Z",
    "ingested_at": "2026-11-12T03:04:07.120000Z",
    "image": "https://harbour.example/2026/11/ferry.jpg",
    "enclosures": [],
    "tags": _TAGS,
    "cluster_id": None,
    "revision": 2,
    "status": "live",
    "word_count": 12,
}
_TEXT: Final = "The ferry crossed again at dawn. Passengers waited with umbrellas in rain."
_FULL: Final = {
    **_LISTED,
    "published_raw": "Thu, 12 Nov 2026 12:00:00 +0900",
    "published_rule": "rfc5322",
    "text": _TEXT,
    "blocks": [
        {"type": "paragraph", "text": _TEXT, "rule": "paragraph", "start": 0, "end": len(_TEXT)}
    ],
    "html": f"<p>{_TEXT}</p>",
    "copies": [
        {
            "feed_id": "17",
            "first_seen_at": "2026-11-12T03:04:07.120000Z",
            "last_seen_at": "2026-11-12T09:00:00Z",
        }
    ],
}
_KEY: Final = {
    "id": "4",
    "name": "morning briefing",
    "prefix": "cdk_Zk3v",
    "scopes": ["read"],
    "created_at": "2026-11-01T08:00:00Z",
    "expires_at": None,
    "last_used_at": None,
    "revoked_at": None,
    "requests_per_minute": 600,
}
_REVISED: Final = RevisionOut.model_fields.keys()


def _links(path: str, following: str | None = None) -> dict[str, str | None]:
    return {"self": path, "next": following}


EXAMPLES: Final[dict[str, Any]] = {
    **BOILERPLATE,
    **JOBS,
    **PUSH,
    **KILLS,
    **RULES,
    **TAGS,
    "StoryList": {
        "data": [_LISTED],
        "page": {"next_cursor": "q83vEjRWeJCrze8S", "has_more": True, "limit": 1},
        "meta": {"total": 231, "total_relation": "eq", "candidates": None},
        "links": _links(
            "/v1/stories?q=ferry&limit=1", "/v1/stories?q=ferry&limit=1&cursor=q83vEjRWeJCrze8S"
        ),
    },
    "StoryAnswer": {"data": _FULL},
    "RevisionList": {
        "data": [
            {name: value for name, value in _FULL.items() if name in _REVISED}
            | {"revision": 2, "at": "2026-11-12T04:34:10Z", "kind": "correction"}
        ],
        "page": {"next_cursor": None, "has_more": False, "limit": 1},
        "meta": {},
        "links": _links("/v1/stories/3765292800123456789/revisions"),
    },
    "RevisionAnswer": {
        "data": {name: value for name, value in _FULL.items() if name in _REVISED}
        | {
            "revision": 2,
            "at": "2026-11-12T04:34:10Z",
            "kind": "correction",
            "difference": {
                "against": 1,
                "fields": ["title"],
                "title": [
                    {"kind": "same", "text": "Ferry "},
                    {"kind": "removed", "text": "traffic stops"},
                    {"kind": "added", "text": "service resumes"},
                ],
                "text": [{"kind": "same", "text": _FULL["text"]}],
                "words_added": 2,
                "words_removed": 2,
            },
        }
    },
    "ChangeList": {
        "data": [
            {
                "seq": 10412,
                "type": "story.corrected",
                "at": "2026-11-12T04:34:10Z",
                "story_id": _LISTED["id"],
                "revision": 2,
                "matches": True,
                "story": _LISTED,
            }
        ],
        "page": {"next_cursor": "10412", "has_more": False, "limit": 100},
        "meta": {"last_seq": 10412},
        "links": _links("/v1/changes?after=10411"),
    },
    "SourceList": {
        "data": [{**SOURCE, "feeds": 2, "stories": 1290}],
        "page": _PAGE,
        "meta": {},
        "links": _links("/v1/sources"),
    },
    "FeedList": {
        "data": [{**FEED, "recent": None}],
        "page": _PAGE,
        "meta": {},
        "links": _links("/v1/admin/feeds?health=ok"),
    },
    "BulkAnswer": BULK,
    "FeedAnswer": {"data": FEED | {"host": HOST, "has_credentials": True}},
    "HostList": {
        "data": [HOST | {"feeds": 3}],
        "page": _PAGE,
        "meta": {},
        "links": _links("/v1/admin/hosts?backs_off=true", None),
    },
    "CredentialsAnswer": CREDENTIALS,
    "DiscoveryAnswer": DISCOVERED,
    "AddedFeed": {
        "data": {**FEED, "health": "new", "last_success_at": None, "last_new_at": None}
        | {"last_poll": None, "next_poll_reasons": ["added, due at once"]},
        "found": {
            "url": "https://harbour.example/rss.xml",
            "format": "rss20",
            "title": "Harbour News",
            "site_url": "https://harbour.example/",
            "language": "en",
            "entries": 30,
            "titles": [_LISTED["title"]],
            "notes": [],
        },
    },
    "FetchList": {
        "data": [FETCH],
        "page": _PAGE,
        "meta": {},
        "links": _links("/v1/admin/fetches"),
    },
    "FetchAnswer": {"data": FETCH},
    "ImportAnswer": {
        "data": [
            {
                "url": "https://harbour.example/rss.xml",
                "title": "Harbour News",
                "status": "added",
                "feed_id": "17",
                "detail": None,
            }
        ],
        "meta": {"added": 1, "present": 0, "refused": 0},
    },
    "KeyList": {"data": [_KEY], "page": _PAGE, "meta": {}, "links": _links("/v1/admin/keys")},
    "KeyAnswer": {"data": {**_KEY, "revoked_at": "2026-11-12T03:10:00Z"}},
    "NewKeyAnswer": {"data": {**_KEY, "key": "cdk_Zk3v…"}},
    "ReprocessAnswer": {
        "data": {
            "renewed": 3,
            "unchanged": 47,
            "skipped": 0,
            "next": "3765292800123456789",
            "outdated": 1_380,
        }
    },
    "ReindexAnswer": {"data": {"indexed": 200, "next": "3765292800123456789", "outdated": 1_430}},
    "ClusterList": CLUSTER,
    "NormalizeAnswer": NORMALIZED,
    "PreviewAnswer": {**NORMALIZED, "meta": {"url": FEED["url"], "bytes": 40210}},
    "ExplainAnswer": EXPLAINED,
    "FacetAnswer": FACETED,
    "TimelineAnswer": TIMELINE,
    "ActivityAnswer": ACTIVITY,
    "StatusAnswer": STATUS,
    "DoctorAnswer": DOCTOR,
    "AlertList": ALERTS,
    "StoryPageAnswer": STORY_PAGE,
    "ReplayAnswer": REPLAYED,
    "MoveList": MOVES,
    "MoveAnswer": REVERTED,
}

PROBLEM: Final[dict[str, Any]] = {
    "type": "urn:copydesk:problem:query_invalid",
    "title": "The search text cannot be read",
    "status": 400,
    "detail": "the quote at position 6 is never closed: add another",
    "instance": "/v1/stories",
    "code": "query_invalid",
    "request_id": "9f1c2ab37de04415",
    "errors": [
        {
            "detail": "the quote at position 6 is never closed: add another",
            "parameter": "q",
            "position": 6,
        }
    ],
}
