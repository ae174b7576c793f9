"""Rows and values → what a caller sees. Absent is null, never left out; ids are strings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row

from app.api.schemas_websub import websub_shape
from app.core.search.conditions import Clause
from app.core.search.highlight import best_passage, highlight_title
from app.core.story import placed
from app.core.urls import without_credentials
from app.store.changes import FeedEvent
from app.store.feeds import Feed
from app.store.following import StoryRow, Told
from app.store.keys import Key
from app.store.ledger import Fetch
from app.store.moves import FeedMove
from app.store.revisions import Revision
from app.store.sources import Source
from app.store.standing import Standing
from app.store.stories import StoryCopy
from app.store.subscriptions import Subscription

FEED_DETAILS: Final = ("url", "reason", "failure", "from_url", "merged_into")

NOT_IN_TEXT: Final = {"span": None, "mentions": 0, "rule": None}
"""Of tags that were kept before they said where in the story they are."""


def story_shape(row: StoryRow) -> dict[str, Any]:
    """A story as it stands in lists."""
    return {
        "id": str(row.id),
        "url": row.url,
        "title": row.title,
        "summary": row.summary,
        "authors": [{"name": name} for name in row.authors],
        "agency": row.agency,
        "dateline": row.dateline,
        "source": _story_source(row),
        "language": row.language,
        "published_at": row.published_at,
        "published_from": row.published_from,
        "updated_at": row.updated_at,
        "ingested_at": row.ingested_at,
        "image": row.image_url,
        "enclosures": row.enclosures,
        "tags": [{**NOT_IN_TEXT, **tag} for tag in row.tags],
        "cluster_id": None if row.cluster_id is None else str(row.cluster_id),
        "revision": row.revision,
        "status": row.status,
        "word_count": row.word_count,
    }


def _story_source(row: StoryRow) -> dict[str, Any]:
    return {
        "id": str(row.source_id),
        "name": row.source_name,
        "domain": row.source_domain,
        "country": row.source_country,
    }


def full_story_shape(row: StoryRow, copies: Sequence[StoryCopy]) -> dict[str, Any]:
    """A story with its text, blocks, HTML and copies, and how its date was read."""
    return {
        **story_shape(row),
        "published_raw": row.published_raw,
        "published_rule": row.published_rule,
        "text": row.text,
        "blocks": placed(row.blocks),
        "html": row.html,
        "copies": [copy_shape(copy) for copy in copies],
    }


def reprint_shape(row: Row[Any]) -> dict[str, Any]:
    """A story as it stands beside another of its cluster."""
    return {
        "id": str(row.id),
        "url": row.url,
        "title": row.title,
        "source": _story_source(row),
        "published_at": row.published_at,
    }


def highlights_shape(row: Row[Any], clauses: Sequence[Clause]) -> dict[str, str | None]:
    """Where the story says what was asked for, as HTML."""
    return {
        "title": highlight_title(row.title, row.language, clauses),
        "passage": best_passage(row.text, row.language, clauses),
    }


def copy_shape(copy: StoryCopy) -> dict[str, Any]:
    return {
        "feed_id": str(copy.feed_id),
        "first_seen_at": copy.first_seen_at,
        "last_seen_at": copy.last_seen_at,
    }


def revision_shape(revision: Revision) -> dict[str, Any]:
    state = dict(revision.state)
    state["tags"] = [{**NOT_IN_TEXT, **tag} for tag in state["tags"]]
    state["blocks"] = placed(state["blocks"])
    state["image"] = state.pop("image_url")
    state["authors"] = [{"name": name} for name in state["authors"]]
    about = {"revision": revision.revision, "at": revision.at, "kind": revision.kind.value}
    return {**about, **state}


def change_shape(told: Told, *, body: bool) -> dict[str, Any]:
    change, story = told.change, None
    if isinstance(change, FeedEvent):
        return {
            "seq": change.seq,
            "type": change.type.value,
            "at": change.at,
            "feed_id": str(change.feed_id),
            **{name: change.detail.get(name) for name in FEED_DETAILS},
        }
    if told.story is not None:
        story = full_story_shape(told.story, told.copies) if body else story_shape(told.story)
    return {
        "seq": change.seq,
        "type": change.type.value,
        "at": change.at,
        "story_id": str(change.story_id),
        "revision": change.revision,
        "matches": told.matches,
        "story": story,
    }


def source_shape(source: Source) -> dict[str, Any]:
    return {
        "id": str(source.id),
        "name": source.name,
        "domain": source.domain,
        "country": source.country,
    }


def feed_shape(
    feed: Feed, last_poll: Fetch | None, subscription: Subscription | None = None
) -> dict[str, Any]:
    return {
        "id": str(feed.id),
        "url": without_credentials(feed.url),
        "title": feed.title,
        "site_url": feed.site_url,
        "language": feed.language,
        "time_zone": feed.time_zone,
        "full_text": feed.full_text,
        "state": feed.state.value,
        "health": feed.health.value,
        "source": source_shape(feed.source),
        "added_at": feed.added_at,
        "keep_days": feed.keep_days,
        "min_interval_s": feed.min_interval_s,
        "max_interval_s": feed.max_interval_s,
        "next_poll_at": feed.next_poll_at,
        "next_poll_reasons": list(feed.next_poll_reasons),
        "last_success_at": feed.last_success_at,
        "last_new_at": feed.last_new_at,
        "failures": feed.failures,
        "failure": feed.failure and feed.failure.value,
        "failure_detail": feed.failure_detail,
        "silent_since": feed.silent_since,
        "guids_unstable": feed.guids_unstable,
        "alternates": list(feed.alternates),
        "websub": websub_shape(subscription),
        **standing_shape(feed.standing),
        "last_poll": last_poll and fetch_shape(last_poll),
    }


def standing_shape(standing: Standing) -> dict[str, Any]:
    """Whether a feed's server is believed, and where it leads."""
    trust, seen = standing.trust, standing.sighting
    moving = seen if seen is not None and seen.seen > 0 else None
    return {
        "validators": {
            "sent": standing.has_validators and trust.distrusted_at is None,
            "distrusted_since": trust.distrusted_at,
            "last_whole_at": trust.whole_at,
        },
        "moving_to": moving and {"url": moving.url, "seen": moving.seen, "since": moving.since},
    }


def move_shape(move: FeedMove) -> dict[str, Any]:
    return {
        "id": str(move.id),
        "at": move.at,
        "from_url": move.from_url,
        "to_url": move.to_url,
        "why": move.why,
        "merged_into": None if move.merged_into is None else str(move.merged_into),
        "reverted_at": move.reverted_at,
    }


def fetch_shape(fetch: Fetch) -> dict[str, Any]:
    row = fetch.row
    return {
        "id": str(fetch.id),
        "feed_id": str(fetch.feed_id),
        "at": row.at,
        "outcome": row.outcome.value,
        "failure": row.failure and row.failure.value,
        "status": row.status,
        "detail": row.detail,
        "url": row.url,
        "redirects": [{"status": status, "url": url} for status, url in row.redirects],
        "wire_bytes": row.wire_bytes,
        "body_bytes": row.body_bytes,
        "elapsed_ms": row.elapsed_ms,
        "entries": row.entries,
        "new": row.new,
        "changed": row.changed,
        "notes": list(row.notes),
        "next_poll_at": row.next_poll.at,
        "next_poll_reasons": list(row.next_poll.reasons),
        "worker": fetch.worker,
    }


def key_shape(key: Key) -> dict[str, Any]:
    return {
        "id": str(key.id),
        "name": key.name,
        "prefix": key.prefix,
        "scopes": sorted(scope.value for scope in key.scopes),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
        "requests_per_minute": key.requests_per_minute,
    }
