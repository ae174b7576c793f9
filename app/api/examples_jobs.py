"""Examples of jobs, of the audit log, and of what a feed's documents held."""

from __future__ import annotations

from typing import Any, Final

_PAGE: Final = {"next_cursor": None, "has_more": False, "limit": 20}
_JOB: Final = {
    "id": "12",
    "kind": "reprocess",
    "asked": {},
    "actor": "night desk",
    "state": "running",
    "done": 1_240,
    "total": 4_800,
    "detail": {"renewed": 311, "unchanged": 929, "skipped": 0},
    "error": None,
    "created_at": "2026-11-24T06:00:00Z",
    "started_at": "2026-11-24T06:00:01Z",
    "finished_at": None,
    "due_at": "2026-11-24T06:00:00Z",
}

JOBS: Final[dict[str, Any]] = {
    "JobAnswer": {"data": _JOB},
    "JobList": {
        "data": [_JOB],
        "page": _PAGE,
        "meta": {},
        "links": {"self": "/v1/admin/jobs?state=running", "next": None},
    },
    "JobLineList": {
        "data": [
            {
                "line": 1,
                "url": "https://harbour.example/rss.xml",
                "title": "Harbour News",
                "feed_id": "17",
                "status": "added",
                "detail": None,
            }
        ],
        "page": _PAGE,
        "meta": {},
        "links": {"self": "/v1/admin/jobs/13/lines", "next": None},
    },
    "FeedEntryList": {
        "data": [
            {
                "guid": "urn:harbour:4711",
                "url": "https://harbour.example/ferry",
                "title": "Ferry service resumes",
                "first_seen_at": "2026-11-12T03:10:00Z",
                "left_at": None,
                "lately": "changed",
                "story_id": "3765292800123456789",
                "revision": 2,
                "became": "story",
                "why": "revision 2, by its kind: correction",
            }
        ],
        "page": _PAGE,
        "meta": {},
        "links": {"self": "/v1/admin/feeds/7/entries", "next": None},
    },
    "AuditList": {
        "data": [
            {
                "id": "981",
                "at": "2026-11-24T06:02:11Z",
                "actor": "night desk",
                "key_id": "4",
                "via": "console",
                "action": "key.change",
                "subject": "key:7",
                "before": {"id": "7", "name": "partner", "requests_per_minute": 600},
                "after": {"id": "7", "name": "partner", "requests_per_minute": 1_200},
                "request_id": "9f1c2ab37de04415",
            }
        ],
        "page": _PAGE,
        "meta": {},
        "links": {"self": "/v1/admin/audit?subject=key:7", "next": None},
    },
}
