"""The tables. The search index is not here: its form differs between the engines (`search.py`)."""

from __future__ import annotations

from app.store.models.derived import bands, entries, learned_lines, members, pages, sketches
from app.store.models.keys import keys, meta
from app.store.models.log import changes, log_head
from app.store.models.operators import (
    alerts,
    audit,
    console_sessions,
    idempotency_keys,
    job_lines,
    jobs,
    story_kills,
)
from app.store.models.polling import bodies, feeds, fetches, hosts, sources
from app.store.models.push import attempts, deliveries, push_head, searches, webhooks
from app.store.models.stories import (
    copies,
    revisions,
    stories,
    story_tags,
    story_weights,
    tags,
    texts,
)
from app.store.models.tagging import rules, story_tag_edits, tag_edits, tag_policy
from app.store.models.upkeep import feed_credentials, feed_moves, pushes, subscriptions

__all__ = [
    "alerts",
    "attempts",
    "audit",
    "bands",
    "bodies",
    "changes",
    "console_sessions",
    "copies",
    "deliveries",
    "entries",
    "feed_credentials",
    "feed_moves",
    "feeds",
    "fetches",
    "hosts",
    "idempotency_keys",
    "job_lines",
    "jobs",
    "keys",
    "learned_lines",
    "log_head",
    "members",
    "meta",
    "pages",
    "push_head",
    "pushes",
    "revisions",
    "rules",
    "searches",
    "sketches",
    "sources",
    "stories",
    "story_kills",
    "story_tag_edits",
    "story_tags",
    "story_weights",
    "subscriptions",
    "tag_edits",
    "tag_policy",
    "tags",
    "texts",
    "webhooks",
]
